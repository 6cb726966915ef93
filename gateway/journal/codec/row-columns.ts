/** Tags and times: a block's rows nearly always are those of its key, one poll later. Pure; layout in FORMAT.md. */
import type { SampleBatch } from '../batch.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { readIntegers, writeIntegers } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';
import { scratch } from './scratch.ts';

/** Bits of the form. The tags are the key's, else steps from row to row. */
const TAGS_OF_KEY = 1;
/** Times are steps of the difference from the key's time in the same row, else from row to row. */
const TIMES_OF_KEY = 2;
/** Times are float64: some are no whole milliseconds. */
const DOUBLES = 4;
const FORM_MAX = DOUBLES | TAGS_OF_KEY;

/** Changes of step of one in so many rows: nothing shorter is looked for. */
const FEW_CHANGES = 16;

const tagRoom = scratch((rows) => new Float64Array(rows));
const stepRoom = scratch((rows) => new Float64Array(rows));
const laterRoom = scratch((rows) => new Float64Array(rows));

const TAG_MAX = 2 ** 32 - 1;
const TIME_LIMIT = 2 ** 50;

/** `isSequence` says whether the rows are those of the key's tags. */
export function writeRows(
  writer: ByteWriter,
  { tags, times }: Pick<SampleBatch, 'tags' | 'times'>,
  key: KeyFrame | undefined,
  isSequence: boolean,
): void {
  const column = columnOf(times, key, isSequence);
  writer.byte((isSequence ? TAGS_OF_KEY : 0) | column.form);
  if (!isSequence) writeIntegers(writer, stepsOf(tags));
  if (column.steps !== undefined) writeIntegers(writer, column.steps);
  else writer.planes(new Uint8Array(times.buffer, times.byteOffset, times.byteLength), 8);
}

/** `isSequence` as above: its tags are the key's, the very same column. */
export function readRows(reader: ByteReader, length: number, key: KeyFrame | undefined) {
  const form = reader.byte();
  const isSequence = (form & TAGS_OF_KEY) !== 0;
  const isLater = (form & TIMES_OF_KEY) !== 0;
  if (form > FORM_MAX) throw new MalformedBlock(`rows of form ${form}`);
  if ((isSequence || isLater) && key?.tags.length !== length)
    throw new MalformedBlock(`${length} rows unlike the key's`);
  const tags = isSequence && key !== undefined ? key.tags : readTags(reader, length);
  const times =
    (form & DOUBLES) === 0
      ? readTimes(reader, length, key, isLater)
      : new Float64Array(reader.planes(length, 8).buffer);
  return { tags, times, isSequence };
}

function readTags(reader: ByteReader, length: number): Uint32Array<ArrayBuffer> {
  const tags = new Uint32Array(length);
  const steps = readIntegers(reader, length);
  let tag = 0;
  for (let row = 0; row < length; row++) {
    tag += steps[row] as number;
    if (tag < 0 || tag > TAG_MAX) throw new MalformedBlock(`tag ${tag}`);
    tags[row] = tag;
  }
  return tags;
}

function readTimes(
  reader: ByteReader,
  length: number,
  key: KeyFrame | undefined,
  isLater: boolean,
): Float64Array<ArrayBuffer> {
  const others = isLater ? key?.times : undefined;
  const steps = readIntegers(reader, length);
  const times = new Float64Array(length);
  let time = isLater ? 0 : baseOf(key);
  for (let row = 0; row < length; row++) {
    time += steps[row] as number;
    times[row] = others === undefined ? time : time + (others[row] as number);
  }
  return times;
}

/** Steps of the times, and their part of the form; without steps for times that have none. */
function columnOf(times: Float64Array, key: KeyFrame | undefined, isSequence: boolean) {
  const later = isSequence && key !== undefined ? stepsFrom(times, key.times) : undefined;
  if (later !== undefined && changesOf(later) * FEW_CHANGES <= later.length)
    return { form: TIMES_OF_KEY, steps: later };
  const steps = wholeSteps(times, baseOf(key));
  if (steps === undefined) return { form: DOUBLES, steps };
  return later !== undefined && changesOf(later) <= changesOf(steps)
    ? { form: TIMES_OF_KEY, steps: later }
    : { form: 0, steps };
}

/** What the first time is a step from. */
const baseOf = (key: KeyFrame | undefined): number => key?.times[0] ?? 0;

/** Whole milliseconds, so few that the steps between them are exact. */
const isWhole = (time: number): boolean =>
  Math.floor(time) === time &&
  time < TIME_LIMIT &&
  (time > 0 || (time > -TIME_LIMIT && !Object.is(time, -0)));

function stepsOf(tags: Uint32Array): Float64Array {
  const steps = tagRoom(tags.length);
  let before = 0;
  for (let row = 0; row < tags.length; row++) {
    const tag = tags[row] as number;
    steps[row] = tag - before;
    before = tag;
  }
  return steps;
}

/** Undefined where a time is not whole, `base` included. */
function wholeSteps(times: Float64Array, base: number): Float64Array | undefined {
  if (!isWhole(base)) return undefined;
  const steps = stepRoom(times.length);
  let before = base;
  for (let row = 0; row < times.length; row++) {
    const time = times[row] as number;
    if (!isWhole(time)) return undefined;
    steps[row] = time - before;
    before = time;
  }
  return steps;
}

/** Of the differences between two columns of as many times; undefined where a time is not whole. */
function stepsFrom(times: Float64Array, from: Float64Array): Float64Array | undefined {
  const steps = laterRoom(times.length);
  let before = 0;
  for (let row = 0; row < times.length; row++) {
    const time = times[row] as number;
    const origin = from[row] as number;
    if (!(isWhole(time) && isWhole(origin))) return undefined;
    const later = time - origin;
    steps[row] = later - before;
    before = later;
  }
  return steps;
}

function changesOf(steps: Float64Array): number {
  let changes = 0;
  for (let row = 1; row < steps.length; row++) if (steps[row] !== steps[row - 1]) changes++;
  return changes;
}
