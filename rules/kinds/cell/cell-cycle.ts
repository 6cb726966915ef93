/**
 * Cycles of a cell: counted by a counter of the machine, or by edges where it has none, and how long they take. Times
 * of the last cycles are kept for their jitter.
 */
import type { EngineMs } from '../../effect.ts';
import type { Truth } from '../../expression.ts';

/** Cycle times that are kept. */
export const MOST_CYCLE_TIMES = 100;

export type Cycle = {
  /** What was last known of the signals whose edges count; null: nothing yet. */
  readonly start: boolean | null;
  readonly end: boolean | null;
  /** The beginning of the cycle that runs, or the last count; null: nobody saw it. */
  readonly begun: EngineMs | null;
  readonly begunUtc: number | null;
  /** Whether nobody could see for a while since. */
  readonly isBlind: boolean;
  /** Time of production since the last count. */
  readonly producing: number;
  /** In ms, the newest last. */
  readonly times: readonly number[];
};

export const NEW_CYCLE: Cycle = {
  start: null,
  end: null,
  begun: null,
  begunUtc: null,
  isBlind: false,
  producing: 0,
  times: [],
};

export interface CycleMoment {
  readonly now: EngineMs;
  readonly utc: number;
  /** What the machine itself says a cycle took, in ms; undefined: nothing. */
  readonly told: number | undefined;
}

/** One or more cycles that ended; `ms` of each, undefined where nobody can tell. */
export interface CyclesDone {
  readonly parts: number;
  readonly ms: number | undefined;
  readonly beginUtc: number | undefined;
}

export interface Cycled {
  readonly cycle: Cycle;
  readonly done: CyclesDone | undefined;
}

/**
 * A counter said how many parts were made; undefined: it said nothing. The time of a cycle is that of production
 * alone: stops between two counts are no jitter.
 */
export function cycledByCount(
  cycle: Cycle,
  parts: number | undefined,
  { now, utc, told }: CycleMoment,
): Cycled {
  if (parts === undefined || (parts === 0 && cycle.begun !== null))
    return { cycle, done: undefined };
  const isMeasured = parts > 0 && cycle.begun !== null && !cycle.isBlind;
  const ms = told ?? (isMeasured ? cycle.producing / parts : undefined);
  const next = { ...cycle, begun: now, begunUtc: utc, isBlind: false, producing: 0 };
  if (parts === 0) return { cycle: next, done: undefined };
  const beginUtc = cycle.begunUtc ?? undefined;
  return { cycle: withTime(next, ms), done: { parts, ms, beginUtc } };
}

/** Edges of the signals of the machine. A cycle that ends in a fault made no part. */
export function cycledByEdges(
  before: Cycle,
  { start, end }: { readonly start: Truth; readonly end: Truth },
  isFailed: boolean,
  { now, utc, told }: CycleMoment,
): Cycled {
  const isUnseen = start === undefined || end === undefined;
  let { begun, begunUtc, times } = before;
  let isBlind = before.isBlind || isUnseen;
  let done: CyclesDone | undefined;
  if (end === true && before.end === false) {
    const ms = told ?? (begun === null || isBlind ? undefined : now - begun);
    if (!isFailed) {
      times = withTime(before, ms).times;
      done = { parts: 1, ms, beginUtc: begunUtc ?? undefined };
    }
    isBlind = isUnseen;
    begun = null;
    begunUtc = null;
  }
  if (start === true && before.start === false) {
    begun = isBlind ? null : now;
    begunUtc = isBlind ? null : utc;
  } else if (start === false && begun === null) isBlind = isUnseen;
  const known = { start: start ?? before.start, end: end ?? before.end };
  return { cycle: { ...before, ...known, begun, begunUtc, isBlind, times }, done };
}

const withTime = (cycle: Cycle, ms: number | undefined): Cycle =>
  ms === undefined ? cycle : { ...cycle, times: [...cycle.times, ms].slice(-MOST_CYCLE_TIMES) };

/** Of the times that are kept, in ms; null: there are none. */
export interface Jitter {
  readonly mean: number;
  readonly median: number;
  /** The smallest time that 95 % of them do not exceed. */
  readonly p95: number;
  /** Of just these cycles, not an estimate for others. */
  readonly stddev: number;
  readonly min: number;
  readonly max: number;
}

export function jitterOf(times: readonly number[]): Jitter | null {
  const count = times.length;
  if (count === 0) return null;
  const sorted = [...times].sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / count;
  const squares = times.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return {
    mean,
    median: medianOf(sorted),
    p95: sorted[Math.ceil(0.95 * count) - 1] ?? 0,
    stddev: Math.sqrt(squares / count),
    min: sorted[0] ?? 0,
    max: sorted[count - 1] ?? 0,
  };
}

/** Of numbers in ascending order; of none 0. */
export function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
