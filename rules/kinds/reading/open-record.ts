/**
 * The record of one period while it can still become better: an item for each meter, what the period began with, and what was
 * tried to read. A made version never changes; a better reading makes the next one. Pure; JSON as it is.
 */

import { millis } from '../../../gateway/model/units.ts';
import { type Item, isReal, itemAt, MISSING, rankOf, replaces, type Window } from './alignment.ts';
import type { Period } from './reading-periods.ts';
import type { GroupSetup, MeterSetup } from './reading-setup.ts';
import { type Attempts, isRefused, NO_ATTEMPTS } from './reread-plan.ts';
import type { SeriesState } from './series-state.ts';

/** What a meter showed when the period began: the item that ended the one before. JSON as it is. */
export type Start = {
  readonly total: string | null;
  readonly doubts: number;
  /** Read within the window, or frozen. */
  readonly isGood: boolean;
};

export type OpenRecord = {
  readonly period: Period;
  /** When it was opened: at the period's end, later where the gateway was off then. */
  readonly opened: number;
  /** The first 06:00 behind the period's end: what is missing then is estimated. */
  readonly morning: number;
  /** Of the latest version; 0: none was made. */
  readonly version: number;
  /** Something became better since then. */
  readonly isChanged: boolean;
  readonly items: Readonly<Record<string, Item>>;
  /** Null: the period before has no record. */
  readonly starts: Readonly<Record<string, Start | null>>;
  readonly attempts: Readonly<Record<string, Attempts>>;
};

/** A record without anything in it yet. */
export function openRecord(
  period: Period,
  meters: readonly MeterSetup[],
  opened: number,
  morning: number,
): OpenRecord {
  const each = <T>(value: T): Record<string, T> =>
    Object.fromEntries(meters.map(({ name }) => [name, value]));
  return {
    period,
    opened,
    morning,
    version: 0,
    isChanged: true,
    items: each(MISSING),
    starts: each(null),
    attempts: each(NO_ATTEMPTS),
  };
}

/** With what is known now; `estimate` is asked where nothing was read and it is time to guess. */
export function realigned(
  record: OpenRecord,
  meters: readonly MeterSetup[],
  window: Window,
  seriesOf: (meter: string) => SeriesState,
  estimate: (meter: MeterSetup, record: OpenRecord) => Item,
): OpenRecord {
  const { kind, start, end } = record.period;
  // A reading nearer to the next interval's end stands for that one.
  const lateWithin =
    kind === 'interval' ? Math.min(window.lateWithin, (end - start) / 2) : window.lateWithin;
  const limits = { ...window, lateWithin: millis(lateWithin) };
  let items = record.items;
  for (const meter of meters) {
    const old = items[meter.name] ?? MISSING;
    const known = itemAt(seriesOf(meter.name), meter.rules, end, limits);
    const fresh =
      known.source === 'missing' && old.source === 'missing' ? estimate(meter, record) : known;
    if (replaces(fresh, old, end)) items = { ...items, [meter.name]: fresh };
  }
  return items === record.items ? record : { ...record, items, isChanged: true };
}

/** What the next period begins with. */
export const startsOf = ({ items }: OpenRecord): Readonly<Record<string, Start>> =>
  Object.fromEntries(
    Object.entries(items).map(([name, { total, doubts, source }]) => [
      name,
      { total, doubts, isGood: source === 'frozen' || source === 'read' },
    ]),
  );

/** With the items of the period before. */
export function begunWith(
  record: OpenRecord,
  starts: Readonly<Record<string, Start | null>>,
): OpenRecord {
  if (JSON.stringify(starts) === JSON.stringify(record.starts)) return record;
  return { ...record, starts, isChanged: true };
}

/** Whether nothing better can come for a meter: its own freeze, or any reading where it keeps none. */
export function isFinal(record: OpenRecord, meter: MeterSetup): boolean {
  const item = record.items[meter.name] ?? MISSING;
  if (item.source === 'frozen') return true;
  return !keepsPeriod(record, meter) && rankOf(item) >= FINAL_RANK;
}

/** Read, late or interpolated: what is behind the period's end is known then. */
const FINAL_RANK = 2;

/**
 * Whether the meter keeps what it showed at the end of the period, as far as there are tags and it did not
 * refuse.
 */
export function keepsPeriod({ period, attempts }: OpenRecord, meter: MeterSetup): boolean {
  const { kind } = period;
  if (kind === 'interval' || isRefused(attempts[meter.name] ?? NO_ATTEMPTS)) return false;
  return meter.freezeDays > 0 || (kind === 'month' && meter.freezeMonths > 0);
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SHORTEST_MONTH = 28 * DAY;

/** When the record closes for good as far as one meter goes. */
export function closesFor(record: OpenRecord, meter: MeterSetup, { keepOpen }: GroupSetup): number {
  const { kind, start, end } = record.period;
  if (kind === 'interval') return end + Math.max(2 * (end - start), HOUR);
  const least = Math.max(end, record.opened) + keepOpen;
  if (!keepsPeriod(record, meter)) return least;
  const days = meter.freezeDays * DAY;
  const months = kind === 'month' ? meter.freezeMonths * SHORTEST_MONTH : 0;
  return Math.max(least, end + days, end + months);
}

/** Until when a meter that is not read yet is waited for; the record's end where none is. */
export function openUntil(record: OpenRecord, setup: GroupSetup): number {
  let latest = record.period.end;
  for (const meter of setup.meters)
    if (!isFinal(record, meter)) latest = Math.max(latest, closesFor(record, meter, setup));
  return latest;
}

/** When its first version is made: the window over, and as long after the gateway came back. */
export const firstDue = ({ period, opened }: OpenRecord, { window }: GroupSetup): number =>
  Math.max(period.end, opened) + window.within;

/** Meters with a real reading, and those with one that stands for the instant. */
export function completeness({ items }: OpenRecord): {
  readonly valid: number;
  readonly aligned: number;
} {
  const all = Object.values(items);
  return {
    valid: all.filter(isReal).length,
    aligned: all.filter(({ source }) => source === 'frozen' || source === 'read').length,
  };
}
