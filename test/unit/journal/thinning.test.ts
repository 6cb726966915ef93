import { describe, expect, test } from 'vitest';
import { fromBatch, toBatch } from '../../../gateway/journal/batch.ts';
import { thinnedBlock } from '../../../gateway/journal/blocks/thinned-block.ts';
import { thinned } from '../../../gateway/journal/blocks/thinning.ts';
import { encodeBlock } from '../../../gateway/journal/codec/block-codec.ts';
import type { BlockRow } from '../../../gateway/journal/file/journal-rows.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { type Sample, type TagId, tagId, type Value } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const T0 = Date.UTC(2026, 0, 1);
const TAG = tagId('press', 'oil_temp');
const OTHER = tagId('press', 'state');

const at = (second: number, value: Value | null, rest: Partial<Sample> = {}): Sample => ({
  tag: TAG,
  value,
  quality: value === null ? 'bad:comm' : 'good',
  time: utcMs(T0 + second * 1000),
  timeBasis: 'gateway',
  ...rest,
});

const TAGS: readonly TagId[] = [TAG, OTHER];
const batchOf = (samples: readonly Sample[]) => toBatch(samples, (tag) => TAGS.indexOf(tag));
const kept = (samples: readonly Sample[]): readonly Sample[] =>
  fromBatch(thinned(batchOf(samples)), (index) => TAGS[index] as TagId);
const seconds = (samples: readonly Sample[]) => samples.map(({ time }) => (time - T0) / 1000);

describe('what stays of samples', () => {
  test('of each minute the lowest, the highest and the last, in their order', () => {
    const values = [5, 7, 9, 4, 6, 6];
    const first = values.map((value, i) => at(i, value));
    const second = values.map((value, i) => at(60 + i, value + 1));
    expect(seconds(kept([...first, ...second]))).toEqual([0, 2, 3, 5, 62, 63, 65]);
  });

  test('each tag by itself', () => {
    const rows = Array.from({ length: 50 }, (_, i) => [
      at(i, i),
      at(i, 100 - i, { tag: OTHER }),
    ]).flat();
    const stay = kept(rows);
    expect(stay.filter(({ tag }) => tag === TAG).map(({ value }) => value)).toEqual([0, 49]);
    expect(stay.filter(({ tag }) => tag === OTHER).map(({ value }) => value)).toEqual([100, 51]);
  });

  test('every change of quality and of time basis, there and back', () => {
    const rows = [
      ...[at(0, 1), at(1, 1), at(2, null), at(3, null), at(4, 1), at(5, 1)],
      ...[at(6, 1, { timeBasis: 'source' }), at(7, 1, { timeBasis: 'source' }), at(8, 1), at(9, 1)],
    ];
    expect(seconds(kept(rows))).toEqual([0, 2, 4, 6, 8, 9]);
  });

  test('every change of a text', () => {
    const words = ['run', 'run', 'stop', 'stop', 'run', 'run', 'run'];
    expect(kept(words.map((word, i) => at(i, word))).map(({ value }) => value)).toEqual([
      ...['run', 'stop', 'run', 'run'],
    ]);
  });

  test('compares whole numbers and decimals to the last digit', () => {
    const big = [10n, 2n ** 60n + 1n, 2n ** 60n, 9n, 10n, 11n];
    expect(kept(big.map((value, i) => at(i, value))).map(({ value }) => value)).toEqual([
      ...[10n, 2n ** 60n + 1n, 9n, 11n],
    ]);
    const exact = [
      { unscaled: 15n, decimals: 1 },
      { unscaled: 1501n, decimals: 3 },
      { unscaled: 149n, decimals: 2 },
      { unscaled: 15n, decimals: 1 },
    ];
    expect(kept([at(0, exact[0] ?? 0), ...exact.map((value, i) => at(i + 1, value))])).toHaveLength(
      4,
    );
  });

  test('bad samples say when it began and when it was heard last', () => {
    expect(seconds(kept([0, 1, 2, 3, 59, 60].map((second) => at(second, null))))).toEqual([
      0, 59, 60,
    ]);
  });
});

describe('the block that stands for several', () => {
  const row = (seq: number, samples: readonly Sample[]): BlockRow => ({
    seq: seqOf(seq),
    class: 'telemetry',
    committedAt: utcMs(T0),
    samples: samples.length,
    gap: undefined,
    data: encodeBlock(batchOf(samples)),
    key: undefined,
    seal: '',
  });
  const decode = ({ seq }: { seq?: number }) => batchOf(blocks[(seq ?? 0) - 7] ?? []);
  const noisy = (n: number) => Math.sin(n * 7919) * 1000;
  const blocks = [0, 1, 2].map((block) =>
    Array.from({ length: 40 }, (_, i) => at((block * 40 + i) / 4, noisy(block * 40 + i))),
  );
  const rows = blocks.map((samples, i) => row(7 + i, samples));

  test('says how much is gone, of which blocks and of which time', () => {
    const block = thinnedBlock(rows, (each) => decode(each as BlockRow), encodeBlock);
    expect(block?.batch?.length).toBe(4);
    expect(block?.gap).toEqual({
      reason: 'thinned',
      class: 'telemetry',
      count: 116,
      seqs: { from: 7, to: 9 },
      from: T0,
      to: T0 + 29_750,
    });
    expect(block?.key).toBeUndefined();
  });

  test('is not made where it would not save half', () => {
    const sparse = Array.from({ length: 6 }, (_, i) => at(i * 50, noisy(i)));
    const few = [row(7, sparse)];
    expect(thinnedBlock(few, () => batchOf(sparse), encodeBlock)).toBeUndefined();
  });
});
