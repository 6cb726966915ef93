import { cpSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { type JournalStats, seqOf, type WearCause } from '../../../gateway/journal/journal.ts';
import { threadIo } from '../../../gateway/journal/space/thread-io.ts';
import type { SqliteJournal } from '../../../gateway/journal/sqlite-journal.ts';
import { bytes, millis, minutes, utcMs } from '../../../gateway/model/units.ts';
import { journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered, T0 } from '../../support/journal-samples.ts';
import { intend } from '../../support/ledger-samples.ts';

const DAY_MS = 86_400_000;
const PAGE_BYTES = 4096;
/** Of some hundred; 7 were seen on a busy disk. */
const WRITTEN_OUT_PAGES = 16;
const newPath = () => join(temporaryDirectory(), 'journal.db');

let number = 0;
const append = (journal: SqliteJournal, blockClass: 'record' | 'alarm' | 'telemetry', count = 3) =>
  journal.append(blockClass, batchOf(numbered(++number, count)), { origin: 'o', number });

const causesOf = ({ wear }: Pick<JournalStats, 'wear'>): WearCause[] =>
  (Object.keys(wear.today.causes) as WearCause[]).sort();
const today = ({ wear }: Pick<JournalStats, 'wear'>) => wear.today.causes;

test('what is counted by cause is what the kernel counts for this thread', async () => {
  const before = threadIo();
  const clock = virtualClock(utcMs(T0));
  const journal = journalAt(newPath(), { clock, uplinks: ['cloud'], keep: millis(60_000) });
  for (let n = 0; n < 40; n++) await append(journal, 'telemetry', 400);
  await append(journal, 'record');
  await append(journal, 'alarm');
  await journal.enter([intend('a')]);
  for (let seq = 1; seq <= 40; seq++) journal.cursor('cloud').acknowledge(seqOf(seq));
  await clock.advance(millis(6000));
  journal.saveCursors();
  await clock.advance(minutes(3));
  while (await journal.retain());
  journal.checkpointIfDue();
  const stats = journal.stats();
  const after = threadIo();
  if (!before || !after) throw new Error('this kernel keeps no books');
  const { counted, total } = stats.wear;
  const byKernel =
    counted === 'write_bytes' ? after.writeBytes - before.writeBytes : after.wchar - before.wchar;
  // A page that the kernel writes out meanwhile counts again when it is next touched, between two commits too.
  expect(byKernel - total.bytes).toBeGreaterThanOrEqual(-PAGE_BYTES);
  expect(byKernel - total.bytes).toBeLessThanOrEqual(WRITTEN_OUT_PAGES * PAGE_BYTES);
  expect(causesOf(stats)).toEqual(
    ['acknowledgements', 'alarm', 'commands', 'opening', 'record', 'retention', 'telemetry'].sort(),
  );
  expect(today(stats).telemetry?.syncs).toBe(40);
  expect(today(stats).record?.syncs).toBe(1);
  expect(today(stats).acknowledgements?.syncs).toBe(1);
  expect(today(stats).telemetry?.bytes).toBeGreaterThan(today(stats).record?.bytes ?? 0);
  await journal.close();
});

test('the log of SQLite stays within its bound, whoever asks for its copying', async () => {
  for (const isAsked of [true, false]) {
    const path = newPath();
    const journal = journalAt(path, { maxSize: bytes(4 * 2 ** 20) });
    let longest = 0;
    for (let n = 0; n < 150; n++) {
      await append(journal, 'telemetry', 2000);
      if (isAsked) journal.checkpointIfDue();
      longest = Math.max(longest, statSync(`${path}-wal`).size);
    }
    const checkpoint = today(journal.stats()).checkpoint;
    expect(checkpoint?.syncs).toBeGreaterThanOrEqual(9);
    // A sixteenth of the size, and the transaction that went beyond it.
    expect(longest).toBeLessThan((4 * 2 ** 20) / 16 + 64 * 1024);
    await journal.close();
  }
});

test('the account outlives a restart and a midnight, and never costs a commit of its own', async () => {
  const path = newPath();
  const first = virtualClock(utcMs(T0 + DAY_MS / 2));
  const before = journalAt(path, { clock: first });
  const { commits } = before.stats();
  for (let n = 0; n < 5; n++) await append(before, 'telemetry');
  expect(before.stats().commits).toBe(commits + 5);
  const yesterday = today(before.stats()).telemetry;
  await before.close();

  const later = virtualClock(utcMs(T0 + DAY_MS * 1.5));
  const after = journalAt(path, { clock: later });
  await append(after, 'telemetry');
  const { wear } = after.stats();
  expect(wear.before).toMatchObject({ day: '2026-01-01', causes: { telemetry: yesterday } });
  expect(wear.today.day).toBe('2026-01-02');
  expect(wear.today.causes.telemetry?.syncs).toBe(1);
  expect(wear.days).toHaveLength(1);
  expect(wear.since).toBe(T0 + DAY_MS / 2);
  await later.advance(millis(DAY_MS));
  await append(after, 'telemetry');
  expect(after.stats().wear.usualDay).toBeGreaterThan(0);
  await after.close();
});

test('a kill costs the account the last ten minutes and no more', async () => {
  const path = newPath();
  const clock = virtualClock(utcMs(T0));
  const journal = journalAt(path, { clock });
  await append(journal, 'telemetry');
  for (let n = 0; n < 30; n++) {
    await clock.advance(minutes(1));
    await append(journal, 'telemetry');
  }
  const { total } = journal.stats().wear;
  const copy = killed(path);
  const again = journalAt(copy, { clock });
  const kept = again.stats().wear.total;
  expect(total.syncs - kept.syncs).toBeLessThanOrEqual(12);
  expect(kept.syncs).toBeGreaterThan(15);
  await again.close();
  await journal.close();
});

/** The files as a kill would leave them. */
function killed(path: string): string {
  const copy = newPath();
  for (const part of ['', '-wal']) cpSync(path + part, copy + part);
  return copy;
}

test('a clock that nobody has set does not turn the page', async () => {
  const clock = virtualClock(utcMs(5000));
  clock.setSynced(false);
  const journal = journalAt(newPath(), { clock });
  await append(journal, 'telemetry');
  await clock.advance(millis(2 * DAY_MS));
  expect(journal.stats().wear.days).toEqual([]);
  clock.stepWallClock(utcMs(T0));
  clock.setSynced(true);
  const { wear } = journal.stats();
  expect(wear.today).toMatchObject({ day: '2026-01-01', causes: { telemetry: { syncs: 1 } } });
  expect(wear).toMatchObject({ days: [], since: T0 });
  await journal.close();
});

test('what is written beside the journal counts as the flash’s', async () => {
  const journal = journalAt(newPath());
  journal.wear.note('state', { bytes: 5000, syncs: 2 });
  journal.wear.note('state', { bytes: 1000, syncs: 2 });
  expect(today(journal.stats()).state).toEqual({ bytes: 6000, syncs: 4 });
  await journal.close();
});

test('tells how far each uplink is behind, and since when', async () => {
  const clock = virtualClock(utcMs(T0));
  const journal = journalAt(newPath(), { clock, uplinks: ['cloud', 'line'] });
  for (let n = 0; n < 3; n++) {
    await append(journal, 'telemetry');
    await clock.advance(millis(1000));
  }
  for (let seq = 1; seq <= 3; seq++) journal.cursor('cloud').acknowledge(seqOf(seq));
  journal.cursor('line').acknowledge(seqOf(1));
  journal.cursor('line').acknowledge(seqOf(3));
  expect(journal.stats().backlogs).toEqual([
    { uplink: 'cloud', blocks: 0, oldest: undefined },
    { uplink: 'line', blocks: 1, oldest: T0 + 1000 },
  ]);
  await journal.close();
});

test('autonomy follows the last hour, not what was before', async () => {
  const clock = virtualClock(utcMs(T0));
  const journal = journalAt(newPath(), { clock, uplinks: ['cloud'], maxSize: bytes(2 ** 26) });
  const hour = async (count: number) => {
    for (let minute = 0; minute < 60; minute++) {
      await append(journal, 'telemetry', count);
      await clock.advance(minutes(1));
    }
    return journal.stats().autonomy ?? 0;
  };
  const busy = await hour(2000);
  await hour(20);
  const quiet = await hour(20);
  expect(quiet / busy).toBeGreaterThan(10);
  const { autonomy = 0 } = journal.stats();
  const growth = journal.stats().bytesOnDisk;
  expect(growth).toBeGreaterThan(0);
  expect(autonomy).toBe(quiet);
  await journal.close();
});
