/**
 * What a kind of rule is: a pure step from state to state. The engine evaluates the expressions, keeps the state
 * (which is what outlives a reload and a restart), wakes the rule, and turns what it says into effects with causes.
 */

import type { Kept } from '../gateway/host/state-store.ts';
import type { Language } from '../gateway/model/errors.ts';
import type { Quality } from '../gateway/model/quality.ts';
import type { Sample, TagId } from '../gateway/model/sample.ts';
import type { UtcMs } from '../gateway/model/units.ts';
import type { EngineMs, RecordValue } from './effect.ts';
import type { Expression, Maybe, Plain } from './expression.ts';
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
  /** Of a kind with alarms of its own. */
  readonly alarms?: readonly AlarmTurn[];
  readonly actions?: readonly Action[];
  /** A write whose value the kind itself computed. */
  readonly write?: Maybe;
  /** Writes that the kind itself wants, of other tags than `output`. */
  readonly writes?: readonly { readonly tag: TagId; readonly value: Plain }[];
  /** Samples of the tags that the rule makes. */
  readonly samples?: readonly MadeSample[];
  /** Records that the kind itself made. */
  readonly records?: readonly MadeRecord[];
  /** Tags to be read at once. */
  readonly reads?: readonly TagId[];
  /** What messages know as `{step}`: the step of a sequence that was not seen in time. */
  readonly detail?: string;
}

/** An alarm of the kind's own becomes active or clears. */
export interface AlarmTurn {
  /** See CommonRule.alarms. */
  readonly key: string;
  readonly turn: 'active' | 'cleared';
  /** What people read; of a clearing, that of the activation where it is left out. */
  readonly message?: Readonly<Record<Language, string>>;
}

export interface MadeSample {
  readonly tag: TagId;
  /** Null exactly when the quality is bad. */
  readonly value: Plain | null;
  readonly quality: Quality;
}

export interface MadeRecord {
  readonly name: string;
  readonly values: Readonly<Record<string, RecordValue>>;
}

/** One kind of rule, made for one rule. */
export interface Machine<S extends Kept = Kept> {
  /** Evaluated before each step, with their roles in the YAML: `when`, `clear_when`, `steps[1].when`. */
  readonly expressions: readonly (readonly [role: string, of: Expression])[];
  readonly alarm: AlarmConfig | undefined;
  /** The tag of `StepOutput.write`. */
  readonly output?: string;
  begin(): S;
  /**
   * A kind that wants the samples as they are, exact and with their own times, gets those of its rule's tags here, before the
   * step of their moment.
   */
  take?(state: S, sample: Sample, now: EngineMs): S;
  /** Its state changes all the time; only what comes with more than samples and reads has to outlive a kill. */
  readonly isRestless?: true;
  step(state: S, input: StepInput<readonly Maybe[]>): Step<S>;
  /**
   * What was kept of an earlier run, moved by the time nobody looked; undefined: cannot be used. `isSameRun`: only the
   * rules were loaded anew, and nobody looked away.
   */
  restored(kept: Kept, off: number, isSameRun?: boolean): S | undefined;
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
