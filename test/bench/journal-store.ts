/**
 * `journal_bytes_per_sample_…`: what the journal sends towards the disk for each sample at so many samples a second and
 * a commit a second, all files and checkpoints included, as the kernel counts it. Beside it the same samples as plain
 * SQLite rows, and as blobs without a codec, in the same commits. `journal_append_samples_per_s` is of the same runs.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Bench, median, rounded } from './figure.ts';
import { benchFolder, isInMemory } from './site.ts';
import type { StoreOrder, StoreReport } from './store-process.ts';
import type { Signal } from './stored-samples.ts';

interface Rate {
  readonly name: string;
  readonly tags: number;
  readonly signal: Signal;
  /** Several checkpoints, whatever the way. */
  readonly commits: number;
  readonly goal: number;
}

/**
 * Where few samples share a commit its own pages are what is written: goals are for what the design can do there, and a
 * declared budget of the flash widens the window instead.
 */
const RATES: readonly Rate[] = [
  { name: '10', tags: 10, signal: 'slow', commits: 4000, goal: 800 },
  { name: '100', tags: 100, signal: 'slow', commits: 4000, goal: 80 },
  { name: '1000', tags: 1_000, signal: 'slow', commits: 1500, goal: 8 },
  { name: '10000', tags: 10_000, signal: 'slow', commits: 300, goal: 4 },
  { name: 'random', tags: 1_000, signal: 'random', commits: 600, goal: 32 },
];
const WARM_UP = 60;

export const journalStore: readonly Bench[] = RATES.map((rate) => ({
  name: `journal_bytes_per_sample_${rate.name}`,
  async run(print, note) {
    note(
      `journal_bytes_per_sample_${rate.name}: ${rate.commits} commits three ways, half a minute …`,
    );
    const [rows, blobs, journal] = [
      await stored('rows', rate),
      await stored('blobs', rate),
      await stored('journal', rate),
    ];
    const samples = rate.tags * rate.commits;
    const value = journal.disk / samples;
    const baseline = rows.disk / samples;
    print({
      figure: `journal_bytes_per_sample_${rate.name}`,
      value: rounded(value, 2),
      unit: 'bytes to disk a sample',
      baseline: rounded(baseline, 2),
      ratio: rounded(value / baseline),
      goal: rate.goal,
      ok: value <= rate.goal && !journal.inMemory,
      detail: {
        goal_is_for: 'value',
        signal: rate.signal,
        blobs_without_codec: rounded(blobs.disk / samples, 2),
        write_calls_bytes_per_sample: rounded(journal.calls / samples, 2),
        commits: rate.commits,
        in_memory: journal.inMemory,
      },
    });
  },
}));

const APPEND_RUNS = 3;
/** How many times the rows of plain SQLite in the same commits. */
const APPEND_GOAL = 2;

export const journalAppend: Bench = {
  name: 'journal_append_samples_per_s',
  async run(print, note) {
    note('journal_append_samples_per_s: 300 commits of 10,000 samples, by turns, half a minute …');
    const rate: Rate = { name: 'append', tags: 10_000, signal: 'slow', commits: 100, goal: 0 };
    const perSecond = ({ milliseconds }: StoreReport) =>
      (rate.tags * rate.commits * 1000) / milliseconds;
    const [values, baselines]: [number[], number[]] = [[], []];
    for (let run = 0; run < APPEND_RUNS; run++) {
      baselines.push(perSecond(await stored('rows', rate)));
      values.push(perSecond(await stored('journal', rate)));
    }
    const [value, baseline] = [median(values), median(baselines)];
    print({
      figure: 'journal_append_samples_per_s',
      value: Math.round(value),
      unit: 'samples/s',
      baseline: Math.round(baseline),
      ratio: rounded(value / baseline, 2),
      goal: APPEND_GOAL,
      ok: value / baseline >= APPEND_GOAL,
      detail: {
        goal_is_for: 'ratio',
        runs: values.map(Math.round),
        baseline_runs: baselines.map(Math.round),
      },
    });
  },
};

async function stored(way: StoreOrder['way'], { tags, signal, commits }: Rate) {
  const folder = benchFolder();
  const order: StoreOrder = { way, folder: folder.path, tags, signal, commits, warmUp: WARM_UP };
  try {
    const child = fork(join(import.meta.dirname, 'store-process.ts'), [JSON.stringify(order)]);
    const [report] = (await once(child, 'message')) as [StoreReport];
    return { ...report, inMemory: isInMemory(folder.path) };
  } finally {
    folder.remove();
  }
}
