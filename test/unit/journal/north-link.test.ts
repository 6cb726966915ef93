import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import type { BlockClass, Commit } from '../../../gateway/journal/journal.ts';
import { NorthLink } from '../../../gateway/journal/north/north-link.ts';
import type { NorthLinkOptions } from '../../../gateway/journal/north/north-options.ts';
import { bytes, millis, monoMs } from '../../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { numbered, samplesOf, siteTags, T0 } from '../../support/journal-samples.ts';
import { until } from '../../support/waiting.ts';

interface Trial {
  readonly link: NorthLink;
  readonly path: string;
  readonly commits: Commit[];
}

const MOODY = new URL('./workers/moody-worker.ts', import.meta.url);

function createLink(mood: string, options: Partial<NorthLinkOptions> = {}, lossWindow = 0): Trial {
  const path = join(temporaryDirectory(), 'journal.db');
  const link = new NorthLink({
    site: {
      gateway: { id: mood, timezone: 'UTC' },
      journal: { path, lossWindow: millis(lossWindow), maxSize: bytes(2 ** 24), keep: millis(1e9) },
      uplinks: [],
      tags: siteTags(8),
      hash: 'c0ffee',
    },
    clock: systemClock(),
    log: silentLog,
    random: () => 0,
    worker: MOODY,
    ...options,
  });
  onTestFinished(() => link.stop());
  const commits: Commit[] = [];
  link.onCommitted((commit) => commits.push(commit));
  return { link, path, commits };
}

/** Runs all waits `factor` times faster. */
function hurriedClock(factor: number): Clock {
  const clock = systemClock();
  return {
    ...clock,
    mono: () => monoMs(clock.mono() * factor),
    at: (name, due, run) => clock.at(name, monoMs(due / factor), run),
  };
}

function setFormat(path: string, version: number): void {
  const database = new Database(path);
  database.pragma(`user_version = ${version}`);
  database.prepare(`UPDATE meta SET value = ? WHERE key = 'format'`).run(String(version));
  database.close();
}

const ROUNDS = [1, 2, 3, 4, 5, 6];

/** Hands over six batches one after the other and gives back what the file holds in the end. */
async function runThrough({ link, path }: Trial) {
  await link.start();
  for (const round of ROUNDS) {
    link.append('telemetry', numbered(round));
    await link.flush();
  }
  const stats = await link.stats();
  await link.stop();
  const journal = journalAt(path);
  const stored = everything(journal).map(samplesOf);
  await journal.close();
  return { stored, stats };
}

const wanted = ROUNDS.map((round) => numbered(round));

