/**
 * The usual block: its rows are those of its key, each tag once, all of them decimals, and nothing has changed but time and
 * value, and of some rows the decimals. It is read without following each row to the one before. Pure; FORMAT.md.
 */
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import { ByteReader } from './byte-stream.ts';
import { readIntegers, readZeros } from './integer-columns.ts';
import { expectedInteger, FLOAT32, valueOfInteger } from './number-class.ts';
import { scratch } from './scratch.ts';

/** What such blocks have in common with their key, row by row. */
export interface SteadyRows extends Pick<SampleBatch, 'kinds' | 'qualities' | 'timeBases'> {
  readonly classes: Uint8Array;
  readonly numbers: Float64Array;
  /** The same in the scales of their classes. */
  readonly integers: Float64Array;
}

const classRoom = scratch((rows) => new Uint8Array(rows));
const NUMBER = VALUE_KINDS.indexOf('number');

/** Of a key in which each tag has one row; undefined where they are not all decimals. `classes` by row. */
export function steadyRowsOf(
  { length, kinds, qualities, timeBases, numbers }: SampleBatch,
  classes: Uint8Array,
): SteadyRows | undefined {
  const integers = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    const own = classes[row] as number;
    if (kinds[row] !== NUMBER || own >= FLOAT32) return undefined;
    integers[row] = expectedInteger(numbers[row] as number, own);
  }
  return { kinds, qualities, timeBases, classes, numbers, integers };
}

/**
 * The columns behind tags and times, the key's own but for numbers and their classes, which hold until the next call;
 * undefined, and nothing read, of others.
 */
export function readSteady(reader: ByteReader, steady: SteadyRows) {
  const { kinds, qualities, timeBases, classes: before, numbers: last, integers } = steady;
  // Kinds, qualities and bases; and classes. Of booleans and others nothing is written.
  const classes = readZeros(reader, 2) ? before : readClasses(reader, before);
  if (classes === undefined) return undefined;
  const { length } = integers;
  const steps = readIntegers(reader, length);
  const numbers = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    const own = classes[row] as number;
    const expected =
      own === before[row] ? (integers[row] as number) : expectedInteger(last[row] as number, own);
    numbers[row] = valueOfInteger((steps[row] as number) + expected, own);
  }
  return { kinds, qualities, timeBases, numbers, classes };
}

/** Undefined, and nothing read, where more has changed than decimals. */
function readClasses(reader: ByteReader, before: Uint8Array): Uint8Array | undefined {
  const ahead = new ByteReader(reader.rest());
  if (!readZeros(ahead, 1)) return undefined;
  const { length } = before;
  const changes = readIntegers(ahead, length);
  const classes = classRoom(length);
  for (let row = 0; row < length; row++) {
    const change = changes[row] as number;
    const own = change === 0 ? (before[row] as number) : change - 1;
    if (own < 0 || own >= FLOAT32) return undefined;
    classes[row] = own;
  }
  reader.bytes(reader.remaining - ahead.remaining);
  return classes;
}
