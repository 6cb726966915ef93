import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pastedBytes } from '../../../gateway/cli/decode/decode-input.ts';

const FRAME = [1, 3, 0, 0, 0, 2, 0xc4, 0x0b];
const bytesOf = (text: string, protocol = 'modbus-rtu') => {
  const pasted = pastedBytes(text, protocol);
  return 'bytes' in pasted ? [...pasted.bytes] : pasted.strange;
};
const characters = (text: string) => [...Buffer.from(text)];

describe('bytes are read', () => {
  it.each([
    ['apart', '01 03 00 00 00 02 C4 0B'],
    ['joined', '010300000002c40b'],
    ['as C source', '{ 0x01, 0x03, 0x0, 0x0, 0x00, 0x02, 0xC4, 0x0B };'],
    ['as escapes', '"\\x01\\x03\\x00\\x00\\x00\\x02\\xC4\\x0B"'],
    ['with dashes', '01-03-00-00-00-02-C4-0B'],
    ['with colons', '01:03:00:00:00:02:C4:0B'],
    ['with the H of manuals', '01H 03H 00H 00H 00H 02H C4H 0BH'],
    ['behind a label and a time', '[12:30:01.250] TX: 01 03 00 00 00 02 C4 0B'],
    ['behind a date', '2026-01-02T12:30:01 Send -> 01 03 00 00 00 02 C4 0B'],
    ['behind Chinese labels', '发送：01 03 00 00\n接收：00 02 C4 0B'],
    ['over several lines with arrows', '01 03 00 00 -->\n<-- 00 02 => C4 0B'],
  ])('%s', (_, text) => expect(bytesOf(text)).toEqual(FRAME));

  it('as the characters of Modbus ASCII, with a line end that is real, written or absent', () => {
    const frame = characters(':010300000002FA\r\n');
    for (const end of ['', '\r\n', '\\r\\n'])
      expect(bytesOf(`:010300000002FA${end}`, 'modbus-ascii')).toEqual(frame);
    expect(bytesOf('12:30:01 TX :010300000002FA', 'modbus-ascii')).toEqual(frame);
    expect(bytesOf(':010300000002FA :010300000002FA', 'modbus-ascii')).toEqual([
      ...frame,
      ...frame,
    ]);
    expect(bytesOf(Buffer.from(frame).toString('hex'), 'modbus-ascii')).toEqual(frame);
    expect(bytesOf(':0103', 'modbus-ascii')).toEqual(characters(':0103\r\n'));
  });

  it('however they are grouped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { maxLength: 9 }),
        fc.constantFrom(' ', '\n', ', ', ' TX ', ' -> ', ' 0x'),
        (groups, between) => {
          const text = groups.map((group) => Buffer.from(group).toString('hex')).join(between);
          expect(bytesOf(text)).toEqual(groups.flatMap((group) => [...group]));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('what is no byte is named', () => {
  it.each([
    ['01 03 0G', '0G'],
    ['123', '123'],
    ['hello', 'hello'],
  ])('%s', (text, strange) => expect(bytesOf(text)).toBe(strange));

  it('and so is a flood', () => {
    expect(bytesOf('00'.repeat(70_000))).toContain('65536');
  });
});
