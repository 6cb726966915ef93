/**
 * `trend_ms`: one tag of 1,000 over 10,000,000 samples in 500 points, beside reading every block for it.
 * `journal_scan_samples_per_s`: reading the journal from end to end, beside reading plain SQLite rows.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import { bytes, seconds, utcMs } from '../../gateway/model/units.ts';
import { type Bench, median, rounded } from './figure.ts';
import { benchFolder } from './site.ts';
import { STARTED, StoredSamples, tagsOf, timeOf } from './stored-samples.ts';

const TAGS = 1_000;
const COMMITS = 10_000;
const POINTS = 500;
const RUNS = 5;
const NAIVE_RUNS = 3;
/** A trend is drawn while somebody looks. */
const TREND_GOAL_RATIO = 0.1;
const ROWS = 1_000_000;
const SCAN_GOAL_RATIO = 1;
const QUESTION = {
  from: utcMs(STARTED),
  to: utcMs(STARTED + COMMITS * 1000),
  points: POINTS,
};
const TAG = tagsOf(TAGS)[123] as TagId;

export const journalRead: Bench = {
  name: 'journal_scan_samples_per_s',
  async run(print, note) {
    note(
      'trend_ms, journal_scan_samples_per_s: a journal of 10,000,000 samples is made, a minute …',
    );
    const folder = benchFolder();
    const journal = await filled(join(folder.path, 'journal.db'));
    const scans = times(NAIVE_RUNS, () => naiveTrend(journal));
    const trends = times(RUNS, () => {
      const work = journal.trends.of(TAG, QUESTION);
      for (let step = work.next(); ; step = work.next()) if (step.done) return step.value ?? [];
    });
    const [value, baseline] = [median(trends.ms), median(scans.ms)];
    print({
      figure: 'trend_ms',
      value: rounded(value, 1),
      unit: 'ms',
      baseline: rounded(baseline, 1),
      ratio: rounded(value / baseline),
      goal: TREND_GOAL_RATIO,
      ok: value / baseline <= TREND_GOAL_RATIO && isSameRange(trends.last, scans.last),
      detail: {
        goal_is_for: 'ratio',
        samples: TAGS * COMMITS,
        points: trends.last.length,
        runs: trends.ms.map(Math.round),
      },
    });
    await journal.close();
    const rows = plainRows(join(folder.path, 'rows.db'));
    const perSecond = (TAGS * COMMITS * 1000) / baseline;
    const rowsPerSecond = (ROWS * 1000) / median(times(NAIVE_RUNS, () => readRows(rows)).ms);
    print({
      figure: 'journal_scan_samples_per_s',
      value: Math.round(perSecond),
      unit: 'samples/s',
      baseline: Math.round(rowsPerSecond),
      ratio: rounded(perSecond / rowsPerSecond, 2),
      goal: SCAN_GOAL_RATIO,
      ok: perSecond / rowsPerSecond >= SCAN_GOAL_RATIO,
      detail: { goal_is_for: 'ratio', runs: scans.ms.map(Math.round) },
    });
    rows.close();
    folder.remove();
  },
};

interface Extremes {
  readonly low: number;
  readonly high: number;
}

/** What somebody without summaries does. */
function naiveTrend(journal: SqliteJournal): Extremes[] {
  const points = new Map<number, { low: number; high: number }>();
  const width = (QUESTION.to - QUESTION.from) / POINTS;
  for (let from = 1; from <= journal.head; ) {
    const blocks = journal.read(seqOf(from), 64);
    for (const { samples, tagOf } of blocks)
      for (let row = 0; row < samples.length; row++) {
        if (tagOf(samples.tags[row] as number) !== TAG) continue;
        const value = samples.numbers[row] as number;
        const index = Math.floor(((samples.times[row] as number) - QUESTION.from) / width);
        const point = points.get(index);
        if (point === undefined) points.set(index, { low: value, high: value });
        else {
          point.low = Math.min(point.low, value);
          point.high = Math.max(point.high, value);
        }
      }
    from = (blocks.at(-1)?.seq ?? journal.head) + 1;
  }
  return [...points.values()];
}

const isSameRange = (a: readonly Extremes[], b: readonly Extremes[]): boolean =>
  Math.min(...a.map(({ low }) => low)) === Math.min(...b.map(({ low }) => low)) &&
  Math.max(...a.map(({ high }) => high)) === Math.max(...b.map(({ high }) => high));

function times<T>(
  runs: number,
  work: () => T,
): { readonly ms: readonly number[]; readonly last: T } {
  const ms: number[] = [];
  let last: T | undefined;
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    last = work();
    ms.push(performance.now() - started);
  }
  return { ms, last: last as T };
}

async function filled(path: string): Promise<SqliteJournal> {
  const clock = virtualClock(utcMs(STARTED));
  const journal = openJournal({
    path,
    tags: tagsOf(TAGS),
    uplinks: [],
    maxSize: bytes(2 ** 31),
    keep: seconds(86_400 * 7),
    clock,
    log: silentLog,
  });
  const samples = new StoredSamples(TAGS, 'slow');
  for (let second = 0; second < COMMITS; second++) {
    await clock.advance(seconds(1));
    samples.advance();
    await journal.append('telemetry', samples.batch(second), {
      origin: 'bench',
      number: second + 1,
    });
  }
  return journal;
}

function plainRows(path: string): Database.Database {
  const database = new Database(path);
  database.exec('CREATE TABLE sample (ts INTEGER, tag INTEGER, value REAL, quality INTEGER)');
  const insert = database.prepare('INSERT INTO sample VALUES (?, ?, ?, 0)');
  const samples = new StoredSamples(TAGS, 'slow');
  database.transaction(() => {
    for (let row = 0; row < ROWS; row++) {
      const tag = row % TAGS;
      if (tag === 0) samples.advance();
      insert.run(timeOf(Math.floor(row / TAGS), tag), tag, samples.valueOf(tag));
    }
  })();
  return database;
}

/** Row by row, with their numbers looked at. */
function readRows(database: Database.Database): number {
  let sum = 0;
  const rows = database.prepare<[], { ts: number; tag: number; value: number }>(
    'SELECT ts, tag, value FROM sample',
  );
  for (const { value } of rows.iterate()) sum += value;
  return sum;
}
