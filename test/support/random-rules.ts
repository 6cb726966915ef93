/** Random sites with rules of the kinds condition and derive, and random lives of them: arbitraries that shrink. */
import fc from 'fast-check';
import { QUALITIES, type Quality } from '../../gateway/model/quality.ts';
import { type Sample, type TagId, tagId, type Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { type Millis, millis, utcMs } from '../../gateway/model/units.ts';
import type { Expr, Expression } from '../../rules/expression.ts';
import type {
  Action,
  AlarmConfig,
  ConditionRule,
  DeriveRule,
  RuleConfig,
  RuleSet,
} from '../../rules/rule.ts';
import {
  expressionsOver,
  literal,
  type SiteType,
  TAGS,
  type Tags,
} from './random-rules-expression.ts';
import { expressionOf, finishedRule } from './random-rules-text.ts';
import type { Act, Run } from './reference-rules.ts';

/** The derived tag of each place in the list of rules has a type of its own. Samples come for it, rule or no rule. */
const PLACE_TYPES: readonly SiteType[] = [
  'number',
  'flag',
  'text',
  'flag',
  'number',
  'flag',
  'number',
  'text',
];
const derivedTag = (place: number): TagId => tagId('d', `r${place}`);
const nameOf = (place: number): string => `rule${place}`;
const COUNTER_MODULUS = 100;

/** What a rule at that place may read: all tags of the field, and those derived before it. */
function tagsAt(place: number): Tags {
  const derived = (type: SiteType) =>
    PLACE_TYPES.slice(0, place).flatMap((each, i) => (each === type ? [derivedTag(i)] : []));
  return {
    number: [...TAGS.number, ...TAGS.number, ...derived('number')],
    flag: [...TAGS.flag, ...TAGS.flag, ...derived('flag')],
    text: [...TAGS.text, ...derived('text')],
    any: TAGS.any,
  };
}

type Unfinished<Rule> = Omit<Rule, 'tags' | 'looksAtTime' | 'memories' | 'fingerprint'>;

const written = (expr: fc.Arbitrary<Expr>): fc.Arbitrary<Expression> => expr.map(expressionOf);

const common = (place: number) => ({
  name: nameOf(place),
  mode: 'active' as const,
  description: undefined,
  tests: [],
});

const delay = fc.constantFrom(0, 0, 500, 1000, 2300, 10_000).map((value): Millis => millis(value));

/** How often a rule looks at time; left out: once a second. */
const tick = fc.constantFrom(undefined, undefined, millis(3000), millis(7500));

function conditionAt(place: number): fc.Arbitrary<RuleConfig> {
  const of = expressionsOver(tagsAt(place));
  const optional = (expr: fc.Arbitrary<Expr>) => fc.option(written(expr), { nil: undefined });
  const anyValue = written(fc.oneof(of.number, of.flag, of.text));
  const action: fc.Arbitrary<Action> = fc.oneof(
    anyValue.map((value): Action => ({ kind: 'write', tag: tagId('out', 'x'), value })),
    fc.array(anyValue, { minLength: 1, maxLength: 2 }).map(
      (values): Action => ({
        kind: 'record',
        name: 'seen',
        values: values.map((value, i) => [`v${i}`, value] as const),
      }),
    ),
  );
  const alarm = fc
    .record({ latch: fc.boolean(), value: fc.option(anyValue, { nil: undefined }) })
    .map(({ latch, value }): AlarmConfig => {
      const words = value ? ['it is ', { value, digits: undefined }] : ['it is so'];
      return {
        severity: 700,
        message: { en: words, zh: words },
        latch,
        realarm: undefined,
        firstOut: undefined,
        suppressWhen: undefined,
      };
    });
  const deadband = fc
    .tuple(fc.constantFrom(...tagsAt(place).number), fc.integer({ min: 0, max: 8 }))
    .map(([tag, limit]) => deadbanded(tag, limit));
  const truths = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ when: written(of.condition), clearWhen: optional(of.condition) }),
    },
    { weight: 1, arbitrary: deadband },
  );
  return fc
    .record({
      truths,
      onDelay: delay,
      offDelay: delay,
      latch: fc.constantFrom(false, false, true),
      resetWhen: optional(of.condition),
      alarm: fc.option(alarm, { nil: undefined, freq: 3 }),
      do: fc.array(action, { maxLength: 2 }),
      onClear: fc.array(action, { maxLength: 2 }),
      tick,
    })
    .map(({ truths: { when, clearWhen }, latch, ...rest }): RuleConfig => {
      // Without reset_when a latched rule needs an alarm that somebody can acknowledge.
      const canLatch = rest.resetWhen !== undefined || rest.alarm !== undefined;
      const rule: Unfinished<ConditionRule> = {
        ...common(place),
        kind: 'condition',
        when,
        clearWhen,
        latch: latch && canLatch,
        ...rest,
      };
      return finishedRule(rule);
    });
}

