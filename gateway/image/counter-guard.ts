/**
 * Whether a counter can be right. A total only grows, and no faster than it can; at its modulus it begins again.
 * Whatever else it shows is suspect: passed on with that quality, but nothing is ever counted from it until
 * further readings agree that the meter was replaced or reset. Pure; the state lives in memory and begins
 * again with the process, so a meter that is replaced while the gateway is off is not noticed.
 */
import { decimalOf, difference, roughly, sum, withDecimals } from '../model/decimal.ts';
import { type Decimal, decimalText, type Value } from '../model/sample.ts';
import type { CounterPolicy } from '../model/tag.ts';
import { between, type Millis, type MonoMs, millis, minutes } from '../model/units.ts';

/** A value of the counter and for how long it stood. */
interface Standing {
  readonly value: Decimal;
  /** When the counter was first seen to show it, and when last. */
  readonly since: MonoMs;
  readonly seen: MonoMs;
}

export interface CounterState {
  /** The last value that was right; increments are counted from here. */
  readonly base: Standing | undefined;
  /** A value that cannot follow the base, and how many readings have agreed with it since. */
  readonly suspect: (Standing & { readonly agreeing: number }) | undefined;
  /** Somebody said that the meter was replaced: the next value is the base, whatever it is. */
  readonly isSwapDeclared: boolean;
}

export interface CounterEvent {
  readonly kind: 'rollover' | 'swap';
  /** Undefined when a swap is declared before anything was read. */
  readonly from: Decimal | undefined;
  readonly to: Decimal;
  /** Whether a person announced it. */
  readonly isDeclared: boolean;
}

export interface Verdict {
  readonly state: CounterState;
  readonly isSuspect: boolean;
  readonly event: CounterEvent | undefined;
  /** A suspect was given up: nothing agreed with it. */
  readonly isGlitchOver: boolean;
  /** A suspicion begins: the tag is to be read again at once. It is asked for once a suspicion. */
  readonly wantsReread: boolean;
}

/** What a counter is judged by. */
export interface CounterRules extends CounterPolicy {
  /** Digits behind the point, as the device shows them; undefined: as many as its values have. */
  readonly decimals: number | undefined;
}

export const NEW_COUNTER: CounterState = {
  base: undefined,
  suspect: undefined,
  isSwapDeclared: false,
};

/** Readings behind the suspect that have to continue it before it is believed. */
export const AGREEING_READINGS = 2;
/**
 * Meters bring their registers up to date now and then, and what was counted meanwhile comes as a lump: growth
 * is measured from when the value last changed, up to this long before it was last seen. A guess: battery
 * meters take a quarter of an hour.
 */
const LONGEST_REFRESH: Millis = minutes(15);
/**
 * Without a rate, a step back is a rollover when it lies within this share of the modulus. A guess: no meter
 * counts a tenth of its whole range between two readings.
 */
const LARGEST_WRAP_SHARE = 0.1;
const MS_PER_HOUR = 3_600_000;

/** The state after a swap was declared. */
export const declared = (state: CounterState): CounterState => ({ ...state, isSwapDeclared: true });

/**
 * Judges a reading of good quality that was taken at `at`. What follows the base is right; otherwise it is
 * suspect, and agrees with an earlier suspect when it can follow that by the same rules.
 */
export function judge(
  state: CounterState,
  rules: CounterRules,
  reading: Value,
  at: MonoMs,
): Verdict {
  const value = decimalOf(reading);
  const { base, suspect, isSwapDeclared } = state;
  if (value === undefined) return verdict(state, { isSuspect: true });
  if (base === undefined || isSwapDeclared)
    return verdict(settledOn(value, at, undefined), {
      event: isSwapDeclared
        ? { kind: 'swap', from: base?.value, to: value, isDeclared: true }
        : undefined,
    });
  const step = stepOf(base, value, at, rules);
  if (step !== undefined)
    return verdict(settledOn(value, at, base), {
      event:
        step === 'rollover'
          ? { kind: 'rollover', from: base.value, to: value, isDeclared: false }
          : undefined,
      isGlitchOver: suspect !== undefined,
    });
  if (suspect === undefined || stepOf(suspect, value, at, rules) === undefined)
    return verdict(
      { ...state, suspect: { ...standing(value, at, undefined), agreeing: 0 } },
      {
        isSuspect: true,
        isGlitchOver: suspect !== undefined,
        wantsReread: suspect === undefined,
      },
    );
  const agreeing = suspect.agreeing + 1;
  if (agreeing >= AGREEING_READINGS)
    return verdict(settledOn(value, at, suspect), {
      event: { kind: 'swap', from: base.value, to: value, isDeclared: false },
    });
  return verdict(
    { ...state, suspect: { ...standing(value, at, suspect), agreeing } },
    { isSuspect: true },
  );
}

/** `rollover 4294967290 -> 5`, `swap 1234.50 -> 0.20`, with ` declared` behind what a person announced. */
export function eventText(
  { kind, from, to, isDeclared }: CounterEvent,
  decimals: number | undefined,
): string {
  const shown = (value: Decimal) => decimalText(withDecimals(value, decimals ?? 0));
  const before = from === undefined ? 'unknown' : shown(from);
  return `${kind} ${before} -> ${shown(to)}${isDeclared ? ' declared' : ''}`;
}

const verdict = (state: CounterState, said: Partial<Omit<Verdict, 'state'>>): Verdict => ({
  isSuspect: false,
  event: undefined,
  isGlitchOver: false,
  wantsReread: false,
  ...said,
  state,
});

const settledOn = (value: Decimal, at: MonoMs, before: Standing | undefined): CounterState => ({
  base: standing(value, at, before),
  suspect: undefined,
  isSwapDeclared: false,
});

const standing = (value: Decimal, at: MonoMs, before: Standing | undefined): Standing => ({
  value,
  since: before && difference(value, before.value).unscaled === 0n ? before.since : at,
  seen: at,
});

/** How the counter can have come from there to here; undefined: not at all. */
function stepOf(
  from: Standing,
  to: Decimal,
  at: MonoMs,
  rules: CounterRules,
): 'growth' | 'rollover' | undefined {
  const { modulus, maxRatePerHour } = rules;
  if (modulus && difference(to, modulus).unscaled >= 0n) return undefined;
  const grown = difference(to, from.value);
  const most = mostGrowth(from, grown.decimals, at, rules);
  if (grown.unscaled >= 0n) return roughly(grown) <= most ? 'growth' : undefined;
  if (modulus === undefined) return undefined;
  const wrapped = sum(modulus, grown);
  const mostWrapped = maxRatePerHour === undefined ? LARGEST_WRAP_SHARE * roughly(modulus) : most;
  return wrapped.unscaled >= 0n && roughly(wrapped) <= mostWrapped ? 'rollover' : undefined;
}

/** What it can have counted since, and one step of its last digit. */
function mostGrowth(
  { since, seen }: Standing,
  digits: number,
  at: MonoMs,
  { maxRatePerHour, decimals = digits }: CounterRules,
): number {
  if (maxRatePerHour === undefined) return Number.POSITIVE_INFINITY;
  const elapsed = millis(Math.min(between(since, at), between(seen, at) + LONGEST_REFRESH));
  return (maxRatePerHour * elapsed) / MS_PER_HOUR + 10 ** -decimals;
}
