/** A journal for a test: a file that goes away, every option defaulted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { type Block, type Journal, seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { JournalOptions } from '../../gateway/journal/sqlite-journal.ts';
import { bytes, millis, utcMs } from '../../gateway/model/units.ts';
import { T0, TAGS } from './journal-samples.ts';

/** A directory of this test's own; gone when it is over. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'journal-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Opens `path` with every option defaulted. */
export const journalAt = (path: string, options: Partial<JournalOptions> = {}) =>
  openJournal({
    path,
    tags: TAGS,
    uplinks: [],
    maxSize: bytes(16 * 2 ** 20),
    keep: millis(3_600_000),
    clock: virtualClock(utcMs(T0)),
    log: silentLog,
    ...options,
  });

export const everything = (journal: Pick<Journal, 'read'>): readonly Block[] =>
  journal.read(seqOf(1), 1_000_000);
