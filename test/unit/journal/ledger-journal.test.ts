import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LedgerEntry } from '../../../gateway/command/ledger.ts';
import { type Log, type LogFields, silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { openJournalReader } from '../../../gateway/journal/file/journal-reader.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { COMMANDS_MAX } from '../../../gateway/journal/ledger/journal-ledger.ts';
import type { SqliteJournal } from '../../../gateway/journal/sqlite-journal.ts';
import { bytes, millis, minutes, utcMs } from '../../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered, samplesOf, T0 } from '../../support/journal-samples.ts';
import { auditIn, intend, intentOf, settle } from '../../support/ledger-samples.ts';

const newPath = () => join(temporaryDirectory(), 'journal.db');
const keysOf = (entries: readonly LedgerEntry[]) => entries.map(({ key }) => key.split('/')[1]);
const HOUR = minutes(60);
const PAGE_BYTES = 512;

async function fill(journal: SqliteJournal, count: number, rows = 3): Promise<void> {
  for (let number = 1; number <= count; number++)
    await journal.append('telemetry', batchOf(numbered(number, rows)), { origin: 'o', number });
}

/** What the tables hold, read after the journal is closed. */
function rowsIn<Row>(path: string, query: string): Row[] {
  const database = new Database(path);
  const rows = database.prepare(query).all() as Row[];
  database.close();
  return rows;
}

const kept = (path: string) =>
  rowsIn<{ key: string }>(path, 'SELECT key FROM commands ORDER BY number').map(
    ({ key }) => key.split('/')[1],
  );

/** The bytes of a table's rows, as FORMAT.md counts them. */
const totals = (table: string) =>
  `(SELECT ifnull(sum(octet_length(key) + octet_length(tag) + octet_length(facts)
    + ifnull(octet_length("end"), 0)), 0) FROM ${table})`;

const totalsIn = (path: string) => {
  const [said] = rowsIn<{ value: string }>(
    path,
    `SELECT value FROM position WHERE name = 'ledger'`,
  );
  const [counted] = rowsIn(
    path,
    `SELECT count(*) AS rows, ${totals('commands')} AS bytes FROM commands`,
  );
  return { said: JSON.parse(said?.value ?? 'null'), counted };
};

/** Ends a journal as a kill would: without its mark. */
function dirtyClose(path: string): void {
  const database = new Database(path);
  database.exec(`DELETE FROM meta WHERE key = 'clean'`);
  database.close();
}

/** Where the first page of a table or index begins; all of it, while that holds little. */
function pageOf(path: string, tree: string): number {
  const query = `SELECT rootpage AS root FROM sqlite_schema WHERE name = '${tree}'`;
  return ((rowsIn<{ root: number }>(path, query)[0]?.root ?? 1) - 1) * PAGE_BYTES;
}

function overwrite(path: string, at: number, page: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, page, 0, page.length, at);
  closeSync(file);
}

function change(path: string, statement: string): void {
  const database = new Database(path);
  database.exec(statement);
  database.close();
}

