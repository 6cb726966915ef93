/** The guide of cells does what it says: its YAML loads, its tests are green, its records are those that come. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { RuleSet } from '../../../rules/rule.ts';
import { runTest } from '../../../rules/tests/test-run.ts';
import { blocksOf, folderOf, load, readGuide } from '../../support/rules-guide.ts';

const GUIDES = ['docs/cells.md', 'docs/cells.zh-CN.md'] as const;
const docs = join(import.meta.dirname, '../../../docs');

async function rulesOf(gateway: string, example: string): Promise<RuleSet> {
  const files = { 'my-site/gateway.yaml': gateway, 'my-site/rules/example.yaml': example };
  const loaded = await load(folderOf(files));
  expect(loaded.ok ? loaded.warnings : loaded.problems).toEqual([]);
  if (!loaded.ok) throw new Error('it does not load');
  return loaded.site.rules;
}

/** The first record of each name that the tests of these rules bring. */
function recordsOf(set: RuleSet): ReadonlyMap<string, unknown> {
  const records = new Map<string, unknown>();
  for (const rule of set.rules)
    for (const test of rule.tests)
      runTest(set, rule, test, {
        watcher: {
          effect(_, effect) {
            if (effect.kind === 'record' && !records.has(effect.name))
              records.set(effect.name, effect.values);
          },
        },
      });
  return records;
}

describe.each(GUIDES)('%s', (path) => {
  const text = readGuide(path);
  const [gateway = '', ...examples] = blocksOf(text, 'yaml');

  it.each(examples.map((block) => [/ {2}([\w-]+):/.exec(block)?.[1] ?? '', block]))(
    'has an example that loads without a word, its tests green: %s',
    async (_, block) => {
      const { rules } = await rulesOf(gateway, block);
      expect(rules.map(({ kind, tests }) => [kind, tests.length > 0])).toEqual([['cell', true]]);
    },
  );

  it('shows the records that come of its examples, whole', async () => {
    const came = new Map<string, unknown>();
    for (const block of examples)
      for (const [name, values] of recordsOf(await rulesOf(gateway, block)))
        if (!came.has(name)) came.set(name, values);
    const shown = blocksOf(text, 'json').map((block) => JSON.parse(block));
    expect(shown).toEqual([came.get('shift'), came.get('stop'), came.get('part')]);
  });

  it('tells of every tag that its first example makes', async () => {
    const { derived } = await rulesOf(gateway, examples[0] ?? '');
    const missing = derived.filter(({ quantity }) => !text.includes(`\`${quantity}\``));
    expect(missing.map(({ id }) => id)).toEqual([]);
  });

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, file = '']) => file);
    expect(links.length).toBeGreaterThan(2);
    expect(links.filter((file) => !existsSync(join(docs, file)))).toEqual([]);
  });
});

it('says the same in both languages', () => {
  const [en, zh] = GUIDES.map((path) => readFileSync(join(docs, '..', path), 'utf8'));
  const shape = (text = '') => ({
    headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
    rows: [...text.matchAll(/^\|/gm)].length,
    points: [...text.matchAll(/^- /gm)].length,
    yaml: blocksOf(text, 'yaml').map((block) => parse(block)),
    json: blocksOf(text, 'json'),
  });
  expect(shape(zh)).toEqual(shape(en));
});
