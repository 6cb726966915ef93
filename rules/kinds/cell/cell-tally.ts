/**
 * What is counted of a shift, and of a batch: whole milliseconds by what the time was, parts, events. Each millisecond
 * is in exactly one of its times, so they add up to its length.
 */
import type { EngineMs } from '../../effect.ts';
import type { CounterEvent } from './cell-counters.ts';
import type { CyclesDone } from './cell-cycle.ts';
import { reasonOf } from './cell-state.ts';
import {
  type Failure,
  type FailureTurn,
  isStopClass,
  type StopClass,
  type StopTurn,
  type StretchOfStop,
} from './cell-stop.ts';

/** Reasons that are told apart; the time of further ones is counted together. */
export const MOST_REASONS = 32;
const FURTHER_REASONS = 'other';

/** In ms. `micro` are short stops; `fault`, `held`, `waiting` and `off` are long ones. */
export type Times = {
  readonly producing: number;
  readonly micro: number;
  readonly setup: number;
  readonly fault: number;
  readonly held: number;
  readonly waiting: number;
  readonly off: number;
  readonly planned: number;
  readonly unknown: number;
};

export type Tally = {
  readonly begin: EngineMs;
  readonly beginUtc: number;
  readonly times: Times;
  /** Of the unknown time, what a restart or a gateway that was off left. */
  readonly gatewayOff: number;
  /** Of the micro time, what belongs to the stop that lasts and may yet become a long one. */
  readonly open: { readonly [Class in StopClass]: number };
  /** The stop that lasts was counted as a long one. */
  readonly isLong: boolean;
  readonly stops: number;
  readonly microStops: number;
  readonly failures: number;
  /** Failures that ended, and how long they lasted. */
  readonly repairs: number;
  readonly repairMs: number;
  readonly interventions: number;
  /** Time of production that nobody attended, now without a break, and longest without one. */
  readonly unattended: number;
  readonly unattendedNow: number;
  readonly unattendedLongest: number;
  readonly produced: number;
  /** Of them, the share that was made while somebody looked. */
  readonly seen: number;
  readonly good: number;
  readonly reject: number;
  readonly rework: number;
  /** Ideal time of the parts that were seen, in ms; and how many parts had no ideal. */
  readonly ideal: number;
  readonly withoutIdeal: number;
  readonly cycles: number;
  readonly cycleMs: number;
  readonly cycleMin: number | null;
  readonly cycleMax: number | null;
  readonly reasons: { readonly [reason: string]: ReasonTally };
  /** The reason of the time counted last; null: it had none. */
  readonly reason: string | null;
  readonly handshakes: number;
  readonly handshakesMissed: number;
  readonly handshakesUnseen: number;
  readonly resets: number;
  readonly rollovers: number;
  /** Readings of counters that cannot have been parts. */
  readonly doubtful: number;
  readonly restarts: number;
  readonly clockSteps: number;
  readonly clockStepMs: number;
  /** Time of shifts before this one in which nothing ran. */
  readonly missed: number;
};
export type ReasonTally = { readonly ms: number; readonly times: number };

const NO_TIMES: Times = {
  producing: 0,
  micro: 0,
  setup: 0,
  fault: 0,
  held: 0,
  waiting: 0,
  off: 0,
  planned: 0,
  unknown: 0,
};
const NOTHING_OPEN = { fault: 0, held: 0, waiting: 0, off: 0 };

export const newTally = (begin: EngineMs, beginUtc: number, missed = 0): Tally => ({
  begin,
  beginUtc,
  times: NO_TIMES,
  gatewayOff: 0,
  open: NOTHING_OPEN,
  isLong: false,
  stops: 0,
  microStops: 0,
  failures: 0,
  repairs: 0,
  repairMs: 0,
  interventions: 0,
  unattended: 0,
  unattendedNow: 0,
  unattendedLongest: 0,
  produced: 0,
  seen: 0,
  good: 0,
  reject: 0,
  rework: 0,
  ideal: 0,
  withoutIdeal: 0,
  cycles: 0,
  cycleMs: 0,
  cycleMin: null,
  cycleMax: null,
  reasons: {},
  reason: null,
  handshakes: 0,
  handshakesMissed: 0,
  handshakesUnseen: 0,
  resets: 0,
  rollovers: 0,
  doubtful: 0,
  restarts: 0,
  clockSteps: 0,
  clockStepMs: 0,
  missed,
});

/** A stretch of time and what it did to the stop and the failure that last. */
export interface Spent {
  readonly stretch: StretchOfStop;
  readonly stop: StopTurn;
  readonly failure: FailureTurn;
  readonly failureBefore: Failure | null;
}

