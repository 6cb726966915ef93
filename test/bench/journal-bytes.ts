/**
 * `journal_bytes_per_sample`: what the gateway process sends towards the disk for each sample that it stores, log,
 * checkpoints and acknowledgements included, as the kernel counts it. Beside it plain rows in SQLite.
 *
 * Checkpoints come as lumps of a megabyte every few minutes, so the count runs from one checkpoint to the next. So that
 * this takes seconds, the field, the scan and the commits run faster by PACE; each commit is the same as at 1 s.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, byTurns, median, rounded } from './figure.ts';
import type { PlainRowsOrder, PlainRowsReport } from './plain-rows-process.ts';
import { bytesWritten } from './process-facts.ts';
import { backlog, type Daemon, monotonicMs, pause, type Rig, withDaemon } from './rig.ts';
import { benchFolder, isInMemory, type SiteShape } from './site.ts';

/** 1 is the site's own time: 1,000 tags a second, a commit a second, four minutes a cycle of the log. */
const PACE = Number(process.env.PACE ?? 10);
const TAGS = 1_000;
const PERIOD_MS = 240_000;
/** One cycle is enough where it takes minutes. */
const RUNS = PACE > 1 ? 3 : 1;
const GOAL_BYTES = 16;
const PLAIN_SECONDS = 600;
const CHECKPOINT_PATIENCE_MS = 600_000;
const LOOK_MS = 20;
/** From the first byte of a checkpoint in the file to its last. */
const CHECKPOINT_LASTS_MS = 300;

const SHAPE: SiteShape = {
  units: 1,
  tagsPerUnit: TAGS,
  scan: `${1000 / PACE}ms`,
  lossWindow: `${1000 / PACE}ms`,
  decimals: true,
  periodMs: PERIOD_MS / PACE,
};

interface Cycle {
  readonly samples: number;
  readonly commits: number;
  readonly seconds: number;
  readonly disk: number;
  readonly calls: number;
}

export const journalBytes: Bench = {
  name: 'journal_bytes_per_sample',
  async run(print, note) {
    note(`journal_bytes_per_sample: ${TAGS} tags, time × ${PACE}, 2 min …`);
    await withDaemon(SHAPE, async (daemon, rig) => {
      const cycle = () => oneCycle(daemon, rig);
      const { values, baselines } = await byTurns(RUNS, cycle, plainRows);
      const bytesPerSample = values.map(({ disk, samples }) => disk / samples);
      const value = median(bytesPerSample);
      const baseline = median(baselines.map(({ disk }) => disk / (TAGS * PLAIN_SECONDS)));
      const status = await daemon.status();
      const lag = backlog(status);
      const inMemory = isInMemory(rig.folder);
      print({
        figure: 'journal_bytes_per_sample',
        value: rounded(value, 2),
        unit: 'bytes to disk a sample',
        baseline: rounded(baseline, 2),
        ratio: rounded(value / baseline),
        goal: GOAL_BYTES,
        ok: value <= GOAL_BYTES && lag.length === 0 && !inMemory,
        detail: {
          goal_is_for: 'value',
          runs: bytesPerSample.map((bytes) => rounded(bytes, 2)),
          samples_per_commit: values.map(({ samples, commits }) => Math.round(samples / commits)),
          samples: values.map(({ samples }) => samples),
          seconds: values.map(({ seconds }) => rounded(seconds, 1)),
          write_calls_bytes_per_sample: values.map(({ calls, samples }) =>
            rounded(calls / samples, 2),
          ),
          pace: PACE,
          in_memory: inMemory,
          late_polls: status.polls.late,
          lag,
        },
      });
    });
  },
};

/** From behind one checkpoint to behind the next. */
async function oneCycle(daemon: Daemon, rig: Rig): Promise<Cycle> {
  const file = join(rig.folder, 'journal.db');
  await checkpointed(file);
  const before = await books(daemon);
  await checkpointed(file);
  const after = await books(daemon);
  return {
    samples: after.samples - before.samples,
    commits: after.commits - before.commits,
    seconds: (after.at - before.at) / 1000,
    disk: after.disk - before.disk,
    calls: after.calls - before.calls,
  };
}

async function books(daemon: Daemon) {
  const { journal } = (await daemon.status()).north;
  const { samples, commits } = journal;
  return { at: monotonicMs(), samples, commits, ...bytesWritten(daemon.pid) };
}

/** Resolves behind the next checkpoint: nothing else writes to the file itself while its log is open. */
async function checkpointed(file: string): Promise<void> {
  const started = monotonicMs();
  const before = statSync(file).mtimeMs;
  while (statSync(file).mtimeMs === before) {
    if (monotonicMs() - started > CHECKPOINT_PATIENCE_MS) throw new Error('no checkpoint');
    await pause(LOOK_MS);
  }
  await pause(CHECKPOINT_LASTS_MS);
}

async function plainRows(): Promise<PlainRowsReport> {
  const folder = benchFolder();
  const order: PlainRowsOrder = {
    path: join(folder.path, 'rows.db'),
    tags: TAGS,
    seconds: PLAIN_SECONDS,
    periodMs: PERIOD_MS,
  };
  try {
    const rows = fork(join(import.meta.dirname, 'plain-rows-process.ts'), [JSON.stringify(order)]);
    const [report] = (await once(rows, 'message')) as [PlainRowsReport];
    return report;
  } finally {
    folder.remove();
  }
}
