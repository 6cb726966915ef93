import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SampleBatch } from '../../gateway/journal/batch.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import { type Summary, SummaryLevels } from '../../gateway/journal/blocks/summary.ts';
import {
  type FoundSummary,
  summaryContent,
  type TrendSource,
  trend,
} from '../../gateway/journal/trend/trend.ts';
import type { BlockSpan } from '../../gateway/journal/trend/trend-spans.ts';
import type { TrendPoint } from '../../gateway/journal/trend-question.ts';
import type { Sample, TagId, Value } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { cases } from '../support/long-run.ts';

const T0 = 1_767_225_600_000;
const TAG = 3;

interface Stored {
  readonly batch: SampleBatch;
  readonly committedAt: number;
}

const values = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
  fc.record({ unscaled: fc.bigInt({ min: -1000n, max: 1000n }), decimals: fc.nat(3) }),
  fc.constantFrom<Value | null>(null, 'open', Number.NaN),
);

const sample = (tag: number, value: Value | null, time: number): Sample => ({
  tag: String(tag) as TagId,
  value,
  quality: value === null ? 'bad:comm' : 'good',
  time: utcMs(time),
  timeBasis: 'gateway',
});

/** A block a second of up to three tags; now and then none of telemetry has that seq, or the time leaps ahead. */
const lives = fc.array(
  fc.record({
    rows: fc.array(fc.tuple(fc.integer({ min: 2, max: 4 }), values), { maxLength: 4 }),
    isOther: fc.boolean(),
    leap: fc.constantFrom(0, 0, 0, 0, 30, 90),
  }),
  { minLength: 1, maxLength: 400 },
);

const numberOf = (value: Value | null): number | undefined => {
  if (value === null || typeof value === 'string' || Number.isNaN(value)) return undefined;
  return typeof value === 'object' ? Number(value.unscaled) / 10 ** value.decimals : Number(value);
};

test('a trend has the extremes of all samples, and the last of each point', () => {
  const question = fc.record({ points: fc.integer({ min: 1, max: 50 }), cut: fc.nat(3) });
  fc.assert(
    fc.property(lives, question, (life, { points, cut }) => {
      const blocks = new Map<number, Stored>();
      const levels = new SummaryLevels();
      const summaries: Summary[] = [];
      const known: { time: number; value: number }[] = [];
      let now = T0;
      for (const [index, { rows, isOther, leap }] of life.entries()) {
        now += 1000 * (1 + leap);
        if (isOther) continue;
        const samples = rows.map(([tag, value], row) => sample(tag, value, now - 500 + row));
        const batch = toBatch(samples, Number);
        blocks.set(index + 1, { batch, committedAt: now });
        summaries.push(...levels.add(index + 1, batch));
        for (const { tag, value, time } of samples) {
          const number = numberOf(value);
          if (Number(tag) === TAG && number !== undefined) known.push({ time, value: number });
        }
      }
      const source: TrendSource = {
        spans: () => whole(life.length),
        blockFrom: (seq) => [...blocks.keys()].find((each) => each >= seq),
        summaryFrom: (level, seq) => {
          const found = summaries.find((each) => each.level === level && each.first >= seq);
          if (!found) return undefined;
          return foundOf(found);
        },
        blocks: (from, to) =>
          [...blocks].flatMap(([seq, { batch }]) => (seq >= from && seq <= to ? [batch] : [])),
        isTag: (number) => number === TAG,
      };
      const from = T0 + cut * 7000;
      const found = answerOf(trend(source, { from: utcMs(from), to: utcMs(now), points }));
      const within = known.filter(({ time }) => time >= from);
      expect(found.length).toBeLessThanOrEqual(points);
      const valuesOf = within.map(({ value }) => value);
      expect(Math.min(...found.map(({ low }) => low))).toBe(Math.min(...valuesOf));
      expect(Math.max(...found.map(({ high }) => high))).toBe(Math.max(...valuesOf));
      for (const { low, high, last } of found)
        expect([low, high, last].every((each) => valuesOf.includes(each))).toBe(true);
      expect(found.at(-1)?.last).toBe(within.at(-1)?.value);
      expect(found.map((point) => point.to)).toEqual(
        found.map((point) => point.to).sort((a, b) => a - b),
      );
    }),
    { numRuns: cases(300, 10_000) },
  );
});

test('a long trend reads few blocks', () => {
  const levels = new SummaryLevels();
  const summaries: Summary[] = [];
  const batchAt = (seq: number) => toBatch([sample(TAG, seq % 1000, T0 + seq * 1000)], Number);
  const head = 100_000;
  for (let seq = 1; seq <= head; seq++) summaries.push(...levels.add(seq, batchAt(seq)));
  let read = 0;
  const source: TrendSource = {
    spans: () => whole(head),
    blockFrom: (seq) => (seq <= head ? seq : undefined),
    summaryFrom: (level, seq) => {
      const of = summaries.filter((each) => each.level === level);
      const found = of[lowerBound(of, seq)];
      if (!found) return undefined;
      return foundOf(found);
    },
    blocks: (from, to) => {
      read += to - from + 1;
      return Array.from({ length: to - from + 1 }, (_, i) => batchAt(from + i));
    },
    isTag: (number) => number === TAG,
  };
  const question = { from: utcMs(T0), to: utcMs(T0 + head * 1000), points: 100 };
  const found = answerOf(trend(source, question));
  expect(found.length).toBeGreaterThanOrEqual(25);
  expect(found.length).toBeLessThanOrEqual(100);
  expect(found.every(({ low, high }) => high - low > 700)).toBe(true);
  expect(read).toBeLessThan(100);
});

function* whole(last: number): Generator<void, readonly BlockSpan[]> {
  yield;
  return [{ first: 1, last }];
}

const foundOf = ({ first, last, batch }: Summary): FoundSummary => ({
  first,
  last,
  read: () => summaryContent(batch, TAG),
});

function lowerBound(of: readonly Summary[], seq: number): number {
  let [low, high] = [0, of.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((of[middle] as Summary).first < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function answerOf(work: Generator<void, TrendPoint[]>): TrendPoint[] {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
