/**
 * What a kind of rule is: a pure step from state to state. The engine evaluates the expressions, keeps the state
 * (which is what outlives a reload and a restart), wakes the rule, and turns what it says into effects with causes.
 */

import type { Kept } from '../gateway/host/state-store.ts';
import type { Quality } from '../gateway/model/quality.ts';
import type { UtcMs } from '../gateway/model/units.ts';
import type { EngineMs } from './effect.ts';
import type { Expression, Maybe } from './expression.ts';
import type { Action, AlarmConfig } from './rule.ts';

/** What a step sees. */
export interface StepInput<V> {
  readonly now: EngineMs;
  readonly utc: UtcMs;
  /** Whether wall time can be believed. */
  readonly isSynced: boolean;
  /** The results of the kind's expressions, in the order of `expressions`. */
  readonly values: V;
  /** Somebody acknowledged the rule's alarm since the last step. */
  readonly isAcknowledged: boolean;
}

export interface Step<S> {
  /** The same object when nothing changed. */
  readonly state: S;
  /** Undefined: nothing to do. */
  readonly out?: StepOutput;
  /** The rule wants to be evaluated at this time, whatever happens; undefined: no wish. */
  readonly wake: EngineMs | undefined;
}

/** In the order in which the effects are made. */
export interface StepOutput {
  readonly alarm?: 'active' | 'cleared';
  readonly actions?: readonly Action[];
  /** A write whose value the kind itself computed. */
  readonly write?: Maybe;
  /** What messages know as `{step}`: the step of a sequence that was not seen in time. */
  readonly detail?: string;
}

/** One kind of rule, made for one rule. */
export interface Machine<S extends Kept = Kept> {
  /** Evaluated before each step, with their roles in the YAML: `when`, `clear_when`, `steps[1].when`. */
  readonly expressions: readonly (readonly [role: string, of: Expression])[];
  readonly alarm: AlarmConfig | undefined;
  /** The tag of `StepOutput.write`. */
  readonly output?: string;
  begin(): S;
  step(state: S, input: StepInput<readonly Maybe[]>): Step<S>;
  /** What was kept of an earlier run, moved by the time nobody looked; undefined: cannot be used. */
  restored(kept: Kept, off: number): S | undefined;
  /** For causes and people: `on_pending until 12000`. */
  describe(state: S, now: EngineMs): string;
}

/** What a kind may know of its site. */
export interface MachineSite {
  readonly timezone: string;
  readonly position: { readonly latitude: number; readonly longitude: number } | undefined;
  /** What was last known of a tag, for a bumpless start. */
  lastValue(tag: string): { readonly value: Maybe; readonly quality: Quality };
}
