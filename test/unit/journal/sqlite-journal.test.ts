import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { openJournalReader } from '../../../gateway/journal/file/journal-reader.ts';
import { type Journal, seqOf } from '../../../gateway/journal/journal.ts';
import type { SqliteJournal } from '../../../gateway/journal/sqlite-journal.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { bytes, millis, utcMs } from '../../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered, sampleOf, samplesOf, T0, TAGS } from '../../support/journal-samples.ts';

/** Another process with the journal open. */
const WRITER = join(import.meta.dirname, '..', '..', 'crash', 'journal-writer.ts');

const newPath = () => join(temporaryDirectory(), 'deep', 'journal.db');
const seqsOf = (journal: Journal) => everything(journal).map(({ seq }) => seq);

async function fill(journal: SqliteJournal, count: number, rows = 3): Promise<void> {
  const first = journal.head + 1;
  for (let number = first; number < first + count; number++)
    await journal.append('telemetry', batchOf(numbered(number, rows)), { origin: 'o', number });
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('a journal that is opened again', () => {
  test('has the same epoch, blocks, tags, positions and totals', async () => {
    const path = newPath();
    const before = journalAt(path, { uplinks: ['cloud'] });
    await fill(before, 4);
    before.cursor('cloud').acknowledge(seqOf(1));
    before.cursor('cloud').acknowledge(seqOf(3));
    const { epoch } = before;
    await before.close();
    const after = journalAt(path, { tags: TAGS.toReversed(), uplinks: ['cloud'] });
    expect(after.epoch).toBe(epoch);
    expect(everything(after).map(samplesOf)).toEqual([1, 2, 3, 4].map((n) => numbered(n)));
    expect(after.cursor('cloud').nextAfter(seqOf(0))).toBe(2);
    expect(after.cursor('cloud').isAcknowledged(seqOf(3))).toBe(true);
    expect(after.stats()).toMatchObject({ head: 4, blocks: 4, samples: 12, backlogBlocks: 2 });
    const again = await after.append('telemetry', batchOf(numbered(4)), { origin: 'o', number: 4 });
    expect(again).toBe(4);
    await after.close();
  });

  test('goes on counting where retention has removed the newest block', async () => {
    const path = newPath();
    const clock = virtualClock(utcMs(T0));
    const before = journalAt(path, { clock, keep: millis(1000) });
    await fill(before, 3);
    await before.append('alarm', batchOf(numbered(4)), { origin: 'o', number: 4 });
    await clock.advance(millis(2000));
    while (await before.retain());
    // The newest block of telemetry stays: the next may be coded against it.
    expect(before.stats()).toMatchObject({ head: 4, blocks: 1, samples: 3, gaps: 0 });
    await before.close();
    const after = journalAt(path, { uplinks: ['new'] });
    await fill(after, 1);
    expect(seqsOf(after)).toEqual([3, 5]);
    expect(after.cursor('new').nextAfter(seqOf(0))).toBe(3);
    expect(after.cursor('new').nextAfter(seqOf(3))).toBe(5);
    await after.close();
  });

  test('knows acknowledgements five seconds old even if nothing was appended since', async () => {
    const path = newPath();
    const clock = virtualClock(utcMs(T0));
    const journal = journalAt(path, { clock, uplinks: ['cloud'] });
    await fill(journal, 2);
    const saved = () => journal.stats().commits;
    journal.cursor('cloud').acknowledge(seqOf(1));
    // The first of a process does not wait.
    const before = saved();
    journal.saveCursors();
    const commits = saved();
    expect(commits).toBe(before + 1);
    journal.cursor('cloud').acknowledge(seqOf(2));
    await clock.advance(millis(4999));
    journal.saveCursors();
    expect(saved()).toBe(commits);
    await clock.advance(millis(1));
    journal.saveCursors();
    expect(saved()).toBe(commits + 1);
    journal.saveCursors();
    expect(saved()).toBe(commits + 1);
    await journal.close();
  });
});

test('blocks as long as the one before keep their own tags, and blocks of the same tags share them', async () => {
  const path = newPath();
  const journal = journalAt(path);
  const blocks = [
    [0, 1, 2],
    [0, 1, 2],
    [0, 2, 1],
    [5, 6, 7],
    [5, 6, 7],
  ].map((tags, at) => tags.map((tag, row) => sampleOf(at + row / 10, tag, T0 + 1_000 * at)));
  const newest: unknown[] = [];
  for (const [at, block] of blocks.entries()) {
    await journal.append('telemetry', batchOf(block), { origin: 'o', number: at + 1 });
    const [read] = journal.read(journal.head, 1);
    expect(read && samplesOf(read)).toEqual(block);
    newest.push(read?.samples.tags);
  }
  expect(newest[1]).toBe(newest[0]);
  expect(newest[4]).toBe(newest[3]);
  await journal.close();
  const again = journalAt(path);
  expect(everything(again).map(samplesOf)).toEqual(blocks);
  await again.close();
});

test('a file of version 1 is brought up to date and keeps what it has', async () => {
  const path = newPath();
  const before = journalAt(path, { uplinks: ['cloud'] });
  await fill(before, 4);
  before.cursor('cloud').acknowledge(seqOf(2));
  await before.close();
  // As version 1 had it: no columns and tables of version 2, the positions in a table of their own.
  const database = new Database(path);
  for (const column of ['key', 'state', 'link'])
    database.exec(`ALTER TABLE block DROP COLUMN ${column}`);
  for (const table of ['link', 'day', 'clock', 'summary', 'salvage'])
    database.exec(`DROP TABLE ${table}`);
  const totals = { head: 4, blocks: 4, samples: 12, gaps: 0, lost: 0 };
  const save = database.prepare('INSERT OR REPLACE INTO position VALUES (?, ?, ?)');
  save.run('journal', 'totals', JSON.stringify(totals));
  save.run('origin', 'o', JSON.stringify({ number: 4, seq: 4 }));
  database.pragma('user_version = 1');
  database.close();
  for (let open = 0; open < 2; open++) {
    const after = journalAt(path, { uplinks: ['cloud'] });
    expect(after.epoch).toBe(before.epoch);
    expect(after.stats()).toMatchObject({
      head: 4,
      blocks: 4,
      samples: 12,
      gaps: 0,
      lostSamples: 0,
      backlogBlocks: 3,
    });
    expect(everything(after).map(samplesOf)).toEqual([1, 2, 3, 4].map((n) => numbered(n)));
    const key = { origin: 'o', number: 4 };
    expect(await after.append('telemetry', batchOf(numbered(4)), key)).toBe(4);
    await after.close();
  }
});

describe('a file that is no journal any more', () => {
  const damages: Record<string, (content: Buffer) => Buffer> = {
    'is not SQLite at all': () => Buffer.from('not a database, not even close to one'.repeat(40)),
    'lost its first page': (content) => content.fill(0, 0, 512),
    'lost a page in the middle': (content) => content.fill(0xa5, 512 * 4, 512 * 9),
    'was cut in the middle of a page': (content) => content.subarray(0, 512 * 5 + 100),
    'is another application’s': (content) => {
      content.writeUInt32BE(42, 68);
      return content;
    },
  };
  test.each(Object.entries(damages))(
    '%s: it is set aside and a gap begins the new one',
    async (_name, damage) => {
      const path = newPath();
      const before = journalAt(path);
      await fill(before, 30);
      const { epoch } = before;
      await before.close();
      dirtyClose(path);
      writeFileSync(path, damage(readFileSync(path)));
      const after = journalAt(path);
      expect(after.epoch).not.toBe(epoch);
      await fill(after, 1);
      expect(everything(after).map(({ gap }) => gap?.reason)).toEqual(['journal-lost', undefined]);
      await after.close();
      const aside = readdirSync(join(path, '..')).filter((name) =>
        /\.corrupt\.(?!.*-wal$)/.test(name),
      );
      expect(aside).toEqual(['journal.db.corrupt.2026-01-01T000000.000Z']);
    },
  );

  test('only the two newest files set aside are kept', async () => {
    const path = newPath();
    mkdirSync(join(path, '..'), { recursive: true });
    for (let day = 0; day < 4; day++) {
      writeFileSync(path, `broken ${day}`.repeat(200));
      await journalAt(path, { clock: virtualClock(utcMs(T0 + day * 86_400_000)) }).close();
    }
    const names = readdirSync(join(path, '..')).sort();
    expect(names).toEqual([
      'journal.db',
      'journal.db.corrupt.2026-01-03T000000.000Z',
      'journal.db.corrupt.2026-01-04T000000.000Z',
    ]);
  });

  test('one damaged block becomes a gap of its own seq, the others stay', async () => {
    const path = newPath();
    const before = journalAt(path);
    await fill(before, 3);
    await before.close();
    const database = new Database(path);
    const { data } = database.prepare('SELECT data FROM block WHERE seq = 2').get() as {
      data: Buffer;
    };
    data[10] = (data[10] as number) ^ 1;
    database.prepare('UPDATE block SET data = ? WHERE seq = 2').run(data);
    database.close();
    const after = journalAt(path);
    for (let look = 0; look < 2; look++) {
      const blocks = everything(after);
      expect(blocks.map(({ gap }) => gap?.reason)).toEqual([undefined, 'journal-lost', undefined]);
      expect(blocks[1]?.gap).toMatchObject({ count: 3, seqs: { from: 2, to: 2 } });
    }
    expect(after.stats()).toMatchObject({ blocks: 3, samples: 6, gaps: 1, lostSamples: 3 });
    await after.close();
  });

  test('the data of another block, whole as it is, becomes a gap of the seq where it stands', async () => {
    const path = newPath();
    const before = journalAt(path);
    await fill(before, 3);
    await before.close();
    const database = new Database(path);
    // With all that the checksum goes on over but the seq.
    database.exec(`UPDATE block SET (class, committed_at, samples, gap, data, key) =
      (SELECT class, committed_at, samples, gap, data, key FROM block WHERE seq = 1) WHERE seq = 3`);
    database.close();
    const reader = openJournalReader(path);
    expect([...reader.items()].map(({ kind }) => kind)).toEqual(['samples', 'samples', 'damaged']);
    reader.close();
    const after = journalAt(path);
    const blocks = everything(after);
    expect(blocks.map(({ gap }) => gap?.reason)).toEqual([undefined, undefined, 'journal-lost']);
    expect(blocks[2]?.gap).toMatchObject({ count: 3, seqs: { from: 3, to: 3 } });
    expect(after.stats()).toMatchObject({ blocks: 3, samples: 6, gaps: 1, lostSamples: 3 });
    await after.close();
  });
});

describe('a table of tags that has lost a name', () => {
  test('does not give its samples to nobody: the file is set aside, and salvaged', async () => {
    const path = newPath();
    const before = journalAt(path);
    await fill(before, 3);
    await before.close();
    const database = new Database(path);
    database.exec('DELETE FROM tag WHERE number = 3');
    database.close();
    const after = journalAt(path, { tags: TAGS.slice(0, 1) });
    expect(codeOf(() => everything(after))).toBe('journal.corrupt');
    await after.close();
  });
});

describe('a file that is refused', () => {
  test('of a newer format: it stays as it is', async () => {
    const path = newPath();
    await journalAt(path).close();
    const database = new Database(path);
    database.pragma('user_version = 3');
    database.exec(`UPDATE meta SET value = '3' WHERE key = 'format'`);
    database.close();
    expect(codeOf(() => journalAt(path))).toBe('journal.newer-format');
    expect(readdirSync(join(path, '..'))).toEqual(['journal.db']);
  });

  test('open in another process', async () => {
    const path = newPath();
    const holder = spawn(process.execPath, [WRITER, path, 'o1', '1']);
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    expect(codeOf(() => journalAt(path))).toBe('journal.locked');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await journalAt(path).close();
  });

  test('in a directory that cannot be made', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    expect(codeOf(() => journalAt(join(directory, 'file', 'journal.db')))).toBe('journal.unusable');
  });
});

