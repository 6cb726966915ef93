import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { type Block, seqOf } from '../../../gateway/journal/journal.ts';
import type { SqliteJournal } from '../../../gateway/journal/sqlite-journal.ts';
import { bytes, millis, utcMs } from '../../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered, samplesOf, T0 } from '../../support/journal-samples.ts';

const MIB = 2 ** 20;
let number = 0;
const fill = async (journal: SqliteJournal, blocks: number, rows = 200): Promise<void> => {
  for (let n = 0; n < blocks; n++)
    await journal.append('telemetry', batchOf(numbered(++number, rows)), { origin: 'o', number });
};

describe('the WAL', () => {
  test('keeps within its bound under a long load, and while room is made', async () => {
    const path = join(temporaryDirectory(), 'journal.db');
    const journal = journalAt(path, { maxSize: bytes(4 * MIB), uplinks: ['cloud'] });
    let most = 0;
    for (let n = 0; n < 800; n++) {
      await fill(journal, 1, 1000);
      most = Math.max(most, statSync(`${path}-wal`).size);
    }
    expect(journal.stats().lostSamples).toBeGreaterThan(0);
    // A sixteenth of the size, and one transaction of as much.
    expect(most).toBeLessThanOrEqual(MIB / 2);
    await journal.close();
  });
});

/** Needs root, for the mount. A developer may not be; CI has to. */
describe.skipIf(process.getuid?.() !== 0 && !process.env.CI)('on a volume of its own', () => {
  const volume = (options: string) => {
    const path = join(temporaryDirectory(), 'volume');
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'room', path]);
    onTestFinished(() => void execFileSync('umount', ['--lazy', path]));
    return path;
  };
  const takeAll = (path: string): void => {
    const filler = openSync(join(path, 'somebody-elses'), 'a');
    for (const size of [65_536, 4_096, 512])
      try {
        for (;;) writeSync(filler, new Uint8Array(size).fill(1));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
  };
  const giveBack = (path: string) => truncateSync(join(path, 'somebody-elses'), 0);

  test('others that fill the disk take the ballast with them, and nothing that was stored', async () => {
    const path = volume('size=8m');
    const clock = virtualClock(utcMs(T0));
    const file = join(path, 'journal.db');
    const journal = journalAt(file, { maxSize: bytes(8 * MIB), uplinks: ['cloud'], clock });
    expect(journal.watchRoom()).toMatchObject({ level: 'low', ballast: expect.any(Number) });
    const { ballast, cap } = journal.watchRoom();
    expect(ballast).toBeGreaterThan(400_000);
    await fill(journal, 300);
    takeAll(path);
    expect(journal.watchRoom()).toMatchObject({ level: 'critical', ballast: 0 });
    expect(existsSync(`${file}.ballast`)).toBe(false);
    // Into the room of the ballast, and into that of older telemetry.
    const before = journal.head;
    await fill(journal, 20);
    expect(journal.head).toBeGreaterThanOrEqual(before + 20);
    takeAll(path);
    const { head } = journal;
    const stored = everything(journal).filter(({ gap }) => !gap).length;
    let refused: unknown;
    for (let n = 0; n < 300 && !refused; n++)
      await fill(journal, 1, 2000).catch((error) => (refused = error));
    giveBack(path);
    await fill(journal, 5);
    expect(journal.head).toBeGreaterThan(head);
    expect(everything(journal).length).toBeGreaterThanOrEqual(Math.min(stored, 100));
    expect(journal.watchRoom()).toMatchObject({ level: 'low', ballast: 0 });
    await clock.advance(millis(60_000));
    expect(journal.watchRoom()).toMatchObject({ level: 'low', ballast });
    expect(Math.abs(journal.watchRoom().cap - cap)).toBeLessThan(64 * 1024);
    await journal.close();
    const again = journalAt(file, { maxSize: bytes(8 * MIB), uplinks: ['cloud'] });
    expect(again.head).toBeGreaterThan(head);
    await again.close();
  });

  test('without inodes it opens with the ballast in its place', async () => {
    const path = volume('size=8m,nr_inodes=5');
    const file = join(path, 'journal.db');
    const options = { maxSize: bytes(8 * MIB) };
    const journal = journalAt(file, options);
    expect(journal.watchRoom().ballast).toBeGreaterThan(0);
    await fill(journal, 3);
    await journal.close();
    for (const name of ['a', 'b']) openSync(join(path, name), 'w');
    expect(() => openSync(join(path, 'c'), 'w')).toThrow('ENOSPC');
    const again = journalAt(file, options);
    await fill(again, 3);
    expect(again.watchRoom()).toMatchObject({ inodes: 0, ballast: 0 });
    await again.close();
  });
});

test('telemetry is thinned before any is dropped, and all of it before an alarm or a record', async () => {
  const path = join(temporaryDirectory(), 'journal.db');
  const journal = journalAt(path, { maxSize: bytes(MIB), uplinks: ['cloud'] });
  const key = () => ({ origin: 'o', number: ++number });
  let handed = 0;
  const isLost = ({ gap }: Block) => gap?.reason === 'retention';
  const seen: string[] = [];
  for (let n = 0; n < 6_000 && !seen.includes('alarm'); n++) {
    await journal.append('record', batchOf(numbered(n, 20)), key());
    await journal.append('alarm', batchOf(numbered(n, 20)), key());
    if (n < 400) await journal.append('telemetry', batchOf(numbered(n, 300)), key());
    handed += n < 400 ? 340 : 40;
    if (n % 50 === 0)
      for (const { gap } of everything(journal).filter((block) => block.gap)) {
        const what = gap?.reason === 'thinned' ? 'thinned' : String(gap?.class);
        if (!seen.includes(what)) seen.push(what);
      }
  }
  expect(seen).toEqual(['thinned', 'telemetry', 'alarm']);
  const blocks = everything(journal);
  expect(blocks.filter((block) => block.class === 'telemetry' && !isLost(block))).toEqual([]);
  expect(blocks.some((block) => block.gap?.class === 'record')).toBe(false);
  const stored = blocks.reduce((sum, block) => sum + samplesOf(block).length, 0);
  const lost = blocks.reduce((sum, { gap }) => sum + (gap?.count ?? 0), 0);
  expect(stored + lost).toBe(handed);
  expect(journal.read(seqOf(1), 1)).toHaveLength(1);
  await journal.close();
});
