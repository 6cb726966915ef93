/** Frames of CJ/T 188-2004 §7: `68 T address C L DI SER data CS 16`, low bytes first, nothing added. */
import { millis } from '../gateway/model/units.ts';
import { hexLowFirst, lowFirst } from './digits.ts';
import { markedFraming, sum8 } from './marked-frames.ts';

export interface Frame188 {
  readonly type: number;
  /** Seven bytes as printed, 14 hexadecimal digits. */
  readonly address: string;
  readonly control: number;
  /** DI, SER and value; of an abnormal reply SER and status. */
  readonly data: Uint8Array;
}

const BEGIN = 0x68;
const END = 0x16;
const ADDRESS_AT = 2;
const CONTROL_AT = 9;
const LENGTH_AT = 10;
const DATA_AT = 11;
const AROUND_DATA = 13;

/** Bytes follow each other within 500 ms, as in DL/T 645. */
export const FRAMING_188 = markedFraming({
  begin: BEGIN,
  pause: millis(500),
  lengthAt(bytes, from) {
    const length = bytes[from + LENGTH_AT];
    return length === undefined ? 'more' : length + AROUND_DATA;
  },
  isWhole: (frame) => frame.at(-1) === END && sum8(frame.subarray(0, -2)) === frame.at(-2),
});

/** The fields of a whole frame. */
export const parse188 = (frame: Uint8Array): Frame188 => ({
  type: frame[1] ?? 0,
  address: hexLowFirst(frame.subarray(ADDRESS_AT, CONTROL_AT)),
  control: frame[CONTROL_AT] ?? 0,
  data: frame.slice(DATA_AT, -2),
});

/** A frame as it goes on the wire, without wake-up bytes. */
export function frame188({ type, address, control, data }: Frame188): Uint8Array {
  const head = [BEGIN, type, ...lowFirst(address), control, data.length];
  const body = Buffer.concat([Buffer.from(head), data]);
  return Buffer.concat([body, Buffer.of(sum8(body), END)]);
}
