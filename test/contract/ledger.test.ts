/** The ledger of commands as the door has it: over a real worker and a real journal, also where these fail. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import type { Commit } from '../../gateway/journal/journal.ts';
import { ENDS_MAX } from '../../gateway/journal/ledger/ledger-ends.ts';
import { INTENTS_MAX } from '../../gateway/journal/ledger/north-ledger.ts';
import { NorthLink } from '../../gateway/journal/north/north-link.ts';
import type { NorthLinkOptions } from '../../gateway/journal/north/north-options.ts';
import { bytes, millis, monoMs } from '../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { numbered, siteTags } from '../support/journal-samples.ts';
import { auditIn, auditOf, type Entry, entryOf } from '../support/ledger-samples.ts';
import { until } from '../support/waiting.ts';

const MOODY = new URL('../unit/journal/workers/moody-worker.ts', import.meta.url);
const NEW = { kind: 'new' };

/** A link to a worker with this mood, not started. */
function createLink(
  mood = '',
  options: Partial<NorthLinkOptions> = {},
  path = join(temporaryDirectory(), 'journal.db'),
) {
  const link = new NorthLink({
    site: {
      gateway: { id: mood, timezone: 'UTC' },
      journal: {
        path,
        lossWindow: millis(0),
        maxSize: bytes(2 ** 28),
        keep: millis(1e12),
      },
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
  const { ledger } = link;
  const intend = (id: string, over: Partial<Entry> = {}, way?: 'meanwhile') => {
    const entry = entryOf(id, over);
    return ledger.intend(entry, auditOf(entry.key, 'intent'), {}, way);
  };
  const settle = (id: string, outcome: 'verified' | 'failed' = 'verified') =>
    ledger.settle(`remote/${id}`, outcome, { id }, auditOf(`remote/${id}`, 'ended'));
  return { link, ledger, path, commits, intend, settle };
}

/** Runs all waits `factor` times faster, but for those of this name. */
function hurriedClock(factor: number, unhurried = ''): Clock {
  const clock = systemClock();
  const soon = (due: number) => monoMs(due / factor);
  const unhurriedly = (due: number) => monoMs(clock.mono() * (1 - factor) + due);
  return {
    ...clock,
    mono: () => monoMs(clock.mono() * factor),
    at: (name, due, run) => clock.at(name, (name === unhurried ? unhurriedly : soon)(due), run),
  };
}

/** What is in the file when it is closed: the audit in order, and each command with its outcome. */
async function stored(path: string) {
  const journal = journalAt(path, { clock: systemClock(), keep: millis(1e12) });
  const { recent } = journal.takeHistory();
  const audit = auditIn(everything(journal));
  await journal.close();
  const outcomes = recent.map(({ key, outcome, end }) => [key, outcome, end]);
  return { audit, outcomes };
}

const now = { time: systemClock().utc() };

describe('a ledger', () => {
  test('tells of a new command that it is durable, and of a known one how it ended', async () => {
    const { link, ledger, path, commits, intend, settle } = createLink();
    await link.start();
    expect(ledger.history()).toMatchObject({ wasCleanStop: true, open: [], recent: [] });
    expect(await intend('a', now)).toEqual(NEW);
    expect(commits).toEqual([{ class: 'alarm', seq: 1, samples: 1 }]);
    const open = { ...entryOf('a', now), outcome: undefined, end: undefined };
    expect(await intend('a', now)).toEqual({ kind: 'known', entry: open });
    expect(await ledger.find('remote/a')).toEqual(open);
    settle('a');
    const ended = { ...open, outcome: 'verified', end: { id: 'a' } };
    expect(await ledger.find('remote/a')).toEqual(ended);
    expect(await intend('a', now)).toEqual({ kind: 'known', entry: ended });
    settle('a', 'failed');
    expect(await ledger.find('remote/b')).toBeUndefined();
    ledger.note(auditOf('remote/b', 'refused'));
    await link.stop();
    expect(await stored(path)).toEqual({
      audit: ['intent remote/a', 'ended remote/a', 'refused remote/b'],
      outcomes: [['remote/a', 'verified', { id: 'a' }]],
    });
  });

  test('has its history when it is started again', async () => {
    const { link, ledger, path, intend, settle } = createLink();
    await link.start();
    const marks = { counter: { signer: 'ann', value: 12 }, issued: 99 };
    await ledger.intend(entryOf('a', now), [], marks);
    await intend('b', now);
    settle('b');
    await link.stop();
    await link.start();
    const { open, recent, ...rest } = ledger.history();
    expect(rest).toEqual({
      wasCleanStop: true,
      counters: { ann: 12 },
      issued: { 'press.t0': 99 },
    });
    expect(open.map(({ key }) => key)).toEqual(['remote/a']);
    expect(recent.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['remote/a', undefined],
      ['remote/b', 'verified'],
    ]);
    await link.stop();
    expect((await stored(path)).audit).toEqual(['intent remote/b', 'ended remote/b']);
  });

  test('does not take the death of a worker for a stop, nor its restart for a start', async () => {
    const { link, ledger, intend, settle } = createLink('ledger-die-after-1');
    await link.start();
    await expect(intend('a', now)).rejects.toMatchObject({ code: 'journal.command-worker-died' });
    settle('a', 'failed');
    await ledger.flush();
    expect(ledger.history()).toMatchObject({ wasCleanStop: true, open: [] });
    await link.stop();
    await link.start();
    expect(ledger.history()).toMatchObject({ wasCleanStop: true, open: [] });
  });

  test('stores at a stop what still waits', async () => {
    const { link, ledger, path, intend, settle } = createLink('ledger-stall-1');
    await link.start();
    const intended = intend('a', now);
    settle('a');
    settle('unheard');
    await link.stop();
    expect(await intended).toEqual(NEW);
    expect(ledger.facts()).toEqual({ intents: 0, ends: 0, endsLost: 0 });
    expect(await stored(path)).toEqual({
      audit: ['intent remote/a', 'ended remote/a', 'ended remote/unheard'],
      outcomes: [['remote/a', 'verified', { id: 'a' }]],
    });
  });

  test('refuses what is too large, and shortens an end that is', async () => {
    const { link, ledger, path, intend } = createLink();
    await link.start();
    const large = '温'.repeat(1_400);
    await expect(intend('a', { ...now, facts: large })).rejects.toMatchObject({
      code: 'journal.command-too-large',
      details: { bytes: 4_202, limit: 4_096 },
    });
    expect(await intend('b', { ...now, facts: '温'.repeat(1_364) })).toEqual(NEW);
    ledger.settle('remote/b', 'verified', large, []);
    await link.stop();
    expect((await stored(path)).outcomes).toEqual([['remote/b', 'verified', null]]);
  });

  test('is not there before the start, nor after the stop', async () => {
    const { link, ledger, intend, settle } = createLink();
    const refused = { code: 'journal.command-no-worker', details: { key: 'remote/a' } };
    const refuses = async () => {
      await expect(intend('a', now)).rejects.toMatchObject(refused);
      await expect(ledger.find('remote/a')).rejects.toMatchObject(refused);
    };
    await refuses();
    expect(() => ledger.history()).toThrow('never open');
    await link.start();
    await link.stop();
    await refuses();
    settle('a', 'failed');
    await link.start();
    expect(await ledger.find('remote/a')).toMatchObject({ outcome: 'failed', end: { id: 'a' } });
  });
});

describe('a worker that dies', () => {
  test.each(['ledger-die-1', 'ledger-die-after-1'])(
    '%s: an intent is rejected, and has failed wherever it was stored',
    async (mood) => {
      const { link, ledger, path, intend } = createLink(mood);
      await link.start();
      const intended = [intend('a', now), intend('b', now)];
      for (const one of await Promise.allSettled(intended))
        expect(one).toMatchObject({ reason: { name: 'GatewayError' } });
      await expect(intend('c', now)).rejects.toMatchObject({ code: 'journal.command-no-worker' });
      await until('the next worker', async () => (await link.stats()).link.state === 'open');
      await ledger.flush();
      const isStored = mood === 'ledger-die-after-1';
      const entry = { key: 'remote/a', outcome: 'failed', end: undefined };
      if (isStored) expect(await ledger.find('remote/a')).toMatchObject(entry);
      else expect(await ledger.find('remote/a')).toBeUndefined();
      expect(await ledger.find('remote/b')).toBeUndefined();
      await link.stop();
      expect(await stored(path)).toEqual({
        audit: isStored ? ['intent remote/a'] : [],
        outcomes: isStored ? [['remote/a', 'failed', undefined]] : [],
      });
    },
  );

  test.each(['ledger-die-1', 'ledger-die-after-1'])(
    '%s: who settles what was rejected has it in the ledger, once',
    async (mood) => {
      const { link, path, intend, settle } = createLink(mood);
      await link.start();
      await intend('a', now).catch(() => settle('a', 'failed'));
      await link.stop();
      const audit = ['intent remote/a', 'ended remote/a'];
      expect(await stored(path)).toEqual({
        audit: mood === 'ledger-die-1' ? audit.slice(1) : audit,
        outcomes: [['remote/a', 'failed', { id: 'a' }]],
      });
    },
  );

  test.each(['ledger-die-1', 'ledger-die-after-1'])(
    '%s: what acts meanwhile stays open until its own end comes',
    async (mood) => {
      const { link, ledger, path, intend, settle } = createLink(mood);
      await link.start();
      await intend('a', now, 'meanwhile').catch(() => {});
      await until('the next worker', async () => (await link.stats()).link.state === 'open');
      await ledger.flush();
      const isStored = mood === 'ledger-die-after-1';
      const found = await ledger.find('remote/a');
      expect(found === undefined ? 'nothing' : found.outcome).toBe(
        isStored ? undefined : 'nothing',
      );
      settle('a');
      await link.stop();
      expect((await stored(path)).outcomes).toEqual([['remote/a', 'verified', { id: 'a' }]]);
    },
  );

  test.each(['ledger-die-2', 'ledger-die-after-2'])(
    '%s: an end is handed over again, and stored once',
    async (mood) => {
      const { link, ledger, path, commits, intend, settle } = createLink(mood);
      await link.start();
      await Promise.all([intend('a', now), until('a commit', () => commits.length === 1)]);
      settle('a');
      settle('a', 'failed');
      await ledger.flush();
      expect((await link.stats()).link.restarts).toBeGreaterThan(0);
      await link.stop();
      expect(await stored(path)).toEqual({
        audit: ['intent remote/a', 'ended remote/a'],
        outcomes: [['remote/a', 'verified', { id: 'a' }]],
      });
    },
  );

  test.each(['ledger-poisoned', 'ledger-buggy'])(
    '%s: an end that can never be stored is given up, and takes no other with it',
    async (mood) => {
      const { link, ledger, path, intend, settle } = createLink(mood, {
        clock: hurriedClock(50, 'journal.intent-patience'),
      });
      await link.start();
      for (const id of ['a', 'poison', 'b']) await intend(id, now);
      for (const id of ['a', 'poison', 'b']) settle(id);
      await ledger.flush();
      expect(ledger.facts()).toEqual({ intents: 0, ends: 0, endsLost: 1 });
      await link.stop();
      expect((await stored(path)).outcomes).toEqual([
        ['remote/a', 'verified', { id: 'a' }],
        ['remote/poison', undefined, undefined],
        ['remote/b', 'verified', { id: 'b' }],
      ]);
    },
  );

  test('leaves who looks for a command without an answer, and says so', async () => {
    const { link, ledger } = createLink('die-1', { clock: hurriedClock(20) });
    await link.start();
    link.append('record', numbered(1));
    await expect(ledger.find('remote/a')).rejects.toMatchObject({
      code: 'journal.command-no-worker',
    });
  });

  test('keeps 1,000 ends for the next one and counts what is beyond', async () => {
    const { link, ledger, path, settle, intend } = createLink('ledger-die-1');
    await link.start();
    await intend('a', now).catch(() => {});
    for (let n = 0; n < ENDS_MAX + 7; n++) settle(`c${n}`);
    expect(ledger.facts()).toMatchObject({ ends: ENDS_MAX, endsLost: 7 });
    await ledger.flush();
    await link.stop();
    const { audit } = await stored(path);
    expect(audit).toHaveLength(ENDS_MAX);
    expect(audit.at(-1)).toBe(`ended remote/c${ENDS_MAX - 1}`);
  });
});

describe('a disk that is slow', () => {
  test('costs an intent its patience; what is stored later has failed', async () => {
    const { link, ledger, path, intend } = createLink('ledger-stall-1', {
      clock: hurriedClock(20),
    });
    await link.start();
    await expect(intend('a', now)).rejects.toMatchObject({
      code: 'journal.command-late',
      details: { key: 'remote/a', patience_ms: 2_000 },
    });
    await ledger.flush();
    expect(await ledger.find('remote/a')).toMatchObject({ outcome: 'failed', end: undefined });
    await link.stop();
    expect((await stored(path)).audit).toEqual(['intent remote/a']);
  });

  test('an intent that waited behind it is not sent any more', async () => {
    const { link, ledger, path, intend } = createLink('stall-1', { clock: hurriedClock(20) });
    await link.start();
    link.append('record', numbered(1));
    const [first, second] = [intend('a', now), intend('b', now)];
    await expect(first).rejects.toMatchObject({ code: 'journal.command-late' });
    await expect(second).rejects.toMatchObject({ code: 'journal.command-late' });
    await ledger.flush();
    expect(await ledger.find('remote/b')).toBeUndefined();
    await link.stop();
    expect((await stored(path)).audit).toEqual(['intent remote/a']);
  });

  test('lets find say that it does not know', async () => {
    const { link, ledger } = createLink('stall-1', { clock: hurriedClock(20) });
    await link.start();
    link.append('record', numbered(1));
    await expect(ledger.find('remote/a')).rejects.toMatchObject({ code: 'journal.command-late' });
  });

  test('gathers a bounded number of intents, which then share commits', async () => {
    const { link, commits, intend } = createLink('ledger-stall-1');
    await link.start();
    const all = Array.from({ length: INTENTS_MAX + 3 }, (_, n) => intend(`c${n}`, now));
    const ends = await Promise.allSettled(all);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(INTENTS_MAX + 1);
    expect(ends.at(-1)).toMatchObject({ reason: { code: 'journal.commands-busy' } });
    expect(commits).toHaveLength(1 + Math.ceil(INTENTS_MAX / 64));
  });
});

describe('a disk that is full', () => {
  /** Needs root, for the mount. A developer may not be; CI has to. */
  test.skipIf(process.getuid?.() !== 0 && !process.env.CI)(
    'is told whoever intends, and ends wait until there is room again',
    async () => {
      const mount = temporaryDirectory();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount]);
      onTestFinished(() => void execFileSync('umount', ['--lazy', mount]));
      const path = join(mount, 'journal.db');
      const { link, ledger, intend, settle } = createLink('', {}, path);
      await link.start();
      expect(await intend('a', now)).toEqual(NEW);
      const ballast = join(mount, 'somebody-elses-file');
      expect(() => writeFileSync(ballast, Buffer.alloc(8 * 2 ** 20))).toThrow('ENOSPC');
      let refused: unknown;
      const stored: string[] = ['remote/a'];
      for (let n = 0; n < 5_000 && !refused; n++)
        await intend(`c${n}`, now).then(
          () => stored.push(`remote/c${n}`),
          (error) => (refused = error),
        );
      expect(refused).toMatchObject({ code: 'journal.disk-full' });
      settle('a');
      await expect(intend('b', now)).rejects.toMatchObject({ code: 'journal.disk-full' });
      expect(ledger.facts()).toEqual({ intents: 0, ends: 1, endsLost: 0 });
      writeFileSync(ballast, '');
      await ledger.flush();
      expect(await intend('d', now)).toEqual(NEW);
      await link.stop();
      const journal = journalAt(path);
      const { open } = journal.takeHistory();
      await journal.close();
      expect(open.map(({ key }) => key)).toEqual([...stored.slice(1), 'remote/d']);
    },
  );
});

describe('telemetry and commands side by side', () => {
  test('an intent waits for the batch that is under way, not for those behind it', async () => {
    const { link, commits, intend } = createLink('stall-1');
    await link.start();
    for (let round = 1; round <= 10; round++) link.append('telemetry', numbered(round, 10_000));
    expect(await intend('a', now)).toEqual(NEW);
    expect(commits.map((commit) => commit.class)).toEqual(['telemetry', 'alarm']);
    await link.flush();
    expect(commits).toHaveLength(11);
  });

  test('a batch waits for one commit of the ledger at most, however many wait there', async () => {
    const { link, commits, intend, settle } = createLink('ledger-stall-1');
    await link.start();
    const all = Array.from({ length: 600 }, (_, n) => intend(`c${n}`, now));
    for (let n = 0; n < 600; n++) settle(`c${n}`);
    link.append('record', numbered(1));
    await Promise.all(all);
    await link.ledger.flush();
    await link.flush();
    expect(commits.map((commit) => commit.class).slice(0, 3)).toEqual(['alarm', 'record', 'alarm']);
    expect(commits.map(({ seq }) => seq)).toEqual(commits.map((_, n) => n + 1));
  });
});
