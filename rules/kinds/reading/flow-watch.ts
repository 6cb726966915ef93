/**
 * Flow that should not be: without a pause for a day, at night far beyond the usual, or far too much at once. Looks at the
 * accepted readings alone, and takes a pause without readings for no proof of anything. Pure; JSON as it is.
 */
import { difference } from '../../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';
import type { Millis } from '../../../gateway/model/units.ts';
import { interpolated } from './estimate.ts';
import { compared, exact, product, quotient, whole } from './exact-number.ts';
import type { RegisterRules } from './register-step.ts';
import type { Point, SeriesState } from './series-state.ts';

/** Limits in total units per hour; undefined: not watched. */
export interface FlowLimits {
  /** More than so, without a standstill for `leakAfter`, is a leak. 0.002 m³/h is a usual one for a flat. */
  readonly leak: Decimal | undefined;
  readonly leakAfter: Millis;
  /** More than so for `burstAfter` is a burst. 2 m³/h is a usual one. */
  readonly burst: Decimal | undefined;
  readonly burstAfter: Millis;
  /** A night with more than so many times the median of the nights before; undefined: nights are not watched. */
  readonly nightTimes: number | undefined;
}

export type FlowState = {
  /** The newest reading that was looked at; null: none. */
  readonly time: number | null;
  readonly total: string;
  /** When the register last moved. */
  readonly moved: number;
  /** Since when it never stood still for long; null: it does. */
  readonly flowing: number | null;
  /** The total then. */
  readonly flowingFrom: string;
  /** Since when each reading showed a burst; null: the latest did not. */
  readonly bursting: number | null;
  /** What the last nights had, the newest last, in total units. */
  readonly nights: readonly string[];
};

export const NEW_FLOW: FlowState = {
  time: null,
  total: '0',
  moved: 0,
  flowing: null,
  flowingFrom: '0',
  bursting: null,
  nights: [],
};

/** What a reading says; undefined: nothing either way. */
export interface FlowStep {
  readonly state: FlowState;
  readonly leak: boolean | undefined;
  readonly burst: boolean | undefined;
  /** Since the reading before, in total units per hour, for people. */
  readonly rate: Decimal | undefined;
}

const HOUR = 3_600_000;
/** Nights that make a median, and that are needed for one. */
export const MOST_NIGHTS = 14;
const LEAST_NIGHTS = 7;
/** Readings further apart than so say nothing of a night. */
const WIDEST_NIGHT_SPAN = 2 * HOUR;

/** The newest accepted reading. */
export function flowSeen(
  state: FlowState,
  { time, total }: Point,
  rules: RegisterRules,
  limits: FlowLimits,
): FlowStep {
  if (state.time === null || time <= state.time) {
    const isLater = state.time === null;
    const first = isLater ? { ...state, time, total, moved: time } : state;
    return { state: first, leak: undefined, burst: undefined, rate: undefined };
  }
  const amount = difference(exact(total), exact(state.total));
  const elapsed = time - state.time;
  const leak = leakState(state, { time, total, amount, elapsed }, rules, limits);
  const isFast = limits.burst !== undefined && isBeyond(amount, elapsed, limits.burst);
  const bursting = isFast ? (state.bursting ?? state.time) : null;
  const next = { ...state, ...leak, time, total, bursting };
  const rate = quotient(product(amount, whole(BigInt(HOUR))), whole(BigInt(elapsed)), 4);
  return { state: next, leak: isLeak(next, limits), burst: isBurst(next, limits), rate };
}

/** Mean flow since the flow began, in total units per hour, for people. */
export function meanFlow({ flowing, flowingFrom, time, total }: FlowState): Decimal | undefined {
  if (flowing === null || time === null || time <= flowing) return undefined;
  const amount = difference(exact(total), exact(flowingFrom));
  return quotient(product(amount, whole(BigInt(HOUR))), whole(BigInt(time - flowing)), 4);
}

interface Moved {
  readonly time: number;
  readonly total: string;
  readonly amount: Decimal;
  readonly elapsed: number;
}

