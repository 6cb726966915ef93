/** Tags and times: a block's rows nearly always are those of its key, one poll later. Pure; layout in FORMAT.md. */
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { readIntegers, writeIntegers } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';

/** Steps from row to row. */
const STEPS = 0;
/** Tags: the key's. Times: steps of the difference from the key's time in the same row. */
const LIKE_KEY = 1;
/** Times that are no whole milliseconds. */
const DOUBLES = 2;

/** Changes of step of one in so many rows: nothing shorter is looked for. */
const FEW_CHANGES = 16;

const TAG_MAX = 2 ** 32 - 1;
const TIME_LIMIT = 2 ** 50;

/** `isSequence` says whether the rows are those of the key's tags. */
export function writeTags(writer: ByteWriter, tags: Uint32Array, isSequence: boolean): void {
  writer.byte(isSequence ? LIKE_KEY : STEPS);
  if (!isSequence) writeIntegers(writer, stepsOf(tags));
}

/** In an array of its own; `isSequence` as above. */
export function readTags(reader: ByteReader, length: number, key: KeyFrame | undefined) {
  const form = reader.byte();
  if (form === LIKE_KEY) {
    if (key?.tags.length !== length) throw new MalformedBlock(`${length} rows unlike the key's`);
    return { tags: key.tags.slice(), isSequence: true };
  }
  if (form !== STEPS) throw new MalformedBlock(`tags of form ${form}`);
  const tags = new Uint32Array(length);
  const steps = readIntegers(reader, length);
  let tag = 0;
  for (let row = 0; row < length; row++) {
    tag += steps[row] as number;
    if (tag < 0 || tag > TAG_MAX) throw new MalformedBlock(`tag ${tag}`);
    tags[row] = tag;
  }
  return { tags, isSequence: false };
}

export function writeTimes(
  writer: ByteWriter,
  times: Float64Array,
  key: KeyFrame | undefined,
  isSequence: boolean,
): void {
  const later = isSequence && key !== undefined ? stepsFrom(times, key.times) : undefined;
  if (later !== undefined && changesOf(later) * FEW_CHANGES <= later.length) {
    writer.byte(LIKE_KEY);
    writeIntegers(writer, later);
    return;
  }
  const steps = wholeSteps(times, baseOf(key));
  if (steps === undefined) {
    writer.byte(DOUBLES);
    writer.planes(new Uint8Array(times.buffer, times.byteOffset, times.byteLength), 8);
    return;
  }
  const isLater = later !== undefined && changesOf(later) <= changesOf(steps);
  writer.byte(isLater ? LIKE_KEY : STEPS);
  writeIntegers(writer, isLater ? later : steps);
}

export function readTimes(
  reader: ByteReader,
  length: number,
  key: KeyFrame | undefined,
): Float64Array<ArrayBuffer> {
  const form = reader.byte();
  if (form === DOUBLES) return new Float64Array(reader.planes(length, 8).buffer);
  if (form !== STEPS && form !== LIKE_KEY) throw new MalformedBlock(`times of form ${form}`);
  const others = form === LIKE_KEY ? key?.times : undefined;
  if (form === LIKE_KEY && others?.length !== length)
    throw new MalformedBlock(`${length} times unlike the key's`);
  const steps = readIntegers(reader, length);
  const times = new Float64Array(length);
  let time = form === LIKE_KEY ? 0 : baseOf(key);
  for (let row = 0; row < length; row++) {
    time += steps[row] as number;
    times[row] = others === undefined ? time : time + (others[row] as number);
  }
  return times;
}

/** What the first time is a step from. */
function baseOf(key: KeyFrame | undefined): number {
  const base = key?.times[0] ?? 0;
  return isWhole(base) ? base : 0;
}

/** Whole milliseconds, so few that the steps between them are exact. */
const isWhole = (time: number): boolean =>
  Math.floor(time) === time &&
  time < TIME_LIMIT &&
  (time > 0 || (time > -TIME_LIMIT && !Object.is(time, -0)));

function stepsOf(tags: Uint32Array): Float64Array {
  const steps = new Float64Array(tags.length);
  let before = 0;
  for (let row = 0; row < tags.length; row++) {
    const tag = tags[row] as number;
    steps[row] = tag - before;
    before = tag;
  }
  return steps;
}

/** Undefined where a time is not whole. */
function wholeSteps(times: Float64Array, base: number): Float64Array | undefined {
  const steps = new Float64Array(times.length);
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
  const steps = new Float64Array(times.length);
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
