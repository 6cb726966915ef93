/** The rules of a site, parsed and checked: plain data, which is all that the engine needs. */
import type { TagId } from '../gateway/model/sample.ts';
import type { Tag } from '../gateway/model/tag.ts';
import { type Millis, minutes } from '../gateway/model/units.ts';
import type { CellRule } from './cell-rule.ts';
import type { CombinedReadingRule } from './combined-reading-rule.ts';
import type { Expression, Plain } from './expression.ts';
import type { Action, AlarmConfig, CommonRule } from './rule-parts.ts';

export type {
  Action,
  AlarmConfig,
  Message,
  MessageStep,
  MessageValue,
  RuleMode,
} from './rule-parts.ts';

export interface RuleSet {
  /** In dependency order: a rule that derives a tag stands before those that use it. */
  readonly rules: readonly RuleConfig[];
  /** The tags that rules derive; part of the site's tags. */
  readonly derived: readonly Tag[];
  /** IANA zone of schedules and of time-of-day functions. */
  readonly timezone: string;
  /** For sunrise and sunset, degrees north and east. */
  readonly position: { readonly latitude: number; readonly longitude: number } | undefined;
  readonly flood: FloodLimit;
  /** The modulus of each counter that a rule uses and that has one, by tag. */
  readonly counters: Readonly<Record<string, number>>;
}

/** More activations than `most` within `within` are a flood (ISA-18.2 §16.5.3 names 10 in 10 minutes). */
export interface FloodLimit {
  readonly most: number;
  readonly within: Millis;
}

export interface ConditionRule extends CommonRule {
  readonly kind: 'condition';
  readonly when: Expression;
  /** Written as clear_when, or made from `when` and a deadband; without one it clears where `when` is false. */
  readonly clearWhen: Expression | undefined;
  readonly onDelay: Millis;
  readonly offDelay: Millis;
  readonly latch: boolean;
  readonly resetWhen: Expression | undefined;
  readonly alarm: AlarmConfig | undefined;
  readonly do: readonly Action[];
  readonly onClear: readonly Action[];
}

export interface DeriveRule extends CommonRule {
  readonly kind: 'derive';
  readonly tag: Tag;
  readonly value: Expression;
}

export interface ScheduleRule extends CommonRule {
  readonly kind: 'schedule';
  readonly at: ScheduleTime;
  /** What becomes of a time that passed while the gateway was off or its clock was wrong. */
  readonly missed: 'skip' | 'run';
  /** Nothing is done at times when it is not true. */
  readonly onlyWhen: Expression | undefined;
  readonly do: readonly Action[];
}

export type ScheduleTime =
  | { readonly kind: 'cron'; readonly cron: string }
  | { readonly kind: 'sun'; readonly event: 'sunrise' | 'sunset'; readonly offset: Millis };

export interface LoopRule extends CommonRule {
  readonly kind: 'loop';
  readonly input: Expression;
  readonly setpoint: Expression;
  /** The tag that is written. */
  readonly output: TagId;
  /** The loop acts while it is true; without one always. */
  readonly enabledWhen: Expression | undefined;
  readonly control: OnOffControl | PiControl;
  /** Written where input or setpoint have been without value for so long; undefined: the last output stays. */
  readonly fallback: { readonly value: Plain; readonly after: Millis } | undefined;
}

export interface OnOffControl {
  readonly kind: 'on_off';
  /** heat: on below the setpoint · cool: on above it. */
  readonly action: 'heat' | 'cool';
  /** Between switching on and off, in the unit of the input; half of it on each side of the setpoint. */
  readonly band: number;
  readonly minOn: Millis;
  readonly minOff: Millis;
}

export interface PiControl {
  readonly kind: 'pi';
  readonly action: 'heat' | 'cool';
  /** Output units per input unit. */
  readonly gain: number;
  /** Reset time of the integral part. */
  readonly integralTime: Millis;
  readonly min: number;
  readonly max: number;
  readonly every: Millis;
  /** A smaller change of the output is not written. */
  readonly outputDeadband: number;
}

export interface SequenceRule extends CommonRule {
  readonly kind: 'sequence';
  /** The first has no time limit; each of the others is awaited for at most `within` after the one before. */
  readonly steps: readonly SequenceStep[];
  /** Begins anew, without `else`. */
  readonly abortWhen: Expression | undefined;
  readonly alarm: AlarmConfig | undefined;
  /** When the last step was seen in time. */
  readonly do: readonly Action[];
  /** When a step was not. */
  readonly otherwise: readonly Action[];
}

export interface SequenceStep {
  readonly name: string;
  readonly when: Expression;
  readonly within: Millis | undefined;
}

/** Made of the `interlock` of a tag that may be written, and of nothing else. */
export interface InterlockRule extends CommonRule {
  readonly kind: 'interlock';
  readonly tag: TagId;
  readonly when: Expression;
}

export type RuleConfig =
  | ConditionRule
  | DeriveRule
  | ScheduleRule
  | LoopRule
  | SequenceRule
  | InterlockRule
  | CellRule
  | CombinedReadingRule;

/** The tags that a rule makes. */
export const tagsMadeBy = (rule: RuleConfig): readonly Tag[] =>
  rule.kind === 'derive' ? [rule.tag] : (rule.makes ?? []);

/** Its alarms by their whole names. */
export function alarmsOf(rule: RuleConfig): readonly (readonly [name: string, AlarmConfig])[] {
  const own = 'alarm' in rule && rule.alarm ? [[rule.name, rule.alarm] as const] : [];
  const more = Object.entries(rule.alarms ?? {});
  return [...own, ...more.map(([key, alarm]) => [alarmName(rule.name, key), alarm] as const)];
}

/** All that it may do, by lists that its YAML has. */
export function actionsOf(rule: RuleConfig): readonly Action[] {
  if (rule.kind === 'condition') return [...rule.do, ...rule.onClear];
  if (rule.kind === 'sequence') return [...rule.do, ...rule.otherwise];
  return rule.kind === 'schedule' ? rule.do : [];
}

export const alarmName = (rule: string, key: string): string => `${rule}/${key}`;
/** The rule whose alarm has this name. */
export const ruleOfAlarm = (name: string): string => name.split('/', 1)[0] as string;

/** Of a site without rules. */
export const EMPTY_RULES: RuleSet = {
  rules: [],
  derived: [],
  timezone: 'UTC',
  position: undefined,
  flood: { most: 10, within: minutes(10) },
  counters: {},
};