describe('a journal that runs out of room', () => {
  const small = { maxSize: bytes(512 * 1024) };

  test('gives up the oldest telemetry that is not acknowledged, and says what', async () => {
    const journal = journalAt(newPath(), { ...small, uplinks: ['cloud'] });
    await journal.append('record', batchOf(numbered(1, 500)), { origin: 'o', number: 1 });
    await journal.append('alarm', batchOf(numbered(2, 500)), { origin: 'o', number: 2 });
    await fill(journal, 400, 500);
    const blocks = everything(journal);
    expect(blocks.slice(0, 2).map((block) => block.class)).toEqual(['record', 'alarm']);
    const gaps = blocks.flatMap(({ gap }) => (gap ? [gap] : []));
    expect(
      gaps.every(
        ({ reason, class: lost }) =>
          (reason === 'retention' || reason === 'thinned') && lost === 'telemetry',
      ),
    ).toBe(true);
    const { samples, lostSamples, bytesOnDisk } = journal.stats();
    expect(samples + lostSamples).toBe(402 * 500);
    expect(lostSamples).toBe(gaps.reduce((sum, { count }) => sum + (count ?? 0), 0));
    expect(bytesOnDisk).toBeLessThan(small.maxSize);
    expect(journal.cursor('cloud').isAcknowledged(seqOf(2))).toBe(false);
    expect(journal.cursor('cloud').nextAfter(seqOf(2))).toBe(blocks[2]?.seq);
    const first = gaps.find(({ seqs }) => seqs?.from === 3);
    expect(first?.from).toBe(T0 + 3000);
    expect(gaps.length).toBeLessThan(50);
    await journal.close();
  });

  test('removes acknowledged blocks first, and without a gap', async () => {
    const journal = journalAt(newPath(), { ...small, uplinks: ['cloud'] });
    for (let n = 0; n < 400; n++) {
      await fill(journal, 1, 500);
      journal.cursor('cloud').acknowledge(journal.head);
      while (await journal.retain());
    }
    expect(journal.stats()).toMatchObject({ gaps: 0, head: 400, lostSamples: 0, backlogBlocks: 0 });
    expect(journal.stats().blocks).toBeGreaterThan(50);
    await journal.close();
  });

  test('without any uplink keeps the newest by size, without a gap', async () => {
    const journal = journalAt(newPath(), small);
    await fill(journal, 400, 500);
    expect(journal.stats().gaps).toBe(0);
    expect(seqsOf(journal).at(-1)).toBe(400);
    await journal.close();
  });

  test('keeps what one of two uplinks has not acknowledged, however old', async () => {
    const clock = virtualClock(utcMs(T0));
    const journal = journalAt(newPath(), {
      clock,
      keep: millis(1000),
      uplinks: ['cloud', 'plant'],
    });
    await fill(journal, 4);
    for (const seq of [1, 2, 3]) journal.cursor('cloud').acknowledge(seqOf(seq));
    for (const seq of [2, 3, 4]) journal.cursor('plant').acknowledge(seqOf(seq));
    await clock.advance(millis(5000));
    while (await journal.retain());
    expect(seqsOf(journal)).toEqual([1, 4]);
    await journal.close();
  });

  /** Needs root, for the mount. A developer may not be; CI has to. */
  test.skipIf(process.getuid?.() !== 0 && !process.env.CI)(
    'outlives a disk that is full, and stores again when there is room',
    async () => {
      const mount = temporaryDirectory();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount]);
      onTestFinished(() => void execFileSync('umount', ['--lazy', mount]));
      const journal = journalAt(join(mount, 'journal.db'), { uplinks: ['cloud'] });
      await fill(journal, 20, 500);
      const ballast = join(mount, 'somebody-elses-file');
      try {
        writeFileSync(ballast, Buffer.alloc(8 * 2 ** 20));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
      let refused: unknown;
      for (let n = 0; n < 2000 && !refused; n++)
        await fill(journal, 1, 500).catch((error) => (refused = error));
      expect(refused).toMatchObject({ code: 'journal.disk-full' });
      const { head } = journal;
      writeFileSync(ballast, '');
      await fill(journal, 5, 500);
      expect(journal.head).toBe(head + 5);
      expect(
        everything(journal)
          .filter(({ gap }) => !gap)
          .every((block) => block.samples.length === 500),
      ).toBe(true);
      await journal.close();
    },
  );
});

