/** A time as it is written at the command line: so long ago, or at. Pure. */
import type { Clock } from '../host/clock.ts';
import { amountsOf, DURATION } from '../host/quantity.ts';
import { type UtcMs, utcMs } from '../model/units.ts';
import { utcOf } from './rules/replay-table.ts';

/** `24h` ago, or `2026-01-31T08:00:00Z`; undefined where it is neither. */
export function timeOf(written: unknown, clock: Pick<Clock, 'utc'>): UtcMs | undefined {
  if (typeof written !== 'string') return undefined;
  const ago = amountsOf(DURATION).amountOf(written);
  return Number.isNaN(ago) ? utcOf(written) : utcMs(clock.utc() - ago);
}
