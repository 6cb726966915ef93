/** What expressions mean to the check, good and bad, over the site of `expression-scope.ts`. */
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../gateway/model/errors.ts';
import type { CallExpr, Expr } from '../../../rules/expression.ts';
import {
  type Checked,
  checkExpression,
  type Want,
} from '../../../rules/language/check-expression.ts';
import { expressionScope } from '../../support/expression-scope.ts';

const check = (text: string, want: Want = 'value'): Checked =>
  checkExpression(text, want, expressionScope());

const accepted = (text: string, want: Want = 'value') => {
  const checked = check(text, want);
  if (!checked.ok) throw new Error(JSON.stringify(checked.findings));
  return checked.expression;
};

/** `code "the part that is meant"`. */
const findings = (text: string, want: Want = 'value'): readonly string[] =>
  check(text, want).findings.map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`);

describe('a good expression has a type and a unit', () => {
  it.each([
    ['press.oil_temp > 75', 'flag', undefined],
    ['input > oil_limit', 'flag', undefined],
    ['input', 'number', '°C'],
    ['press.outer_temp', 'number', '°C'],
    ['press.oil_temp + press.outer_temp', 'number', '°C'],
    ['press.oil_temp + 2', 'number', '°C'],
    ['2 + press.oil_temp', 'number', '°C'],
    ['press.oil_temp * factor', 'number', '°C'],
    ['press.oil_temp / (2 - 1)', 'number', '°C'],
    ['press.oil_temp % 10', 'number', '°C'],
    ['2 / press.oil_temp', 'number', undefined],
    ['press.oil_temp * press.power', 'number', undefined],
    ['press.oil_temp / press.parts', 'number', undefined],
    ['press.oil_temp / press.outer_temp', 'number', undefined],
    ['-press.oil_temp', 'number', '°C'],
    ['press.mode + "!"', 'text', undefined],
    ['press.odd > press.strange', 'flag', undefined],
    ['press.odd > press.pressure', 'flag', undefined],
    ['press.pump ? press.oil_temp : 20', 'number', '°C'],
    ['age(press.oil_temp)', 'duration', undefined],
    ['age(press.oil_temp) > "30s"', 'flag', undefined],
    ['age(press.oil_temp) > grace', 'flag', undefined],
    ['"1.5 m" < since(press.pump)', 'flag', undefined],
    ['age(press.pump) + "1m"', 'duration', undefined],
    ['since(press.pump) * 2', 'duration', undefined],
    ['runtime(press.pump, "1h") / "1h"', 'number', undefined],
    ['held(press.pump, grace)', 'flag', undefined],
    ['held(press.pump, duration("5m"))', 'flag', undefined],
    ['duration("400d")', 'duration', undefined],
    ['press.mode in ["auto", word]', 'flag', undefined],
    ['age(press.pump) in ["1m", grace]', 'flag', undefined],
    ['press.status in [1, -2, factor]', 'flag', undefined],
    ['quality(press.pump) in ["good", "bad:comm"]', 'flag', undefined],
    ['press.mode.startsWith("a")', 'flag', undefined],
    ['press.mode.trim().size()', 'number', undefined],
    ['min(press.oil_temp, 5)', 'number', '°C'],
    ['max(5, press.oil_temp)', 'number', '°C'],
    ['min(press.oil_temp, "1h")', 'number', '°C'],
    ['min(press.oil_temp, grace)', 'number', '°C'],
    ['clamp(press.oil_temp, 0, oil_limit)', 'number', '°C'],
    ['fallback(age(press.pump), "1h")', 'duration', undefined],
    ['fallback(press.whatever, 1)', 'number', undefined],
    ['previous(press.mode)', 'text', undefined],
    ['first(press.pump, "1h")', 'flag', undefined],
    ['rate(press.pressure)', 'number', 'bar/s'],
    ['rate(press.pressure, "5m")', 'number', 'bar/s'],
    ['integral(press.power, "1h")', 'number', 'kW·s'],
    ['integral(press.pump, "1h")', 'number', undefined],
    ['count(press.power, "1h")', 'number', undefined],
    ['coverage(press.power, "1h")', 'number', undefined],
    ['stddev(press.power, "1h")', 'number', 'kW'],
    ['convert(press.pressure, "kPa")', 'number', 'kPa'],
    ['convert(press.pressure, "kPa") > press.other_pressure', 'flag', undefined],
    ['convert(integral(press.power, "1h"), "kWh")', 'number', 'kWh'],
    ['convert(integral(press.flow, "1h"), "l")', 'number', 'L'],
    ['press.whatever', 'any', undefined],
    ['press.whatever && press.whatever > 5', 'flag', undefined],
    ['press.whatever + press.whatever', 'any', undefined],
    ['avg(press.whatever, "5m")', 'number', undefined],
    ['loop.in && if.true', 'flag', undefined],
    ['hall.north.loop.temp', 'number', '°C'],
  ])('%s', (text, type, unit) => {
    const { root } = accepted(text);
    expect({ type: root.type, unit: root.unit }).toEqual({ type, unit });
  });
});

describe('who writes another language is told what to write here', () => {
  it.each<[string, string]>([
    ['press.pump or loop.in', 'or → ||'],
    ['press.pump AND loop.in', 'AND → &&'],
    ['not press.pump', 'not → !'],
    ['not(press.pump)', 'not → !'],
    ['press.oil_temp => 5', '=> → >='],
    ['press.oil_temp <> 5', '<> → !='],
    ['press.oil_temp === 5', '=== → =='],
    ['press.pump =! true', '=! → !='],
    ['press.pump &! loop.in', '& → &&, bit(x, 2)'],
    ['press.oil_temp ** 2 > 5', '** → x * x'],
    ['press.oil_temp 大于 5', '大于 → >'],
    ['press.pump 并且 loop.in', '并且 → &&'],
    ['if press.pump then 1 else 2', 'if → a ? b : c'],
    ['press.oil_temp between 1 and 3', 'between → x >= 1 && x <= 5'],
    ['press.pump is true', 'is → =='],
    ['press.pump == on', 'on → true'],
    ['press.oil_temp == null', 'null → isBad(x)'],
    ['press.oil_temp == bad', 'bad → isBad(x)'],
    ['mean(press.oil_temp, "5m") > 5', 'mean → avg'],
    ['avg(press.oil_temp, 5m) > 5', '5m → "5m"'],
    ['since(press.pump) > 60s', '60s → "60s"'],
    ['between(22:00, 06:00)', '22:00 → "22:00"'],
    ['press.oil_temp > 3,5', '3,5 → 3.5'],
    ['press.oil_temp > 1.000,5', '1.000,5 → 1000.5'],
    ['press.oil_temp > 3 bar', '3 bar → 3'],
    ['press.oil_temp > 80 %', '80 % → 80'],
    ['press.oil_temp > 30°C', '30°C → 30'],
    ['press.oil_temp °C > 30', '°C → '],
    ['press.oil_temp > ３', '３ → 3'],
    ['press.oil_temp >\u3000 3', '\u3000 → " "'],
    ['press.mode == `auto`', '` → "'],
  ])('%s', (text, expected) => {
    const [first] = check(text).findings;
    expect(`${text.slice(first?.span.start, first?.span.end)} → ${first?.details?.instead}`).toBe(
      expected,
    );
  });

  it('every full-width character outside of texts is told at once', () => {
    expect(findings('（press.mode == “全（角）”）')).toEqual([
      ...['（', '“', '（', '）', '”', '）'].map((one) => `rule.full-width ${one}`),
    ]);
    expect(findings('(press.mode ＝＝ "全（角）")')).toEqual([
      'rule.full-width ＝',
      'rule.full-width ＝',
    ]);
  });

  it.each<[string, string]>([
    ['since(press.pump) > 60', 'rule.duration-and-number since(press.pump) > 60'],
    ['press.oil_temp > "75"', 'rule.number-in-quotes press.oil_temp > "75"'],
    ['press.pump == 1', 'rule.flag-compared press.pump == 1'],
    ['1 < press.oil_temp < 3', 'rule.comparison-chain 1 < press.oil_temp < 3'],
    ['!press.oil_temp > 3', 'rule.not-of-comparison !press.oil_temp'],
  ])('%s', (text, expected) => {
    expect(findings(text)[0]).toBe(expected);
  });

  it('where nothing has a name, nothing is suggested', () => {
    const nameless = { ...expressionScope(), names: () => [] };
    const [found] = checkExpression('nobody > 5', 'condition', nameless).findings;
    expect(found?.code).toBe('rule.unknown-word');
  });
});

