import { expect, test } from 'vitest';
import type { SerialFormat } from '../../../drivers/line/line.ts';
import { serialFrame, serialTiming } from '../../../drivers/line/serial-timing.ts';

test.each<[SerialFormat, number]>([
  ['8N1', 10],
  ['8N2', 11],
  ['8E1', 11],
  ['8O1', 11],
  ['8E2', 12],
  ['7E1', 10],
  ['7N2', 10],
])('a character of %s is %i bits long', (format, bits) => {
  expect(serialTiming({ baud: 9600, format }).bitsPerCharacter).toBe(bits);
  expect(serialTiming({ baud: 9600, format }).character).toBeCloseTo((bits * 1000) / 9600, 9);
});

// Modbus over Serial Line V1.02 §2.5.1.1.
test.each([
  [1200, 32.083],
  [2400, 16.042],
  [9600, 4.0104],
  [19_200, 2.0052],
  [38_400, 1.75],
  [115_200, 1.75],
])('at %i baud frames are %f ms apart', (baud, silence) => {
  expect(serialTiming({ baud, format: '8E1' }).silence).toBeCloseTo(silence, 3);
});

test('the silence counts characters of eleven bits in every format', () => {
  expect(serialTiming({ baud: 9600, format: '8N1' }).silence).toBe(
    serialTiming({ baud: 9600, format: '8E1' }).silence,
  );
});

test('a format names data bits, parity and stop bits', () => {
  expect(serialFrame('7E1')).toEqual({ dataBits: 7, parity: 'even', stopBits: 1 });
  expect(serialFrame('8N2')).toEqual({ dataBits: 8, parity: 'none', stopBits: 2 });
  expect(serialFrame('8O1')).toEqual({ dataBits: 8, parity: 'odd', stopBits: 1 });
});
