/**
 * One register at one instant: which of its readings stands for it, and how far that can be trusted. What the meter froze
 * itself is preferred, then what was read within the window; everything else says what it is. Pure.
 */
import type { Millis } from '../../../gateway/model/units.ts';
import { type Estimate, interpolated } from './estimate.ts';
import type { RegisterRules } from './register-step.ts';
import type { Point, SeriesState } from './series-state.ts';

/**
 * frozen: kept by the meter itself · read: within the window · late: a reading behind the window, at its own time · estimated:
 * no reading, see the method · missing: nothing is known.
 */
export const SOURCES = ['frozen', 'read', 'late', 'estimated', 'missing'] as const;
export type Source = (typeof SOURCES)[number];
export const METHODS = ['interpolated', 'weekday_profile', 'daily_mean'] as const;
export type Method = (typeof METHODS)[number];

/** JSON as it is. */
export type Item = {
  readonly source: Source;
  /** Of what is estimated. */
  readonly method: Method | null;
  /** When the register showed it; null: nobody saw it. */
  readonly time: number | null;
  /** What the register showed, or must have shown, in its own unit. */
  readonly value: string | null;
  /** The series' total then. */
  readonly total: string | null;
  /** Of the series then, see Point. */
  readonly doubts: number;
  /** Between the readings that it was interpolated from, in milliseconds. */
  readonly span: number | null;
  /** The meter kept it without its time, and the site declares it. */
  readonly isTimeDeclared: boolean;
};

export interface Window {
  /** Furthest from the instant, either way, that a reading stands for it. */
  readonly within: Millis;
  /** Furthest behind it that a reading is taken as late. */
  readonly lateWithin: Millis;
}

export const MISSING: Item = {
  source: 'missing',
  method: null,
  time: null,
  value: null,
  total: null,
  doubts: 0,
  span: null,
  isTimeDeclared: false,
};

/** What is known of an instant from readings; without an estimate that needs more than the two around it. */
export function itemAt(
  { points }: SeriesState,
  rules: RegisterRules,
  instant: number,
  { within, lateWithin }: Window,
): Item {
  const given = points.filter(({ origin }) => origin !== 'declared');
  const near = given.filter(({ time }) => Math.abs(time - instant) <= within);
  const kept = nearest(near.filter(isKept), instant);
  if (kept !== undefined) return seen('frozen', kept);
  const read = nearest(near, instant);
  if (read !== undefined) return seen('read', read);
  const late = given.find(({ time }) => time > instant);
  if (late !== undefined && late.time - instant <= lateWithin) return seen('late', late);
  const behind = points.find(({ time }) => time > instant);
  const before = points.findLast(({ time }) => time <= instant);
  if (before === undefined || behind === undefined) return MISSING;
  return estimated(interpolated(before, behind, instant, rules), 'interpolated');
}

/** An estimate as an item. */
export const estimated = ({ value, total, doubts, span }: Estimate, method: Method): Item => ({
  ...MISSING,
  source: 'estimated',
  method,
  value,
  total,
  doubts,
  span,
});

const RANKS: Readonly<Record<Source, number>> = {
  frozen: 5,
  read: 4,
  late: 3,
  estimated: 1,
  missing: 0,
};
/** How much an item is worth; a larger number replaces a smaller one. */
export const rankOf = ({ source, method }: Item): number =>
  source === 'estimated' && method === 'interpolated' ? 2 : RANKS[source];

/**
 * Whether an item takes the place of another in a record that is open: it is worth more, or as much and nearer, or the same
 * reading whose total was put right.
 */
export function replaces(fresh: Item, old: Item, instant: number): boolean {
  const [more, less] = [rankOf(fresh), rankOf(old)];
  if (more !== less) return more > less;
  if (fresh.time !== null && old.time !== null && fresh.time !== old.time)
    return Math.abs(fresh.time - instant) < Math.abs(old.time - instant);
  if (fresh.span !== null && old.span !== null && fresh.span !== old.span)
    return fresh.span < old.span;
  // A profile is no better for being calculated once more.
  const isSettled = more === RANKS.missing || more === RANKS.estimated;
  return !isSettled && (fresh.total !== old.total || fresh.value !== old.value);
}

/** A real reading, whatever its time. */
export const isReal = ({ source }: Item): boolean =>
  source === 'frozen' || source === 'read' || source === 'late';

const isKept = ({ origin }: Point): boolean => origin === 'freeze' || origin === 'history';

/** Of two as near the earlier one. */
function nearest(points: readonly Point[], instant: number): Point | undefined {
  let found: Point | undefined;
  for (const point of points)
    if (found === undefined || Math.abs(point.time - instant) < Math.abs(found.time - instant))
      found = point;
  return found;
}

const seen = (source: Source, { time, value, total, doubts, origin }: Point): Item => ({
  ...MISSING,
  source,
  time,
  value,
  total,
  doubts,
  isTimeDeclared: origin === 'history',
});
