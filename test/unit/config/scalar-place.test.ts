/** Places of characters inside YAML scalars, of every style. */
import { expect, test } from 'vitest';
import { characterPlace } from '../../../config/tree.ts';
import { parseYaml } from '../../../config/yaml-document.ts';

const STYLES: readonly (readonly [style: string, yaml: string])[] = [
  ['plain', 'key: one two# three @ four'],
  ['plain in a flow map', 'a: { key: one @ two, b: 1 }'],
  ['plain over lines', 'key: one\n  two\n\n  three @ four\n'],
  ['plain over lines with CRLF', 'key: one\r\n  two\r\n\r\n  three @ four\r\n'],
  ['single quotes', "key: 'it''s one @ two'"],
  ['single quotes over lines', "key: 'it''s\n\n\n  one\n  two @ three'"],
  ['double quotes', String.raw`key: "a\tb \"c\" 汉 \u00b0C \x41 \U0001F600 @ d"`],
  ['double quotes over lines', 'key: "one \\\n  two\n\n  three \\\n\n   @ four"'],
  ['literal block', 'key: |\n  one\n\n    two\n  three @ four\n'],
  ['literal block behind empty lines', 'key: |\n\n\n  one @ two\n'],
  ['literal block with CRLF', 'key: |-\r\n  one\r\n\r\n  two @ three\r\n'],
  ['literal block with a told indentation', 'key: |2\n    one\n   two @ three\n'],
  ['folded block', 'key: >\n  one\n  two\n\n  three\n  four @ five\n'],
  [
    'folded block with lines that go in',
    'key: >-\n  one\n    two\n    three\n\n  four\n  five @ six\n',
  ],
  ['folded block with CRLF', 'key: >\r\n  one\r\n  two\r\n\r\n  three @ four\r\n'],
];

test.for(STYLES)('the place of a character in a scalar: %s', ([, yaml]) => {
  const { root } = parseYaml(yaml, 'a.yaml');
  if (root === undefined) throw new Error('the fixture is no YAML');
  const path = yaml.startsWith('a:') ? ['a', 'key'] : ['key'];
  const value = path.reduce<unknown>((node, key) => {
    const { entries } = node as typeof root;
    return entries.get(key)?.value;
  }, root) as { readonly value: string };
  const before = yaml.slice(0, yaml.indexOf('@')).split('\n');
  expect(characterPlace(root, path, value.value.indexOf('@'))).toEqual({
    file: 'a.yaml',
    line: before.length,
    col: (before.at(-1)?.length ?? 0) + 1,
  });
});

test.for(STYLES)(
  'every offset of a scalar has a place in it, none before the one before: %s',
  ([, yaml]) => {
    const { root } = parseYaml(yaml, 'a.yaml');
    if (root === undefined) throw new Error('the fixture is no YAML');
    const path = yaml.startsWith('a:') ? ['a', 'key'] : ['key'];
    let last = { line: 0, col: 0 };
    for (let offset = 0; offset <= yaml.length + 5; offset++) {
      const place = characterPlace(root, path, offset);
      const isAfter = place.line > last.line || (place.line === last.line && place.col >= last.col);
      expect(isAfter, `${offset}: ${JSON.stringify(place)} after ${JSON.stringify(last)}`).toBe(
        true,
      );
      last = place;
    }
  },
);