describe('a bad expression has its findings, each with its part of the text', () => {
  it.each<[string, readonly string[], Want?]>([
    ['', ['rule.expression-empty ']],
    ['  \n ', ['rule.expression-empty ']],
    ['press.oil_temp >', ['rule.cut-short ']],
    ['(press.oil_temp', ['rule.cut-short ']],
    ['press.oil_temp = 5', ['rule.instead =']],
    ['press.pump and loop.in', ['rule.instead and']],
    ['press.pump & loop.in', ['rule.instead &']],
    ['press.oil_temp > 5)', ['rule.unexpected )']],
    ['press.oil_temp ＞ 5', ['rule.full-width ＞']],
    ['press.mode == “auto”', ['rule.full-width “', 'rule.full-width ”']],
    ['press.mode == "auto', ['rule.text-open "auto']],
    ['press.mode == "C:\\data"', ['rule.escape \\d']],
    ['press.oil_temp > 1e999', ['rule.number-form 1e999']],
    ['9007199254740993', ['rule.number-too-large 9007199254740993']],
    ['press.status in 5', ['rule.list-wanted 5']],
    ['press.status in []', ['rule.list-wanted []']],
    ['press.status in [press.parts]', ['rule.list-entry press.parts']],
    ['press.status in [1 + 1]', ['rule.list-entry 1 + 1']],
    ['press.mode == null', ['rule.instead null']],
    ['[1, 2]', ['rule.not-in-language [1, 2]']],
    ['{"a": 1}', ['rule.not-in-language {"a": 1}']],
    ['press.mode[0]', ['rule.not-in-language press.mode[0]']],
    ['(press.mode).size().x', ['rule.not-in-language press.mode).size().x']],
    ['[1].all(x, x > 0)', ['rule.not-in-language [1].all(x, x > 0)']],
    ['b"x" == 5u', ['rule.not-in-language b"x"', 'rule.not-in-language 5u']],
    ['press.mode.matches("(a+)+$")', ['rule.unknown-function press.mode.matches("(a+)+$")']],
    ['has(press.mode)', ['rule.unknown-function has(press.mode)']],
    ['if(press.pump)', ['rule.instead if']],
    ['press.oil_tmep > 5', ['rule.unknown-tag press.oil_tmep']],
    ['oil_temp > 5', ['rule.unknown-name oil_temp']],
    ['quality(press.pump) == "god"', ['rule.unknown-quality "god"']],
    ['quality(press.pump) in ["good", "bad"]', ['rule.unknown-quality "bad"']],
    ['press.pump > 5', ['rule.not-for-type press.pump']],
    ['press.pump + press.mode', ['rule.not-for-type press.pump']],
    ['!press.oil_temp', ['rule.not-for-type press.oil_temp']],
    ['-press.pump', ['rule.not-for-type press.pump']],
    ['press.oil_temp && press.pump', ['rule.not-for-type press.oil_temp']],
    ['press.oil_temp ? 1 : 2', ['rule.not-for-type press.oil_temp']],
    ['since(press.pump) * since(press.pump)', ['rule.not-for-type since(press.pump)']],
    ['1 / since(press.pump)', ['rule.not-for-type since(press.pump)']],
    ['press.pump == 1', ['rule.flag-compared press.pump == 1']],
    ['press.mode == press.status', ['rule.types-differ press.mode == press.status']],
    ['press.pump ? 1 : "x"', ['rule.types-differ press.pump ? 1 : "x"']],
    ['press.status in [1, "2"]', ['rule.number-in-quotes "2"']],
    ['age(press.pump) > 30', ['rule.duration-and-number age(press.pump) > 30']],
    ['age(press.pump) > "soon"', ['rule.types-differ age(press.pump) > "soon"']],
    ['fallback(press.pump, 1)', ['rule.types-differ 1']],
    [
      'press.pressure > press.other_pressure',
      ['rule.units-differ press.pressure > press.other_pressure'],
    ],
    ['press.pressure - press.oil_temp', ['rule.units-unlike press.pressure - press.oil_temp']],
    ['press.pressure > oil_limit', ['rule.units-unlike press.pressure > oil_limit']],
    ['min(press.pressure, press.power)', ['rule.units-unlike press.power']],
    ['clamp(press.pressure, 0, oil_limit)', ['rule.units-unlike oil_limit']],
    ['fallback(press.pressure, press.power)', ['rule.units-unlike press.power']],
    [
      'press.pump ? press.pressure : press.power',
      ['rule.units-unlike press.pump ? press.pressure : press.power'],
    ],
    [
      'integral(press.power, "1h") > convert(press.power, "W")',
      ['rule.units-unlike integral(press.power, "1h") > convert(press.power, "W")'],
    ],
    ['convert(press.pressure, "foo")', ['rule.convert-unit "foo"']],
    ['convert(press.odd, "m")', ['rule.convert-unit press.odd']],
    ['convert(press.parts, "kW")', ['rule.convert-no-unit press.parts']],
    ['convert(press.pressure, "kW")', ['rule.convert-dimension "kW"']],
    ['convert(press.pressure, factor)', ['rule.literal-text factor']],
    ['press.status.abs()', ['rule.not-a-method press.status.abs()']],
    ['press.pump.rising()', ['rule.not-a-method press.pump.rising()']],
    ['avg(press.oil_temp)', ['rule.argument-count avg(press.oil_temp)']],
    ['round(1, 2, 3)', ['rule.argument-count round(1, 2, 3)']],
    ['hour(1)', ['rule.argument-count hour(1)']],
    ['contains(press.mode, 5)', ['rule.wrong-type 5']],
    ['abs(press.mode)', ['rule.wrong-type press.mode']],
    ['rising(press.oil_temp)', ['rule.wrong-type press.oil_temp']],
    ['avg(press.mode, "1h")', ['rule.wrong-type press.mode']],
    ['integral(press.mode, "1h")', ['rule.wrong-type press.mode']],
    ['avg(press.oil_temp * 2, "1h")', ['rule.tag-wanted press.oil_temp * 2']],
    ['quality(oil_limit)', ['rule.tag-wanted oil_limit']],
    ['avg(press.oil_temp, 5)', ['rule.literal-duration 5']],
    ['avg(press.oil_temp, "5 minutes")', ['rule.literal-duration "5 minutes"']],
    ['avg(press.oil_temp, age(press.pump))', ['rule.literal-duration age(press.pump)']],
    ['held(press.pump, press.parts)', ['rule.literal-duration press.parts']],
    ['avg(press.oil_temp, "0s")', ['rule.duration-range "0s"']],
    ['runtime(press.pump, "32d")', ['rule.duration-range "32d"']],
    ['percentile(press.oil_temp, 101, "1h")', ['rule.literal-percent 101']],
    ['percentile(press.oil_temp, press.parts, "1h")', ['rule.literal-percent press.parts']],
    ['between("8:00", "24:00")', ['rule.time-of-day "24:00"']],
    ['avg(press.oil_temp, "28h")', ['rule.window-too-long avg(press.oil_temp, "28h")']],
    ['avg(press.fast, "17m")', ['rule.window-too-long avg(press.fast, "17m")']],
    ['avg(press.reported, "28h")', ['rule.window-too-long avg(press.reported, "28h")']],
    [
      'percentile(press.power, 90, "3h") > 1',
      ['rule.windows-too-costly percentile(press.power, 90, "3h") > 1'],
    ],
    ['press.oil_temp', ['rule.wrong-result press.oil_temp'], 'condition'],
    ['press.pump', ['rule.wrong-result press.pump'], 'number'],
    ['press.pump', ['rule.wrong-result press.pump'], 'text'],
    ['age(press.pump)', ['rule.wrong-result age(press.pump)'], 'number'],
    ['"soon"', ['rule.wrong-result "soon"'], 'duration'],
    // All of them, in the order of the text, and one for each mistake.
    [
      'foo.bar > 5 && press.pump > 1 && nope(press.what) || avg(1, 2) == "x"',
      [
        'rule.unknown-tag foo.bar',
        'rule.not-for-type press.pump',
        'rule.unknown-function nope(press.what)',
        'rule.unknown-tag press.what',
        'rule.types-differ avg(1, 2) == "x"',
        'rule.tag-wanted 1',
        'rule.literal-duration 2',
      ],
    ],
  ])('%s', (text, expected, want) => {
    expect(findings(text, want)).toEqual(expected);
  });

  it('counts what is more than twenty', () => {
    const found = check(Array(30).fill('no.such').join(' + ')).findings;
    expect(found).toHaveLength(21);
    expect(found.at(-1)).toMatchObject({ code: 'rule.too-many-findings', details: { left: 10 } });
  });

  it.each([
    ['press.oil_tmep', 'press.oil_temp'],
    ['pres.oil_temp', 'press.oil_temp'],
    ['hall.north.lop.temp', 'hall.north.loop.temp'],
    ['oil_temp', 'press.oil_temp'],
    ['oil_limt', 'oil_limit'],
    ['averge(press.oil_temp, "5m")', 'avg'],
    ['quality(press.pump) == "bad:com"', 'bad:comm'],
  ])('%s: did you mean %s?', (text, meant) => {
    const [first] = check(text).findings;
    expect(String(first?.details.known)).toContain(meant);
  });

  it('finds the likeliest of ten thousand tags', () => {
    const ids = Array.from({ length: 10_000 }, (_, at) => `area${at % 50}.machine_${at}.oil_temp`);
    const scope = { ...expressionScope(), tagIds: () => ids };
    const checked = checkExpression('area7.machnie_1207.oil_temp > 5', 'condition', scope);
    expect(checked.findings[0]?.details.known).toMatch(/^area7.machine_1207.oil_temp,/);
  });

  it('is told in both languages', () => {
    const [first] = check('press.pressure > press.other_pressure').findings;
    const error = first && new GatewayError(first.code, first.details);
    expect(error?.describe('zh')).toBe('bar 与 kPa 是不同的单位 [rule.units-differ]');
    expect(error?.hint('en')).toBe('convert one of them: convert(x, "bar")');
  });
});