test('tells the hours an outage can last once the rate is known', async () => {
  const clock = virtualClock(utcMs(T0));
  const journal = journalAt(newPath(), { clock, uplinks: ['cloud'], maxSize: bytes(64 * 2 ** 20) });
  await fill(journal, 30, 500);
  expect(journal.stats().autonomy).toBeUndefined();
  await clock.advance(millis(60_000));
  const autonomy = journal.stats().autonomy ?? 0;
  expect(autonomy / 3_600_000).toBeGreaterThan(5);
  expect(autonomy / 3_600_000).toBeLessThan(50);
  await journal.close();
});

describe('a journal whose file fails while it is open', () => {
  test('says once that it is broken, refuses all further work, and is set aside at the next open', async () => {
    const path = newPath();
    const told: GatewayError[] = [];
    const journal = journalAt(path, { onBroken: (error) => told.push(error) });
    await fill(journal, 300, 2000);
    const content = readFileSync(path);
    writeFileSync(path, content.fill(0x5a, 512 * 20));
    expect(codeOf(() => everything(journal))).toBe('journal.corrupt');
    await expect(fill(journal, 1)).rejects.toMatchObject({ code: 'journal.corrupt' });
    expect(told.map(({ code }) => code)).toEqual(['journal.corrupt']);
    await journal.close();
    const next = journalAt(path);
    expect(everything(next).map(({ gap }) => gap?.reason)).toEqual(['journal-lost']);
    await next.close();
  });

  test('is broken too when the disk refuses a write, and has all that was committed at the next open', async () => {
    const path = newPath();
    const journal = journalAt(path);
    await fill(journal, 3);
    takeAway(`${path}-wal`);
    await expect(fill(journal, 1)).rejects.toMatchObject({ code: 'journal.io-failed' });
    await journal.close();
    const next = journalAt(path);
    expect(everything(next).map(samplesOf)).toEqual([1, 2, 3].map((n) => numbered(n)));
    await next.close();
  });
});

test('close twice is close once', async () => {
  const path = newPath();
  const journal = journalAt(path);
  await journal.close();
  await journal.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test('a batch that names a tag that there is not is refused, and the journal stays as it was', async () => {
  const journal = journalAt(newPath());
  const batch = batchOf(numbered(1));
  const wrong = { ...batch, tags: batch.tags.map(() => TAGS.length) };
  const key = (number: number) => ({ origin: 'o1', number });
  await expect(journal.append('telemetry', wrong, key(1))).rejects.toThrow('a tag beyond');
  expect(journal.head).toBe(0);
  expect(await journal.append('telemetry', batch, key(1))).toBe(1);
});

/** Replaces this process's open file by one that refuses every write, as a disk that has died. */
function takeAway(path: string): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (!existsSync(`/proc/self/fd/${name}`) || readlinkSync(`/proc/self/fd/${name}`) !== path)
      continue;
    closeSync(fd);
    expect(openSync(path, 'r')).toBe(fd);
  }
}

/** Takes the mark of a clean close away, as if the power had failed after the last checkpoint. */
function dirtyClose(path: string): void {
  const database = new Database(path);
  database.exec(`DELETE FROM meta WHERE key = 'clean'`);
  database.close();
}
