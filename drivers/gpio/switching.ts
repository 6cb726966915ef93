/** When an output may be switched, and when it falls by itself because nobody keeps it. Pure. */
import { between, later, type Millis, type MonoMs, millis } from '../../gateway/model/units.ts';

/** What an output does at a moment when nobody decides for it; `keep`: nothing. */
export type SafeState = 'on' | 'off' | 'keep';

/** What the site says of an output. */
export interface OutputRules {
  readonly atStart: SafeState;
  readonly atStop: SafeState;
  /** When nobody has written it for `hold`. */
  readonly atLoss: SafeState;
  /** Undefined: nobody has to write it again. */
  readonly hold: Millis | undefined;
  /** The shortest times it stays on and off, for the sake of a contactor. */
  readonly minOn: Millis;
  readonly minOff: Millis;
}

export interface OutputState {
  readonly isOn: boolean;
  /** When it was last switched. */
  readonly since: MonoMs;
  /** When it was last written, or began; undefined: it fell since. */
  readonly written: MonoMs | undefined;
}

/** How long it still has to stay as it is; 0: it may be switched. */
export function restOf({ isOn, since }: OutputState, rules: OutputRules, now: MonoMs): Millis {
  const least = isOn ? rules.minOn : rules.minOff;
  return millis(Math.max(0, least - between(since, now)));
}

/** Somebody writes it, and it may be switched. */
export const written = (state: OutputState, isOn: boolean, now: MonoMs): OutputState => ({
  isOn,
  since: isOn === state.isOn ? state.since : now,
  written: now,
});

/** It has fallen; nobody wrote it. */
export const fallen = (isOn: boolean, now: MonoMs): OutputState => ({
  isOn,
  since: now,
  written: undefined,
});

/**
 * When it falls to its safe state unless it is written before; undefined: not at all. The shortest time on or off
 * is kept here too.
 */
export function fallsAt(state: OutputState, rules: OutputRules): MonoMs | undefined {
  const { atLoss, hold } = rules;
  const isOn = levelOf(atLoss);
  if (hold === undefined || state.written === undefined) return undefined;
  if (isOn === undefined || isOn === state.isOn) return undefined;
  const lost = later(state.written, hold);
  const rested = later(state.since, state.isOn ? rules.minOn : rules.minOff);
  return lost > rested ? lost : rested;
}

/** The level that a safe state means, where it says one. */
export const levelOf = (state: SafeState): boolean | undefined =>
  state === 'keep' ? undefined : state === 'on';
