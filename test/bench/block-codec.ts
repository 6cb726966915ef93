/**
 * `block_codec_bytes…`: what the codec alone makes of a sample, with the keys of a writer, in blocks of 10 to 10,000; beside it the same
 * samples as delta columns in deflate. `block_codec_encode`, `block_codec_decode`: the time for a sample, keys and their
 * frames included, as the processor counts it.
 */
import { deflateSync } from 'node:zlib';
import { signalValue } from '../../firmware-sim/process.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { type SampleBatch, VALUE_KINDS } from '../../gateway/journal/batch.ts';
import { KeyFrames } from '../../gateway/journal/blocks/key-frames.ts';
import { decodeAlone, decodeBlock } from '../../gateway/journal/codec/block-codec.ts';
import type { KeyFrame } from '../../gateway/journal/codec/key-frame.ts';
import { seqOf } from '../../gateway/journal/journal.ts';
import { millis } from '../../gateway/model/units.ts';
import { type Bench, type Figure, median, rounded } from './figure.ts';

const SIZES = [10, 100, 1_000, 10_000];
/** Three keys and what refers to them. */
const BLOCKS = 99;
/** Before the counting begins: the first key has no decimals to go by. */
const WARM_UP = 33;
const TIMED_SAMPLES = 400_000;
const RUNS = 3;
const START = 1_767_225_600_000;
const PERIOD_MS = 240_000;

type Content = 'decimals' | 'sine' | 'floats' | 'booleans' | 'counters';
/** Goals of blocks of 1,000; a sine of float32 and arbitrary floats have that many new bits. */
const GOALS: Readonly<Record<Content, number>> = {
  decimals: 0.9,
  sine: 3.6,
  floats: 6.4,
  booleans: 0.25,
  counters: 1.2,
};
/** Nothing packs noise: a short block of it may cost its head and checksum. */
const NOISE_MARGIN = 1.05;
/** Of the same blocks at version 1 with the same machine: 0.10 and 0.08 µs. */
const ENCODE_GOAL_NS = 200;
const DECODE_GOAL_NS = 150;

export const blockCodec: Bench = {
  name: 'block_codec',
  async run(print, note) {
    note('block_codec: five contents, four sizes, 1 min …');
    for (const content of Object.keys(GOALS) as Content[])
      for (const size of SIZES) for (const figure of figuresOf(content, size)) print(figure);
  },
};

function figuresOf(content: Content, size: number): Figure[] {
  const batches = batchesOf(content, size);
  const coded = encoded(batches);
  const counted = coded.slice(WARM_UP);
  const samples = counted.length * size;
  const value = sum(counted.map(({ data }) => data.length)) / samples;
  const columns = batches.slice(WARM_UP).map((batch) => deflateSync(columnsOf(batch)).length);
  const baseline = sum(columns) / samples;
  const goal = size === 1_000 ? GOALS[content] : baseline * NOISE_MARGIN;
  const bytes: Figure = {
    figure: 'block_codec_bytes_per_sample',
    value: rounded(value),
    unit: 'bytes a sample',
    baseline: rounded(baseline),
    ratio: rounded(value / baseline),
    goal: rounded(goal),
    ok: value <= goal,
    detail: {
      goal_is_for: 'value',
      content,
      samples_per_block: size,
      keys: counted.filter(({ key }) => key === undefined).length,
      blocks: counted.length,
      of_keys: rounded(bytesOf(counted, true) / size),
      of_others: rounded(bytesOf(counted, false) / size),
    },
  };
  if (content !== 'decimals') return [bytes];
  const repeats = Math.max(1, Math.round(TIMED_SAMPLES / BLOCKS / size));
  const encode = nanosPerSample(size, repeats, () => encoded(batches));
  const decode = nanosPerSample(size, repeats, () => decodeAll(coded));
  const deflate = nanosPerSample(size, repeats, () => {
    for (const batch of batches) deflateSync(columnsOf(batch));
  });
  const time = (figure: string, nanos: number, goal: number): Figure => ({
    figure,
    value: rounded(nanos, 0),
    unit: 'ns of CPU a sample',
    baseline: rounded(deflate, 0),
    ratio: rounded(nanos / deflate),
    goal,
    ok: size < 1_000 || nanos <= goal,
    detail: { goal_is_for: 'value', content, samples_per_block: size },
  });
  return [
    bytes,
    time('block_codec_encode', encode, ENCODE_GOAL_NS),
    time('block_codec_decode', decode, DECODE_GOAL_NS),
  ];
}