/** As `when: tag > limit` with `deadband: 1`. */
function deadbanded(tag: TagId, limit: number) {
  const side = (op: '>' | '<=', value: number) =>
    expressionOf({
      kind: 'binary',
      op,
      left: { kind: 'tag', tag, type: 'number', span: NOWHERE },
      right: literal(value, 'number'),
      type: 'flag',
      span: NOWHERE,
    });
  return { when: side('>', limit), clearWhen: side('<=', limit - 1) };
}
const NOWHERE = { start: 0, end: 0 };

function deriveAt(place: number): fc.Arbitrary<RuleConfig> {
  const of = expressionsOver(tagsAt(place));
  const type = PLACE_TYPES[place];
  const value = type === 'flag' ? of.flag : type === 'text' ? of.text : of.number;
  return fc
    .record({
      tick,
      value: written(value),
      decimals: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
    })
    .map(({ value, decimals, tick }): RuleConfig => {
      const rule: Unfinished<DeriveRule> = {
        ...common(place),
        tick,
        kind: 'derive',
        tag: siteTag(derivedTag(place), place, decimals),
        value,
      };
      return finishedRule(rule);
    });
}

const siteTag = (id: TagId, index: number, decimals: number | undefined): Tag => ({
  index,
  id,
  device: id.split('.')[0] as Tag['device'],
  quantity: id.split('.')[1] ?? '',
  unit: undefined,
  decimals,
  report: { deadband: undefined, heartbeat: undefined },
});

const rulesOfPlaces: readonly fc.Arbitrary<RuleConfig | undefined>[] = PLACE_TYPES.map((_, place) =>
  fc.option(fc.oneof(conditionAt(place), deriveAt(place)), { nil: undefined, freq: 2 }),
);

/** A rule of a name that no site has, which may read everything. */
export const anotherRule: fc.Arbitrary<RuleConfig> = conditionAt(PLACE_TYPES.length);

const ruleList: fc.Arbitrary<readonly RuleConfig[]> = fc
  .tuple(...rulesOfPlaces)
  .map((rules) => rules.filter((rule) => rule !== undefined));

/** Rules as the config would hand them over. */
export const setOf = (rules: readonly RuleConfig[], timezone: string): RuleSet => ({
  rules,
  derived: rules.flatMap((rule) => (rule.kind === 'derive' ? [rule.tag] : [])),
  timezone,
  position: undefined,
  flood: { most: 1_000_000, within: millis(1) },
  counters: { 'a.counter': COUNTER_MODULUS },
});

const VALUES: Readonly<Record<Exclude<SiteType, 'any'>, fc.Arbitrary<Value>>> = {
  number: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 10 }) },
    { weight: 2, arbitrary: fc.constantFrom(2.5, 0.1, -3, 99, 1e300) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Value>(5n, 2n ** 63n + 1n, { unscaled: 1005n, decimals: 3 }),
    },
  ),
  flag: fc.boolean(),
  text: fc.constantFrom('auto', 'AUTO', ' b ', '42.5', ''),
};

const quality: fc.Arbitrary<Quality> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Quality>('good') },
  { weight: 3, arbitrary: fc.constantFrom(...QUALITIES.filter((each) => each !== 'bad:no-value')) },
);

const typedTags: readonly (readonly [TagId, SiteType])[] = [
  ...(['number', 'flag', 'text', 'any'] as const).flatMap((type) =>
    TAGS[type].map((tag) => [tag, type] as const),
  ),
  ...PLACE_TYPES.map((type, place) => [derivedTag(place), type] as const),
];

