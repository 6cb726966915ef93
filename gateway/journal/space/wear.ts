/**
 * What is written to the flash, by cause and day: the account itself. Pure. Days are those of UTC; the account is kept in the
 * journal's own file and outlives a restart.
 */

import { type UtcMs, utcMs } from '../../model/units.ts';
import {
  WEAR_CAUSES,
  type WearCause,
  type WearDay,
  type WearTotal,
  type Written,
} from '../journal.ts';

/** Days that are over and still told. */
export const WEAR_DAYS_MAX = 30;

export interface Wear {
  /** Since when it counts. */
  readonly since: UtcMs;
  readonly total: Written;
  readonly today: WearDay;
  /** The last day before that the gateway ran. */
  readonly before: WearDay | undefined;
  /** Days that are over, the newest first. */
  readonly days: readonly WearTotal[];
}

const NOTHING: Written = { bytes: 0, syncs: 0 };

/** `2026-11-30`. */
export const dayOf = (time: UtcMs): string => new Date(time).toISOString().slice(0, 10);

export const newWear = (now: UtcMs): Wear => ({
  since: now,
  total: NOTHING,
  today: { day: dayOf(now), causes: {} },
  before: undefined,
  days: [],
});

/**
 * The account of the day that it is now. A later day closes the one before. An earlier one, after a clock was set back, takes
 * over what was counted under the wrong date.
 */
export function wearOn(wear: Wear, now: UtcMs): Wear {
  const day = dayOf(now);
  const { today } = wear;
  if (day === today.day) return wear;
  if (day < today.day) {
    const days = wear.days.filter((known) => known.day < day);
    const before = wear.before && wear.before.day < day ? wear.before : undefined;
    return {
      ...wear,
      today: { ...today, day },
      before,
      days,
      since: utcMs(Math.min(wear.since, now)),
    };
  }
  const days = [totalOf(today), ...wear.days].slice(0, WEAR_DAYS_MAX);
  return { ...wear, today: { day, causes: {} }, before: today, days };
}

/** The clock was set for the first time: whatever is there was written just now. */
export const redated = (wear: Wear, now: UtcMs): Wear => ({
  ...wear,
  since: now,
  today: { ...wear.today, day: dayOf(now) },
});

export function withWritten(wear: Wear, cause: WearCause, written: Written): Wear {
  const { day, causes } = wear.today;
  const today = { day, causes: { ...causes, [cause]: sum(causes[cause] ?? NOTHING, written) } };
  return { ...wear, total: sum(wear.total, written), today };
}

/** All causes of a day together. */
export const totalOf = ({ day, causes }: WearDay): WearTotal => ({
  day,
  ...Object.values(causes).reduce(sum, NOTHING),
});

/**
 * Bytes of a usual day: the mean of the days that were counted from their first minute; undefined before there is one.
 */
export function usualDay({ since, days }: Pick<Wear, 'since' | 'days'>): number | undefined {
  const whole = days.filter(({ day }) => Date.parse(day) >= since);
  if (whole.length === 0) return undefined;
  return whole.reduce((total, { bytes }) => total + bytes, 0) / whole.length;
}

const sum = (a: Written, b: Written): Written => ({
  bytes: a.bytes + b.bytes,
  syncs: a.syncs + b.syncs,
});

/** The part that changes all the time, and the part that changes once a day, as JSON. */
export const wearTexts = ({ since, total, today, before, days }: Wear) => ({
  wear: JSON.stringify([since, pair(total), packed(today), before ? packed(before) : null]),
  days: JSON.stringify(days.map((one) => [one.day, ...pair(one)])),
});

/** Undefined for what is none: the count begins anew then. */
export function wearFrom(texts: {
  readonly wear: string | undefined;
  readonly days: string | undefined;
}): Wear | undefined {
  if (texts.wear === undefined) return undefined;
  try {
    const [since, total, today, before] = JSON.parse(texts.wear);
    const days = JSON.parse(texts.days ?? '[]');
    return {
      since: utcMs(amount(since)),
      total: unpair(total),
      today: unpacked(today),
      before: before === null ? undefined : unpacked(before),
      days: days.map(([day, ...written]: [string, number, number]) => ({
        day: date(day),
        ...unpair(written),
      })),
    };
  } catch {
    return undefined;
  }
}

type Pair = readonly [bytes: number, syncs: number];
type PackedDay = readonly [day: string, ...causes: (Pair | 0)[]];

const pair = ({ bytes, syncs }: Written): Pair => [bytes, syncs];
const unpair = ([bytes, syncs]: readonly unknown[]): Written => ({
  bytes: amount(bytes),
  syncs: amount(syncs),
});

/** The causes stand in their order, which only grows at its end. */
const packed = ({ day, causes }: WearDay): PackedDay => [
  day,
  ...WEAR_CAUSES.map((cause): Pair | 0 => (causes[cause] ? pair(causes[cause]) : 0)),
];

const unpacked = ([day, ...pairs]: PackedDay): WearDay => ({
  day: date(day),
  causes: Object.fromEntries(
    pairs.flatMap((one, i) => {
      const cause = WEAR_CAUSES[i];
      return one === 0 || cause === undefined ? [] : [[cause, unpair(one)]];
    }),
  ),
});

function amount(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0)) throw new TypeError('no amount');
  return value;
}

function date(value: unknown): string {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw new TypeError('no day');
  return value;
}
