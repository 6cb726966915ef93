/** The writes of one tag that left, as far as its limits look back. Plain data; pure. */
import type { Value } from '../model/sample.ts';
import { type MonoMs, monoMs } from '../model/units.ts';
import { isOff } from './comparison.ts';

export interface WriteHistory {
  /** When the latest writes left, oldest first; not more of them than limits count. */
  readonly left: readonly MonoMs[];
  /** What the last of them made of the tag, as far as anybody knows. */
  readonly value: Value | undefined;
  /** Undefined: nobody knows. */
  readonly state: OnState | undefined;
}

/** Whether a tag is on. */
export interface OnState {
  readonly isOn: boolean;
  /** At the latest; of a tag that was seen and never written, for ever. */
  readonly since: MonoMs;
  /** False: nobody saw the write come about. */
  readonly isSure: boolean;
}

/** Writes of one tag that are counted; a limit of more an hour counts no further back than these. */
export const MOST_COUNTED = 3_600;

export const NO_WRITES: WriteHistory = { left: [], value: undefined, state: undefined };

export interface LeftWrite {
  readonly value: Value;
  readonly at: MonoMs;
  /** False: the device refused it, and holds what it held before. */
  readonly wasTaken: boolean;
}

/** The history with one more write, of which `most` are to be remembered. */
export function withWrite(
  history: WriteHistory,
  { value, at, wasTaken }: LeftWrite,
  most: number,
): WriteHistory {
  const kept = Math.min(Math.max(1, most), MOST_COUNTED);
  const left = [...history.left, at].slice(-kept);
  return wasTaken ? { left, value, state: stateAfter(history, value, at) } : { ...history, left };
}

/** The history when the tag was seen to hold a value that nobody here wrote just now. */
export function withObserved(history: WriteHistory, value: Value, at: MonoMs): WriteHistory {
  const before = history.state;
  const isOn = !isOff(value);
  if (before?.isOn === isOn)
    return before.isSure ? history : { ...history, state: { ...before, isSure: true } };
  return { ...history, state: { isOn, since: before ? at : FOR_EVER, isSure: true } };
}

/** The history when nobody can tell what became of the last write. */
export const withDoubt = (history: WriteHistory): WriteHistory =>
  history.state ? { ...history, state: { ...history.state, isSure: false } } : history;

const FOR_EVER = monoMs(Number.NEGATIVE_INFINITY);

/** Where it is doubtful that an earlier write had the same effect, this one may be the first. */
function stateAfter({ state }: WriteHistory, value: Value, at: MonoMs): OnState {
  const isOn = !isOff(value);
  return state?.isOn === isOn && state.isSure ? state : { isOn, since: at, isSure: true };
}
