/** Bytes written and read in sequence, with the variable-length integers of FORMAT.md. Pure. */

/** Block data that breaks its own format. */
export class MalformedBlock extends Error {
  override readonly name = 'MalformedBlock';
}

/** The longest varint: 53 bits in groups of seven. */
const VARINT_BYTES_MAX = 8;
const INITIAL_BYTES = 256;

export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  #dense = 0;

  constructor(bytes = INITIAL_BYTES) {
    this.#bytes = new Uint8Array(bytes);
  }

  get length(): number {
    return this.#length;
  }

  /** How many of the bytes were said to be dense: no packing makes them fewer. */
  get dense(): number {
    return this.#dense;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** An integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(VARINT_BYTES_MAX);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  /** An integer between -2^52 and 2^52. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  uint32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 255);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  denseBytes(value: Uint8Array): void {
    this.#dense += value.length;
    this.bytes(value);
  }

  /** Elements of `width` bytes as planes: all lowest bytes, then all second ones. */
  planes(elements: Uint8Array, width: number): void {
    this.#reserve(elements.length);
    let at = this.#length;
    for (let plane = 0; plane < width; plane++)
      for (let from = plane; from < elements.length; from += width)
        this.#bytes[at++] = elements[from] as number;
    this.#length = at;
  }

  /** What was written; valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.written());
    this.#bytes = larger;
  }
}

/** Every read past the end throws MalformedBlock. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new MalformedBlock('ends too early');
    return value;
  }

  uint32(): number {
    const bytes = this.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }

  varint(): number {
    let value = 0;
    let weight = 1;
    for (let length = 1; length <= VARINT_BYTES_MAX; length++) {
      const next = this.byte();
      value += (next & 127) * weight;
      if (next < 128) return value;
      weight *= 128;
    }
    throw new MalformedBlock('integer of more than 53 bits');
  }

  zigzag(): number {
    const value = this.varint();
    if (value < 2 ** 31) return (value >>> 1) ^ -(value & 1);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** The varint of a run's length: at least 1, at most what is left to cover. */
  runLength(most: number): number {
    const length = this.varint();
    if (length === 0 || length > most) throw new MalformedBlock(`run of ${length}`);
    return length;
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw new MalformedBlock('ends too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A view of all that remains, which stays to be read. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** The inverse of ByteWriter.planes, for `count` elements. */
  planes(count: number, width: number): Uint8Array<ArrayBuffer> {
    const source = this.bytes(count * width);
    const elements = new Uint8Array(count * width);
    let at = 0;
    for (let plane = 0; plane < width; plane++)
      for (let to = plane; to < elements.length; to += width) elements[to] = source[at++] as number;
    return elements;
  }
}
