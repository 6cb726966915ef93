/**
 * The body of a block of version 1, which journals in the field have: it is read, not written. Pure; layout in
 * FORMAT.md.
 */
import { QUALITIES } from '../../model/quality.ts';
import { TIME_BASES } from '../../model/sample.ts';
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import { type ByteReader, MalformedBlock } from './byte-stream.ts';
import { CLASS_COUNT, FLOAT32, FLOAT64, valueOfInteger } from './number-class.ts';
import type { Other } from './other-column.ts';
import { readText } from './stored-text.ts';

const RUNS = 0;
const PLAIN = 1;

const NUMBER = VALUE_KINDS.indexOf('number');
const BOOLEAN = VALUE_KINDS.indexOf('boolean');
const BIGINT = VALUE_KINDS.indexOf('bigint');
const STRING = VALUE_KINDS.indexOf('string');
const DECIMAL = VALUE_KINDS.indexOf('decimal');

/** `length` is the number of rows, which the reader stands behind. */
export function decodeVersion1(reader: ByteReader, length: number): SampleBatch {
  const tags = new Uint32Array(length);
  readDeltaRuns(reader, tags);
  const times = readTimes(reader, length);
  const kinds = readByteColumn(reader, length, VALUE_KINDS.length);
  const qualities = readByteColumn(reader, length, QUALITIES.length);
  const timeBases = readByteColumn(reader, length, TIME_BASES.length);
  const booleans = readByteColumn(reader, countOf(kinds, BOOLEAN), 2);
  const entries = readNumbers(reader, countOf(kinds, NUMBER));
  const others = readOthers(reader, kinds);
  const numbers = spread(kinds, booleans, entries);
  return { length, tags, times, kinds, qualities, timeBases, numbers, others };
}

/** The numbers of both kinds in their rows; 0 in every other row. */
function spread(
  kinds: Uint8Array,
  booleans: Uint8Array,
  entries: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  if (entries.length === kinds.length) return entries;
  const numbers = new Float64Array(kinds.length);
  let number = 0;
  let boolean = 0;
  for (let row = 0; row < kinds.length; row++) {
    if (kinds[row] === NUMBER) numbers[row] = entries[number++] as number;
    else if (kinds[row] === BOOLEAN) numbers[row] = booleans[boolean++] as number;
  }
  return numbers;
}

function countOf(kinds: Uint8Array, kind: number): number {
  let count = 0;
  for (const each of kinds) if (each === kind) count++;
  return count;
}

function readDeltaRuns(reader: ByteReader, into: Uint32Array | Float64Array): void {
  let value = 0;
  let row = 0;
  while (row < into.length) {
    const end = row + reader.runLength(into.length - row);
    const step = reader.zigzag();
    while (row < end) {
      value += step;
      into[row++] = value;
    }
  }
}

/** `limit` is the first value that must not occur. */
function readByteColumn(reader: ByteReader, length: number, limit: number) {
  const values = new Uint8Array(length);
  if (length === 0) return values;
  const form = reader.byte();
  if (form === PLAIN) values.set(reader.bytes(length));
  else if (form === RUNS) {
    let row = 0;
    while (row < length) {
      const end = row + reader.runLength(length - row);
      values.fill(reader.byte(), row, end);
      row = end;
    }
  } else throw new MalformedBlock(`byte column of form ${form}`);
  for (const value of values)
    if (value >= limit) throw new MalformedBlock(`${value} in a column of values below ${limit}`);
  return values;
}

function readTimes(reader: ByteReader, length: number): Float64Array<ArrayBuffer> {
  const form = reader.byte();
  if (form === PLAIN) return new Float64Array(reader.planes(length, 8).buffer);
  if (form !== RUNS) throw new MalformedBlock(`times of form ${form}`);
  const times = new Float64Array(length);
  readDeltaRuns(reader, times);
  return times;
}

function readNumbers(reader: ByteReader, count: number): Float64Array<ArrayBuffer> {
  const classes = readByteColumn(reader, count, CLASS_COUNT);
  const numbers = new Float64Array(count);
  let floatCount = 0;
  let doubleCount = 0;
  for (let row = 0; row < count; row++) {
    const numberClass = classes[row] as number;
    if (numberClass === FLOAT64) doubleCount++;
    else if (numberClass === FLOAT32) floatCount++;
    else numbers[row] = valueOfInteger(reader.zigzag(), numberClass);
  }
  const floats = new Float32Array(reader.planes(floatCount, 4).buffer);
  const doubles = new Float64Array(reader.planes(doubleCount, 8).buffer);
  floatCount = 0;
  doubleCount = 0;
  for (let row = 0; row < count; row++) {
    if (classes[row] === FLOAT32) numbers[row] = floats[floatCount++] as number;
    else if (classes[row] === FLOAT64) numbers[row] = doubles[doubleCount++] as number;
  }
  return numbers;
}

/** One value for each row whose kind is one of the three. */
function readOthers(reader: ByteReader, kinds: Uint8Array): Other[] {
  const texts: string[] = [];
  const textCount = reader.varint();
  if (textCount > reader.remaining) throw new MalformedBlock(`${textCount} strings`);
  while (texts.length < textCount) texts.push(readText(reader));
  const others: Other[] = [];
  for (const kind of kinds) {
    if (kind === STRING) {
      const text = texts[reader.varint()];
      if (text === undefined) throw new MalformedBlock('string without a place');
      others.push(text);
    } else if (kind === DECIMAL) {
      const decimals = reader.zigzag();
      others.push({ unscaled: readBigint(reader), decimals });
    } else if (kind === BIGINT) others.push(readBigint(reader));
  }
  return others;
}

function readBigint(reader: ByteReader): bigint {
  const head = reader.varint();
  const length = Math.floor(head / 2);
  if (length > BIGINT_BYTES_MAX) throw new MalformedBlock(`integer of ${length} bytes`);
  const bytes = Buffer.from(reader.bytes(length)).reverse();
  const value = length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
  return head % 2 === 1 ? -value : value;
}

/** V8's own limit is 2^30 bits; beyond it BigInt throws what is no MalformedBlock. */
const BIGINT_BYTES_MAX = 2 ** 24;
