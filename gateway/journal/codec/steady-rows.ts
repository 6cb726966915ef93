/**
 * The usual block: its rows are those of its key, each tag once, all of them decimals, and nothing has changed but time and
 * value. It is read without following each row to the one before. Pure; FORMAT.md.
 */
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import type { ByteReader } from './byte-stream.ts';
import { readIntegers, readZeros } from './integer-columns.ts';
import { expectedInteger, FLOAT32, valueOfInteger } from './number-class.ts';

/** What such blocks have in common with their key, row by row. */
export interface SteadyRows extends Pick<SampleBatch, 'kinds' | 'qualities' | 'timeBases'> {
  readonly classes: Uint8Array;
  /** The key's numbers in the scales of their classes. */
  readonly integers: Float64Array;
}

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
  return { kinds, qualities, timeBases, classes, integers };
}

/** The columns behind tags and times, the key's own but for the numbers; undefined, and nothing read, of others. */
export function readSteady(reader: ByteReader, steady: SteadyRows) {
  // Kinds, qualities and bases; and classes. Of booleans and others nothing is written.
  if (!readZeros(reader, 2)) return undefined;
  const { kinds, qualities, timeBases, classes, integers } = steady;
  const { length } = integers;
  const steps = readIntegers(reader, length);
  const numbers = new Float64Array(length);
  for (let row = 0; row < length; row++)
    numbers[row] = valueOfInteger(
      (steps[row] as number) + (integers[row] as number),
      classes[row] as number,
    );
  return { kinds, qualities, timeBases, numbers, classes };
}
