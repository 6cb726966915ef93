/** Rules from short texts, at work on a clock that moves when told: one constructor a component, all with defaults. */

import { silentLog } from '../../gateway/host/log.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import { isBad } from '../../gateway/model/quality.ts';
import { type Sample, type TagId, tagId, type Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { millis, monoMs, utcMs } from '../../gateway/model/units.ts';
import { expressionsOf } from '../../rules/compiled/rule-expressions.ts';
import type { Effect } from '../../rules/effect.ts';
import { type EngineOptions, RuleEngine } from '../../rules/engine/engine.ts';
import type { Expression, ExprType } from '../../rules/expression.ts';
import { checkExpression, type Want } from '../../rules/language/check-expression.ts';
import {
  type Action,
  type AlarmConfig,
  type ConditionRule,
  type DeriveRule,
  EMPTY_RULES,
  type InterlockRule,
  type RuleConfig,
  type RuleSet,
  tagsMadeBy,
} from '../../rules/rule.ts';
import { manualClock } from '../../rules/tests/manual-clock.ts';

export type TagTypes = Readonly<Record<string, ExprType>>;

/** What the tags of the tests are: every tag of one letter is a number, `x.flag` and `x.text` are what they say. */
export function typeOf(tag: string): ExprType {
  if (tag.endsWith('flag')) return 'flag';
  return tag.endsWith('text') ? 'text' : 'number';
}

/** Expressions of one rule; the memories are numbered over all of them. */
export function ruleTexts() {
  let memories = 0;
  const of = (text: string, want: Want = 'value'): Expression => {
    const checked = checkExpression(text, want, {
      tagOf: (id) =>
        id.includes('.') ? { id: id as TagId, type: typeOf(id), scan: millis(1000) } : undefined,
      tagIds: () => [],
      nameOf: () => undefined,
      names: () => [],
      nextMemory: () => memories++,
    });
    if (!checked.ok) throw new Error(`${text}: ${JSON.stringify(checked.findings)}`);
    return checked.expression;
  };
  return {
    of,
    truth: (text: string) => of(text, 'condition'),
    maybe: (text: string | undefined) => (text === undefined ? undefined : of(text, 'condition')),
    get memories() {
      return memories;
    },
  };
}

export interface ConditionTexts {
  readonly name?: string;
  readonly when: string;
  readonly clearWhen?: string;
  readonly resetWhen?: string;
  readonly onDelay?: number;
  readonly offDelay?: number;
  readonly latch?: boolean;
  readonly mode?: RuleConfig['mode'];
  /** Tags and the values written to them. */
  readonly do?: Readonly<Record<string, string>>;
  readonly onClear?: Readonly<Record<string, string>>;
  readonly alarm?: Partial<AlarmConfig> | true;
}

export function conditionOf(texts: ConditionTexts): ConditionRule {
  const { name = 'rule', alarm } = texts;
  const write = ruleTexts();
  const actions = (of: ConditionTexts['do'] = {}): Action[] =>
    Object.entries(of).map(([tag, value]) => ({
      kind: 'write',
      tag: tag as TagId,
      value: write.of(value),
    }));
  return whole({
    kind: 'condition',
    name,
    mode: texts.mode ?? 'active',
    when: write.truth(texts.when),
    clearWhen: write.maybe(texts.clearWhen),
    resetWhen: write.maybe(texts.resetWhen),
    onDelay: millis(texts.onDelay ?? 0),
    offDelay: millis(texts.offDelay ?? 0),
    latch: texts.latch ?? false,
    alarm: alarm && alarmOf(alarm === true ? {} : alarm),
    do: actions(texts.do),
    onClear: actions(texts.onClear),
  });
}

export function interlockOf(tag: string, when: string): InterlockRule {
  const write = ruleTexts();
  const name = `interlock:${tag}`;
  return whole({
    kind: 'interlock',
    name,
    mode: 'active',
    tag: tag as TagId,
    when: write.truth(when),
  });
}

export function deriveOf(tag: string, value: string, decimals?: number): DeriveRule {
  const write = ruleTexts();
  return whole({
    kind: 'derive',
    name: `derive-${tag}`,
    mode: 'active',
    tag: derivedTag(tag, decimals),
    value: write.of(value),
  });
}

export const alarmOf = (alarm: Partial<AlarmConfig>): AlarmConfig => ({
  severity: 500,
  message: { en: ['it is so'], zh: ['是这样'] },
  latch: false,
  realarm: undefined,
  firstOut: undefined,
  suppressWhen: undefined,
  ...alarm,
});

type Bare<R> = R extends RuleConfig
  ? Omit<R, 'fingerprint' | 'description' | 'tags' | 'looksAtTime' | 'memories' | 'tests'>
  : never;

/** A rule with what follows from its expressions. */
export function whole<R extends RuleConfig>(bare: Bare<R>): R {
  const common = {
    fingerprint: '',
    description: undefined,
    tags: [],
    looksAtTime: false,
    memories: 0,
    tests: [],
  };
  const rule = { ...bare, ...common } as unknown as R;
  const expressions = expressionsOf(rule).map(([, expression]) => expression);
  const memories = expressions.flatMap(
    ({ root }) => JSON.stringify(root).match(/"memory":\d+/g) ?? [],
  );
  return {
    ...rule,
    fingerprint: JSON.stringify({ ...bare, mode: undefined }),
    tags: [...new Set(expressions.flatMap(({ tags }) => tags))],
    looksAtTime:
      rule.kind === 'schedule' ||
      rule.kind === 'loop' ||
      expressions.some((one) => one.looksAtTime),
    memories: memories.length,
  };
}

export function derivedTag(id: string, decimals?: number): Tag {
  const place = id.lastIndexOf('.');
  const device = id.slice(0, place);
  const quantity = id.slice(place + 1);
  return {
    index: 0,
    id: tagId(device, quantity),
    device: device as Tag['device'],
    quantity,
    unit: undefined,
    decimals,
    report: { deadband: undefined, heartbeat: undefined },
  };
}

export const setOf = (rules: readonly RuleConfig[], set: Partial<RuleSet> = {}): RuleSet => ({
  ...EMPTY_RULES,
  rules,
  derived: rules.flatMap(tagsMadeBy),
  ...set,
});

/** By tag: the value, or the quality of what is bad, or both. */
export type Batch = Readonly<Record<string, Value | `bad:${string}` | readonly [Value, Quality]>>;

export const samplesOf = (batch: Batch): readonly Sample[] =>
  Object.entries(batch).map(([tag, given]) => {
    const [value, quality] = Array.isArray(given)
      ? (given as readonly [Value, Quality])
      : typeof given === 'string' && isBad(given as Quality)
        ? [null, given as Quality]
        : [given as Value, 'good' as const];
    return { tag: tag as TagId, value, quality, time: utcMs(0), timeBasis: 'gateway' };
  });

export const START = utcMs(Date.UTC(2026, 0, 1));

/** An engine that has started, and all that came of it. */
export function engineFixture(
  rules: readonly RuleConfig[] | RuleSet,
  options: Partial<EngineOptions> & { readonly start?: number } = {},
) {
  const clock = manualClock(utcMs(options.start ?? START));
  const set = 'rules' in rules ? rules : setOf(rules);
  const effects: Effect[] = [];
  const emit = (made: readonly Effect[]) => void effects.push(...made);
  const open = (saved?: Kept) => {
    const engine = new RuleEngine(set, { clock, log: silentLog, emit, saved, ...options });
    engine.start();
    return engine;
  };
  let engine = open(options.saved);
  return {
    clock,
    effects,
    get engine() {
      return engine;
    },
    /** The batch at this time. */
    at(time: number, batch: Batch = {}) {
      clock.moveTo(monoMs(time));
      if (Object.keys(batch).length > 0) engine.apply(samplesOf(batch));
      return this;
    },
    /** Another engine goes on with what this one leaves. */
    restart() {
      const saved = JSON.parse(JSON.stringify(engine.save())) as Kept;
      engine.stop();
      engine = open(saved);
      return this;
    },
    /** `20000 alarm active`, `20000 press.pump = false`, in order. */
    get told(): readonly string[] {
      return effects.map(toldOf);
    },
  };
}

export function toldOf(effect: Effect): string {
  const { at, kind, rule } = effect;
  switch (kind) {
    case 'alarm':
      return `${at} ${rule} ${effect.to}`;
    case 'command':
      return `${at} ${effect.tag} := ${effect.isRelease ? 'released' : effect.value}`;
    case 'derive':
      return `${at} ${effect.tag} = ${effect.value} ${effect.quality}`;
    case 'record':
      return `${at} ${effect.name} ${JSON.stringify(effect.values)}`;
    case 'interlock':
      return `${at} ${effect.tag} may be written: ${effect.isMet ?? 'unknown'}`;
    case 'read':
      return `${at} ${rule} reads ${effect.tags.join(' ')}`;
    case 'fault':
      return `${at} ${rule} stopped: ${effect.reason}`;
  }
}
