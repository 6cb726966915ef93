import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUALITIES } from '../../../gateway/model/quality.ts';
import { MOST_STEPS, parseSeries } from '../../../rules/tests/series.ts';

const good = (value: boolean | number | string) => ({ value, quality: 'good' });
const bad = (quality: string) => ({ value: null, quality });
const numbers = (...values: number[]) => values.map(good);

describe('a series', () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ['60', numbers(60)],
    ['60x3', numbers(60, 60, 60)],
    ['  60x2\n 80  ', numbers(60, 60, 80)],
    ['60+0.5x3', numbers(60, 60.5, 61, 61.5)],
    ['60-0.5x2', numbers(60, 59.5, 59)],
    ['-1-1x2', numbers(-1, -2, -3)],
    ['-5', numbers(-5)],
    ['0+0.1x3', numbers(0, 0.1, 0.2, 0.3)],
    ['1e3 1.5e-2x2', numbers(1000, 0.015, 0.015)],
    ['0x2', numbers(0, 0)],
    ['_ _x2 1', [undefined, undefined, undefined, good(1)]],
    ['bad badx2', [bad('bad:comm'), bad('bad:comm'), bad('bad:comm')]],
    ['bad:devicex2', [bad('bad:device'), bad('bad:device')]],
    ['true falsex2', [good(true), good(false), good(false)]],
    ["'auto'x2", [good('auto'), good('auto')]],
    ["'two words' 'it''s'", [good('two words'), good("it's")]],
    ["''", [good('')]],
    ['80?x2', [80, 80].map((value) => ({ value, quality: 'uncertain:range' }))],
    ['true?', [{ value: true, quality: 'uncertain:range' }]],
  ];
  it.each(cases)('%s', (text, samples) => {
    expect(parseSeries(text)).toEqual({ ok: true, samples });
  });

  it('knows every bad quality by its name', () => {
    for (const quality of QUALITIES.filter((name) => name.startsWith('bad')))
      expect(parseSeries(quality)).toEqual({ ok: true, samples: [bad(quality)] });
  });
});

describe('a text that is no series', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['', 0, ''],
    ['   ', 3, ''],
    ['60 x10', 3, 'x10'],
    ['60 80x', 3, '80x'],
    ['60x0', 0, '60x0'],
    ['60x-1', 0, '60x-1'],
    ['60x1.5', 0, '60x1.5'],
    ['60+0.5', 0, '60+0.5'],
    ['60 bad:tired', 3, 'bad:tired'],
    ["1 'open", 2, "'open"],
    ['60,80', 0, '60,80'],
    ['1e999', 0, '1e999'],
    ['1e308+1e308x9', 0, '1e308+1e308x9'],
    ['True', 0, 'True'],
    ['60x10x2', 0, '60x10x2'],
    ["'a''b", 0, "'a''b"],
    ['60 75°C', 3, '75°C'],
  ];
  it.each(cases)('%j is refused at its place', (text, at, item) => {
    expect(parseSeries(text)).toEqual({
      ok: false,
      at,
      code: 'rules.series-item',
      details: { item },
    });
  });

  it.each([
    `1x${MOST_STEPS + 1}`,
    `1x${MOST_STEPS} 2`,
    `1+1x${MOST_STEPS}`,
    `_x${'9'.repeat(500)}`,
  ])('is refused when it has too many steps (%#)', (text) => {
    expect(parseSeries(text)).toMatchObject({
      ok: false,
      code: 'rules.series-too-long',
      details: { max: MOST_STEPS },
    });
  });

  it('may be as long as it likes without costing time', () => {
    const before = performance.now();
    for (const text of [
      "'".repeat(1_000_001),
      `'${'a'.repeat(1e6)}`,
      '9'.repeat(1e6),
      ' '.repeat(1e6),
    ])
      expect(parseSeries(text).ok).toBe(false);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

it('any text at all is a series or an error with a place in it', () => {
  const piece = fc.constantFrom(
    '60',
    'x',
    '10',
    '+',
    '-',
    '.5',
    ' ',
    '_',
    'bad',
    ':comm',
    "'",
    '?',
    'true',
    'e',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((all) => all.join('')),
      ),
      (text) => {
        const parsed = parseSeries(text);
        if (parsed.ok) {
          expect(parsed.samples.length).toBeGreaterThan(0);
          for (const sample of parsed.samples)
            if (sample) expect(sample.value === null).toBe(sample.quality.startsWith('bad'));
        } else expect(parsed.at).toBeLessThanOrEqual(text.length);
      },
    ),
  );
});
