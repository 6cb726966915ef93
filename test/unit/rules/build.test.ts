/** What rules become when their YAML is right, and what it takes for two of them to be the same. */
import { describe, expect, test } from 'vitest';
import { type BuiltRules, builtSite } from '../../support/built-rules.ts';

const TAGS = {
  oil_temp: '"holding:100 float32", unit: °C',
  speed: '"holding:102 float32", access: read-write',
  volts: '"holding:104 float32", unit: V',
  amps: '"holding:106 float32", unit: A',
  parts: '"holding:108 uint32", counter: { modulus: 1000000 }',
  pump: 'coil:1, access: read-write',
  ready: 'coil:2',
};

function built(rules: string, tags: Readonly<Record<string, string>> = TAGS): BuiltRules {
  const device = Object.entries(tags).map(
    ([name, address]) => `      ${name}: { address: ${address} }`,
  );
  return builtSite(`${rules}
gateway: { id: a, timezone: Asia/Shanghai, position: { latitude: 36.9, longitude: 122.4 } }
buses: { line: { tcp: h:502 } }
devices:
  press:
    bus: line
    protocol: modbus
    scan: 1s
    tags:
${device.join('\n')}
`);
}

function ruleOf(rules: string, tags?: Readonly<Record<string, string>>) {
  const { set, problems } = built(rules, tags);
  expect(problems).toEqual([]);
  const [rule] = set.rules;
  if (rule === undefined) throw new Error('no rule came out');
  return rule;
}

describe('a deadband', () => {
  test.for([
    ['press.oil_temp > 75', 'press.oil_temp <= 75 - 5'],
    ['press.oil_temp >= 75', 'press.oil_temp < 75 - 5'],
    ['press.oil_temp < 10 + 5', 'press.oil_temp >= (10 + 5) + 5'],
    ['press.oil_temp <= max(press.speed, 3)', 'press.oil_temp > (max(press.speed, 3)) + 5'],
  ])('of %s ends it at %s', ([when, clear]) => {
    const rule = ruleOf(`rules: { hot: { when: "${when}", deadband: 5 } }`);
    expect(rule).toMatchObject({ kind: 'condition', clearWhen: { text: clear } });
  });

  test('means what is written out', () => {
    const made = ruleOf('rules: { hot: { when: press.oil_temp > 75, deadband: 5 } }');
    const written = ruleOf(
      'rules: { hot: { when: press.oil_temp > 75, clear_when: press.oil_temp <= 75 - 5 } }',
    );
    expect(made.fingerprint).toBe(written.fingerprint);
  });
});

