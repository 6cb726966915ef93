/** How long characters and silences last on a serial wire. */
import { millis } from '../../gateway/model/units.ts';
import type { SerialFormat, SerialSettings, SerialTiming } from './line.ts';

const PARITIES = { N: 'none', E: 'even', O: 'odd' } as const;

export interface SerialFrame {
  readonly dataBits: 7 | 8;
  readonly parity: (typeof PARITIES)[keyof typeof PARITIES];
  readonly stopBits: 1 | 2;
}

export function serialFrame(format: SerialFormat): SerialFrame {
  return {
    dataBits: format.startsWith('7') ? 7 : 8,
    parity: PARITIES[format[1] as keyof typeof PARITIES],
    stopBits: format.endsWith('2') ? 2 : 1,
  };
}

export const sameSettings = (a: SerialSettings, b: SerialSettings): boolean =>
  a.baud === b.baud && a.format === b.format;

/** Above this, Modbus over Serial Line V1.02 §2.5.1.1 fixes the silence at 1.75 ms. */
const FASTEST_COMPUTED_SILENCE_BAUD = 19_200;
const FIXED_SILENCE_MS = 1.75;

/**
 * Times of a wire with `baud` bits a second; the silence counts in characters of 11 bits whatever
 * the format.
 */
export function serialTiming({ baud, format }: SerialSettings): SerialTiming {
  const { dataBits, parity, stopBits } = serialFrame(format);
  const bitsPerCharacter = 1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits;
  const silence =
    baud > FASTEST_COMPUTED_SILENCE_BAUD ? FIXED_SILENCE_MS : (3.5 * 11 * 1000) / baud;
  return {
    baud,
    bitsPerCharacter,
    character: millis((bitsPerCharacter * 1000) / baud),
    silence: millis(silence),
  };
}