describe('commands in the journal', () => {
  test('stand beside one block of audit for each group, which is the next of the journal', async () => {
    const journal = journalAt(newPath());
    await fill(journal, 1);
    const { commits } = journal.stats();
    const { answers, audit } = await journal.enter([intend('a'), intend('b')]);
    expect(answers).toEqual([{ kind: 'new' }, { kind: 'new' }]);
    expect(audit).toEqual({ class: 'alarm', seq: 2, samples: 2 });
    expect(journal.stats()).toMatchObject({ head: 2, blocks: 2, samples: 5, commits: commits + 1 });
    await fill(journal, 2);
    const blocks = everything(journal);
    expect(blocks.map((block) => block.class)).toEqual(['telemetry', 'alarm', 'telemetry']);
    expect(auditIn(blocks)).toEqual(['intent remote/a', 'intent remote/b']);
    await journal.close();
  });

  test('that are known cost no commit and no block', async () => {
    const journal = journalAt(newPath());
    await journal.enter([intend('a')]);
    await journal.enter([settle('a')]);
    const { commits } = journal.stats();
    const { answers, audit } = await journal.enter([
      intend('a', { facts: '{}' }),
      settle('a', 'failed'),
    ]);
    const entry = { key: 'remote/a', outcome: 'verified', end: { took_ms: 12 } };
    expect(answers).toMatchObject([{ kind: 'known', entry }, { kind: 'ended' }]);
    expect(audit).toBeUndefined();
    expect(journal.stats()).toMatchObject({ head: 2, commits });
    expect(journal.command('remote/a')).toMatchObject({ ...entry, facts: { by: 'dispatch' } });
    expect(journal.command('remote/b')).toBeUndefined();
    await journal.close();
  });

  test('without audit take no seq', async () => {
    const journal = journalAt(newPath());
    const nothing = batchOf([]);
    const { audit } = await journal.enter([
      { kind: 'intend', intent: intentOf('a'), audit: nothing },
    ]);
    expect(audit).toBeUndefined();
    expect(journal.head).toBe(0);
    expect(journal.command('remote/a')).toBeDefined();
    await journal.close();
  });

  test('are not stored where their audit cannot be, nor the other way round', async () => {
    const path = newPath();
    const journal = journalAt(path);
    await journal.enter([intend('a')]);
    const audit = { ...batchOf(numbered(1)), length: 2_000_000 };
    await expect(
      journal.enter([intend('b'), { kind: 'intend', intent: intentOf('c'), audit }]),
    ).rejects.toThrow('samples in a block');
    await journal.close();
    change(
      path,
      `CREATE TRIGGER refuse BEFORE INSERT ON marks BEGIN SELECT raise(ABORT, 'no'); END`,
    );
    const again = journalAt(path);
    await expect(again.enter([intend('d'), intend('e', { issued: 5 })])).rejects.toMatchObject({
      code: 'journal.io-failed',
    });
    await again.close();
    change(path, 'DROP TRIGGER refuse');
    const last = journalAt(path);
    expect(auditIn(everything(last))).toEqual(['intent remote/a']);
    expect(last.takeHistory().wasCleanStop).toBe(false);
    await last.close();
    expect(kept(path)).toEqual(['a']);
    expect(totalsIn(path)).toMatchObject({ said: totalsIn(path).counted });
  });
});

