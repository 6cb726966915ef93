/** Periods that are over, made again from the journal: the same blocks give the same data as when they were sent. */
import { setImmediate } from 'node:timers/promises';
import type { Journal, Seq } from '../../journal/journal.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import { blocksAfter, oldestStored, seqBefore } from './journal-walk.ts';
import { PeriodBuilder, type PeriodOptions, type PeriodRecord } from './period-builder.ts';
import { reachOf, tagsOf } from './reading.ts';
import type { PeriodKind } from './zone.ts';

export interface AskedPeriods {
  readonly kind: PeriodKind;
  /** Of the beginnings of periods, both included. */
  readonly from: UtcMs;
  readonly to: UtcMs;
}

/** In order; what ended before the oldest block is not there any more. Gives the thread away between two reads. */
export async function* periodsIn(
  journal: Pick<Journal, 'head' | 'read'>,
  options: PeriodOptions,
  { kind, from, to }: AskedPeriods,
  now: UtcMs,
): AsyncGenerator<PeriodRecord> {
  const oldest = oldestStored(journal);
  if (oldest === undefined) return;
  const interval = options.minuteInterval();
  const first = utcMs(Math.max(from, oldest));
  const start = options.zone.startOf(kind, first, interval);
  const builder = new PeriodBuilder(options, { [kind]: start });
  const tags = tagsOf(options.config);
  let position: Seq = seqBefore(journal, utcMs(start - reachOf(options.config)));
  for (;;) {
    const blocks = blocksAfter(journal, position, tags);
    for (const { seq, storedAt, readings } of blocks) {
      yield* asked(builder.close(utcMs(Math.min(storedAt, now))));
      builder.take(readings, storedAt);
      position = seq;
    }
    if (blocks.length === 0) yield* asked(builder.close(now));
    if (blocks.length === 0 || builder.minute > to + MOST_OF_A_PERIOD_MS) return;
    await setImmediate();
  }

  function* asked(records: Iterable<PeriodRecord>): Generator<PeriodRecord> {
    for (const record of records) if (record.start >= from && record.start <= to) yield record;
  }
}

/** A day with the hour that comes twice. */
const MOST_OF_A_PERIOD_MS = 25 * 3_600_000;
