/** What both controls of a loop share: what a machine says of itself, and what the loop knows in a moment. */
import type { EngineMs } from '../effect.ts';
import type { Maybe, Truth } from '../expression.ts';
import type { Machine } from '../kind.ts';
import type { LoopRule } from '../rule.ts';

export type LoopBase = Pick<Machine, 'expressions' | 'alarm'> & { readonly output: string };

export interface LoopSight {
  /** Undefined: unknown. Without `enabled_when` true. */
  readonly enabled: Truth;
  /** Undefined: one of the two, or whether the loop is enabled, has no value. */
  readonly known: { readonly input: number; readonly setpoint: number } | undefined;
}

export function loopSight(rule: LoopRule, values: readonly Maybe[]): LoopSight {
  const [input, setpoint, flag] = values;
  const enabled =
    rule.enabledWhen === undefined ? true : typeof flag === 'boolean' ? flag : undefined;
  const isKnown = enabled !== undefined && isNumber(input) && isNumber(setpoint);
  return { enabled, known: isKnown ? { input, setpoint } : undefined };
}

const isNumber = (value: Maybe): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** The nearer of two wishes to be woken. */
export const sooner = (a: EngineMs | undefined, b: EngineMs | undefined): EngineMs | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;