describe('a worker that dies', () => {
  test.each(['die-3', 'die-after-3', 'throw-3'])(
    '%s: every batch is stored, once, in order',
    async (mood) => {
      const trial = createLink(mood);
      const { stored, stats } = await runThrough(trial);
      expect(stored).toEqual(wanted);
      expect(trial.commits.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(stats.link).toMatchObject({ state: 'open', restarts: 2, waiting: 0, dropped: 0 });
    },
  );

  test.each(['poisoned', 'buggy'])(
    '%s: a batch that can never be stored becomes a gap',
    async (mood) => {
      const { link, path } = createLink(mood, { clock: hurriedClock(200) });
      await link.start();
      link.append('alarm', numbered(1));
      await link.flush();
      expect((await link.stats()).link.dropped).toBe(3);
      await link.stop();
      const journal = journalAt(path);
      expect(everything(journal).map(({ gap }) => gap)).toEqual([
        {
          reason: 'write-failed',
          class: 'alarm',
          count: 3,
          seqs: undefined,
          from: T0 + 1000,
          to: T0 + 1002,
        },
      ]);
      await journal.close();
    },
  );
});

describe('a site that gets more tags while it runs', () => {
  const [, , added] = siteTags(3);
  const later = (round: number) =>
    numbered(round).map((sample) => ({ ...sample, tag: added?.id ?? sample.tag }));
  const site = (mood: string) => ({
    gateway: { id: mood, timezone: 'UTC' },
    journal: {
      path: join(temporaryDirectory(), 'journal.db'),
      lossWindow: millis(0),
      maxSize: bytes(2 ** 24),
      keep: millis(1e9),
    },
    uplinks: [],
    tags: siteTags(2),
    hash: 'c0ffee',
  });

  test.each(['', 'die-2', 'die-after-2'])(
    'stores their samples, also where the worker dies with the first (%s)',
    async (mood) => {
      const few = site(mood);
      const { link } = createLink(mood, { site: few });
      await link.start();
      link.append('telemetry', numbered(1, 2));
      await link.flush();
      expect(() => link.append('telemetry', later(2))).toThrow('which the site does not have');
      link.configure({ config: 'beef', tags: added ? [added] : [] });
      link.append('telemetry', later(2));
      await link.flush();
      await link.stop();
      const journal = journalAt(few.journal.path);
      expect(everything(journal).map(samplesOf)).toEqual([numbered(1, 2), later(2)]);
      await journal.close();
    },
  );

  test('refuses a tag whose number is not the next one, or another than it had', () => {
    const { link } = createLink('', { site: site('') });
    const [first, , third, fourth] = siteTags(4);
    const configure = (tags: readonly (typeof first)[]) => () =>
      link.configure({ config: '', tags: tags.filter((tag) => tag !== undefined) });
    expect(configure([fourth])).toThrow('cannot be tag 3');
    expect(configure([first && { ...first, index: 2 }])).toThrow('cannot be tag 2');
    expect(configure([third, fourth, first])).not.toThrow();
  });
});

describe('a worker that is held up by its disk', () => {
  test('holds up neither append nor the event loop, and the next commit takes all that gathered', async () => {
    const { link, commits } = createLink('stall-2');
    await link.start();
    link.append('telemetry', numbered(1));
    await link.flush();
    const started = performance.now();
    let [round, last, longestTurn] = [1, started, 0];
    await until('300 ms of appends', () => {
      link.append('telemetry', numbered(++round));
      const now = performance.now();
      longestTurn = Math.max(longestTurn, now - last);
      last = now;
      return now - started > 300;
    });
    expect(commits).toHaveLength(1);
    expect(longestTurn).toBeLessThan(150);
    await link.flush();
    expect(commits.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(commits[2]?.samples).toBe((round - 2) * 3);
    await link.stop();
  });

  test('costs the oldest telemetry once the limit is reached, which a gap then tells', async () => {
    const { link, path } = createLink('stall-1', { queueLimit: 25_000 });
    await link.start();
    link.append('record', numbered(1));
    for (let round = 2; round <= 7; round++) link.append('telemetry', numbered(round, 5_000));
    link.append('alarm', numbered(8));
    await link.flush();
    expect((await link.stats()).link).toMatchObject({ dropped: 10_000, waiting: 0 });
    await link.stop();
    const journal = journalAt(path);
    const blocks = everything(journal);
    expect(blocks[0]?.class).toBe('record');
    expect(blocks[1]?.gap).toEqual({
      reason: 'queue-overflow',
      class: 'telemetry',
      count: 10_000,
      seqs: undefined,
      from: T0 + 2000,
      to: T0 + 3000 + 4999,
    });
    const storedOf = (name: BlockClass) =>
      blocks.filter((block) => block.class === name).flatMap(samplesOf);
    expect(storedOf('telemetry')).toEqual([4, 5, 6, 7].flatMap((n) => numbered(n, 5_000)));
    expect(storedOf('alarm')).toEqual(numbered(8));
    await journal.close();
  });
});

describe('a link', () => {
  test('commits telemetry together once its loss window is over, alarms at once', async () => {
    const { link, commits } = createLink('', {}, 400);
    await link.start();
    const started = performance.now();
    link.append('telemetry', numbered(1));
    link.append('telemetry', numbered(2));
    link.append('alarm', numbered(3));
    await until('two commits', () => commits.length === 2);
    expect(commits).toEqual([
      { class: 'alarm', seq: 1, samples: 3 },
      { class: 'telemetry', seq: 2, samples: 6 },
    ]);
    // 0.95 of it, the rest is for the commit.
    expect(performance.now() - started).toBeGreaterThan(379);
    await link.stop();
  });

  test('stores at its stop what still waits', async () => {
    const { link, path } = createLink('', {}, 60_000);
    await link.start();
    link.append('telemetry', numbered(1));
    await link.stop();
    const journal = journalAt(path);
    expect(everything(journal).map(samplesOf)).toEqual([numbered(1)]);
    await journal.close();
  });

  test('gives a flush up when it is stopped and cannot store any more', async () => {
    const { link, commits } = createLink('die-1', { clock: hurriedClock(100) });
    await link.start();
    link.append('telemetry', numbered(1));
    const flushing = expect(link.flush()).rejects.toMatchObject({ code: 'journal.worker-died' });
    await link.stop();
    await flushing;
    expect(commits).toEqual([]);
  });

  test('may be stopped before it starts, while it starts, twice, and started again', async () => {
    const { link } = createLink('');
    await link.stop();
    const starting = link.start();
    expect(link.start()).toBe(starting);
    await Promise.all([link.stop(), link.stop(), starting]);
    await link.start();
    link.append('telemetry', numbered(1));
    await link.flush();
    await link.stop();
  });

  test('does not start without a journal, and can be started when the reason is gone', async () => {
    const { link, path } = createLink('');
    await journalAt(path).close();
    setFormat(path, 9);
    await expect(link.start()).rejects.toMatchObject({ code: 'journal.newer-format' });
    setFormat(path, 2);
    await link.start();
    await link.stop();
  });

  test('tells the last known figures while the worker is gone', async () => {
    const { link } = createLink('die-2');
    await link.start();
    link.append('telemetry', numbered(1));
    await link.flush();
    expect((await link.stats()).journal.head).toBe(1);
    link.append('telemetry', numbered(2));
    while ((await link.stats()).link.state === 'open');
    const { journal, link: own } = await link.stats();
    expect(journal.head).toBe(1);
    expect(own).toMatchObject({ state: 'waiting', waiting: 3 });
    expect(own.lastError).toContain('[journal.worker-died]');
    await link.flush();
    expect((await link.stats()).journal.head).toBe(2);
    await link.stop();
  });
});
