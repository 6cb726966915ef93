/**
 * How many parts a counter of the machine says were made, exactly. It only grows, begins again at its modulus, and is
 * set to 0 by people at a change of shift; what cannot be right is told and not counted.
 */
import type { EngineMs } from '../../effect.ts';

/** A cell is believed to be so many times as fast as its ideal cycle says. A guess. */
export const FASTEST = 10;
/** Parts that are always believed, however short the time. */
export const PARTS_OF_GRACE = 2;
/** Counters are brought up to date in lumps, at most so long after the parts were made. */
export const LONGEST_LUMP = 900_000;
/** Where time says nothing, a step back is a rollover within this share of the modulus. */
export const LARGEST_WRAP_SHARE = 0.1;

export type Counter = {
  readonly value: number;
  /** When it was first seen to show this value, and when last; null: nobody can tell how long ago that was. */
  readonly since: EngineMs | null;
  readonly seen: EngineMs | null;
};

/** What a value was taken for. A jump is a growth, and a drop a step back, that cannot have been parts. */
export type CounterEvent = 'first' | 'growth' | 'rollover' | 'reset' | 'drop' | 'jump';

export interface Counted {
  readonly counter: Counter | null;
  readonly parts: number;
  /** Undefined: the value was none. */
  readonly event: CounterEvent | undefined;
}

export interface CounterLook {
  readonly now: EngineMs;
  /** Of the ideal cycle, in ms; undefined: nobody knows. */
  readonly ideal: number | undefined;
  readonly modulus: number | undefined;
}

/** What a value of the counter adds. Values that no counter can have are passed over, as unknown ones are. */
export function counted(
  before: Counter | null,
  value: number | undefined,
  { now, ideal, modulus }: CounterLook,
): Counted {
  if (
    value === undefined ||
    !Number.isSafeInteger(value) ||
    value < 0 ||
    value >= (modulus ?? Infinity)
  )
    return { counter: before, parts: 0, event: undefined };
  const isSame = before?.value === value;
  const counter = { value, since: isSame ? (before.since ?? now) : now, seen: now };
  if (before === null) return { counter, parts: 0, event: 'first' };
  const most = mostParts(before, now, ideal);
  const grown = value - before.value;
  if (grown >= 0) {
    const isPossible = most === undefined || grown <= most;
    return { counter, parts: isPossible ? grown : 0, event: isPossible ? 'growth' : 'jump' };
  }
  const wrapped = modulus === undefined ? Number.POSITIVE_INFINITY : modulus + grown;
  if (wrapped <= (most ?? LARGEST_WRAP_SHARE * (modulus ?? 0)))
    return { counter, parts: wrapped, event: 'rollover' };
  const isPossible = most === undefined || value <= most;
  return { counter, parts: isPossible ? value : 0, event: isPossible ? 'reset' : 'drop' };
}

/** The most that can have been made since; undefined: nobody can tell. */
function mostParts(
  { since, seen }: Counter,
  now: EngineMs,
  ideal: number | undefined,
): number | undefined {
  if (ideal === undefined || since === null || seen === null) return undefined;
  const elapsed = Math.min(now - since, now - seen + LONGEST_LUMP);
  return PARTS_OF_GRACE + Math.floor((FASTEST * elapsed) / ideal);
}

/** After a restart: a time off that nobody can tell says nothing about how much can have been counted. */
export const counterAfterRestart = (counter: Counter | null, off: number): Counter | null =>
  counter === null || off > 0 ? counter : { ...counter, since: null, seen: null };