export function spent(tally: Tally, { stretch, stop, failure, failureBefore }: Spent): Tally {
  const { kind, ms, unattended, condition } = stretch;
  const isRepaired = failure.change === 'ended';
  const next: Tally = {
    ...withReason(tally, stretch),
    failures: tally.failures + (failure.change === 'began' ? 1 : 0),
    repairs: tally.repairs + (isRepaired ? 1 : 0),
    repairMs: tally.repairMs + (isRepaired ? (failureBefore?.ms ?? 0) : 0),
  };
  if (isStopClass(kind)) return withStop(next, kind, ms, stop.stop?.isLong === true);
  const times = { ...next.times, [kind]: next.times[kind] + ms };
  if (kind === 'unknown') {
    const isOff = condition.situation === 'gateway_off';
    return { ...next, times, gatewayOff: next.gatewayOff + (isOff ? ms : 0) };
  }
  if (kind !== 'producing') return { ...next, times };
  const unattendedNow = next.unattendedNow + unattended;
  return {
    ...closedStop(next),
    times,
    unattended: next.unattended + unattended,
    unattendedNow,
    unattendedLongest: Math.max(next.unattendedLongest, unattendedNow),
  };
}

function withStop(tally: Tally, kind: StopClass, ms: number, isLong: boolean): Tally {
  const { times, open } = tally;
  if (!isLong)
    return {
      ...tally,
      times: { ...times, micro: times.micro + ms },
      open: { ...open, [kind]: open[kind] + ms },
    };
  const moved = open.fault + open.held + open.waiting + open.off;
  const long = {
    ...times,
    micro: times.micro - moved,
    fault: times.fault + open.fault,
    held: times.held + open.held,
    waiting: times.waiting + open.waiting,
    off: times.off + open.off,
  };
  return {
    ...tally,
    times: { ...long, [kind]: long[kind] + ms },
    open: NOTHING_OPEN,
    isLong: true,
    stops: tally.stops + (tally.isLong ? 0 : 1),
  };
}

/** The stop that lasts is over for this tally: with its end, or with that of the tally. */
export function closedStop(tally: Tally): Tally {
  const { open, isLong, microStops } = tally;
  const isMicro = open.fault + open.held + open.waiting + open.off > 0;
  if (!isMicro && !isLong) return tally;
  return {
    ...tally,
    open: NOTHING_OPEN,
    isLong: false,
    microStops: microStops + (isMicro ? 1 : 0),
  };
}

/** Losses are told apart by their reason, set-up among them; what is planned or unknown is none. */
function withReason(tally: Tally, { kind, ms, condition, faultCode }: StretchOfStop): Tally {
  if (kind === 'producing' || kind === 'unknown' || kind === 'planned')
    return tally.reason === null ? tally : { ...tally, reason: null };
  const reason = reasonOf(condition, faultCode);
  const { reasons } = tally;
  const isKnown = Object.hasOwn(reasons, reason);
  const key = isKnown || Object.keys(reasons).length < MOST_REASONS ? reason : FURTHER_REASONS;
  const before = Object.hasOwn(reasons, key) ? reasons[key] : undefined;
  const times = (before?.times ?? 0) + (tally.reason === reason ? 0 : 1);
  const counted = { ms: (before?.ms ?? 0) + ms, times };
  return { ...tally, reason, reasons: { ...reasons, [key]: counted } };
}

/** Parts that were made. */
export interface PartsMade {
  readonly produced: number;
  readonly good: number;
  readonly reject: number;
  readonly rework: number;
  /** The share of them that was made while somebody looked, 0…1. */
  readonly share: number;
  /** Of each, in ms. */
  readonly ideal: number | undefined;
  readonly done: CyclesDone | undefined;
  readonly events: readonly CounterEvent[];
}

export function withParts(tally: Tally, made: PartsMade): Tally {
  const { produced, good, reject, rework, share, ideal, done, events } = made;
  const count = (...of: readonly CounterEvent[]) =>
    events.filter((event) => of.includes(event)).length;
  const ms = done?.ms;
  return {
    ...tally,
    produced: tally.produced + produced,
    seen: tally.seen + produced * share,
    good: tally.good + good,
    reject: tally.reject + reject,
    rework: tally.rework + rework,
    ideal: tally.ideal + produced * share * (ideal ?? 0),
    withoutIdeal: tally.withoutIdeal + (ideal === undefined ? produced : 0),
    cycles: tally.cycles + (ms === undefined ? 0 : 1),
    cycleMs: tally.cycleMs + (ms ?? 0),
    cycleMin: ms === undefined ? tally.cycleMin : Math.min(ms, tally.cycleMin ?? ms),
    cycleMax: ms === undefined ? tally.cycleMax : Math.max(ms, tally.cycleMax ?? ms),
    resets: tally.resets + count('reset', 'drop'),
    rollovers: tally.rollovers + count('rollover'),
    doubtful: tally.doubtful + count('jump', 'drop'),
  };
}

/** How long it is, in ms: the sum of its times. */
export const lengthOf = ({ times }: Tally): number =>
  Object.values(times).reduce((sum, ms) => sum + ms, 0);