describe('the fingerprint of a rule', () => {
  const BASE = 'rules: { hot: { when: press.oil_temp > 75, on_delay: 10s } }';
  const base = () => ruleOf(BASE).fingerprint;

  test.for([
    [
      'its tests',
      'rules: { hot: { when: press.oil_temp > 75, on_delay: 10s, tests: [ { name: a, expect: { alarms: [] } } ] } }',
    ],
    [
      'its description',
      'rules: { hot: { description: x, when: press.oil_temp > 75, on_delay: 10s } }',
    ],
    ['its switch', 'rules: { hot: { mode: off, when: press.oil_temp > 75, on_delay: 10s } }'],
    ['where it stands', `alarms: {}\n${BASE}`],
    [
      'the layout of an expression',
      'rules: { hot: { when: " ( press.oil_temp>75 )", on_delay: 10s } }',
    ],
    [
      'a name for a number',
      'constants: { x: 75 }\nrules: { hot: { when: press.oil_temp > x, on_delay: 10s } }',
    ],
    [
      'a duration in another unit',
      'rules: { hot: { when: press.oil_temp > 75, on_delay: 10000ms } }',
    ],
    [
      'a rule beside it',
      'rules: { hot: { when: press.oil_temp > 75, on_delay: 10s }, b: { when: press.ready } }',
    ],
  ] as const)('does not change with %s', ([, rules]) => {
    expect(ruleOf(rules).fingerprint).toBe(base());
  });

  test.for([
    [
      'going into shadow',
      'rules: { hot: { mode: shadow, when: press.oil_temp > 75, on_delay: 10s } }',
    ],
    ['its name', 'rules: { hotter: { when: press.oil_temp > 75, on_delay: 10s } }'],
    ['its condition', 'rules: { hot: { when: press.oil_temp >= 75, on_delay: 10s } }'],
    ['a delay', 'rules: { hot: { when: press.oil_temp > 75, on_delay: 11s } }'],
    [
      'what it does',
      'rules: { hot: { when: press.oil_temp > 75, on_delay: 10s, do: [ { write: press.pump, value: true } ] } }',
    ],
  ] as const)('changes with %s', ([, rules]) => {
    expect(ruleOf(rules).fingerprint).not.toBe(base());
  });

  test('changes with what the tags are that it uses, and with nothing else of them', () => {
    const counting = 'rules: { many: { when: \'delta(press.parts, "1h") > 100\' } }';
    const before = ruleOf(counting).fingerprint;
    const of = (parts: string) => ruleOf(counting, { ...TAGS, parts }).fingerprint;
    expect(of('"holding:108 uint32", counter: { modulus: 999 }')).not.toBe(before);
    expect(of('"holding:108 uint32", unit: pcs, counter: { modulus: 1000000 }')).not.toBe(before);
    expect(of('"holding:300 uint32", scan: 2s, counter: { modulus: 1000000 }')).toBe(before);
    expect(ruleOf(counting, { ...TAGS, ready: 'coil:9' }).fingerprint).toBe(before);
  });

  test('of a derived tag does not depend on how many tags the site has', () => {
    const rules = 'rules: { p: { derive: { tag: press.power, value: press.volts * press.amps } } }';
    expect(ruleOf(rules, { ...TAGS, more: 'coil:77' }).fingerprint).toBe(ruleOf(rules).fingerprint);
  });
});

describe('the order of rules', () => {
  test('is that of the files, but what derives a tag stands before what uses it', () => {
    const { set, problems } = built(`rules:
  a: { when: x.sum > 5 }
  b: { when: press.ready }
  c: { derive: { tag: x.sum, value: x.left + x.right } }
  d: { derive: { tag: x.right, value: press.speed } }
  e: { derive: { tag: x.left, value: press.speed * 2 } }
`);
    expect(problems).toEqual([]);
    expect(set.rules.map(({ name }) => name)).toEqual(['e', 'd', 'c', 'a', 'b']);
    expect(set.derived.map(({ id, index }) => [id, index])).toEqual([
      ['x.left', 7],
      ['x.right', 8],
      ['x.sum', 9],
    ]);
  });

  test('holds for a chain of two thousand', () => {
    const chain = Array.from({ length: 1_999 }, (_, i) => {
      const before = i === 1_998 ? 'press.volts' : `x.t${i + 1}`;
      return `  r${i}: { derive: { tag: x.t${i}, value: ${before} + 1 } }`;
    });
    const { set, problems } = built(`rules:\n${chain.join('\n')}\n  use: { when: x.t0 > 5 }\n`);
    expect(problems).toEqual([]);
    expect(set.rules[0]?.name).toBe('r1998');
    expect(set.rules.at(-1)?.name).toBe('use');
  });

  test('knows the type of a derived tag wherever it is used', () => {
    const { problems } = built(`rules:
  a: { when: x.is_hot > 5 }
  b: { derive: { tag: x.is_hot, value: press.oil_temp > 75 } }
`);
    expect(problems).toEqual([expect.stringMatching(/^2:14 rule\.not-for-type /)]);
  });
});

test('a derived tag reports and is shown as it says', () => {
  const rule = ruleOf(
    'rules: { p: { derive: { tag: hall.press.power, value: press.volts * press.amps, unit: VA, decimals: 1, deadband: 2, heartbeat: 5m } } }',
  );
  expect(rule).toMatchObject({
    tag: {
      id: 'hall.press.power',
      device: 'hall.press',
      quantity: 'power',
      unit: 'VA',
      decimals: 1,
      report: { deadband: 2, heartbeat: 300_000 },
    },
  });
});

