import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../gateway/host/random.ts';
import type { SampleBatch } from '../../../gateway/journal/batch.ts';
import { BLOCKS_OF_KEY_MAX, KeyFrames } from '../../../gateway/journal/blocks/key-frames.ts';
import { decodeBlock, keyFrameOf, needsKey } from '../../../gateway/journal/codec/block-codec.ts';
import { sealed } from '../../../gateway/journal/codec/block-seal.ts';
import type { KeyFrame } from '../../../gateway/journal/codec/key-frame.ts';
import { type BlockClass, type Seq, seqOf } from '../../../gateway/journal/journal.ts';
import { T0 } from '../../support/journal-samples.ts';

/** Stores what it is given, and reads each block back with the key it names. */
class Store {
  readonly frames = new KeyFrames();
  readonly #keys = new Map<Seq, KeyFrame>();
  #head = 0;

  /** The key's seq, or `alone`; and the bytes. */
  append(batch: SampleBatch, blockClass: BlockClass = 'telemetry') {
    const coded = this.frames.code(blockClass, batch);
    const seq = seqOf(++this.#head);
    const seal = `in place ${seq}`;
    this.frames.stored(blockClass, batch, coded, { seq, seal });
    const { key } = coded;
    const data = sealed(coded.data, seal);
    expect(needsKey(data)).toBe(key !== undefined);
    const frame = key === undefined ? undefined : this.#keys.get(key);
    expect(decodeBlock(data, seal, frame)).toEqual(batch);
    if (key === undefined) this.#keys.set(seq, keyFrameOf(data, seal));
    return { key: key ?? 'alone', bytes: data.length };
  }
}

/** Polls of tags that walk in the second decimal. */
function walk(tags: number, first = 0) {
  const random = seededRandom(7);
  const steps = Array.from({ length: tags }, () => 5000 + Math.round(random() * 90_000));
  let poll = 0;
  return () => {
    poll++;
    for (const tag of steps.keys())
      steps[tag] = (steps[tag] as number) + Math.round(random() * 6 - 3);
    return numbersAt(
      poll,
      steps.map((step) => step / 100),
      first,
    );
  };
}

/** Polls of tags whose values have nothing to do with each other. */
function noise(tags: number) {
  const random = seededRandom(8);
  let poll = 0;
  return () =>
    numbersAt(
      ++poll,
      Array.from({ length: tags }, () => random()),
    );
}

function numbersAt(poll: number, values: readonly number[], first = 0): SampleBatch {
  const length = values.length;
  return {
    length,
    tags: Uint32Array.from(values.keys(), (tag) => tag + first),
    times: new Float64Array(length).fill(T0 + poll * 1000),
    kinds: new Uint8Array(length).fill(1),
    qualities: new Uint8Array(length),
    timeBases: new Uint8Array(length),
    numbers: Float64Array.from(values),
    others: [],
  };
}

describe('a block of telemetry', () => {
  test('refers to the newest key, which changes after 32', () => {
    const store = new Store();
    const next = walk(100);
    const keys = Array.from({ length: 70 }, () => store.append(next()).key);
    expect(BLOCKS_OF_KEY_MAX).toBe(32);
    expect(keys).toEqual([
      'alone',
      ...Array(32).fill(1),
      'alone',
      ...Array(32).fill(34),
      'alone',
      ...Array(3).fill(67),
    ]);
  });

  test('of ten samples refers, too', () => {
    const store = new Store();
    const next = walk(10);
    const [key, ...others] = Array.from({ length: 30 }, () => store.append(next()));
    expect(others.every((block) => block.key === 1)).toBe(true);
    for (const { bytes } of others) expect(bytes).toBeLessThan(0.8 * (key?.bytes ?? 0));
  });

  test('of other tags begins a new key', () => {
    const store = new Store();
    const [these, those] = [walk(100), walk(100, 100)];
    const keys = [these(), these(), those(), those()].map((batch) => store.append(batch).key);
    expect(keys).toEqual(['alone', 1, 'alone', 3]);
  });

  test('that was not stored changes nothing', () => {
    const store = new Store();
    const next = walk(100);
    store.frames.code('telemetry', next());
    expect(store.frames.seq).toBeUndefined();
    store.append(next());
    for (let attempt = 0; attempt < 100; attempt++) store.frames.code('telemetry', next());
    expect(store.append(next()).key).toBe(1);
  });

  test('refers to nothing that was forgotten, nor to what another process wrote', () => {
    const store = new Store();
    const next = walk(100);
    for (let block = 0; block < 3; block++) store.append(next());
    store.frames.forget();
    expect(store.append(next()).key).toBe('alone');
    expect(store.append(next()).key).toBe(4);
    expect(new Store().append(next()).key).toBe('alone');
  });
});

test('records and alarms stand alone and are no keys; an empty batch, too', () => {
  const store = new Store();
  const next = walk(100);
  expect(store.append(next(), 'record').key).toBe('alone');
  expect(store.append(next(), 'alarm').key).toBe('alone');
  expect(store.append(numbersAt(1, [])).key).toBe('alone');
  expect(store.frames.seq).toBeUndefined();
  expect(store.append(next()).key).toBe('alone');
  for (const blockClass of ['record', 'alarm'] as const)
    expect(store.append(next(), blockClass).key).toBe('alone');
  expect(store.append(next()).key).toBe(4);
});

test('where nothing is worth coding against, keys become rare, and come back with what is', () => {
  const store = new Store();
  const next = noise(50);
  let keys = 0;
  for (let block = 0; block < 400; block++) {
    const before = store.frames.seq;
    expect(store.append(next()).key).toBe('alone');
    if (store.frames.seq !== undefined && store.frames.seq !== before) keys++;
  }
  expect(keys).toBeGreaterThan(3);
  expect(keys).toBeLessThan(15);
  const calm = walk(50);
  const behind = Array.from({ length: 130 }, () => store.append(calm()).key);
  expect(behind.slice(70).filter((key) => key === 'alone').length).toBeLessThan(4);
});
