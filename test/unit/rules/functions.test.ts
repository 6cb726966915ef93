import { describe, expect, it } from 'vitest';
import { usageOf } from '../../../rules/language/check-calls.ts';
import { checkExpression } from '../../../rules/language/check-expression.ts';
import {
  EXAMPLE_TAGS,
  EXAMPLE_TIME,
  FUNCTIONS,
  functionOf,
} from '../../../rules/language/functions.ts';
import type { DeriveRule } from '../../../rules/rule.ts';
import { expressionScope } from '../../support/expression-scope.ts';
import { derivedTag, engineFixture, setOf, whole } from '../../support/rules-fixture.ts';

/** Of SEMANTICS.md. */
const SPECIFIED = [
  ...['quality', 'age', 'changed', 'previous', 'rate', 'isGood', 'isBad', 'known', 'fallback'],
  ...['avg', 'integral', 'stddev', 'min', 'max', 'percentile', 'first', 'last', 'delta', 'sum'],
  ...['count', 'coverage', 'since', 'held', 'rising', 'falling', 'times', 'runtime'],
  ...['hour', 'minute', 'weekday', 'day', 'month', 'between', 'sqrt', 'number'],
];

function derived(text: string): DeriveRule {
  const checked = checkExpression(text, 'value', expressionScope());
  if (!checked.ok) throw new Error(JSON.stringify(checked.findings));
  return whole({
    kind: 'derive',
    name: 'example',
    mode: 'active',
    tag: derivedTag('example.result'),
    value: checked.expression,
  });
}

describe('the functions of expressions', () => {
  it('have every name of the specification, each once', () => {
    const names = FUNCTIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(SPECIFIED.filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(FUNCTIONS.map((each) => [each.name, each] as const))(
    '%s has words in both languages and an example that passes the check',
    (name, { doc, example, result }) => {
      expect(doc.en).toMatch(/[.]$/);
      expect(doc.zh).toMatch(/[。]$/);
      expect(example).toContain(`${name}(`);
      const checked = checkExpression(example, 'value', expressionScope());
      expect(checked.findings).toEqual([]);
      const type = checked.ok ? checked.expression.root.type : undefined;
      const found = { flag: 'boolean', number: 'number', duration: 'number', text: 'string' };
      if (type !== 'any' && type !== undefined) expect(typeof result).toBe(found[type]);
    },
  );

  it.each(FUNCTIONS.map(({ example, result }) => [example, result] as const))(
    'compute what their examples say: %s is %s',
    (example, result) => {
      const { start, timezone, length_ms } = EXAMPLE_TIME;
      const run = engineFixture(setOf([derived(example)], { timezone }), {
        start: Date.parse(start),
      });
      const batch = (of: 'before' | 'value') =>
        Object.fromEntries(EXAMPLE_TAGS.map((tag) => [tag.id, tag[of]]));
      run.at(0, batch('before')).at(60_000, batch('value')).at(length_ms);
      const last = run.effects.at(-1);
      const value = last?.kind === 'derive' ? last.value : last;
      if (typeof result === 'number') expect(value).toBeCloseTo(result, 12);
      else expect(value).toBe(result);
    },
  );

  it('look at time exactly where the specification says so', () => {
    const timely = FUNCTIONS.filter(({ example }) => {
      const checked = checkExpression(example, 'value', expressionScope());
      return checked.ok && checked.expression.looksAtTime;
    }).map(({ name }) => name);
    expect(timely).toEqual([
      ...['age', 'avg', 'min', 'rate', 'delta', 'first', 'last', 'integral', 'stddev'],
      ...['percentile', 'sum', 'count', 'coverage', 'since', 'times', 'runtime'],
      ...['hour', 'minute', 'weekday', 'day', 'month', 'between'],
    ]);
  });

  it('are found by their own names and no others', () => {
    expect(functionOf('avg')?.group).toBe('window');
    for (const name of ['constructor', '__proto__', 'toString', ''])
      expect(functionOf(name)).toBeUndefined();
  });

  it('are shown with all their forms', () => {
    const min = functionOf('min');
    expect(min && usageOf(min)).toBe('min(tag, "5m") · min(a, b)');
    const round = functionOf('round');
    expect(round && usageOf(round)).toBe('round(x, [digits])');
  });
});