function leakState(
  state: FlowState,
  { time, total, amount, elapsed }: Moved,
  rules: RegisterRules,
  { leak }: FlowLimits,
): Pick<FlowState, 'moved' | 'flowing' | 'flowingFrom'> {
  if (leak === undefined) return amount.unscaled === 0n ? state : { ...state, moved: time };
  const still = standstill(rules, leak);
  if (amount.unscaled > 0n) {
    // Nobody looked for longer than a standstill takes: it may have stood.
    const goesOn = state.flowing !== null && elapsed <= still;
    return goesOn ? { ...state, moved: time } : { moved: time, flowing: time, flowingFrom: total };
  }
  const hasStopped = amount.unscaled < 0n || time - state.moved > still;
  return hasStopped ? { ...state, flowing: null } : state;
}

/** So long a register can stand although it flows: an hour, or what its last digit takes at the limit. */
function standstill({ counts, decimals }: RegisterRules, leak: Decimal): number {
  const step = product(counts.scale, { unscaled: 1n, decimals: decimals ?? 0 });
  const digit = quotient(product(step, whole(BigInt(HOUR))), leak, 0);
  return Math.max(HOUR, Number(digit.unscaled));
}

function isLeak(state: FlowState, { leak, leakAfter }: FlowLimits): boolean | undefined {
  const { time, flowing, flowingFrom, total } = state;
  if (leak === undefined || time === null) return undefined;
  if (flowing === null) return false;
  const amount = difference(exact(total), exact(flowingFrom));
  return time - flowing >= leakAfter && isBeyond(amount, time - flowing, leak);
}

function isBurst({ time, bursting }: FlowState, limits: FlowLimits): boolean | undefined {
  if (limits.burst === undefined || time === null) return undefined;
  return bursting !== null && time - bursting >= limits.burstAfter;
}

const isBeyond = (amount: Decimal, elapsed: number, perHour: Decimal): boolean =>
  compared(product(amount, whole(BigInt(HOUR))), product(perHour, whole(BigInt(elapsed)))) > 0;

export interface NightStep {
  readonly state: FlowState;
  /** Undefined: the readings do not tell, or too few nights are known. */
  readonly isHigh: boolean | undefined;
  readonly amount: string;
  readonly median: string;
}

/** A night that is over: from 02:00 to 04:00, both from readings around them. */
export function nightSeen(
  state: FlowState,
  { points }: SeriesState,
  rules: RegisterRules,
  night: { readonly start: number; readonly end: number },
  limits: FlowLimits,
): NightStep {
  const [from, until] = [totalAt(points, night.start, rules), totalAt(points, night.end, rules)];
  const unknown = { state, isHigh: undefined, amount: '', median: '' };
  if (from === undefined || until === undefined || limits.nightTimes === undefined) return unknown;
  const amount = difference(exact(until), exact(from));
  const before = state.nights.map(exact);
  const nights = [...state.nights, decimalText(amount)].slice(-MOST_NIGHTS);
  const next = { ...state, nights };
  const median = before.length < LEAST_NIGHTS ? undefined : medianOf(before);
  if (median === undefined) return { ...unknown, state: next };
  const times = whole(BigInt(limits.nightTimes));
  const isMore = compared(amount, product(median, times)) > 0;
  // Three times nothing is nothing: what a leak would be has to be exceeded as well.
  const isMuch =
    limits.leak === undefined || isBeyond(amount, night.end - night.start, limits.leak);
  return {
    state: next,
    isHigh: isMore && isMuch,
    amount: decimalText(amount),
    median: decimalText(median),
  };
}

function totalAt(
  points: readonly Point[],
  instant: number,
  rules: RegisterRules,
): string | undefined {
  const before = points.findLast(({ time }) => time <= instant);
  const after = points.find(({ time }) => time >= instant);
  if (before === undefined || after === undefined) return undefined;
  if (before.time === after.time) return before.total;
  if (after.time - before.time > WIDEST_NIGHT_SPAN || before.doubts !== after.doubts)
    return undefined;
  return interpolated(before, after, instant, rules).total;
}

/** The middle one, or the mean of the two in the middle. */
function medianOf(values: readonly Decimal[]): Decimal {
  const sorted = values.toSorted(compared);
  const half = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]];
  if (low === undefined || high === undefined) return whole(0n);
  const twice = difference(low, { unscaled: -high.unscaled, decimals: high.decimals });
  return quotient(twice, whole(2n), twice.decimals + 1);
}