describe('the history of commands', () => {
  test('of a new journal is empty, and told once', () => {
    const journal = journalAt(newPath());
    const empty = { open: [], recent: [], counters: {}, issued: {} };
    expect(journal.takeHistory()).toEqual({ wasCleanStop: true, ...empty });
    expect(() => journal.takeHistory()).toThrow('taken');
  });

  test('tells what is open, what is recent, and the highest marks, after it is opened again', async () => {
    const path = newPath();
    const clock = virtualClock(utcMs(T0));
    const before = journalAt(path, { clock });
    const at = (hours: number) => ({ time: utcMs(T0 - hours * HOUR) });
    const counter = (signer: string, value: number) => ({ counter: { signer, value } });
    await before.enter([
      intend('old', { ...at(9), ...counter('ann', 7), issued: 70 }),
      intend('older-open', at(8)),
      intend('replaced', { ...at(5), tag: 'press.t1', ...counter('ann', 6), issued: 7 }),
      intend('latest', { ...at(4), tag: 'press.t1', ...counter('__proto__', 3), issued: 8 }),
      intend('by-hand', { ...at(3), tag: 'press.t1', origin: 'local', key: 'local/by-hand' }),
      intend('fresh', { ...at(0.9), issued: 60 }),
    ]);
    await before.enter(['old', 'replaced', 'latest', 'fresh'].map((id) => settle(id)));
    await before.close();
    const after = journalAt(path, { clock });
    const { open, recent, counters, issued, wasCleanStop } = after.takeHistory();
    expect(wasCleanStop).toBe(true);
    expect(keysOf(open)).toEqual(['older-open', 'by-hand']);
    expect(open[0]).toEqual({
      key: 'remote/older-open',
      origin: 'remote',
      tag: 'press.t0',
      time: T0 - 8 * HOUR,
      facts: { value: true, by: 'dispatch' },
      outcome: undefined,
      end: undefined,
    });
    expect(keysOf(recent)).toEqual(['latest', 'by-hand', 'fresh']);
    expect(recent.at(-1)).toMatchObject({ outcome: 'verified', end: { took_ms: 12 } });
    expect(Object.entries(counters)).toEqual([
      ['__proto__', 3],
      ['ann', 7],
    ]);
    expect(issued).toEqual({ 'press.t0': 70, 'press.t1': 8 });
    await after.close();
  });

  test('holds 10,000 at most, the newest, and no more text than a worker has room for', async () => {
    const path = newPath();
    const before = journalAt(path, { maxSize: bytes(2 ** 30) });
    const many = (prefix: string, count: number, facts: string) =>
      Array.from({ length: count }, (_, n) => ({
        ...intend(`${prefix}${n}`, { facts }),
        audit: batchOf([]),
      }));
    await before.enter(many('large', 3_000, `"${'x'.repeat(4_000)}"`));
    await before.close();
    const middle = journalAt(path, { maxSize: bytes(2 ** 30) });
    const large = middle.takeHistory();
    expect(large.recent.length).toBeGreaterThan(1_000);
    expect(JSON.stringify(large.recent).length).toBeLessThan(8 * 2 ** 20);
    expect(JSON.stringify(large.open).length).toBeLessThan(8 * 2 ** 20);
    expect(large.open[0]?.key).toBe('remote/large0');
    expect(large.recent.at(-1)?.key).toBe('remote/large2999');
    for (let n = 0; n < 3; n++) {
      const small = many(`small${n}-`, 6_000, '1');
      await middle.enter(small);
      await middle.enter(Array.from({ length: 6_000 }, (_, m) => settle(`small${n}-${m}`)));
    }
    await middle.close();
    const after = journalAt(path, { maxSize: bytes(2 ** 30) });
    const { recent } = after.takeHistory();
    expect(recent).toHaveLength(10_000);
    expect(recent.at(-1)?.key).toBe('remote/small2-5999');
    await after.close();
  });

  test('says when the process before did not close the journal', async () => {
    const path = newPath();
    const wasCleanStop = async () => {
      const journal = journalAt(path);
      await journal.close();
      return journal.takeHistory().wasCleanStop;
    };
    expect(await wasCleanStop()).toBe(true);
    expect(await wasCleanStop()).toBe(true);
    dirtyClose(path);
    expect(await wasCleanStop()).toBe(false);
    expect(await wasCleanStop()).toBe(true);
    writeFileSync(path, 'no database, not even close to one'.repeat(100));
    expect(await wasCleanStop()).toBe(false);
    expect(await wasCleanStop()).toBe(true);
  });
});

