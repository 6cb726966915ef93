import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byLikeness, editDistance } from '../../../gateway/host/likeness.ts';
import { printable, quoted } from '../../../gateway/host/quoted.ts';
import {
  anything,
  duration,
  flag,
  integer,
  list,
  map,
  number,
  object,
  oneKeyOf,
  oneOf,
  openObject,
  optional,
  parsedText,
  type Schema,
  share,
  size,
  text,
} from '../../../gateway/host/schema.ts';

const valueFrom = <T>(schema: Schema<T>, value: unknown): T => {
  const parsed = schema.parse(value);
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('; '));
  return parsed.value;
};
const codesOf = (schema: Schema<unknown>, value: unknown): string[] => {
  const parsed = schema.parse(value);
  return parsed.ok ? [] : parsed.issues.map(({ path, code }) => `${path.join('.')} ${code}`.trim());
};

describe('numbers with a unit', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['30d', 2_592_000_000],
    ['30 d', 2_592_000_000],
  ])('reads the duration %s', (written, ms) => {
    expect(valueFrom(duration(), written)).toBe(ms);
  });

  test.each([
    ['1B', 1],
    ['64KiB', 65_536],
    ['2GB', 2e9],
    ['1TiB', 2 ** 40],
  ])('reads the size %s', (written, bytes) => {
    expect(valueFrom(size(), written)).toBe(bytes);
  });

  test('reads a share in percent as a part of one', () => {
    expect(valueFrom(share(), '5%')).toBe(0.05);
    expect(codesOf(share(), '101%')).toEqual(['config.out-of-range']);
  });

  test('refuses a bare number and says how to write it', () => {
    expect(duration().parse(10)).toMatchObject({
      issues: [{ code: 'config.unit-missing', details: { example: '10s' } }],
    });
    expect(codesOf(size(), 10)).toEqual(['config.unit-missing']);
    expect(codesOf(share(), 0.05)).toEqual(['config.unit-missing']);
  });

  test.each([
    '',
    's',
    '10',
    '-1s',
    '1e3s',
    '10 seconds',
    '1h30m',
    '10S',
    '1s\n',
    'Infinitys',
    '0x10s',
  ])('refuses the duration "%s"', (written) =>
    expect(codesOf(duration(), written)).toEqual(['config.not-duration']),
  );

  test('holds its bounds, both included', () => {
    const bounded = duration({ min: '100ms', max: '60s' });
    expect(valueFrom(bounded, '100ms')).toBe(100);
    expect(valueFrom(bounded, '1m')).toBe(60_000);
    expect(codesOf(bounded, '99ms')).toEqual(['config.out-of-range']);
    expect(codesOf(bounded, '60001ms')).toEqual(['config.out-of-range']);
  });
});

test.each([
  [flag(), 'yes', 'config.not-flag'],
  [number(), '0.2', 'config.not-number'],
  [number(), Number.NaN, 'config.not-number'],
  [integer(), 1.5, 'config.not-integer'],
  [integer(), 2 ** 53, 'config.not-integer'],
  [text(), 12, 'config.not-text'],
  [text(), '', 'config.text-empty'],
  [text({ pattern: /^a/ }), 'b', 'config.text-form'],
  [list(flag()), 'a', 'config.not-list'],
  [list(flag(), { min: 1 }), [], 'config.list-length'],
  [map({}, flag()), [], 'config.not-map'],
  [size(), '3 cups', 'config.not-size'],
  [share(), 'half', 'config.not-share'],
] as const)('%#: what does not fit is refused by name, %j', (schema, value, code) => {
  expect(codesOf(schema, value)).toContain(code);
});

