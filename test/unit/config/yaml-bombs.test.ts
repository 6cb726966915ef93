/** Hostile files: refused for what they are, in a time that grows no faster than their size. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LARGEST_FILE } from '../../../config/files.ts';
import { nodeAt, plain } from '../../../config/tree.ts';
import { DEEPEST, MOST_ENTRIES, parseYaml } from '../../../config/yaml-document.ts';

const codesOf = (text: string) => parseYaml(text, 'f').problems.map(({ code }) => code);
const fill = (unit: string, size: number) => unit.repeat(Math.floor(size / unit.length));

/** The slowest takes 0.3 s on an idle machine; what compares each with each takes minutes. */
const FLOOD = LARGEST_FILE / 8;
const FAR_TOO_LONG = 20_000;

describe('a bomb', () => {
  test('of aliases is refused at its first anchor', () => {
    const levels = Array.from({ length: 9 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x,x,x,x,x,x,x,x,x]' : `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`,
    );
    expect(codesOf(levels.join('\n'))).toEqual(['config.yaml-feature']);
  });

  test('of merge keys is refused at its first key', () => {
    const text = Array.from({ length: 300 }, (_, i) => `<<: { k${i}: 1 }`).join('\n');
    expect(new Set(codesOf(text))).toEqual(new Set(['config.yaml-feature']));
  });

  test.each(['[', '{', '- ', '? ', '{a: ', '[a,', 'a: ', ': ', 'a: {'])(
    'of depth, "%s" over and over, is refused where it gets too deep',
    (unit) => {
      const { problems } = parseYaml(fill(unit, LARGEST_FILE), 'f');
      expect(problems).toMatchObject([{ code: 'config.too-deep', line: 1 }]);
      expect(problems[0]?.col).toBeLessThan(unit.length * (DEEPEST + 3));
    },
  );

  test('of depth by indentation is refused where it gets too deep', () => {
    const text = Array.from({ length: 1_400 }, (_, i) => `${' '.repeat(i)}k:`).join('\n');
    expect(parseYaml(text, 'f').problems).toMatchObject([{ code: 'config.too-deep' }]);
  });

  test('what is as deep as allowed is read', () => {
    const nested = `${'{ a: '.repeat(DEEPEST - 1)}{}${' }'.repeat(DEEPEST - 1)}`;
    expect(codesOf(nested)).toEqual([]);
    expect(codesOf(`{ a: ${nested} }`)).toEqual(['config.too-deep']);
  });

  test(
    'of 40,000 keys is counted without comparing each with each',
    () => {
      const text = Array.from({ length: 40_000 }, (_, i) => `key${i}: 1`).join('\n');
      const { root, problems } = parseYaml(text, 'f');
      expect(problems.map(({ code }) => code)).toEqual(['config.too-many-keys']);
      expect(root?.entries.size).toBe(MOST_ENTRIES);
    },
    FAR_TOO_LONG,
  );

  test.each([
    '-\n',
    '#\n',
    '\n',
    '"\n',
    "'\n",
    'a\n',
    '|\n ',
    '\t',
    '? a\n',
    '},',
    'a: []\n',
    '...\n',
    '%a\n',
    '---\n',
    ' a',
    '\r',
    '\u2028',
    '"\\u0041',
  ])(
    '%j over and over does no harm',
    (unit) => {
      const { root, problems } = parseYaml(fill(unit, FLOOD), 'f');
      expect(root === undefined ? problems.length : 1).toBeGreaterThan(0);
      expect(problems.length).toBeLessThanOrEqual(FLOOD / 4);
    },
    FAR_TOO_LONG,
  );
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...[
      'a',
      'b: ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"',
      "'",
      '|',
      '>',
      '\n',
      '  ',
      '\t',
      '#',
      '&x',
      '*x',
    ],
    ...[
      '!t',
      '%',
      '---',
      '...',
      '?',
      '0',
      '1e9',
      '<<',
      '__proto__',
      '${',
      '\\',
      '\u0000',
      '\ufeff',
      '油',
    ],
  );

  test('is read or refused with places inside it, and never harms', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        const { root, problems } = parseYaml(text, 'f');
        const lines = text.split(/\r?\n/).length;
        if (root === undefined) expect(problems.length).toBeGreaterThan(0);
        for (const { line, col, code } of problems) {
          expect(line, code).toBeLessThanOrEqual(lines);
          expect(Math.min(line, col)).toBeGreaterThanOrEqual(1);
        }
        if (root) expect(Object.getPrototypeOf(plain(root))).toBeNull();
      }),
      { seed: 11, numRuns: 3_000 },
    );
  });

  test('of a plain map gives back its values', () => {
    const scalar = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => !/\p{Cc}/u.test(s)),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { minKeys: 1 }), (given) => {
        const { root, problems } = parseYaml(JSON.stringify(given), 'f');
        expect(problems).toEqual([]);
        expect(JSON.parse(JSON.stringify(root && plain(root)))).toEqual(given);
        for (const key of Object.keys(given)) expect(root && nodeAt(root, [key])).toBeDefined();
      }),
      { seed: 13, numRuns: 500 },
    );
  });
});
