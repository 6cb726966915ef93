/** The guide of rules does what it says: its YAML loads and its tests are green, and its commands print what it shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FUNCTIONS } from '../../../rules/language/functions.ts';
import { parseSeries } from '../../../rules/tests/series.ts';
import { blocksOf, folderOf, guideCommands, load, readGuide } from '../../support/rules-guide.ts';

const GUIDES = [
  ['docs/rules.md', 'en'],
  ['docs/rules.zh-CN.md', 'zh'],
] as const;

/** What differs between languages: words for people. */
const WORDS = new Set(['name', 'description', 'message', 'doc']);
const withoutWords = (block: string): unknown =>
  JSON.parse(
    JSON.stringify(parse(block), (key, value) => (WORDS.has(key) ? undefined : value)) ?? 'null',
  );

describe.each(GUIDES)('%s', (path, language) => {
  const text = readGuide(path);
  const [gateway = '', ...examples] = blocksOf(text, 'yaml');
  const [rules = ''] = examples;

  it('has a site and examples of every kind of rule', () => {
    expect(gateway).toContain('gateway:');
    for (const key of ['when:', 'derive:', 'schedule:', 'loop:', 'sequence:', 'template:'])
      expect(examples.join('')).toContain(key);
  });

  it.each(examples.map((block) => [block.replace(/\s+/g, ' ').slice(0, 60), block]))(
    'has an example that loads without a word, its tests green: %s',
    async (_, block) => {
      const files = { 'my-site/gateway.yaml': gateway, 'my-site/rules/example.yaml': block };
      const loaded = await load(folderOf(files));
      expect(loaded.ok ? loaded.warnings : loaded.problems).toEqual([]);
      if (!loaded.ok) return;
      const all = loaded.site.rules.rules;
      expect(all.length).toBeGreaterThan(0);
      for (const rule of all) expect([rule.name, rule.tests.length]).not.toEqual([rule.name, 0]);
    },
  );

  const commands = guideCommands({ gateway, rules }, language);
  const shown = blocksOf(text, 'console').map((block) => {
    const [command = '', ...output] = block.trimEnd().split('\n');
    return [command.replace(/^\$ /, ''), output.join('\n')] as const;
  });

  it('shows the output of every command that is run here', () => {
    expect(shown.map(([command]) => command)).toEqual([...commands.keys()]);
  });

  it.each(shown)('shows what it prints: %s', async (command, output) => {
    const printed = await commands.get(command)?.();
    // Blank ends of lines are not kept in the guide.
    expect(output).toBe(printed?.replace(/ +$/gm, '').trimEnd());
  });

  it('names only functions that exist, and series that can be read', () => {
    const known = new Set(FUNCTIONS.map(({ name }) => name));
    const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
    const named = spans.flatMap((span) => [...span.matchAll(/\b([a-z]\w*)\(/gi)].map(([, f]) => f));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !known.has(name ?? ''))).toEqual([]);
    const table = /\| `60x10` \|[\s\S]*?\n\n/.exec(text)?.[0] ?? '';
    const series = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span),
    );
    expect(series.length).toBeGreaterThan(6);
    expect(series.filter((one) => !parseSeries(one).ok)).toEqual([]);
  });

  it('links to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)];
    expect(links.length).toBeGreaterThan(3);
    for (const [, file = '', anchor = '#'] of links) {
      const target = readFileSync(join(import.meta.dirname, '../../../docs', file), 'utf8');
      const headings = [...target.matchAll(/^#+ (.*)$/gm)].map(
        ([, title = '']) =>
          `#${title
            .toLowerCase()
            .replace(/[^\p{L}\p{N}_ -]/gu, '')
            .replaceAll(' ', '-')}`,
      );
      expect(['#', ...headings]).toContain(anchor);
    }
  });
});

it.each([
  ['README.md', 'docs/rules.md'],
  ['README.zh-CN.md', 'docs/rules.zh-CN.md'],
])('%s shows the first rule of the guide, and its test that fails', (readme, guide) => {
  const text = readGuide(guide);
  const [, rule = ''] = blocksOf(text, 'yaml');
  const [failing = ''] = blocksOf(text, 'console');
  expect(blocksOf(readGuide(readme), 'yaml')).toContain(rule);
  expect(blocksOf(readGuide(readme), 'console')).toEqual([failing]);
});

describe('both guides', () => {
  const [en, zh] = GUIDES.map(([path]) => readGuide(path)) as [string, string];

  it('say the same', () => {
    const shape = (text: string) => ({
      headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
      rows: [...text.matchAll(/^\|/gm)].length,
      points: [...text.matchAll(/^- /gm)].length,
      yaml: blocksOf(text, 'yaml').map(withoutWords),
    });
    expect(shape(zh)).toEqual(shape(en));
  });

  it('are in their languages', () => {
    expect(zh.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(1_500);
    const prose = en.replace(/^```[\s\S]*?^```$/gm, '');
    expect(prose.match(/\p{Script=Han}/u)).toBeNull();
  });
});