test('the counters that rules use have their modulus', () => {
  const { set } = built('rules: { many: { when: \'delta(press.parts, "1h") > 100\' } }');
  expect(set.counters).toEqual({ 'press.parts': 1_000_000 });
});

describe('a message', () => {
  const shown = (message: string, rest = '') => {
    const rule = ruleOf(
      `rules: { hot: { when: press.ready, alarm: { message: ${message} } ${rest} } }`,
    );
    if (rule.kind !== 'condition' || rule.alarm === undefined) throw new Error('no alarm came out');
    const of = (language: 'en' | 'zh') =>
      rule.alarm?.message[language].map((part) =>
        typeof part === 'string'
          ? part
          : 'value' in part
            ? [part.value.text, part.digits]
            : '{step}',
      );
    return { en: of('en'), zh: of('zh') };
  };

  test.for([
    ['"oil at {press.oil_temp} °C"', ['oil at ', ['press.oil_temp', undefined], ' °C']],
    ['"{press.oil_temp:2}"', [['press.oil_temp', 2]]],
    ['"{{press.oil_temp}} {press.ready}"', ['{press.oil_temp} ', ['press.ready', undefined]]],
    ['"{press.ready ? 1:2}"', [['press.ready ? 1:2', undefined]]],
    ['"{press.ready ? 1 : 2:3}"', [['press.ready ? 1 : 2', 3]]],
    [`"{press.ready ? '}' : '{'}"`, [["press.ready ? '}' : '{'", undefined]]],
  ] as const)('of %s', ([message, parts]) => {
    expect(shown(message)).toEqual({ en: parts, zh: parts });
  });

  test('in one language is the same in the other', () => {
    expect(shown('{ zh: 油温 }')).toEqual({ en: ['油温'], zh: ['油温'] });
  });
});

test('a time of day on some days is a cron time', () => {
  const at = (schedule: string) => ruleOf(`rules: { a: { schedule: ${schedule}, do: [] } }`);
  expect(at('{ at: "06:30", days: [mon, sun] }')).toMatchObject({
    at: { kind: 'cron', cron: '30 6 * * 1,0' },
  });
  expect(at('{ at: "23:05" }')).toMatchObject({ at: { kind: 'cron', cron: '5 23 * * *' } });
  expect(at('{ sun: sunset, offset: -15m }')).toMatchObject({
    at: { kind: 'sun', event: 'sunset', offset: -900_000 },
    looksAtTime: true,
  });
});

test('a template makes a rule for each set of arguments, with its own tests and those of the rule', () => {
  const { set, problems } = built(`constants: { top: 90 }
templates:
  over:
    parameters: { input: { kind: tag }, limit: { kind: number, default: 75 }, delay: { kind: duration, default: 5s }, word: { kind: text, default: hot } }
    rule:
      when: input > limit && word == 'hot'
      on_delay: \${delay}
      alarm: { message: "\${word}: {input} > {limit}" }
      tests: [ { name: one, series: { input: "1" }, expect: { alarms: [] } } ]
rules:
  a: { template: over, arguments: { input: press.oil_temp, delay: 1m } }
  b:
    template: over
    arguments: { input: press.speed, limit: "\${top}" }
    mode: shadow
    tests: [ { name: two, expect: { alarms: [ { at: 1s, to: active } ] } } ]
`);
  expect(problems).toEqual([]);
  const [a, b] = set.rules;
  expect(a).toMatchObject({ name: 'a', onDelay: 60_000, tags: ['press.oil_temp'], mode: 'active' });
  expect(a?.tests).toMatchObject([
    { name: 'one', series: [{ tag: 'press.oil_temp' }], place: { line: 9 } },
  ]);
  expect(b).toMatchObject({ name: 'b', onDelay: 5_000, tags: ['press.speed'], mode: 'shadow' });
  expect(b?.tests).toMatchObject([
    { name: 'one' },
    { name: 'two', expect: { alarms: [{ rule: 'b' }] } },
  ]);
  expect(JSON.stringify(b)).toContain('"value":90');
});