describe('commands that leave', () => {
  /** Of blocks. */
  const keep = millis(1e12);
  const retainAll = async (journal: SqliteJournal) => {
    let steps = 0;
    while (await journal.retain()) steps++;
    return steps;
  };

  test('are those that ended a day ago, but for the open ones and the latest of each tag and origin', async () => {
    const path = newPath();
    const clock = virtualClock(utcMs(T0));
    const journal = journalAt(path, { clock, keep });
    const local = (id: string) => intend(id, { origin: 'local', key: `local/${id}` });
    await journal.enter([intend('first'), intend('open'), intend('late'), local('by-hand')]);
    await journal.enter([settle('first'), settle('', 'written', { key: 'local/by-hand' })]);
    await clock.advance(HOUR);
    await journal.enter([settle('late'), intend('latest')]);
    await journal.enter([settle('latest')]);
    await clock.advance(millis(23 * HOUR));
    expect(await retainAll(journal)).toBe(0);
    await clock.advance(millis(1));
    expect(await retainAll(journal)).toBe(1);
    expect(journal.command('remote/first')).toBeUndefined();
    await clock.advance(HOUR);
    expect(await retainAll(journal)).toBe(1);
    await clock.advance(millis(100 * HOUR));
    expect(await retainAll(journal)).toBe(0);
    await journal.close();
    expect(kept(path)).toEqual(['open', 'by-hand', 'latest']);
    expect(totalsIn(path)).toMatchObject({ said: totalsIn(path).counted });
  });

  test('go in small steps, each a commit of its own', async () => {
    const clock = virtualClock(utcMs(T0));
    const journal = journalAt(newPath(), { clock, keep });
    const ids = Array.from({ length: 601 }, (_, n) => `c${n}`);
    await journal.enter(ids.map((id) => intend(id)));
    await journal.enter(ids.map((id) => settle(id)));
    await clock.advance(millis(25 * HOUR));
    const { commits } = journal.stats();
    expect(await retainAll(journal)).toBe(3);
    expect(journal.stats().commits).toBe(commits + 3);
    await journal.close();
  });

  test('are those that ended first where there are too many, whatever their age', async () => {
    const path = newPath();
    const before = journalAt(path, { keep });
    await before.enter([
      intend('latest', { tag: 'press.t1' }),
      intend('open', { tag: 'press.t2' }),
      settle('latest'),
    ]);
    await before.close();
    const others = COMMANDS_MAX - 2;
    change(
      path,
      `WITH RECURSIVE series (value) AS (
         SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < ${others})
       INSERT INTO commands (key, origin, tag, time, ended_at, outcome, facts, "end")
         SELECT 'remote/s' || value, 'remote', 'press.t0', ${T0}, ${T0 - HOUR} + value, 'written', '1', '2'
         FROM series;
       UPDATE commands SET ended_at = ${T0 - 2 * HOUR} WHERE key = 'remote/latest';
       UPDATE position SET value = json_object(
         'rows', ${COMMANDS_MAX}, 'bytes', ${totals('commands')}) WHERE name = 'ledger'`,
    );
    const journal = journalAt(path, { keep });
    for (let n = 0; n < 5; n++) await journal.enter([intend(`c${n}`)]);
    await journal.enter([5, 6, 7, 8].flatMap((n) => [intend(`c${n}`), settle(`c${n}`)]));
    await journal.close();
    const found = kept(path);
    expect(found).toHaveLength(COMMANDS_MAX);
    expect(found.slice(0, 3)).toEqual(['latest', 'open', 's10']);
    expect(found.at(-1)).toBe('c8');
    expect(totalsIn(path)).toMatchObject({ said: totalsIn(path).counted });
    const again = journalAt(path, { keep });
    expect(await retainAll(again)).toBe(Math.ceil((COMMANDS_MAX * 0.1) / 256));
    await again.close();
    expect(kept(path)).toHaveLength(COMMANDS_MAX * 0.9);
    expect(kept(path).slice(0, 3)).toEqual(['latest', 'open', 's5010']);
    expect(totalsIn(path)).toMatchObject({ said: totalsIn(path).counted });
  });

  test('are the latest of their tag, too, where nothing else is left', async () => {
    const path = newPath();
    const journal = journalAt(path, { maxSize: bytes(2 ** 20) });
    const facts = `"${'x'.repeat(4_000)}"`;
    for (let n = 0; n < 70; n++)
      await journal.enter([intend(`c${n}`, { tag: `press.u${n}`, facts }), settle(`c${n}`)]);
    await journal.enter([intend('open', { tag: 'press.t0', facts })]);
    await journal.close();
    const found = kept(path);
    expect(found.length).toBeLessThan(2 ** 20 / 4 / 4_000);
    expect(found.slice(-2)).toEqual(['c69', 'open']);
    expect(totalsIn(path)).toMatchObject({ said: totalsIn(path).counted });
  });

  test('leave three quarters of a small journal to the blocks', async () => {
    const path = newPath();
    const journal = journalAt(path, { maxSize: bytes(2 ** 20), uplinks: ['cloud'] });
    const facts = `"${'x'.repeat(4_000)}"`;
    for (let n = 0; n < 120; n++) {
      await journal.enter([intend(`c${n}`, { facts })]);
      await journal.enter([settle(`c${n}`, 'verified', { end: facts })]);
      await journal.append('telemetry', batchOf(numbered(n, 200)), { origin: 'o', number: n + 1 });
    }
    const { blocks, gaps } = journal.stats();
    expect([blocks, gaps]).toEqual([360, 0]);
    expect(journal.stats().bytesOnDisk).toBeLessThan(2 ** 20);
    await journal.close();
    expect(kept(path).at(-1)).toBe('c119');
    expect(kept(path).length).toBeLessThan(2 ** 20 / 4 / 8_000);
    expect(kept(path).length).toBeGreaterThan(15);
    expect(totalsIn(path)).toMatchObject({ said: totalsIn(path).counted });
  });
});

