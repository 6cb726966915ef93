/** Rules with tests, every option defaulted, for tests of the runner; expressions are read by the real parser. */
import type { TagId } from '../../gateway/model/sample.ts';
import { type Millis, millis, seconds, utcMs } from '../../gateway/model/units.ts';
import { expressionsOf, partsOf } from '../../rules/compiled/rule-expressions.ts';
import type { Expr, Expression } from '../../rules/expression.ts';
import { parseExpression } from '../../rules/language/parse.ts';
import type { Syntax } from '../../rules/language/syntax.ts';
import {
  type AlarmConfig,
  type ConditionRule,
  type DeriveRule,
  EMPTY_RULES,
  type RuleConfig,
  type RuleSet,
} from '../../rules/rule.ts';
import type { RuleTest } from '../../rules/rule-test.ts';
import { parseSeries } from '../../rules/tests/series.ts';

export const tagOf = (id: string): TagId => id as TagId;

/** Types are taken from the form: enough for comparisons, logic, arithmetic and windows. */
export function expressionOf(text: string): Expression {
  const parsed = parseExpression(text);
  if (!parsed.ok) throw new Error(`${text}: ${JSON.stringify(parsed.findings)}`);
  const root = typed(parsed.root);
  const parts = [...partsOf(root)];
  return {
    text,
    root,
    tags: parts.flatMap((part) => (part.kind === 'tag' ? [part.tag] : [])),
    looksAtTime: parts.some((part) => part.kind === 'call' && part.isWindow === true),
  };
}

const IS_LOGIC = /^(&&|\|\||[<>=!].*)$/;

function typed(syntax: Syntax): Expr {
  const { span } = syntax;
  switch (syntax.kind) {
    case 'literal': {
      const { value } = syntax;
      const type =
        typeof value === 'boolean' ? 'flag' : typeof value === 'number' ? 'number' : 'text';
      return { kind: 'literal', type, value, span };
    }
    case 'name':
      return { kind: 'tag', type: 'any', tag: tagOf(syntax.path), span };
    case 'not':
    case 'negate':
      return {
        kind: syntax.kind,
        type: syntax.kind === 'not' ? 'flag' : 'number',
        of: typed(syntax.of),
        span,
      };
    case 'binary': {
      const { op, left, right } = syntax;
      const type = IS_LOGIC.test(op) ? 'flag' : 'number';
      return { kind: 'binary', type, op, left: typed(left), right: typed(right), span };
    }
    case 'call': {
      const [tag, ...rest] = syntax.args.map(typed);
      const length = rest.at(-1);
      if (tag === undefined || length?.kind !== 'literal') throw new Error('windows only');
      const value =
        Number.parseFloat(String(length.value)) *
        (`${length.value}`.endsWith('h') ? 3_600_000 : 1_000);
      const args: Expr[] = [tag, ...rest.slice(0, -1), { ...length, type: 'duration', value }];
      return { kind: 'call', type: 'number', name: syntax.name, args, isWindow: true, span };
    }
    default:
      throw new Error(`${syntax.kind}: not in this fixture`);
  }
}

const common = (name: string) => ({
  name,
  fingerprint: name,
  mode: 'active' as const,
  description: undefined,
  memories: 0,
  tests: [],
});

const completed = <R extends RuleConfig>(rule: R): R => {
  const used = expressionsOf(rule).map(([, of]) => of);
  return {
    ...rule,
    tags: [...new Set(used.flatMap(({ tags }) => tags))],
    looksAtTime: used.some(({ looksAtTime }) => looksAtTime),
  };
};

export const alarmOf = (over: Partial<AlarmConfig> = {}): AlarmConfig => ({
  severity: 700,
  message: { en: ['too hot'], zh: ['过热'] },
  latch: false,
  realarm: undefined,
  firstOut: undefined,
  suppressWhen: undefined,
  ...over,
});

export const write = (tag: string, value: string) =>
  ({ kind: 'write', tag: tagOf(tag), value: expressionOf(value) }) as const;

export const conditionRule = (
  name: string,
  when: string,
  over: Partial<ConditionRule> = {},
): ConditionRule =>
  completed({
    ...common(name),
    kind: 'condition',
    tags: [],
    looksAtTime: false,
    when: expressionOf(when),
    clearWhen: undefined,
    onDelay: millis(0),
    offDelay: millis(0),
    latch: false,
    resetWhen: undefined,
    alarm: alarmOf(),
    do: [],
    onClear: [],
    ...over,
  });

export const deriveRule = (tag: string, value: string): DeriveRule => {
  const [device = '', quantity = ''] = tag.split('.');
  return completed({
    ...common(tag.replace('.', '-')),
    kind: 'derive',
    tags: [],
    looksAtTime: false,
    tag: {
      index: 0,
      id: tagOf(tag),
      device: device as never,
      quantity,
      unit: 'kW',
      decimals: undefined,
      report: { deadband: undefined, heartbeat: undefined },
    },
    value: expressionOf(value),
  });
};

export const ruleSet = (rules: readonly RuleConfig[]): RuleSet => ({
  ...EMPTY_RULES,
  rules,
  derived: rules.flatMap((rule) => (rule.kind === 'derive' ? [rule.tag] : [])),
});

export interface TestInput extends Partial<Omit<RuleTest, 'series'>> {
  readonly series?: Readonly<Record<string, string>>;
}

/** As long as its longest series, unless told. */
export function ruleTest({ series = {}, ...over }: TestInput = {}): RuleTest {
  const step: Millis = over.step ?? seconds(1);
  const parsed = Object.entries(series).map(([tag, text]) => {
    const found = parseSeries(text);
    if (!found.ok) throw new Error(`${text}: ${found.code}`);
    return { tag: tagOf(tag), samples: found.samples };
  });
  return {
    name: 'a test',
    start: utcMs(Date.UTC(2026, 0, 1)),
    step,
    series: parsed,
    length: millis(step * Math.max(1, ...parsed.map(({ samples }) => samples.length))),
    acts: [],
    expect: {},
    place: { file: 'rules/press.yaml', line: 12, col: 9 },
    ...over,
  };
}

/** The rule of the guide: ten seconds above 75, clear below 70. */
export const pressOverheat = (over: Partial<ConditionRule> = {}): ConditionRule =>
  conditionRule('press-overheat', 'press.oil_temp > 75', {
    clearWhen: expressionOf('press.oil_temp < 70'),
    onDelay: seconds(10),
    alarm: alarmOf({ latch: true }),
    do: [write('press.pump', 'false')],
    onClear: [write('press.pump', 'true')],
    ...over,
  });
