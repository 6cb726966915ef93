/** Expressions by chance, over the site of `expression-scope.ts`: most of them nearly right. */
import fc from 'fast-check';
import { FUNCTIONS, type ParameterType } from '../../rules/language/functions.ts';

const NOISE = [
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '\\',
    '.',
    ',',
    '?',
    ':',
    '!',
    '-',
    '=',
    '&',
    '|',
    '//',
  ],
  ...[
    '\n',
    '\0',
    '\u202e',
    '\ud800',
    '油',
    '“',
    '1e9',
    '0x',
    'in',
    'if',
    '__proto__',
    '"""',
    'r"',
    '5m',
  ],
  ...[
    'press.pump',
    'no.such',
    'nope',
    'null',
    '9007199254740993',
    '""',
    'press.pressure',
    '.x',
    '[0]',
  ],
];

/** Expressions most of which are right: a number, a flag, a text. */
const {
  flag,
  number,
  text: words,
} = fc.letrec<{ flag: string; number: string; text: string }>((tie) => {
  const number = tie('number');
  const flag = tie('flag');
  const text = tie('text');
  const of = fc.constantFrom;
  const joined = (parts: readonly fc.Arbitrary<string>[]) =>
    fc.tuple(...parts).map((pieces) => pieces.join(''));
  const compare = of(' < ', ' <= ', ' > ', ' >= ', ' == ', ' != ');
  const length = of('"5m"', '"1h"', 'grace', '"500ms"', '"9d"');
  const argument: Readonly<Record<ParameterType, fc.Arbitrary<string>>> = {
    tag: of('press.oil_temp', 'press.pump', 'press.mode', 'input', 'press.whatever'),
    number_tag: of('press.oil_temp', 'press.parts', 'input', 'press.whatever'),
    countable_tag: of('press.pump', 'press.parts'),
    window: length,
    condition: flag,
    number,
    text,
    value: fc.oneof(number, flag, text),
    same: number,
    percent: of('0', '95', '100', '101'),
    literal_text: of('"°F"', '"K"', '"kW"'),
    time_of_day: of('"08:30"', '"24:00"'),
  };
  const calls = (returns: readonly string[]) =>
    FUNCTIONS.flatMap(({ name, signatures }) =>
      signatures
        .filter((signature) => returns.includes(signature.returns))
        .map(({ parameters }) => {
          const args = parameters.flatMap(({ type }) => [of(', '), argument[type]]).slice(1);
          return joined([of(`${name}(`), ...args, of(')')]);
        }),
    );
  return {
    number: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      of('press.oil_temp', 'press.parts', '0', '1.5', '-2', 'input', 'oil_limit', 'factor', '0x1F'),
      joined([number, of(' + ', ' - ', ' * ', ' / ', ' % '), number]),
      joined([of('(', '-('), number, of(')')]),
      joined([of('('), flag, of(' ? '), number, of(' : '), number, of(')')]),
      ...calls(['number', 'same', 'tag']),
    ),
    flag: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      of('press.pump', 'true', 'false', 'loop.in', 'if.true', 'press.whatever'),
      joined([number, compare, number]),
      joined([text, compare, text]),
      joined([flag, of(' && ', ' || '), flag]),
      joined([of('!('), flag, of(')')]),
      joined([number, of(' in ['), of('1', '-2, factor', '0.5, 1, oil_limit'), of(']')]),
      joined([text, of('.contains(', '.startsWith(', '.endsWith('), text, of(')')]),
      joined([of('age(press.pump)', 'since(press.pump)'), compare, length]),
      ...calls(['flag']),
    ),
    text: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      of('press.mode', 'word', '"auto"', "'x'", '"\\n"', 'press.whatever'),
      joined([text, of(' + '), text]),
      ...calls(['text']),
    ),
  };
});

interface Change {
  readonly at: number;
  readonly length: number;
  readonly kind: 'cut' | 'insert' | 'replace' | 'repeat';
  readonly noise: string;
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(200),
  length: fc.nat(6),
  kind: fc.constantFrom('cut', 'insert', 'replace', 'repeat'),
  noise: fc.oneof(fc.constantFrom(...NOISE), fc.string({ unit: 'binary', maxLength: 2 })),
});

function changed(text: string, { at, length, kind, noise }: Change): string {
  const from = at % (text.length + 1);
  const [head, middle] = [text.slice(0, from), text.slice(from, from + length)];
  const tail = text.slice(from + length);
  if (kind === 'cut') return head + tail;
  if (kind === 'insert') return head + noise + middle + tail;
  return head + (kind === 'replace' ? noise : middle.repeat(at)) + tail;
}

/** Half of them as they are, half with up to three changes. */
export const expressions: fc.Arbitrary<string> = fc
  .tuple(fc.oneof(flag, number, words), fc.array(change, { maxLength: 3 }), fc.boolean())
  .map(([text, changes, isChanged]) => (isChanged ? changes.reduce(changed, text) : text));