test('a mistake in a template is told once, for the first rule that has it', () => {
  const { problems } = built(`templates:
  over: { parameters: { input: { kind: tag } }, rule: { when: input > 'a' } }
rules:
  fine: { template: over, arguments: { input: press.nobody } }
  a: { template: over, arguments: { input: press.oil_temp } }
  b: { template: over, arguments: { input: press.speed } }
`);
  expect(problems).toEqual([
    expect.stringMatching(/^4:47 rule\.unknown-tag /),
    expect.stringMatching(/^2:\d+ rule\.\S+ .* \(in rule "a"\)$/),
  ]);
});

describe('the most that a site may have', () => {
  const many = (count: number, entry: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => `  ${entry(index)}`).join('\n');

  test.for([
    ['rules', 2_000, 'when: press.ready'],
    ['templates', 200, 'rule: { when: press.ready }'],
    ['constants', 1_000, 'value: 1'],
  ] as const)('of %s is %i', ([section, most, entry]) => {
    const of = (count: number) => `${section}:\n${many(count, (i) => `x${i}: { ${entry} }`)}\n`;
    expect(built(of(most)).problems).toEqual([]);
    expect(built(of(most + 1)).problems).toEqual([
      `1:1 rules.too-many "${section}" has ${most + 1} entries; at most ${most}`,
    ]);
  });

  test('of actions is 64, of steps 32, of values of a record 64', () => {
    const action = '{ write: press.pump, value: true }';
    const actions = (count: number) => Array.from({ length: count }, () => action).join(', ');
    const doing = (count: number) =>
      `rules: { a: { when: press.ready, do: [ ${actions(count)} ] } }`;
    expect(built(doing(64)).problems).toEqual([]);
    expect(built(doing(65)).problems).toEqual([expect.stringContaining('config.list-length')]);
    const steps = (count: number) =>
      `rules: { a: { sequence: { steps: [ ${Array.from({ length: count }, () => '{ name: a, when: press.ready }').join(', ')} ] } } }`;
    expect(built(steps(32)).problems).toEqual([]);
    expect(built(steps(33)).problems).toEqual([expect.stringContaining('config.list-length')]);
    const values = (count: number) =>
      Array.from({ length: count }, (_, i) => `v${i}: 1`).join(', ');
    const record = (count: number) =>
      `rules: { a: { when: press.ready, do: [ { record: r, values: { ${values(count)} } } ] } }`;
    expect(built(record(64)).problems).toEqual([]);
    expect(built(record(65)).problems).toEqual([expect.stringContaining('rules.too-many')]);
  });

  test('of samples in windows is 64 MiB together, each tag once with its longest', () => {
    const tags = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`t${i}`, `"holding:${i * 2} float32"`]),
    );
    const windows = (count: number) =>
      `rules:\n${many(count, (i) => `r${i}: { when: 'avg(press.t${i}, "20h") > min(press.t${i}, "19h")' }`)}\n`;
    expect(built(windows(38), tags).problems).toEqual([]);
    expect(built(windows(39), tags).problems).toEqual([
      expect.stringMatching(/^1:1 rules\.window-memory .* 65 MiB/),
    ]);
  });
});

describe('two rules that write one tag', () => {
  const hot = (value: string, more = '') =>
    `{ when: press.oil_temp > 75, do: [ { write: press.pump, value: ${value} } ]${more} }`;
  const evening = '{ schedule: { at: "22:00" }, do: [ { write: press.pump, value: false } ] }';
  test.for<[string, string, string, boolean]>([
    ['another value', hot('true'), hot('false'), true],
    ['the same value', hot('true'), hot('true'), false],
    ['a value that changes', hot('press.pump'), hot('press.pump'), true],
    [
      'what the end of the other takes back',
      hot('true', ', on_clear: [ { write: press.pump, value: false } ]'),
      hot('true'),
      true,
    ],
    ['at a time of day', hot('true'), evening, false],
  ])('with %s', ([, one, other, isTold]) => {
    const { problems } = built(`rules: { one: ${one}, other: ${other} }`);
    expect(problems.some((line) => line.includes('rules.write-twice'))).toBe(isTold);
  });
});
