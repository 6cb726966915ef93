/** What rules of all kinds have in common: names, actions, alarms and messages. Plain data. */
import type { TagId } from '../gateway/model/sample.ts';
import type { Tag } from '../gateway/model/tag.ts';
import type { Millis } from '../gateway/model/units.ts';
import type { Expression } from './expression.ts';
import type { RuleTest } from './rule-test.ts';

export type RuleMode = 'active' | 'shadow' | 'off';

/** What every rule has, whatever its kind. */
export interface CommonRule {
  readonly name: string;
  /**
   * Hash of all that gives the rule its meaning: itself, whether it is in shadow, and type, unit and counter of the tags it
   * uses. A rule whose fingerprint is unchanged keeps its state.
   */
  readonly fingerprint: string;
  /** `shadow`: evaluated, shown and explained, but writes and alarms stay inside. */
  readonly mode: RuleMode;
  readonly description: string | undefined;
  /** Where it stands, for people; no part of its meaning. */
  readonly place?: { readonly file: string; readonly line: number };
  /** Every tag that any of its expressions uses. */
  readonly tags: readonly TagId[];
  readonly looksAtTime: boolean;
  /** How often a rule that looks at time is evaluated without a sample; 1 s when left out. */
  readonly tick?: Millis | undefined;
  /** How many memories its expressions need; see CallExpr.memory. */
  readonly memories: number;
  /** The tags that it makes by itself, besides one that it derives. */
  readonly makes?: readonly Tag[];
  /** The alarms of its kind's own, by key; they stand among the others as `rule/key`. */
  readonly alarms?: Readonly<Record<string, AlarmConfig>>;
  readonly tests: readonly RuleTest[];
}

export type Action =
  | {
      readonly kind: 'write';
      readonly tag: TagId;
      readonly value: Expression;
      /** How long the rule claims the tag; undefined: until it releases it. */
      readonly hold?: Millis | undefined;
    }
  | { readonly kind: 'release'; readonly tag: TagId }
  | {
      readonly kind: 'record';
      readonly name: string;
      readonly values: readonly (readonly [key: string, value: Expression])[];
    };

export interface AlarmConfig {
  /** 1 (least) to 1000, as in OPC 10000-9 §5.5.2. */
  readonly severity: number;
  readonly message: { readonly en: Message; readonly zh: Message };
  /** It stands, when the condition has cleared, until somebody acknowledges it. */
  readonly latch: boolean;
  /** Acknowledged and still active after so long, it becomes unacknowledged again. */
  readonly realarm: Millis | undefined;
  /** Of the alarms of a group the first that became active is marked, until all of them have cleared. */
  readonly firstOut: string | undefined;
  /** While it is true the alarm is suppressed (ISA-18.2: suppressed by design). */
  readonly suppressWhen: Expression | undefined;
}

/** A text with values in it. `digits`: behind the decimal point, where the message says so. */
export type Message = readonly (string | MessageValue | MessageStep)[];
export interface MessageValue {
  readonly value: Expression;
  readonly digits: number | undefined;
}
/** The name of the step that did not come; of sequences alone. */
export interface MessageStep {
  readonly isStep: true;
}
