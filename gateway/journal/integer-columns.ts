/**
 * A column of integers in the form that takes the fewest bytes: runs, one after the other, in as many bits as the
 * largest needs, or in planes of bytes for zstd. Pure; layout in FORMAT.md.
 */
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';

const RUNS = 0;
const VARINTS = 1;
/** And the number of planes, 1 to 7. */
const PLANES = 16;
/** And the number of bits, 0 to 24; 0 is a column of nothing but zeros. */
const BITS = 32;
const BITS_MAX = 24;

/** Below this the tables of an entropy coder cost more than it saves: bytes count as they are. */
const ENTROPY_FROM_ROWS = 128;
/** What zstd adds to the entropy of a plane: the table of its codes. Measured. */
const PLANE_OVERHEAD_BYTES = 24;
/** Rows a run has to have on average: what zstd makes of shorter ones is no less than of planes. */
const RUN_ROWS = 4;

/** `values` are integers below 2^52 in size. Nothing is written for an empty column. */
export function writeIntegers(writer: ByteWriter, values: Float64Array): void {
  const count = values.length;
  if (count === 0) return;
  const zigzags = new Float64Array(count);
  let largest = 0;
  let runs = 0;
  let runBytes = 0;
  let varintBytes = 0;
  let last = -1;
  for (let row = 0; row < count; row++) {
    const value = values[row] as number;
    const zigzag = value < 0 ? -2 * value - 1 : 2 * value;
    zigzags[row] = zigzag;
    if (zigzag > largest) largest = zigzag;
    const bytes = zigzag < 128 ? 1 : varintLength(zigzag);
    varintBytes += bytes;
    if (zigzag !== last) {
      runs++;
      runBytes += bytes;
      last = zigzag;
    }
  }
  if (largest === 0) {
    writer.byte(BITS);
    return;
  }
  runBytes += runs;
  const bits = bitLength(largest);
  const packed = bits > BITS_MAX ? Number.POSITIVE_INFINITY : Math.ceil((count * bits) / 8);
  const planes = Math.ceil(bits / 8);
  if (count < ENTROPY_FROM_ROWS) {
    if (runBytes <= Math.min(packed, varintBytes)) writeRuns(writer, zigzags);
    else if (varintBytes <= packed) writeVarints(writer, zigzags);
    else writeBits(writer, zigzags, bits);
    return;
  }
  const entropy = entropyBytes(zigzags, planes);
  if (runs * RUN_ROWS <= count && runBytes <= Math.min(packed, entropy)) writeRuns(writer, zigzags);
  else if (packed <= entropy) writeBits(writer, zigzags, bits);
  else writePlanes(writer, zigzags, planes);
}

export function readIntegers(reader: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  if (count === 0) return values;
  const form = reader.byte();
  if (form === BITS) return values;
  if (form === RUNS) {
    let row = 0;
    while (row < count) {
      const end = row + reader.runLength(count - row);
      values.fill(reader.zigzag(), row, end);
      row = end;
    }
  } else if (form === VARINTS) for (let row = 0; row < count; row++) values[row] = reader.zigzag();
  else if (form > PLANES && form <= PLANES + 7) readPlanes(reader, values, form - PLANES);
  else if (form > BITS && form <= BITS + BITS_MAX) readBits(reader, values, form - BITS);
  else throw new MalformedBlock(`integers of form ${form}`);
  return values;
}

/** What an entropy coder makes of planes of bytes: the collision entropy of each, which needs no logarithm a byte. */
export function entropyBytes(values: Float64Array, planes: number): number {
  let bytes = 0;
  const counts = new Uint32Array(256);
  const { length } = values;
  for (let plane = 0; plane < planes; plane++) {
    const weight = 256 ** plane;
    counts.fill(0);
    if (plane < 4 && planes <= 4)
      for (let row = 0; row < length; row++)
        (counts[((values[row] as number) >>> (plane * 8)) & 255] as number)++;
    else
      for (let row = 0; row < length; row++)
        (counts[Math.floor((values[row] as number) / weight) & 255] as number)++;
    bytes += bytesOfCounts(counts, length);
  }
  return bytes;
}

export function bytesOfCounts(counts: Uint32Array, total: number): number {
  let squares = 0;
  for (const count of counts) squares += count * count;
  const bits = -Math.log2(squares / (total * total));
  return bits === 0 ? 0 : (total * bits) / 8 + PLANE_OVERHEAD_BYTES;
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

function writeVarints(writer: ByteWriter, zigzags: Float64Array): void {
  writer.byte(VARINTS);
  for (let row = 0; row < zigzags.length; row++) writer.varint(zigzags[row] as number);
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

/** Lowest bit first, through all entries. */
function writeBits(writer: ByteWriter, zigzags: Float64Array, bits: number): void {
  writer.byte(BITS + bits);
  const bytes = new Uint8Array(Math.ceil((zigzags.length * bits) / 8));
  let at = 0;
  let held = 0;
  let heldBits = 0;
  for (let row = 0; row < zigzags.length; row++) {
    held |= (zigzags[row] as number) << heldBits;
    heldBits += bits;
    while (heldBits >= 8) {
      bytes[at++] = held;
      held >>>= 8;
      heldBits -= 8;
    }
  }
  if (heldBits > 0) bytes[at] = held;
  writer.bytes(bytes);
}

function readBits(reader: ByteReader, values: Float64Array, bits: number): void {
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
    const zigzag = held & mask;
    values[row] = (zigzag >>> 1) ^ -(zigzag & 1);
    held >>>= bits;
    heldBits -= bits;
  }
}

/** Seven bytes can hold more than any value takes; the sum stays a number all the same. */
const signed = (zigzag: number): number => (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length++;
  return length;
}

const bitLength = (value: number): number =>
  value < 2 ** 31 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32);
