/** What the tests of the journal have in common: files that go away, samples, batches, an open journal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { fromBatch, type SampleBatch, toBatch } from '../../gateway/journal/batch.ts';
import { type Block, type Journal, seqOf } from '../../gateway/journal/journal.ts';
import { type JournalOptions, openJournal } from '../../gateway/journal/sqlite-journal.ts';
import { deviceName, type Sample, type TagId, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { bytes, millis, utcMs } from '../../gateway/model/units.ts';

export const T0 = Date.UTC(2026, 0, 1);

export const siteTags = (count: number): Tag[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    id: tagId('press', `t${index}`),
    device: deviceName('press'),
    quantity: `t${index}`,
    unit: undefined,
    decimals: undefined,
    report: { deadband: undefined, heartbeat: undefined },
  }));

export const TAGS: readonly TagId[] = siteTags(8).map(({ id }) => id);

/** A directory of this test's own; gone when it is over. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'journal-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export const sampleOf = (value: Sample['value'], tag = 0, time = T0): Sample => ({
  tag: TAGS[tag] as TagId,
  value,
  quality: value === null ? 'bad:comm' : 'good',
  time: utcMs(time),
  timeBasis: 'gateway',
});

export const batchOf = (samples: readonly Sample[]): SampleBatch =>
  toBatch(samples, (tag) => TAGS.indexOf(tag));

/** `count` samples that tell which block they belong to, and hardly compress. */
export const numbered = (block: number, count = 3): Sample[] =>
  Array.from({ length: count }, (_, row) =>
    sampleOf(
      (Math.imul(block * 7919 + row, 0x9e3779b1) >>> 0) / 1000,
      row % TAGS.length,
      T0 + block * 1000 + row,
    ),
  );

export const samplesOf = ({ samples, tagOf }: Block): Sample[] => fromBatch(samples, tagOf);

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