type Coded = ReturnType<typeof encoded>[number];

function encoded(batches: readonly SampleBatch[]) {
  const frames = new KeyFrames();
  return batches.map((batch, index) => {
    const coded = frames.code('telemetry', batch);
    frames.stored('telemetry', batch, coded, { seq: seqOf(index), seal: '' });
    return coded;
  });
}

function decodeAll(coded: readonly Coded[]): void {
  let known: { readonly seq: number; readonly frame: KeyFrame } | undefined;
  for (const [index, { data, key }] of coded.entries()) {
    if (key !== undefined) decodeBlock(data, '', known?.seq === key ? known.frame : undefined);
    else if (coded[index + 1]?.key === index)
      known = { seq: index, frame: decodeAlone(data, '').frame() };
    else decodeBlock(data, '');
  }
}

function nanosPerSample(size: number, repeats: number, run: () => void): number {
  const times = Array.from({ length: RUNS }, () => {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < repeats; repeat++) run();
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / repeats / BLOCKS / size;
  });
  return median(times);
}

/** Polls of up to 1,000 tags; 10,000 samples are ten polls of them. */
function batchesOf(content: Content, size: number): SampleBatch[] {
  const tags = Math.min(size, 1_000);
  const random = seededRandom(1);
  const valueAt = valuesOf(content, tags, random);
  return Array.from({ length: BLOCKS }, (_, block) => {
    const batch = emptyBatch(size);
    batch.kinds.fill(VALUE_KINDS.indexOf(content === 'booleans' ? 'boolean' : 'number'));
    for (let row = 0; row < size; row++) {
      const tag = row % tags;
      const second = block * (size / tags) + Math.floor(row / tags);
      batch.tags[row] = tag + 1;
      batch.times[row] = START + second * 1000 + Math.floor(tag / 100) * 3;
      batch.numbers[row] = valueAt(tag, second);
    }
    return batch;
  });
}

/** Called tag by tag and second by second. */
function valuesOf(content: Content, tags: number, random: () => number) {
  const steps = Array.from({ length: tags }, () => Math.round(5_000 + random() * 90_000));
  const walk = (tag: number, by: number): number => {
    const step = (steps[tag] as number) + by;
    steps[tag] = step;
    return step;
  };
  const signal = { shape: 'sine', min: 0, max: 100, period: millis(PERIOD_MS) } as const;
  const values: Readonly<Record<Content, (tag: number, second: number) => number>> = {
    decimals: (tag) => walk(tag, Math.round(random() * 6 - 3)) / 10 ** (1 + (tag % 3)),
    sine: (tag, second) => {
      const elapsed = millis(second * 1000);
      return Math.fround(signalValue(signal, tag, { elapsed, uptime: elapsed }));
    },
    floats: () => random() * 1000,
    booleans: (tag) => walk(tag, random() < 0.02 ? 1 : 0) % 2,
    counters: (tag) => walk(tag, Math.floor(random() * 20)),
  };
  return values[content];
}

function emptyBatch(length: number): SampleBatch {
  return {
    length,
    tags: new Uint32Array(length),
    times: new Float64Array(length),
    kinds: new Uint8Array(length),
    qualities: new Uint8Array(length),
    timeBases: new Uint8Array(length),
    numbers: new Float64Array(length),
    others: [],
  };
}

/** Steps of tags and times, qualities, and the values as they are: what a general packer is given. */
function columnsOf({ length, tags, times, qualities, numbers }: SampleBatch): Uint8Array {
  const tagSteps = new Int32Array(length);
  const timeSteps = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    tagSteps[row] = (tags[row] as number) - (tags[row - 1] ?? 0);
    timeSteps[row] = (times[row] as number) - (times[row - 1] ?? 0);
  }
  return Buffer.concat(
    [tagSteps, timeSteps, qualities, numbers].map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  );
}

/** Of the mean block of one sort. */
function bytesOf(coded: readonly Coded[], keys: boolean): number {
  const lengths = coded
    .filter(({ key }) => (key === undefined) === keys)
    .map(({ data }) => data.length);
  return lengths.length === 0 ? 0 : sum(lengths) / lengths.length;
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
