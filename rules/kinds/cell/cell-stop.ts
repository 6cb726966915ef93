/**
 * Stops and failures. A stop lasts from the end of production to the next; what was planned, set up or unknown
 * meanwhile is no part of its length and does not end it. A short one slows production down, a longer one takes
 * from its availability.
 */
import type { Stretch } from './cell-dwell.ts';
import { isProducing, isUnknown, reasonOf } from './cell-state.ts';

/** What a stretch of time counts as, before short stops are told from long ones. */
export type TimeClass =
  | 'producing'
  | 'setup'
  | 'fault'
  | 'held'
  | 'waiting'
  | 'off'
  | 'planned'
  | 'unknown';
/** What the time of a stop is counted as. */
export type StopClass = 'fault' | 'held' | 'waiting' | 'off';

export const isStopClass = (kind: TimeClass): kind is StopClass =>
  kind === 'fault' || kind === 'held' || kind === 'waiting' || kind === 'off';

/** A break counts only where the cell neither works nor is set up: robots go on. */
export function classOf({ condition }: Pick<Stretch, 'condition'>, isPlanned: boolean): TimeClass {
  const { situation, mode } = condition;
  if (isUnknown(condition)) return 'unknown';
  if (isProducing(condition)) return 'producing';
  if (mode === 'setup') return 'setup';
  if (isPlanned) return 'planned';
  if (mode !== 'production') return 'held';
  if (situation === 'off') return 'off';
  if (situation === 'fault' || situation === 'estop') return 'fault';
  return situation === 'hold' || situation === 'attention' ? 'held' : 'waiting';
}

/** The stop that lasts. */
export type Stop = {
  /** The wall clock when it began. */
  readonly utc: number;
  /** Its length so far, in ms, and what is no part of it. */
  readonly ms: number;
  readonly planned: number;
  readonly setup: number;
  readonly unknown: number;
  readonly isLong: boolean;
  /** The first reason that is one: a machine that only stands has none of its own. */
  readonly cause: string;
};

/** A stop before and after a stretch of time; `ended` where production ended it. */
export interface StopTurn {
  readonly stop: Stop | null;
  readonly ended: Stop | undefined;
}

export interface StretchOfStop extends Stretch {
  readonly kind: TimeClass;
  readonly faultCode: string | null;
}

export function stopAfter(
  before: Stop | null,
  stretch: StretchOfStop,
  microStop: number,
): StopTurn {
  const { kind, ms, utc, condition, faultCode } = stretch;
  if (kind === 'producing') return { stop: null, ended: before ?? undefined };
  if (!isStopClass(kind)) {
    if (before === null) return { stop: null, ended: undefined };
    return { stop: { ...before, [kind]: before[kind] + ms }, ended: undefined };
  }
  const reason = reasonOf(condition, faultCode);
  const stop = before ?? { ...NO_TIME, utc, isLong: false, cause: reason };
  const length = stop.ms + ms;
  // A cell that people took over, or that has no power, did not just hesitate.
  const isTakenOver = kind === 'off' || condition.mode !== 'production';
  return {
    stop: {
      ...stop,
      ms: length,
      isLong: stop.isLong || isTakenOver || length > microStop,
      cause: weightOf(reason) > weightOf(stop.cause) ? reason : stop.cause,
    },
    ended: undefined,
  };
}

const NO_TIME = { ms: 0, planned: 0, setup: 0, unknown: 0 };

/** A better reason takes the place of a worse one, and among equals the first stays. */
function weightOf(reason: string): number {
  if (reason === 'idle' || reason === 'stopped') return 0;
  return reason === 'fault' ? 1 : 2;
}

/** The failure that lasts: its length without what was planned, set up or unknown. */
export type Failure = { readonly ms: number };

export interface FailureTurn {
  readonly failure: Failure | null;
  readonly change: 'began' | 'ended' | undefined;
}

/** A failure begins in production, and ends with the fault, whatever the mode is then. */
export function failureAfter(
  before: Failure | null,
  { condition, kind, ms }: StretchOfStop,
): FailureTurn {
  if (kind === 'unknown') return { failure: before, change: undefined };
  if (condition.situation !== 'fault')
    return { failure: null, change: before === null ? undefined : 'ended' };
  const isLength = isStopClass(kind);
  if (before !== null)
    return { failure: isLength ? { ms: before.ms + ms } : before, change: undefined };
  if (kind !== 'fault') return { failure: null, change: undefined };
  return { failure: { ms }, change: 'began' };
}
