import { expect, test } from 'vitest';
import { crc16, hasValidCrc, rtuFrame } from '../../../firmware-sim/crc.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Published exchanges: Eastron's manual, XY-MD02 and soil probe captures, a gas flow meter's manual (p. 33). */
const FRAMES = [
  '01 04 00 00 00 02 71 CB',
  '01 04 04 43 66 33 34 1B 38',
  '01 04 04 01 1D 02 7F 2A FE',
  '01 03 00 1E 00 03 65 CD',
  '01 03 06 00 09 00 0C 00 19 FC BD',
  '01 03 04 BA 4A 41 F8 CF 2F',
];

test.each(FRAMES)('the checksum of the published frame %s is the one it ends with', (hex) => {
  const frame = bytes(hex);
  expect(hasValidCrc(frame)).toBe(true);
  expect(rtuFrame(frame[0] ?? 0, frame.slice(1, -2))).toEqual(frame);
});

test('the check string 123456789 gives 4B37', () => {
  expect(crc16(Buffer.from('123456789'))).toBe(0x4b37);
});

test('a published request with a wrong checksum is refused, and so is a frame too short to have one', () => {
  expect(hasValidCrc(bytes('01 03 00 1E 00 03 65 CC'))).toBe(false);
  expect(hasValidCrc(bytes('FF FF'))).toBe(false);
});
