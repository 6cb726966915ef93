/**
 * Where a value that wears goes: levels that follow from a baseline, and when a straight line reaches them. Pure
 * arithmetic on few numbers.
 */
import type { EngineMs } from '../../effect.ts';
import { medianOf } from './cell-cycle.ts';

/** How far from the baseline: in per cent or units of it, or a value of its own. */
export type Threshold =
  | { readonly kind: 'percent'; readonly by: number }
  | { readonly kind: 'absolute'; readonly by: number }
  | { readonly kind: 'value'; readonly at: number };

/** Which way wear goes. */
export type Toward = 'up' | 'down' | 'both';

export type Baseline = {
  readonly median: number;
  /** Median of the distances from the median. */
  readonly mad: number;
};

/** From here on up, and from here on down, the value has gone too far; null: it cannot. */
export interface Levels {
  readonly up: number | null;
  readonly down: number | null;
}

/** The time and the value of each point, the oldest first. */
export type Points = readonly (readonly [at: EngineMs, value: number])[];

export const FEWEST_POINTS = 5;
/** A line is not drawn further ahead than so many times the length it was drawn from. A guess. */
export const FURTHEST_AHEAD = 10;
/** What a MAD has to be multiplied by to be a standard deviation, where errors are normal. */
const SIGMA_OF_MAD = 1.4826;
const DAY = 86_400_000;

export function baselineOf(samples: readonly number[]): Baseline {
  const median = middleOf(samples);
  return { median, mad: middleOf(samples.map((sample) => Math.abs(sample - median))) };
}

/** The median of numbers in any order. */
export const middleOf = (numbers: readonly number[]): number =>
  medianOf([...numbers].sort((a, b) => a - b));

export function levelsOf(threshold: Threshold, { median }: Baseline, toward: Toward): Levels {
  if (threshold.kind === 'value') {
    const isAbove = threshold.at >= median;
    return { up: isAbove ? threshold.at : null, down: isAbove ? null : threshold.at };
  }
  const by = threshold.kind === 'absolute' ? threshold.by : (Math.abs(median) * threshold.by) / 100;
  // Per cent of nothing say nothing.
  if (by === 0) return { up: null, down: null };
  return {
    up: toward === 'down' ? null : median + by,
    down: toward === 'up' ? null : median - by,
  };
}

export const isBeyond = (value: number, { up, down }: Levels): boolean =>
  (up !== null && value >= up) || (down !== null && value <= down);

/**
 * In how many days the least-squares line through the points reaches a level; null: it does not, or what it rises by is
 * no more than the values scattered when they were learnt.
 */
export function daysUntil(
  points: Points,
  now: EngineMs,
  levels: Levels,
  { mad }: Baseline,
): number | null {
  const first = points[0];
  const last = points[points.length - 1];
  if (first === undefined || last === undefined || points.length < FEWEST_POINTS) return null;
  const span = (last[0] - first[0]) / DAY;
  const line = lineThrough(points, now);
  if (line === null || Math.abs(line.slope * span) <= 2 * SIGMA_OF_MAD * mad) return null;
  const level = line.slope > 0 ? levels.up : levels.down;
  if (level === null) return null;
  const days = Math.max(0, (level - line.value) / line.slope);
  return days <= FURTHEST_AHEAD * span ? days : null;
}

/** The value now and the slope per day; null: all points are of one time, or it is level. */
function lineThrough(
  points: Points,
  now: EngineMs,
): { readonly value: number; readonly slope: number } | null {
  const count = points.length;
  const days = points.map(([at]) => (at - now) / DAY);
  const meanDay = days.reduce((sum, day) => sum + day, 0) / count;
  const meanValue = points.reduce((sum, [, value]) => sum + value, 0) / count;
  let across = 0;
  let along = 0;
  for (const [index, [, value]] of points.entries()) {
    const day = (days[index] ?? 0) - meanDay;
    across += day * (value - meanValue);
    along += day * day;
  }
  if (along === 0 || across === 0) return null;
  const slope = across / along;
  return { value: meanValue - slope * meanDay, slope };
}
