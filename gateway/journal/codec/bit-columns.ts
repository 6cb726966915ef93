/** Small integers from 0 in bits, lowest bit first through all entries. Pure; layout in FORMAT.md. */
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';

/** The most bits of one entry: what is held of the byte before them has room in 31. */
export const BITS_MAX = 24;
/** The most low bits of a Rice code; it may have as many ones before them as there are. */
export const RICE_MAX = 20;
const ALL_ONES = 0xff;

/** Every entry in so many bits. */
export function writeBits(writer: ByteWriter, values: ArrayLike<number>, bits: number): void {
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  let at = 0;
  let held = 0;
  let heldBits = 0;
  for (let row = 0; row < values.length; row++) {
    held |= (values[row] as number) << heldBits;
    heldBits += bits;
    while (heldBits >= 8) {
      bytes[at++] = held;
      held >>>= 8;
      heldBits -= 8;
    }
  }
  if (heldBits > 0) bytes[at] = held;
  writer.denseBytes(bytes);
}

/** Gives back what was a zigzag before it was written. */
export function readBits(reader: ByteReader, values: Float64Array, bits: number): void {
  const bytes = reader.bytes(Math.ceil((values.length * bits) / 8));
  const mask = 2 ** bits - 1;
  let at = 0;
  let held = 0;
  let heldBits = 0;
  for (let row = 0; row < values.length; row++) {
    while (heldBits < bits) {
      held |= (bytes[at++] as number) << heldBits;
      heldBits += 8;
    }
    values[row] = signed(held & mask);
    held >>>= bits;
    heldBits -= bits;
  }
}

/** The low bits for which the codes are about the shortest; `sum` is that of all entries. */
export function riceOf(sum: number, count: number): number {
  const mean = (sum / count) * Math.LN2;
  return mean < 1 ? 0 : Math.min(RICE_MAX, 31 - Math.clz32(Math.ceil(mean)));
}

/** The bytes writeRice takes. */
export function riceBytes(values: ArrayLike<number>, low: number): number {
  let ones = 0;
  for (let row = 0; row < values.length; row++) ones += (values[row] as number) >>> low;
  return Math.ceil((ones + values.length * (low + 1)) / 8);
}

/** Rice codes: the high bits as a number of ones and a zero, then the low bits. */
export function writeRice(writer: ByteWriter, values: ArrayLike<number>, low: number): void {
  const bytes = new Uint8Array(riceBytes(values, low));
  const mask = 2 ** low - 1;
  let at = 0;
  let held = 0;
  let heldBits = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    let ones = value >>> low;
    for (; ones >= 8; ones -= 8) {
      held |= ALL_ONES << heldBits;
      bytes[at++] = held;
      held >>>= 8;
    }
    held |= ((1 << ones) - 1) << heldBits;
    heldBits += ones + 1;
    while (heldBits >= 8) {
      bytes[at++] = held;
      held >>>= 8;
      heldBits -= 8;
    }
    held |= (value & mask) << heldBits;
    heldBits += low;
    while (heldBits >= 8) {
      bytes[at++] = held;
      held >>>= 8;
      heldBits -= 8;
    }
  }
  if (heldBits > 0) bytes[at] = held;
  writer.denseBytes(bytes);
}

/** As readBits. Ends at a whole byte. */
export function readRice(reader: ByteReader, values: Float64Array, low: number): void {
  const bytes = reader.rest();
  const mask = 2 ** low - 1;
  let at = 0;
  let held = 0;
  let heldBits = 0;
  for (let row = 0; row < values.length; row++) {
    let high = 0;
    for (;;) {
      // Behind the end come zeros, so that every row of ones has one.
      while (heldBits < 24) {
        held |= (bytes[at++] ?? 0) << heldBits;
        heldBits += 8;
      }
      const ones = 31 - Math.clz32(~held & (held + 1));
      if (ones < heldBits) {
        high += ones;
        held >>>= ones + 1;
        heldBits -= ones + 1;
        break;
      }
      high += heldBits;
      held = 0;
      heldBits = 0;
    }
    while (heldBits < low) {
      held |= (bytes[at++] ?? 0) << heldBits;
      heldBits += 8;
    }
    values[row] = signed(high * (mask + 1) + (held & mask));
    held >>>= low;
    heldBits -= low;
  }
  const used = at - Math.floor(heldBits / 8);
  if (used > bytes.length) throw new MalformedBlock('ends too early');
  reader.bytes(used);
}

/** What a zigzag stands for: 0, -1, 1, -2, … Seven bytes hold more than any value has; the sum stays a number. */
export function signed(zigzag: number): number {
  if (zigzag < 2 ** 31) return (zigzag >>> 1) ^ -(zigzag & 1);
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}