describe('a journal without room', () => {
  test('gives up telemetry for a command', async () => {
    const journal = journalAt(newPath(), { maxSize: bytes(512 * 1024), uplinks: ['cloud'] });
    await fill(journal, 200, 500);
    const { gaps } = journal.stats();
    for (let n = 0; n < 100; n++) {
      expect((await journal.enter([intend(`c${n}`)])).answers).toEqual([{ kind: 'new' }]);
      expect((await journal.enter([settle(`c${n}`)])).answers).toEqual([{ kind: 'ended' }]);
    }
    const told = auditIn(everything(journal).filter(({ gap }) => !gap));
    expect(told).toHaveLength(200);
    expect(journal.stats().gaps).toBeGreaterThan(gaps);
    expect(journal.stats().bytesOnDisk).toBeLessThan(512 * 1024);
    await journal.close();
  });

  /** Needs root, for the mount. A developer may not be; CI has to. */
  test.skipIf(process.getuid?.() !== 0 && !process.env.CI)(
    'on a full disk stores neither command nor audit, and both when there is room again',
    async () => {
      const mount = temporaryDirectory();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount]);
      onTestFinished(() => void execFileSync('umount', ['--lazy', mount]));
      const path = join(mount, 'journal.db');
      const journal = journalAt(path, { uplinks: ['cloud'] });
      await journal.enter([intend('before')]);
      const stored = ['before'];
      const ballast = join(mount, 'somebody-elses-file');
      expect(() => writeFileSync(ballast, Buffer.alloc(8 * 2 ** 20))).toThrow('ENOSPC');
      let refused: unknown;
      for (let n = 0; n < 5_000 && !refused; n++)
        await journal.enter([intend(`c${n}`)]).then(
          () => stored.push(`c${n}`),
          (error) => (refused = error),
        );
      expect(refused).toMatchObject({ code: 'journal.disk-full' });
      writeFileSync(ballast, '');
      await journal.enter([intend('after')]);
      expect(auditIn(everything(journal).filter(({ gap }) => !gap)).slice(-2)).toEqual([
        `intent remote/${stored.at(-1)}`,
        'intent remote/after',
      ]);
      await journal.close();
      expect(kept(path)).toEqual([...stored, 'after']);
    },
  );
});

