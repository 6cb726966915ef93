/** A journal that lives: clocks that are set, boots, retention, thinning, salvage; and what a trend of it says. */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import { seqOf } from '../../gateway/journal/journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import type { TrendPoint, TrendQuestion } from '../../gateway/journal/trend-question.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { bytes, millis, utcMs } from '../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { batchOf, numbered, sampleOf, samplesOf, T0, TAGS } from '../support/journal-samples.ts';
import { cases } from '../support/long-run.ts';

const TAG = TAGS[0] as (typeof TAGS)[number];
const HOUR = 3_600_000;

const EVER = { from: utcMs(0), to: utcMs(Number.MAX_SAFE_INTEGER), points: 1 };

/** What happens, one after the other. */
type Event =
  | { readonly kind: 'blocks'; readonly count: number; readonly everyMs: number }
  | { readonly kind: 'alarm' | 'retain' | 'restart' | 'acknowledge' | 'salvage' | 'confirm' }
  | { readonly kind: 'boot'; readonly isUnset: boolean }
  | { readonly kind: 'step'; readonly byMs: number };

const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('blocks' as const),
      count: fc.integer({ min: 1, max: 90 }),
      everyMs: fc.constantFrom(200, 1000, 1000, 20_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('alarm', 'retain', 'acknowledge', 'salvage', 'restart'),
    }),
  },
  { weight: 3, arbitrary: fc.constant<Event>({ kind: 'confirm' }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('boot' as const), isUnset: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      byMs: fc.constantFrom(-2 * HOUR, -40_000, 40_000, 3 * HOUR),
    }),
  },
);

interface Covered {
  readonly level: number;
  readonly first: number;
  readonly last: number;
}

/** Which summaries there should be, told block by block, without a journal. */
class Expected {
  readonly complete: Covered[] = [];
  #open: { first: number; parts: number; begin: number }[] = [];

  cut(): void {
    this.#open = [];
  }

  add(seq: number, time: number): void {
    let first = seq;
    for (let level = 1; level <= 5; level++) {
      this.#open[level - 1] ??= { first, parts: 0, begin: time };
      const open = this.#open[level - 1] as { first: number; parts: number; begin: number };
      open.parts++;
      const isComplete =
        level === 1 ? open.parts >= 32 || time - open.begin >= 60_000 : open.parts >= 8;
      if (!isComplete) return;
      this.complete.push({ level, first: open.first, last: seq });
      first = open.first;
      delete this.#open[level - 1];
    }
  }
}

const summariesIn = (path: string): Covered[] => {
  const database = new Database(path, { readonly: true });
  const rows = database
    .prepare<[], { id: number; last: number }>('SELECT id, last FROM summary ORDER BY id')
    .all();
  database.close();
  return rows.map(({ id, last }) => {
    const level = Math.floor(id / 2 ** 48);
    return { level, first: id - level * 2 ** 48, last };
  });
};

function answerOf(journal: SqliteJournal, question: TrendQuestion): readonly TrendPoint[] {
  const work = journal.trends.of(TAG, question);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value ?? [];
  }
}

/** Numbers of the tag in that time. */
const valuesIn = (samples: readonly Sample[], { from, to }: TrendQuestion): readonly number[] =>
  samples
    .filter(({ tag, time, value }) => tag === TAG && value !== null && time >= from && time <= to)
    .map(({ value }) => Number(value));

/** All that is there, and beside it at most what summaries still know. */
function expectSame(
  points: readonly TrendPoint[],
  here: readonly number[],
  summarized: readonly number[],
): void {
  const [lowest, highest] = [Math.min(...here), Math.max(...here)];
  const values = new Set([...here, ...summarized]);
  expect(Math.min(...points.map(({ low }) => low))).toBeLessThanOrEqual(lowest);
  expect(Math.max(...points.map(({ high }) => high))).toBeGreaterThanOrEqual(highest);
  for (const { low, high, last } of points)
    for (const value of [low, high, last]) expect(values).toContain(value);
}

