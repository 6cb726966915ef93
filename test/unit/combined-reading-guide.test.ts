/** The guide of combined readings does what it says: its YAML loads, its tests are green, its record is what comes out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Effect } from '../../rules/effect.ts';
import { SOURCES } from '../../rules/kinds/reading/alignment.ts';
import { FINDING_KEYS } from '../../rules/kinds/reading/finding.ts';
import { FAILURES } from '../../rules/kinds/reading/reread-plan.ts';
import { SERIES_EVENTS } from '../../rules/kinds/reading/series-event.ts';
import { runTest } from '../../rules/tests/test-run.ts';
import { blocksOf, folderOf, load, readGuide } from '../support/rules-guide.ts';

const GUIDES = ['docs/combined-reading.md', 'docs/combined-reading.zh-CN.md'] as const;

const withoutNames = (block: string): unknown =>
  JSON.parse(JSON.stringify(parse(block), (key, value) => (key === 'name' ? undefined : value)));

describe.each(GUIDES)('%s', (path) => {
  const text = readGuide(path);
  const [gateway = '', ...examples] = blocksOf(text, 'yaml');
  const loaded = async (block: string) => {
    const files = { 'my-site/gateway.yaml': gateway, 'my-site/rules/example.yaml': block };
    const site = await load(folderOf(files));
    expect(site.ok ? site.warnings : site.problems).toEqual([]);
    if (!site.ok) throw new Error('it does not load');
    return site.site.rules;
  };

  it.each(examples.map((block) => [block.replace(/\s+/g, ' ').slice(0, 40), block]))(
    'has an example that loads without a word, its tests green: %s',
    async (_, block) => {
      const { rules } = await loaded(block);
      expect(rules.length).toBeGreaterThan(0);
      for (const rule of rules) expect([rule.name, rule.tests.length]).not.toEqual([rule.name, 0]);
    },
  );

  it('shows the record that its first rule makes', async () => {
    const set = await loaded(examples[0] ?? '');
    const [rule] = set.rules;
    const [test] = rule?.tests ?? [];
    if (rule === undefined || test === undefined) throw new Error('no rule');
    const effects: Effect[] = [];
    const watcher = { effect: (_: number, effect: Effect) => void effects.push(effect) };
    expect(runTest(set, rule, test, { watcher }).differences).toEqual([]);
    const values = effects.flatMap((one) => (one.kind === 'record' ? [one.values] : []));
    expect(values).toEqual([JSON.parse(blocksOf(text, 'json')[0] ?? '')]);
  });

  it('names every source, finding and event, and only reasons that there are', () => {
    for (const word of [...SOURCES, ...FINDING_KEYS, ...SERIES_EVENTS])
      expect(text).toContain(`\`${word}\``);
    const [reasons = ''] = /`why`.*\n?/.exec(text.slice(text.indexOf('`missing`'))) ?? [];
    expect(reasons).toContain('`error_reply`');
    const named = [...reasons.matchAll(/`(\w+)`/g)].map(([, word]) => word);
    for (const word of named.slice(1)) expect([...FAILURES, 'why']).toContain(word);
  });

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)];
    expect(links.length).toBeGreaterThan(2);
    for (const [, file = ''] of links)
      expect(() => readFileSync(join(import.meta.dirname, '../../docs', file))).not.toThrow();
  });
});

it('both guides say the same', () => {
  const [en, zh] = GUIDES.map(readGuide) as [string, string];
  const shape = (text: string) => ({
    headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
    rows: [...text.matchAll(/^\|/gm)].length,
    yaml: blocksOf(text, 'yaml').map(withoutNames),
    sql: blocksOf(text, 'sql'),
  });
  expect(shape(zh)).toEqual(shape(en));
  expect(zh.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(1_500);
});