describe('an object', () => {
  const site = object({
    id: text(),
    wait: duration({ default: '1s' }),
    note: optional(text({ max: 3 })),
    mode: oneOf([5, '3.1.1'], { default: 5 }),
    inner: object({ path: text({ default: 'x' }) }, { default: {} }),
  });

  test('fills in what has a default, inner objects included', () => {
    expect(valueFrom(site, { id: 'a' })).toEqual({
      id: 'a',
      wait: 1_000,
      mode: 5,
      inner: { path: 'x' },
    });
  });

  test('reports every issue at once, at its path', () => {
    const wrong = { wait: 7, note: 'long', mode: '5', inner: { pathh: 1 }, idd: 1 };
    expect(codesOf(site, wrong).sort()).toEqual([
      'id config.missing-key',
      'idd config.unknown-key',
      'inner.pathh config.unknown-key',
      'mode config.not-one-of',
      'note config.text-too-long',
      'wait config.unit-missing',
    ]);
  });

  test('names the nearest known key for one that nobody knows', () => {
    expect(site.parse({ id: 'a', wiat: '1s' })).toMatchObject({
      issues: [{ details: { key: 'wiat', nearest: 'wait' } }],
    });
  });

  test('keeps the keys of others when it is open', () => {
    expect(valueFrom(openObject({ bus: text() }), { bus: 'a', unit: 3 })).toEqual({
      bus: 'a',
      unit: 3,
    });
  });

  test('is never harmed by what it is given', () => {
    const all = object({
      a: list(integer({ min: 1 })),
      b: map({ pattern: /^[a-z]$/ }, number()),
      c: oneKeyOf({ x: object({ x: flag() }), y: object({ y: size() }) }),
      d: parsedText((written) => ({ value: written.length })),
      e: anything(),
    });
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
        for (const given of [value, { a: value, b: value, c: value, d: value, e: value }]) {
          const parsed = all.parse(given);
          if (!parsed.ok)
            for (const { message } of parsed.issues) expect(message).not.toMatch(/[{}]\w+}/);
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('objects told apart by a key', () => {
  const bus = oneKeyOf({
    tcp: object({ tcp: text() }),
    serial: object({ serial: text(), baud: integer({ default: 9600 }) }),
  });

  test('lets the key that is there decide', () => {
    expect(valueFrom(bus, { serial: '/dev/ttyS1' })).toEqual({ serial: '/dev/ttyS1', baud: 9600 });
    expect(codesOf(bus, { tcp: 'a', baud: 1 })).toEqual(['baud config.unknown-key']);
  });

  test('needs exactly one of them', () => {
    expect(codesOf(bus, {})).toEqual(['config.not-one-key']);
    expect(codesOf(bus, { tcp: 'a', serial: 'b' })).toEqual(['config.not-one-key']);
    expect(codesOf(bus, 'tcp')).toEqual(['config.not-map']);
  });
});

test('a declaration describes itself in JSON Schema as it is written, not as it is parsed', () => {
  const described = object({
    wait: duration({ doc: 'How long.', default: '1s', min: '100ms', max: '60s', example: '5s' }),
    bus: oneKeyOf({ tcp: object({ tcp: text() }) }, { doc: 'Where.' }),
  });
  expect(described.json).toMatchObject({
    type: 'object',
    additionalProperties: false,
    required: ['bus'],
    properties: {
      wait: {
        type: 'string',
        description: 'How long. From 100ms to 60s.',
        default: '1s',
        examples: ['5s'],
      },
      bus: { description: 'Where.', oneOf: [{ properties: { tcp: { type: 'string' } } }] },
    },
  });
});

describe('what was written, in messages', () => {
  test('is short, on one line, and moves no cursor', () => {
    expect(quoted('a\u001b[31m\u202eb\n')).toBe('"a\\u{1b}[31m\\u{202e}b\\u{a}"');
    expect(printable('x'.repeat(500))).toHaveLength(61);
    expect([quoted(null), quoted(1), quoted([1]), quoted({ a: 1 })]).toEqual([
      'null',
      '1',
      '[…]',
      '{…}',
    ]);
  });

  test('is compared with what is known', () => {
    expect(byLikeness('protocl', ['port', 'protocol', 'tags'])[0]).toBe('protocol');
    expect(byLikeness('hold', ['coil', 'holding'])[0]).toBe('holding');
    expect(editDistance('unti', 'unit')).toBe(1);
  });
});
