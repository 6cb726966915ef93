/**
 * Why a rule, its alarm or a tag is as it is: the answer to the question `why`. Pure; the answer survives JSON.
 */
import type { AlarmStatus } from '../../rules/alarms/alarm-entry.ts';
import type { AlarmChange, Causes, EngineMs, RecordValue } from '../../rules/effect.ts';
import {
  actionsOf,
  alarmsOf,
  type RuleConfig,
  type RuleSet,
  ruleOfAlarm,
  tagsMadeBy,
} from '../../rules/rule.ts';
import {
  derivedBy,
  type ExplainedMoment,
  type ExplainedRule,
  explainedMoment,
  explainedRule,
} from '../../rules/why/explain.ts';
import type { RecentEffect, RecentEffects } from '../../rules/why/recent-effects.ts';
import { byLikeness } from '../host/likeness.ts';
import { RULES_DEVICE } from '../model/event-tag.ts';
import type { TagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { UtcMs } from '../model/units.ts';

export interface WhyQuestion {
  /** Of a rule, an activation (`press-overheat#12`) or a tag; or the key of an alarm, or the beginning of it. */
  readonly name: string;
}

/** What there is to look at. */
export interface WhySources {
  readonly rules: RuleSet;
  /** All of the site, the derived ones too. */
  readonly tags: readonly Pick<Tag, 'id' | 'unit'>[];
  readonly engine: {
    explain(rule: string): Causes | undefined;
    now(): EngineMs;
    readonly alarms: { stateOf(rule: string): AlarmStatus | undefined };
  };
  readonly recent: Pick<RecentEffects, 'list'>;
  /** As they are shown: `AlarmsAnswer.alarms`. */
  readonly alarms: readonly WhyAlarm[];
  readonly utc: UtcMs;
}

/** What is asked of an alarm that is shown. */
export interface WhyAlarm {
  readonly key: string;
  readonly device: string;
  readonly id: string;
  readonly about: string;
  readonly condition: string;
  readonly message: string;
  /** Of an alarm of this gateway. */
  readonly messages?: { readonly en: string; readonly zh: string };
}

/** One thing that a rule did; the moment in which it did it is told where it was asked for. */
export interface ToldEffect {
  readonly time: UtcMs;
  readonly rule: string;
  readonly kind: RecentEffect['effect']['kind'];
  readonly isShadow: boolean;
  /** Of an alarm: what happened to it, in which activation, and its message then. */
  readonly to?: AlarmChange;
  readonly id?: string;
  readonly message?: { readonly en: string; readonly zh: string };
  readonly by?: string;
  /** Of a write; null: unknown, and not sent. */
  readonly tag?: string;
  readonly value?: boolean | number | string | null;
  readonly isRelease?: true;
  readonly outcome?: string;
  /** Of a record. */
  readonly name?: string;
  readonly values?: Readonly<Record<string, RecordValue>>;
  /** Of a rule that threw. */
  readonly reason?: string;
}

export interface WhyRule extends ExplainedRule {
  /** It threw, and is stopped. */
  readonly isStopped: boolean;
  readonly alarm?: AlarmStatus;
  /** What it sees now; undefined: it is switched off. */
  readonly live?: ExplainedMoment;
  /** Newest first. */
  readonly recent: readonly ToldEffect[];
}

/** The moment in which an alarm became active. */
export interface WhyActivation {
  readonly id: string;
  /** Undefined: it is no longer remembered. */
  readonly time?: UtcMs;
  readonly moment?: ExplainedMoment;
}

export type WhyAnswer = { readonly utc: UtcMs } & (
  | { readonly found: 'rule'; readonly rule: WhyRule; readonly activation?: WhyActivation }
  | {
      readonly found: 'tag';
      readonly tag: string;
      /** The rule that derives it. */
      readonly rule?: WhyRule;
      readonly usedBy: readonly string[];
      readonly writtenBy: readonly string[];
      /** Writes to it, newest first. */
      readonly recent: readonly ToldEffect[];
    }
  /** An alarm that a device raised by itself, or the gateway about its rules. */
  | { readonly found: 'alarm'; readonly alarm: WhyAlarm }
  | { readonly found: 'several'; readonly names: readonly string[] }
  | { readonly found: 'nothing'; readonly likely: readonly string[] }
);

const MOST_TOLD = 20;
const MOST_NAMES = 10;
/** As the shortest key of all that is shown; less fits too many. */
const SHORTEST_KEY = 3;

export function answerWhy({ name }: WhyQuestion, sources: WhySources): WhyAnswer {
  const { rules, tags, alarms, utc } = sources;
  const named = rules.rules.find((rule) => rule.name === name);
  if (named) return { utc, found: 'rule', rule: whyRule(named, sources) };
  const alarmed = rules.rules.find((rule) => alarmsOf(rule).some(([alarm]) => alarm === name));
  if (alarmed) return { utc, ...whyAlarmOf(alarmed, name, sources) };
  const owner = rules.rules.find((rule) => isActivationOf(rule, name));
  if (owner) return { utc, ...whyActivation(owner, name, sources) };
  if (tags.some(({ id }) => id === name)) return { utc, ...whyTag(name as TagId, sources) };
  const own = alarms.find(
    ({ device, id }) => device === RULES_DEVICE && id === withoutNumber(name),
  );
  if (own) return { utc, found: 'alarm', alarm: own };
  const keyed =
    name.length < SHORTEST_KEY
      ? []
      : alarms.filter(({ key }) => key.startsWith(name.toLowerCase()));
  const [alarm] = keyed;
  if (alarm && keyed.length === 1) return { utc, ...whyAlarm(alarm, sources) };
  if (alarm) {
    const names = keyed.map(({ key, id }) => `${key} ${id}`).slice(0, MOST_NAMES);
    return { utc, found: 'several', names };
  }
  const known = [...rules.rules.map((rule) => rule.name), ...tags.map(({ id }) => id)];
  return { utc, found: 'nothing', likely: byLikeness(name, known).slice(0, MOST_NAMES) };
}

const isActivationOf = (rule: RuleConfig, name: string): boolean =>
  /#\d+$/.test(name) && ruleOfAlarm(withoutNumber(name)) === rule.name;

const withoutNumber = (activation: string): string => activation.replace(/#\d+$/, '');

function whyAlarm(alarm: WhyAlarm, sources: WhySources) {
  const rule = sources.rules.rules.find(({ name }) => name === ruleOfAlarm(alarm.id));
  if (alarm.device !== RULES_DEVICE || !rule) return { found: 'alarm', alarm } as const;
  return whyAlarmOf(rule, alarm.id, sources);
}

/** The activation that stands, or the rule where none does. */
function whyAlarmOf(rule: RuleConfig, alarm: string, sources: WhySources) {
  const id = sources.engine.alarms.stateOf(alarm)?.id;
  return id === undefined
    ? ({ found: 'rule', rule: whyRule(rule, sources) } as const)
    : whyActivation(rule, id, sources);
}

function whyActivation(rule: RuleConfig, id: string, sources: WhySources) {
  const began = sources.recent
    .list()
    .map(({ effect }) => effect)
    .find((effect) => effect.kind === 'alarm' && effect.id === id && effect.to === 'active');
  const activation: WhyActivation =
    began?.kind === 'alarm'
      ? { id, time: began.time, moment: momentOf(began.causes, began.at, rule, sources) }
      : { id };
  return { found: 'rule', rule: whyRule(rule, sources), activation } as const;
}

function whyTag(tag: TagId, sources: WhySources) {
  const { rules } = sources.rules;
  const deriving = rules.find((rule) => tagsMadeBy(rule).some(({ id }) => id === tag));
  const names = (of: readonly RuleConfig[]) => of.map(({ name }) => name);
  return {
    found: 'tag',
    tag,
    ...(deriving && { rule: whyRule(deriving, sources) }),
    usedBy: names(rules.filter(({ tags }) => tags.includes(tag))),
    writtenBy: names(rules.filter((rule) => writesOf(rule).includes(tag))),
    recent: told(sources, ({ effect }) => effect.kind === 'command' && effect.tag === tag),
  } as const;
}

function whyRule(rule: RuleConfig, sources: WhySources): WhyRule {
  const { engine } = sources;
  const causes = rule.mode === 'off' ? undefined : engine.explain(rule.name);
  const alarm = engine.alarms.stateOf(rule.name);
  const own = told(sources, ({ effect }) => ruleOfAlarm(effect.rule) === rule.name);
  return {
    ...explainedRule(rule),
    isStopped: own[0]?.kind === 'fault',
    ...(alarm && { alarm }),
    ...(causes && { live: momentOf(causes, engine.now(), rule, sources) }),
    recent: own,
  };
}

function momentOf(
  causes: Causes,
  now: EngineMs,
  rule: RuleConfig,
  { rules, tags }: WhySources,
): ExplainedMoment {
  const unitOf = (tag: TagId) => tags.find(({ id }) => id === tag)?.unit;
  return explainedMoment(causes, now, rule, { derived: derivedBy(rules), unitOf });
}

const told = (
  { recent }: WhySources,
  isWanted: (one: RecentEffect) => boolean,
): readonly ToldEffect[] => recent.list().filter(isWanted).slice(-MOST_TOLD).reverse().map(toldOf);

function toldOf({ effect, outcome }: RecentEffect): ToldEffect {
  const { time, rule, kind, isShadow = false } = effect;
  const common = { time, rule, kind, isShadow };
  switch (effect.kind) {
    case 'alarm': {
      const { to, id, message, by } = effect;
      return { ...common, to, id, message, ...(by !== undefined && { by }) };
    }
    case 'command': {
      const { tag, value, isRelease } = effect;
      const ended = outcome !== undefined && { outcome };
      return { ...common, tag, value, ...(isRelease && { isRelease }), ...ended };
    }
    case 'record':
      return { ...common, name: effect.name, values: effect.values };
    case 'fault':
      return { ...common, reason: effect.reason };
  }
}

function writesOf(rule: RuleConfig): readonly TagId[] {
  if (rule.kind === 'loop') return [rule.output];
  if (rule.kind === 'combined_reading') return rule.freezeCommand ? [rule.freezeCommand.tag] : [];
  return actionsOf(rule).flatMap((action) => (action.kind === 'write' ? [action.tag] : []));
}