const sample: fc.Arbitrary<Sample> = fc
  .record({
    // Few tags get most of the samples, so that something comes of it.
    tag: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...typedTags.slice(0, 7)) },
      { weight: 1, arbitrary: fc.constantFrom(...typedTags) },
    ),
    number: VALUES.number,
    flag: VALUES.flag,
    text: VALUES.text,
    any: fc.oneof(VALUES.number, VALUES.flag, VALUES.text),
    quality,
  })
  .map(({ tag: [tag, type], quality, ...values }) => ({
    tag,
    value: quality.startsWith('bad') ? null : values[type],
    quality,
    time: utcMs(0),
    timeBasis: 'gateway',
  }));

type Gap = { readonly by: number } | { readonly to: 'whole second' };
const gap: fc.Arbitrary<Gap> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Gap>({ by: 0 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 999 }).map((by): Gap => ({ by })) },
  { weight: 2, arbitrary: fc.constantFrom(400, 500, 1000, 2500).map((by): Gap => ({ by })) },
  { weight: 3, arbitrary: fc.constant<Gap>({ to: 'whole second' }) },
  { weight: 1, arbitrary: fc.integer({ min: 3000, max: 15_000 }).map((by): Gap => ({ by })) },
  { weight: 1, arbitrary: fc.constant<Gap>({ by: 70_000 }) },
);

const step = fc.record({
  gap,
  act: fc.oneof(
    {
      weight: 8,
      arbitrary: fc.array(sample, { minLength: 1, maxLength: 3 }).map((samples) => ({ samples })),
    },
    { weight: 1, arbitrary: fc.nat(PLACE_TYPES.length).map((which) => ({ which })) },
  ),
});

const alarmed = (rules: readonly RuleConfig[]): readonly string[] =>
  rules.flatMap((rule) => (rule.kind === 'condition' && rule.alarm ? [rule.name] : []));

/** A site, and what happens to it. */
export const randomRun: fc.Arbitrary<Run> = fc
  .record({
    rules: ruleList,
    steps: fc.array(step, { maxLength: 60, size: 'max' }),
    rest: fc.constantFrom(0, 1000, 20_000),
    // Midnight, the end of a night shift, and a change to summer time are within reach.
    zone: fc.constantFrom('UTC', 'Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns'),
    utc: fc.constantFrom(
      Date.UTC(2025, 11, 31, 15, 59, 30),
      Date.UTC(2026, 0, 1, 5, 59, 50),
      Date.UTC(2026, 2, 29, 0, 59, 20),
    ),
  })
  .map(({ rules, steps, rest, zone, utc }) => {
    const names = alarmed(rules);
    let at = 0;
    const acts = steps.map(({ gap, act }): Act => {
      at = 'by' in gap ? at + gap.by : Math.ceil((at + 1) / 1000) * 1000;
      if ('which' in act)
        return { at, acknowledge: names[act.which % names.length] ?? nameOf(act.which) };
      return { at, samples: act.samples };
    });
    const run: Run = { set: setOf(rules, zone), acts, end: at + rest, utc: utcMs(utc) };
    return Object.assign(run, { [fc.toStringMethod]: () => described(run) });
  });

/** As short as a failure can be told. */
function described({ set, acts, end, utc }: Run): string {
  const rules = set.rules.map((rule) =>
    JSON.stringify(rule, (key, value) => {
      if (['tests', 'fingerprint', 'description', 'report', 'zh', 'mode'].includes(key))
        return undefined;
      return typeof value === 'object' && value !== null && 'root' in value ? value.text : value;
    }),
  );
  const told = acts.map((act) =>
    'samples' in act
      ? `${act.at}: ${act.samples.map(({ tag, value, quality }) => `${tag} = ${fc.stringify(value)} ${quality}`).join(', ')}`
      : `${act.at}: ${act.acknowledge} acknowledged`,
  );
  return [
    '',
    ...rules,
    ...told,
    `until ${end}, ${set.timezone}, 0 is ${new Date(utc).toISOString()}`,
  ].join('\n');
}
