/**
 * Numbers against the number before of the same tag: differences of integers of one scale, or of bit patterns. Pure;
 * FORMAT.md.
 */
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { FloatReader, writeDoubles, writeFloats } from './float-planes.ts';
import { readIntegers, writeIntegers } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';
import {
  CLASS_COUNT,
  classOf,
  classWithHint,
  expectedInteger,
  FLOAT32,
  integerOf,
  NO_CLASS,
  valueOfInteger,
} from './number-class.ts';
import { scratch } from './scratch.ts';
import { NOTHING, OF_KEY } from './tag-chain.ts';

const NUMBER = VALUE_KINDS.indexOf('number');

const classRoom = scratch((rows) => new Uint8Array(rows));
const changeRoom = scratch((rows) => new Float64Array(rows));
const integerRoom = scratch((rows) => new Float64Array(rows));

/**
 * `before` is the chain of values. `scales` is a frame whose tags had a scale already; the reader does not need it.
 */
export function writeNumbers(
  writer: ByteWriter,
  { length, kinds, numbers, tags }: SampleBatch,
  before: Int32Array,
  key: KeyFrame | undefined,
  scales: KeyFrame | undefined,
): void {
  const count = countOf(kinds, NUMBER);
  if (count === 0) return;
  const classes = classRoom(length);
  const changes = changeRoom(count);
  const integers = integerRoom(count);
  const floatRows: number[] = [];
  const doubleRows: number[] = [];
  let entry = 0;
  let integerCount = 0;
  for (let row = 0; row < length; row++) {
    if (kinds[row] !== NUMBER) continue;
    const value = numbers[row] as number;
    const from = before[row] as number;
    let last = 0;
    let lastClass = NO_CLASS;
    let own: number;
    if (from === NOTHING) {
      const slot = scales === undefined ? -1 : scales.slotOf.get(tags[row] as number) - 1;
      own = classWithHint(value, scales?.classes[slot] ?? NO_CLASS);
    } else {
      last = from >= 0 ? (numbers[from] as number) : (key?.numbers[OF_KEY - from] as number);
      lastClass = from >= 0 ? (classes[from] as number) : (key?.classes[OF_KEY - from] as number);
      own = classOf(value, lastClass);
    }
    classes[row] = own;
    changes[entry++] = own === lastClass ? 0 : own + 1;
    if (own < FLOAT32)
      integers[integerCount++] = integerOf(value, own) - expectedInteger(last, own);
    else if (own === FLOAT32) floatRows.push(row);
    else doubleRows.push(row);
  }
  writeIntegers(writer, changes);
  writeIntegers(writer, integers.subarray(0, integerCount));
  writeFloats(writer, numbers, floatRows, before, key);
  writeDoubles(writer, numbers, doubleRows, before, key);
}

/** Fills in the rows of kind number, and gives back their classes, by row, which hold until the next call. */
export function readNumbers(
  reader: ByteReader,
  numbers: Float64Array<ArrayBuffer>,
  kinds: Uint8Array,
  before: Int32Array,
  key: KeyFrame | undefined,
): Uint8Array {
  const { length } = kinds;
  const classes = classRoom(length).fill(0);
  const count = countOf(kinds, NUMBER);
  if (count === 0) return classes;
  const changes = readIntegers(reader, count);
  let entry = 0;
  let integerCount = 0;
  let floatCount = 0;
  let doubleCount = 0;
  for (let row = 0; row < length; row++) {
    if (kinds[row] !== NUMBER) continue;
    const from = before[row] as number;
    const change = changes[entry++] as number;
    const last = from >= 0 ? (classes[from] as number) : (key?.classes[OF_KEY - from] ?? NO_CLASS);
    const own = change === 0 ? last : change - 1;
    if (own < 0 || own >= CLASS_COUNT) throw new MalformedBlock(`number of class ${own}`);
    classes[row] = own;
    if (own < FLOAT32) integerCount++;
    else if (own === FLOAT32) floatCount++;
    else doubleCount++;
  }
  const integers = readIntegers(reader, integerCount);
  const floats = new FloatReader(reader, floatCount, 4);
  const doubles = new FloatReader(reader, doubleCount, 8);
  integerCount = 0;
  const patterns = new Uint32Array(numbers.buffer);
  for (let row = 0; row < length; row++) {
    if (kinds[row] !== NUMBER) continue;
    const from = before[row] as number;
    const own = classes[row] as number;
    const last =
      from >= 0
        ? (numbers[from] as number)
        : from === NOTHING
          ? 0
          : (key?.numbers[OF_KEY - from] as number);
    if (own < FLOAT32) {
      const integer = (integers[integerCount++] as number) + expectedInteger(last, own);
      numbers[row] = valueOfInteger(integer, own);
    } else if (own === FLOAT32) numbers[row] = floats.nextFloat(last);
    else doubles.nextDouble(last, patterns, row);
  }
  return classes;
}

function countOf(kinds: Uint8Array, kind: number): number {
  let count = 0;
  for (let row = 0; row < kinds.length; row++) if (kinds[row] === kind) count++;
  return count;
}