test('a trend has what reading everything has, and the summaries are those of the blocks that are there', async () => {
  const lives = fc.array(events, { minLength: 3, maxLength: 30 });
  const options = fc.record({
    isSmall: fc.boolean(),
    points: fc.integer({ min: 1, max: 60 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(lives, options, async (life, { isSmall, points, part }) => {
      const path = `${temporaryDirectory()}/journal.db`;
      const expected = new Expected();
      const [width, uplinks] = [isSmall ? 120 : 8, ['cloud']];
      let boots = 0;
      let clock = virtualClock(utcMs(T0), { boot: 'b0' });
      const opened = () =>
        journalAt(path, {
          ...{ clock, uplinks, keep: millis(HOUR) },
          maxSize: bytes(isSmall ? 384 * 1024 : 2 ** 24),
        });
      let journal = opened();
      let number = 0;
      let value = 0;
      const stored = new Map<number, readonly Sample[]>();
      for (const event of life) {
        switch (event.kind) {
          case 'blocks':
            for (let i = 0; i < event.count; i++) {
              await clock.advance(millis(event.everyMs));
              const now = clock.utc();
              const basis = clock.isSynced() ? 'gateway' : 'unsynced';
              value = (value * 31 + 17) % 1009;
              const samples = [
                sampleOf(value, 0, now - 40),
                ...numbered(++number, width).map((sample, row) => ({
                  ...sample,
                  tag: TAGS[1 + (row % 7)] ?? TAG,
                  time: utcMs(now - 39 + row / 8),
                })),
              ].map((sample): Sample => ({ ...sample, timeBasis: basis }));
              const key = { origin: 'o', number };
              const head = journal.head;
              const seq = await journal.append('telemetry', batchOf(samples), key);
              stored.set(seq, samples);
              // Room was made with something that came before it.
              if (seq === head + 1) expected.add(seq, Math.max(...samples.map(({ time }) => time)));
              else expected.cut();
            }
            break;
          case 'alarm':
            await journal.append('alarm', batchOf(numbered(number, 2)), {
              ...{ origin: 'o', number: ++number },
            });
            break;
          case 'retain': {
            const head = journal.head;
            while (await journal.retain());
            const isThinned = everything(journal).some(
              ({ seq, gap }) => seq > head && gap?.reason === 'thinned',
            );
            if (isThinned) expected.cut();
            break;
          }
          case 'acknowledge':
            journal.cursor('cloud').acknowledge(journal.head);
            break;
          case 'restart':
            await journal.close();
            journal = opened();
            expected.cut();
            break;
          case 'salvage': {
            const first = sampleOf(2000 + number, 0, T0 - 5 * HOUR);
            journal.salvage.appendSalvaged(
              [3, 2, 1].map((was) => ({
                class: 'telemetry' as const,
                samples: {
                  batch: toBatch([{ ...first, time: utcMs(first.time + was * 1000) }], () => 0),
                  tags: [TAG],
                },
                gap: undefined,
                was: { epoch: 'f00d', seq: was },
                delivered: [],
              })),
              { file: 'x', blocks: 3, samples: 3 },
            );
            expected.cut();
            break;
          }
          case 'confirm':
            if (clock.isSynced()) break;
            clock.stepWallClock(utcMs(T0 + boots * 10 * HOUR + clock.mono()));
            clock.setSynced(true);
            expected.cut();
            break;
          case 'boot': {
            await journal.close();
            boots++;
            const start = event.isUnset ? HOUR : T0 + boots * 10 * HOUR;
            clock = virtualClock(utcMs(start), { boot: `b${boots}` });
            if (event.isUnset) clock.setSynced(false);
            journal = opened();
            expected.cut();
            break;
          }
          case 'step':
            clock.stepWallClock(utcMs(clock.utc() + event.byMs));
            expected.cut();
            break;
          default:
            event satisfies never;
        }
      }
      const blocks = everything(journal);
      const telemetry = blocks.filter((block) => block.class === 'telemetry').flatMap(samplesOf);
      const summaries = expected.complete.filter(({ first, last }) =>
        blocks.some(({ seq }) => seq >= first && seq <= last),
      );
      const summarized = [...stored].flatMap(([seq, samples]) =>
        summaries.some(({ first, last }) => seq >= first && seq <= last) ? samples : [],
      );
      const times = blocks.flatMap(samplesOf).map(({ time }) => time);
      const [least, most] = [Math.min(...times), Math.max(...times)];
      const middle = least + (most - least) * part;
      for (const [from, to] of [
        [least, most],
        [middle - 10 * 60_000, middle + 10 * 60_000],
        [most - HOUR, most],
        [T0 - 6 * HOUR, T0 - 4 * HOUR],
      ]) {
        const question = { from: utcMs(from ?? 0), to: utcMs(to ?? 0), points };
        if (question.from < question.to)
          expectSame(
            answerOf(journal, question),
            valuesIn(telemetry, question),
            // The times of these may have been moved.
            valuesIn(summarized, EVER),
          );
      }
      await journal.close();
      const order = (a: Covered, b: Covered) => a.level - b.level || a.first - b.first;
      expect(summariesIn(path)).toEqual(summaries.sort(order));
    }),
    { numRuns: cases(25, 1_000) },
  );
});

test('no summary covers a block that retention put between two others', async () => {
  const path = `${temporaryDirectory()}/journal.db`;
  const clock = virtualClock(utcMs(T0));
  const options = { clock, uplinks: ['cloud'], maxSize: bytes(512 * 1024), keep: millis(HOUR) };
  const journal = journalAt(path, options);
  let number = 0;
  const append = async () => {
    await clock.advance(millis(1000));
    const rows = numbered(++number, 120).map((sample, row) => ({
      ...sample,
      time: utcMs(clock.utc() - 120 + row),
    }));
    await journal.append('telemetry', batchOf(rows), { origin: 'o', number });
  };
  const thinned: number[] = [];
  for (let round = 0; thinned.length === 0 && round < 2_000; round++) {
    await append();
    const head = journal.head;
    while (await journal.retain());
    for (const { seq, gap } of journal.read(seqOf(head + 1), 64))
      if (gap?.reason === 'thinned') thinned.push(seq);
  }
  for (let more = 0; more < 64; more++) await append();
  const question = { from: utcMs(T0), to: clock.utc(), points: 10 };
  const here = valuesIn(everything(journal).flatMap(samplesOf), question);
  expectSame(answerOf(journal, question), here, here);
  await journal.close();
  expect(thinned).not.toEqual([]);
  const covering = summariesIn(path).filter(({ first, last }) =>
    thinned.some((seq) => first < seq && seq <= last),
  );
  expect(covering).toEqual([]);
});
