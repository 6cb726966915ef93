/**
 * What the tags of a combined reading say, sample by sample: as JSON while it waits for the step of its moment, then as readings,
 * failures, declared swaps and words of the meter. Pure and exact.
 */
import { decimalOf, withDecimals } from '../../gateway/model/decimal.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import { type Decimal, decimalText, type Sample, type TagId } from '../../gateway/model/sample.ts';
import { minutes } from '../../gateway/model/units.ts';
import type { InputRole, MeterWords, ReadingInput, WordFact } from '../combined-reading-rule.ts';
import type { Maybe } from '../expression.ts';
import { exactOf } from './reading/exact-number.ts';
import type { MeterFacts } from './reading/meter-status.ts';
import type { Ask } from './reading/reading-book.ts';
import type { Calendar } from './reading/reading-periods.ts';
import type { Reading } from './reading/series-state.ts';

/** A sample as it is kept until the step of its moment. A type alias: only those are taken for JSON. */
export type Pending = {
  readonly tag: TagId;
  /** A number as text with every digit. */
  readonly value: string | boolean | null;
  readonly quality: Quality;
  readonly time: number;
  /** The time is the device's own. */
  readonly isOwnTime: boolean;
  /** The clock of the gateway could be believed then, or was not needed. */
  readonly isTimed: boolean;
};

export function pendingOf({ tag, value, quality, time, timeBasis }: Sample): Pending {
  const number = typeof value === 'string' ? undefined : decimalOf(value);
  const plain = typeof value === 'string' || typeof value === 'boolean' ? value : null;
  return {
    tag,
    value: number ? decimalText(number) : plain,
    quality,
    time,
    isOwnTime: timeBasis === 'source',
    isTimed: timeBasis !== 'unsynced',
  };
}

/** The number in a sample, with as many digits as the register shows. */
export function numberIn({ value }: Pending, decimals: number | undefined): Decimal | undefined {
  const number = typeof value === 'string' ? exactOf(value) : undefined;
  return number && withDecimals(number, decimals ?? 0);
}

const ASKED: Readonly<Record<'total' | 'instant' | 'day' | 'month', Ask['what']>> = {
  total: 'current',
  instant: 'current',
  day: 'day_freeze',
  month: 'month_freeze',
};
export const isRegister = (as: InputRole): as is keyof typeof ASKED => Object.hasOwn(ASKED, as);
/** What a meter was asked for when such a tag is read. */
export const askedBy = (as: keyof typeof ASKED): Ask['what'] => ASKED[as];

/**
 * Where and when a register showed a value; undefined: nobody can say. What a meter kept without its time stands for the end of
 * its day or month, once the meter has surely begun the next one.
 */
export function readingTime(
  { as, place }: ReadingInput,
  { time, isOwnTime }: Pending,
  calendar: Calendar,
): Pick<Reading, 'time' | 'origin'> | undefined {
  if (as === 'total') return { time, origin: 'read' };
  if (isOwnTime) return { time, origin: 'freeze' };
  if (as !== 'day' && as !== 'month') return undefined;
  const ended = calendar.ended(as, 0, time, place);
  const [first, latest] = [ended[0], ended.at(-1)];
  const isSettled = latest !== undefined && time - latest.end >= SETTLED_AFTER;
  return first !== undefined && ended.length === place && isSettled
    ? { time: first.end, origin: 'history' }
    : undefined;
}

/** A guess: the clock of a meter may be late by so much. */
const SETTLED_AFTER = minutes(60);

/** The values of expressions as what a meter says of itself; those of which nothing came are left out. */
export function factsIn(
  { of }: MeterWords,
  values: readonly Maybe[],
  isTouched: (role: number) => boolean,
): MeterFacts {
  const facts: Partial<Record<WordFact, Maybe>> = {};
  const isHeatTouched = of.some(([fact, role]) => HEAT.has(fact) && isTouched(role));
  for (const [fact, role] of of)
    if (isTouched(role) || (isHeatTouched && HEAT.has(fact))) facts[fact] = values[role];
  const { battery, valve, cover, magnetic, reverse, noWater, supply, flow } = facts;
  const given = {
    cover: flagOrCount(cover),
    magnetic: flagOrCount(magnetic),
    battery: flag(battery),
    valve: VALVES.find((one) => one === valve),
    reverse: flag(reverse),
    noWater: flag(noWater),
    supply: count(supply),
    return: count(facts.return),
    flow: count(flow),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const HEAT: ReadonlySet<WordFact> = new Set(['supply', 'return', 'flow']);
const VALVES = ['open', 'closed', 'abnormal'] as const;
const flag = (value: Maybe): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined;
const count = (value: Maybe): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const flagOrCount = (value: Maybe): boolean | number | undefined => flag(value) ?? count(value);

/** The serial number that a meter says; undefined: nobody knows. */
export function serialIn({ of }: MeterWords, values: readonly Maybe[]): string | undefined {
  const role = of.find(([fact]) => fact === 'serial')?.[1];
  const value = role === undefined ? undefined : values[role];
  return value === undefined ? undefined : String(value).slice(0, MOST_SERIAL);
}

const MOST_SERIAL = 64;

/** A clock's text less the time at which it was read, in milliseconds; undefined: it is none. */
export function clockOffIn(
  { value, time }: Pending,
  localText: (moment: number) => string,
): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(value))
    return undefined;
  const shown = Date.parse(`${value}Z`);
  const offset =
    Date.parse(`${localText(time).slice(0, 16)}Z`) - Math.floor(time / 60_000) * 60_000;
  return Number.isNaN(shown) ? undefined : shown - offset - time;
}