describe('a journal that was made before there were commands', () => {
  const forget = (path: string) =>
    change(
      path,
      `DROP TABLE commands; DROP TABLE marks; DELETE FROM position WHERE name = 'ledger'; VACUUM`,
    );

  test.each(['closed in order', 'killed'])(
    '%s: gets the tables and keeps what it has',
    async (way) => {
      const path = newPath();
      const before = journalAt(path);
      await fill(before, 20);
      const { epoch } = before;
      await before.close();
      forget(path);
      if (way === 'killed') dirtyClose(path);
      const after = journalAt(path);
      expect(after.epoch).toBe(epoch);
      expect(after.takeHistory()).toMatchObject({ wasCleanStop: way !== 'killed', open: [] });
      await after.enter([intend('a', { issued: 5 })]);
      expect(everything(after).slice(0, 20).map(samplesOf)).toEqual(
        Array.from({ length: 20 }, (_, n) => numbered(n + 1)),
      );
      await after.close();
      expect(readdirSync(dirname(path))).toEqual(['journal.db']);
      expect(rowsIn(path, 'PRAGMA user_version')).toEqual([{ user_version: 2 }]);
      expect(kept(path)).toEqual(['a']);
    },
  );

  test('and is larger than it may be by now: something leaves for the tables', async () => {
    const path = newPath();
    const before = journalAt(path);
    await fill(before, 400, 500);
    await before.close();
    forget(path);
    const after = journalAt(path, { maxSize: bytes(512 * 1024), uplinks: ['cloud'] });
    await after.enter([intend('a')]);
    expect(after.command('remote/a')).toBeDefined();
    expect(after.stats().gaps).toBeGreaterThan(0);
    await after.close();
    expect(readdirSync(dirname(path))).toEqual(['journal.db']);
  });
});

describe('a ledger that is damaged', () => {
  const withCommands = async () => {
    const path = newPath();
    const journal = journalAt(path);
    await fill(journal, 3);
    await journal.enter([intend('a'), intend('b', { issued: 1 })]);
    await journal.enter([settle('a')]);
    await journal.close();
    return path;
  };

  test('in a row says so, and of the command what can be said', async () => {
    const path = await withCommands();
    change(
      path,
      `UPDATE commands SET facts = '{"val', outcome = 'excellent' WHERE key = 'remote/a'`,
    );
    const told: LogFields[] = [];
    const log: Log = { ...silentLog, error: (event, fields) => told.push({ event, ...fields }) };
    const journal = journalAt(path, { log });
    const { recent, open } = journal.takeHistory();
    expect(recent[0]).toMatchObject({ key: 'remote/a', facts: null, outcome: 'unknown' });
    expect(keysOf(open)).toEqual(['b']);
    expect(told).toEqual([{ event: 'journal.command-damaged', key: 'remote/a', tag: 'press.t0' }]);
    await journal.close();
  });

  const isSetAside = async (path: string) => {
    const journal = journalAt(path);
    expect(everything(journal).map(({ gap }) => gap?.reason)).toEqual(['journal-lost']);
    expect(journal.takeHistory()).toMatchObject({ wasCleanStop: false, open: [], recent: [] });
    await journal.close();
    const aside = readdirSync(dirname(path)).filter((name) => /\.corrupt\.(?!.*-wal$)/.test(name));
    expect(aside).toHaveLength(1);
  };

  test.each(['closed in order', 'killed'])('in its tree is a damaged file, %s', async (way) => {
    const path = await withCommands();
    const at = pageOf(path, 'commands');
    if (way === 'killed') dirtyClose(path);
    overwrite(path, at, Buffer.alloc(PAGE_BYTES, 0x5a));
    await isSetAside(path);
  });

  test('where a write of an index was lost is a damaged file', async () => {
    const path = await withCommands();
    const at = pageOf(path, 'commands_by_end');
    const before = readFileSync(path).subarray(at, at + PAGE_BYTES);
    const journal = journalAt(path);
    await journal.enter([settle('b')]);
    await journal.close();
    dirtyClose(path);
    overwrite(path, at, before);
    await isSetAside(path);
  });
});

test('a tool reads the blocks of a journal with commands', async () => {
  const path = newPath();
  const journal = journalAt(path);
  await fill(journal, 2);
  for (let n = 0; n < 300; n++) await journal.enter([intend(`c${n}`, { issued: n })]);
  await journal.close();
  const reader = openJournalReader(path);
  const items = [...reader.items(seqOf(1))];
  reader.close();
  expect(items).toHaveLength(302);
  expect(items.every(({ kind }) => kind === 'samples')).toBe(true);
});
