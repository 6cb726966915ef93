/**
 * A column of integers in the form that takes the fewest bytes: runs, Rice codes, as many bits as the largest needs, or
 * planes of bytes for zstd. Pure; layout in FORMAT.md.
 */
import {
  BITS_MAX,
  RICE_MAX,
  readBits,
  readRice,
  riceBytes,
  riceOf,
  signed,
  writeBits,
  writeRice,
} from './bit-columns.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { scratch } from './scratch.ts';

const RUNS = 0;
/** And the number of planes, 1 to 7. */
const PLANES = 64;
/** And the number of bits, 0 to BITS_MAX; 0 is a column of nothing but zeros. */
const BITS = 128;
/** And the number of low bits, 0 to RICE_MAX. */
const RICE = 192;

/** Below this the tables of an entropy coder cost more than it saves: bytes count as they are. */
const ENTROPY_FROM_ROWS = 128;
/** What zstd adds to the entropy of a plane: the table of its codes. Measured. */
const PLANE_OVERHEAD_BYTES = 40;
const room = scratch((rows) => new Float64Array(rows));

/** Rows a run has to have on average: what zstd makes of shorter ones is no less than of planes. */
const RUN_ROWS = 4;

/**
 * `values` are integers below 2^52 in size, and something else afterwards. Nothing is written for an empty column.
 */
export function writeIntegers(writer: ByteWriter, values: Float64Array): void {
  const count = values.length;
  if (count === 0) return;
  if (isZero(values)) {
    writer.byte(BITS);
    return;
  }
  const zigzags = values;
  let largest = 0;
  let sum = 0;
  let runs = 0;
  let runBytes = 0;
  let last = -1;
  for (let row = 0; row < count; row++) {
    const value = values[row] as number;
    const zigzag = value < 0 ? -2 * value - 1 : 2 * value;
    zigzags[row] = zigzag;
    sum += zigzag;
    if (zigzag > largest) largest = zigzag;
    if (zigzag !== last) {
      runs++;
      runBytes += (zigzag < 128 ? 1 : varintLength(zigzag)) + 1;
      last = zigzag;
    }
  }
  const bits = bitLength(largest);
  const fixed = bits > BITS_MAX ? Number.POSITIVE_INFINITY : Math.ceil((count * bits) / 8);
  const low = riceOf(sum, count);
  const rice = bits > BITS_MAX ? Number.POSITIVE_INFINITY : riceBytes(zigzags, low);
  const packed = Math.min(fixed, rice);
  const planes = Math.ceil(bits / 8);
  const isShort = count < ENTROPY_FROM_ROWS;
  const others = isShort ? count * planes : entropyBytes(zigzags, planes);
  if (runBytes <= Math.min(packed, others) && (isShort || runs * RUN_ROWS <= count))
    writeRuns(writer, zigzags);
  else if (others < packed) writePlanes(writer, zigzags, planes);
  else if (fixed <= rice) {
    writer.byte(BITS + bits);
    writeBits(writer, zigzags, bits);
  } else {
    writer.byte(RICE + low);
    writeRice(writer, zigzags, low);
  }
}

function isZero(values: Float64Array): boolean {
  for (let row = 0; row < values.length; row++) if (values[row] !== 0) return false;
  return true;
}

/** What it gives back holds until the next call. */
export function readIntegers(reader: ByteReader, count: number): Float64Array {
  const values = room(count);
  if (count === 0) return values;
  const form = reader.byte();
  if (form === BITS) return values.fill(0);
  if (form === RUNS) {
    let row = 0;
    while (row < count) {
      const end = row + reader.runLength(count - row);
      values.fill(reader.zigzag(), row, end);
      row = end;
    }
    return values;
  }
  if (form > PLANES && form <= PLANES + 7) readPlanes(reader, values, form - PLANES);
  else if (form > BITS && form <= BITS + BITS_MAX) readBits(reader, values, form - BITS);
  else if (form >= RICE && form <= RICE + RICE_MAX) readRice(reader, values, form - RICE);
  else throw new MalformedBlock(`integers of form ${form}`);
  return values;
}

/** Whether the next so many columns are nothing but zeros, none of them empty; if so, they are read. */
export function readZeros(reader: ByteReader, columns: number): boolean {
  const next = reader.rest();
  for (let at = 0; at < columns; at++) if (next[at] !== BITS) return false;
  reader.bytes(columns);
  return true;
}

/** What zstd makes of planes of bytes that do not repeat themselves. */
function entropyBytes(values: Float64Array, planes: number): number {
  let bytes = 0;
  const counts = new Uint32Array(256);
  const { length } = values;
  for (let plane = 0; plane < planes; plane++) {
    const weight = 256 ** plane;
    counts.fill(0);
    if (planes <= 4)
      for (let row = 0; row < length; row++)
        (counts[((values[row] as number) >>> (plane * 8)) & 255] as number)++;
    else
      for (let row = 0; row < length; row++)
        (counts[Math.floor((values[row] as number) / weight) & 255] as number)++;
    bytes += bytesOfCounts(counts, length);
  }
  return bytes;
}

/** The same of one plane, by how often it has each byte. */
export function bytesOfCounts(counts: Uint32Array, total: number): number {
  let bits = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte] as number;
    if (count > 0) bits += count * Math.log2(total / count);
  }
  return bits === 0 ? 0 : bits / 8 + PLANE_OVERHEAD_BYTES;
}

function writeRuns(writer: ByteWriter, zigzags: Float64Array): void {
  writer.byte(RUNS);
  let row = 0;
  while (row < zigzags.length) {
    const start = row;
    const zigzag = zigzags[row] as number;
    while (row < zigzags.length && zigzags[row] === zigzag) row++;
    writer.varint(row - start);
    writer.varint(zigzag);
  }
}

function writePlanes(writer: ByteWriter, zigzags: Float64Array, planes: number): void {
  writer.byte(PLANES + planes);
  const { length } = zigzags;
  const bytes = new Uint8Array(length * planes);
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    if (planes <= 4)
      for (let row = 0; row < length; row++) bytes[at++] = (zigzags[row] as number) >>> (plane * 8);
    else {
      const weight = 256 ** plane;
      for (let row = 0; row < length; row++)
        bytes[at++] = Math.floor((zigzags[row] as number) / weight) & 255;
    }
  }
  writer.bytes(bytes);
}

function readPlanes(reader: ByteReader, values: Float64Array, planes: number): void {
  const { length } = values;
  const bytes = reader.bytes(length * planes);
  values.set(bytes.subarray((planes - 1) * length));
  for (let plane = planes - 2; plane >= 0; plane--) {
    const from = plane * length;
    for (let row = 0; row < length; row++)
      values[row] = (values[row] as number) * 256 + (bytes[from + row] as number);
  }
  for (let row = 0; row < length; row++) values[row] = signed(values[row] as number);
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length++;
  return length;
}

const bitLength = (value: number): number =>
  value < 2 ** 31 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32);
