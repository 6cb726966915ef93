/**
 * Bit patterns of floats in planes of bytes: as they are, or as differences from that of the tag's number before. Pure;
 * FORMAT.md.
 */
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { bytesOfCounts } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';
import { NOTHING, OF_KEY } from './tag-chain.ts';

const AS_THEY_ARE = 0;
const DIFFERENCES = 1;

const NO_WORDS = new Uint32Array(0);

/** Rows looked at to choose the form. */
const LOOKED_AT = 512;

/** One float as two words; low ends first as in every file. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The pattern of `last` as a float32; a NaN's payload is not portable and counts as 0. */
function patternOf(last: number): number {
  float[0] = Number.isNaN(last) ? 0 : last;
  return word[0] as number;
}

/** `rows` are those of class float32; what is coded against nothing is coded against 0. */
export function writeFloats(
  writer: ByteWriter,
  numbers: Float64Array,
  rows: readonly number[],
  before: Int32Array,
  key: KeyFrame | undefined,
): void {
  if (rows.length === 0) return;
  const plain = new Uint32Array(rows.length);
  const differences = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    float[0] = numbers[row] as number;
    const pattern = word[0] as number;
    plain[at] = pattern;
    const difference = (pattern - patternOf(lastOf(numbers, before[row] as number, key))) | 0;
    differences[at] = (difference << 1) ^ (difference >> 31);
  }
  writeCheaper(writer, plain, differences, 4);
}

export function writeDoubles(
  writer: ByteWriter,
  numbers: Float64Array,
  rows: readonly number[],
  before: Int32Array,
  key: KeyFrame | undefined,
): void {
  if (rows.length === 0) return;
  const patterns = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);
  const plain = new Uint32Array(rows.length * 2);
  const differences = new Uint32Array(rows.length * 2);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    const low = patterns[row * 2] as number;
    const high = patterns[row * 2 + 1] as number;
    plain[at * 2] = low;
    plain[at * 2 + 1] = high;
    const last = lastOf(numbers, before[row] as number, key);
    double[0] = Number.isNaN(last) ? 0 : last;
    const lastLow = words[0] as number;
    const lowest = (low - lastLow) | 0;
    const highest = (high - (words[1] as number) - (low < lastLow ? 1 : 0)) | 0;
    const sign = highest >> 31;
    differences[at * 2] = (lowest << 1) ^ sign;
    differences[at * 2 + 1] = ((highest << 1) | (lowest >>> 31)) ^ sign;
  }
  writeCheaper(writer, plain, differences, 8);
}

function lastOf(numbers: Float64Array, from: number, key: KeyFrame | undefined): number {
  if (from >= 0) return numbers[from] as number;
  return from === NOTHING ? 0 : (key?.numbers[OF_KEY - from] as number);
}

function writeCheaper(
  writer: ByteWriter,
  plain: Uint32Array,
  differences: Uint32Array,
  width: number,
): void {
  const asTheyAre = new Uint8Array(plain.buffer);
  const changed = new Uint8Array(differences.buffer);
  const pays = estimate(changed, width) < estimate(asTheyAre, width);
  writer.byte(pays ? DIFFERENCES : AS_THEY_ARE);
  writer.planes(pays ? changed : asTheyAre, width);
}

function estimate(bytes: Uint8Array, width: number): number {
  const rows = Math.min(LOOKED_AT, bytes.length / width);
  const counts = new Uint32Array(256);
  let sum = 0;
  for (let plane = 0; plane < width; plane++) {
    counts.fill(0);
    for (let row = 0; row < rows; row++) (counts[bytes[row * width + plane] as number] as number)++;
    sum += bytesOfCounts(counts, rows);
  }
  return sum;
}

/** What is left of one of the two columns; `next` is to be called for each of its rows in turn. */
export class FloatReader {
  readonly #differs: boolean;
  readonly #words: Uint32Array;
  #at = 0;

  constructor(reader: ByteReader, count: number, width: 4 | 8) {
    const form = count === 0 ? AS_THEY_ARE : reader.byte();
    if (form !== AS_THEY_ARE && form !== DIFFERENCES)
      throw new MalformedBlock(`floats of form ${form}`);
    this.#differs = form === DIFFERENCES;
    this.#words = count === 0 ? NO_WORDS : new Uint32Array(reader.planes(count, width).buffer);
  }

  nextFloat(last: number): number {
    const stored = this.#words[this.#at++] as number;
    word[0] = this.#differs ? patternOf(last) + ((stored >>> 1) ^ -(stored & 1)) : stored;
    return float[0] as number;
  }

  /** Into two words of `patterns`, since a NaN's payload survives no way through a variable. */
  nextDouble(last: number, patterns: Uint32Array, row: number): void {
    let low = this.#words[this.#at++] as number;
    let high = this.#words[this.#at++] as number;
    if (this.#differs) {
      const sign = -(low & 1);
      const lowest = (((low >>> 1) | (high << 31)) ^ sign) >>> 0;
      const highest = (high >>> 1) ^ sign;
      double[0] = Number.isNaN(last) ? 0 : last;
      const sum = (words[0] as number) + lowest;
      low = sum >>> 0;
      high = (words[1] as number) + highest + (sum > 0xffffffff ? 1 : 0);
    }
    patterns[row * 2] = low;
    patterns[row * 2 + 1] = high;
  }
}
