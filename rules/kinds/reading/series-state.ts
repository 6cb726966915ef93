/**
 * What is kept of one register: its newest reading, its total, and the readings around the moments that records are made
 * of. JSON as it is, numbers as text; type aliases and no interfaces, because only those are taken for JSON.
 */
import { sum } from '../../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';
import { exact, shortText } from './exact-number.ts';
import { type Stand, unseenSince } from './register-step.ts';
import type { SeriesEvent } from './series-event.ts';

/**
 * Where a value comes from: read now, kept by the meter with its time, or kept with a time that the site
 * declares.
 */
export const ORIGINS = ['read', 'freeze', 'history', 'declared'] as const;
export type Origin = (typeof ORIGINS)[number];

/** A value that the meter gave, of a time that can be believed. */
export interface Reading {
  /** When the register showed it: of a freeze the time of the freeze. UTC in whole milliseconds. */
  readonly time: number;
  readonly value: Decimal;
  readonly origin: Origin;
  /** Where the meter says it; else the unit of the rules. */
  readonly unit?: string;
  readonly serial?: string;
}

/** An accepted reading. Type aliases and no interfaces: these are kept as JSON. */
export type Point = {
  readonly time: number;
  /** In the unit of the rules. */
  readonly value: string;
  /** In total units, see register-unit.ts; at the first reading what the register shows. */
  readonly total: string;
  /** Rises where a series of the register ends: reset, swap, jump. */
  readonly segment: number;
  /** How many times until then something was counted that cannot be known exactly. */
  readonly doubts: number;
  readonly origin: Origin;
};

export type Held = {
  readonly time: number;
  readonly value: string;
  readonly unit: string;
  readonly origin: Origin;
};

/** The last time that a register began again; it may turn out to be none. */
export type Turn = {
  readonly kind: 'rollover' | 'reset' | 'jump' | 'swap';
  readonly from: Point;
  /** The earliest that the value before can have begun to stand. */
  readonly since: number;
  /** Of the first point after it. */
  readonly at: number;
};

export type SeriesState = {
  /** The newest accepted reading; null before the first, and after a declared swap until the next reading. */
  readonly base: Point | null;
  /** The earliest that the base can have begun to show its value. */
  readonly since: number;
  /** Where the total stands. */
  readonly total: string;
  readonly segment: number;
  readonly doubts: number;
  /** A value that cannot follow the base, waiting for one that agrees. */
  readonly held: Held | null;
  readonly turn: Turn | null;
  /** Unit of the last accepted reading as the meter gave it; empty: none yet. */
  readonly unit: string;
  readonly serial: string | null;
  /** When the present segment began. */
  readonly began: number;
  /** Accepted readings, the oldest first; the last one is the base where there is one. */
  readonly points: readonly Point[];
};

export type Outcome =
  | { readonly kind: 'first' | 'counted' | 'known' | 'held' | 'late' }
  | {
      readonly kind: 'refused';
      readonly why: 'range' | 'unit' | 'time' | 'conflict' | 'before-break';
    };

export interface Taken {
  readonly state: SeriesState;
  readonly outcome: Outcome;
  readonly events: readonly SeriesEvent[];
  /** A suspicion begins: the register is to be read again at once. */
  readonly wantsReread: boolean;
}

/** Points that are kept at most; the oldest go first. See `pruned`. */
export const MOST_POINTS = 200;

export const NEW_SERIES: SeriesState = {
  base: null,
  since: 0,
  total: '0',
  segment: 0,
  doubts: 0,
  held: null,
  turn: null,
  unit: '',
  serial: null,
  began: 0,
  points: [],
};

/** The present segment begins with a reading, at the total that there is. */
export function begun(state: SeriesState, { time, value, origin }: Reading): SeriesState {
  const { total, segment, doubts } = state;
  const point: Point = { time, value: decimalText(value), total, segment, doubts, origin };
  return { ...extended(state, point, unseenSince(time)), began: time };
}

/** With one more point at the end. */
export function extended(state: SeriesState, base: Point, since: number): SeriesState {
  const { total, segment, doubts } = base;
  const points = [...state.points, base].slice(-MOST_POINTS);
  return { ...state, base, since, total, segment, doubts, points };
}

export const standOf = ({ since }: SeriesState, { value, time }: Point): Stand => ({
  value: exact(value),
  since,
  time,
});

/** A reading of which nothing was seen before. */
export const aloneAt = ({ value, time }: { value: string; time: number }): Stand => ({
  value: exact(value),
  since: unseenSince(time),
  time,
});

export const refused = (
  state: SeriesState,
  why: (Outcome & { kind: 'refused' })['why'],
): Taken => ({ state, outcome: { kind: 'refused', why }, events: [], wantsReread: false });

/** With all totals behind a moment moved: what was not known before it was counted after all. */
export function shifted(state: SeriesState, by: Decimal, after: number): SeriesState {
  const move = (point: Point): Point =>
    point.time > after ? { ...point, total: shortText(sum(exact(point.total), by)) } : point;
  const { base, turn, total } = state;
  return {
    ...state,
    base: base && move(base),
    turn: turn && { ...turn, from: move(turn.from) },
    total: shortText(sum(exact(total), by)),
    points: state.points.map(move),
  };
}

/** Newest points that are always kept. */
const NEWEST_POINTS = 16;

/**
 * Without the readings that no record needs any more: kept are the newest, what the meter kept itself near a moment, and for
 * each moment the nearest one within the window and the two on both sides of it.
 */
export function pruned(
  state: SeriesState,
  moments: readonly number[],
  within: number,
): SeriesState {
  const { points } = state;
  if (points.length <= 4 * NEWEST_POINTS) return state;
  const kept = new Set<Point>(points.slice(-NEWEST_POINTS));
  for (const moment of moments) {
    const before = points.findLast(({ time }) => time <= moment);
    const after = points.find(({ time }) => time > moment);
    if (before) kept.add(before);
    if (after) kept.add(after);
    for (const point of points)
      if (point.origin !== 'read' && Math.abs(point.time - moment) <= within) kept.add(point);
  }
  const { turn } = state;
  for (const point of points) if (turn !== null && point.time === turn.at) kept.add(point);
  return { ...state, points: points.filter((point) => kept.has(point)) };
}
