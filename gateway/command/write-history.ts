/** The writes of one tag that left, as far as its limits look back. Plain data; pure. */
import type { Value } from '../model/sample.ts';
import type { MonoMs } from '../model/units.ts';
import { isOff } from './comparison.ts';

export interface WriteHistory {
  /** When the latest writes left, oldest first; not more of them than limits count. */
  readonly left: readonly MonoMs[];
  /** What the last of them made of the tag, as far as anybody knows. */
  readonly value: Value | undefined;
  /** Whether the tag is on, and since when it is at the latest; undefined: nobody knows. */
  readonly state: { readonly isOn: boolean; readonly since: MonoMs } | undefined;
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
export const withObserved = (history: WriteHistory, value: Value, at: MonoMs): WriteHistory => {
  const state = stateAfter(history, value, at);
  return state === history.state ? history : { ...history, state };
};

function stateAfter({ state }: WriteHistory, value: Value, at: MonoMs): WriteHistory['state'] {
  const isOn = !isOff(value);
  return state?.isOn === isOn ? state : { isOn, since: at };
}