describe('a checked expression', () => {
  it('lists its tags once, in the order of the text', () => {
    const text = 'press.pump && press.oil_temp > avg(press.parts, "5m") || input > press.power';
    const bad = 'press.pump && press.oil_temp > avg(press.parts, "5m") || input > press.parts';
    expect(findings(text)).toEqual(['rule.units-unlike input > press.power']);
    expect(accepted(bad).tags).toEqual(['press.pump', 'press.oil_temp', 'press.parts']);
  });

  it.each([
    ['press.pump', false],
    ['rate(press.parts)', false],
    ['rate(press.parts, "5m")', true],
    ['min(press.parts, 5)', false],
    ['min(press.parts, "5m")', true],
    ['held(press.pump, "5m")', false],
    ['times(press.pump)', false],
    ['times(press.pump, "5m")', true],
    ['since(press.pump) > "5m"', true],
    ['age(press.pump) > "5m"', true],
    ['hour() > 5', true],
    ['duration("5m") > "1m"', false],
  ])('%s looks at time: %s', (text, looks) => {
    expect(accepted(text).looksAtTime).toBe(looks);
  });

  it('numbers the functions that remember over all expressions of a rule, innermost first', () => {
    const scope = expressionScope();
    const memories = (text: string): readonly (number | undefined)[] => {
      const checked = checkExpression(text, 'value', scope);
      const found: (number | undefined)[] = [];
      const visit = (of: Expr): void => {
        if (of.kind === 'call') {
          found.push(of.memory);
          of.args.forEach(visit);
        } else if (of.kind === 'binary') [of.left, of.right].forEach(visit);
      };
      if (checked.ok) visit(checked.expression.root);
      return found;
    };
    expect(memories('rising(held(press.pump, "5s")) && falling(press.pump)')).toEqual([1, 0, 2]);
    expect(memories('since(press.pump) > age(press.pump)')).toEqual([3, undefined]);
  });

  it('is plain data that crosses threads', () => {
    const expression = accepted('min(input, grace) > oil_limit && press.mode.contains("x")');
    expect(structuredClone(expression)).toEqual(expression);
    expect(JSON.parse(JSON.stringify(expression))).toEqual(expression);
  });

  it('has windows marked, durations in ms and constants as values', () => {
    const { root } = accepted('min(input, grace)');
    const { args, isWindow } = root as CallExpr;
    expect(isWindow).toBe(true);
    expect(args).toMatchObject([
      { kind: 'tag', tag: 'press.oil_temp' },
      { kind: 'literal', type: 'duration', value: 30_000 },
    ]);
    expect((accepted('min(input, 5)').root as CallExpr).isWindow).toBeUndefined();
  });

  it('may cost what it costs at most', () => {
    expect(check('avg(press.oil_temp, "27h")').ok).toBe(true);
    expect(check('avg(press.oil_temp, "27h") > min(press.oil_temp, "27h")').ok).toBe(true);
    const three = ['avg', 'min', 'max'].map((name) => `${name}(press.oil_temp, "27h")`);
    expect(check(three.join(' + ')).findings).toMatchObject([
      { code: 'rule.windows-too-costly', details: { samples: 291_600, most: 200_000 } },
    ]);
  });

  it.each([
    ['"30s"', 'duration', 'duration'],
    ['grace', 'duration', 'duration'],
    ['press.whatever', 'condition', 'any'],
    ['press.whatever', 'number', 'any'],
    ['press.mode', 'text', 'text'],
    ['true', 'condition', 'flag'],
  ] as const)('%s fits where a %s is wanted', (text, want, type) => {
    expect(accepted(text, want).root.type).toBe(type);
  });
});
