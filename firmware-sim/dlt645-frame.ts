/** Frames of DL/T 645-1997 and -2007 §5.2: `68 address 68 C L data CS 16`, data with 33H added. */
import { millis } from '../gateway/model/units.ts';
import { hexLowFirst, lowFirst } from './digits.ts';
import { markedFraming, sum8 } from './marked-frames.ts';

export interface Frame645 {
  /** Twelve digits as printed on the meter. */
  readonly address: string;
  readonly control: number;
  /** Without the 33H. */
  readonly data: Uint8Array;
}

const BEGIN = 0x68;
const END = 0x16;
const SECOND_BEGIN_AT = 7;
const CONTROL_AT = 8;
const LENGTH_AT = 9;
const DATA_AT = 10;
const AROUND_DATA = 12;
const OFFSET = 0x33;

/** §5.2.3: up to 500 ms between two bytes. */
export const FRAMING_645 = markedFraming({
  begin: BEGIN,
  pause: millis(500),
  lengthAt(bytes, from) {
    const second = bytes[from + SECOND_BEGIN_AT];
    if (second !== undefined && second !== BEGIN) return undefined;
    const length = bytes[from + LENGTH_AT];
    return length === undefined ? 'more' : length + AROUND_DATA;
  },
  isWhole: (frame) => frame.at(-1) === END && sum8(frame.subarray(0, -2)) === frame.at(-2),
});

/** The fields of a whole frame. */
export const parse645 = (frame: Uint8Array): Frame645 => ({
  address: hexLowFirst(frame.subarray(1, SECOND_BEGIN_AT)),
  control: frame[CONTROL_AT] ?? 0,
  data: frame.slice(DATA_AT, -2).map((byte) => byte - OFFSET),
});

/** A frame as it goes on the wire, without wake-up bytes. */
export function frame645({ address, control, data }: Frame645): Uint8Array {
  const offset = Uint8Array.from(data, (byte) => byte + OFFSET);
  const head = [BEGIN, ...lowFirst(address), BEGIN, control, data.length];
  const body = Buffer.from([...head, ...offset]);
  return Buffer.concat([body, Buffer.of(sum8(body), END)]);
}

/** Whether a request is for the meter: AA bytes stand for any. */
export const addresses645 = (wanted: string, own: string): boolean =>
  [0, 2, 4, 6, 8, 10].every((at) => {
    const byte = wanted.slice(at, at + 2);
    return byte === 'AA' || byte === own.slice(at, at + 2);
  });
