/** The pages of the kits: their examples load in a copy of the kit, their plans are those of the kit, both languages say the same. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkVerb } from '../../gateway/cli/check.ts';
import type { Language } from '../../gateway/model/errors.ts';
import { called } from '../support/command-line.ts';
import { consolesOf } from '../support/guide-text.ts';
import { blocksOf, folderOf, load, readGuide } from '../support/rules-guide.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = join(ROOT, 'docs/sites');
const KITS = readdirSync(PAGES)
  .filter((name) => !name.endsWith('.zh-CN.md'))
  .map((name) => name.replace(/\.md$/, ''));

/** A copy of the kit as `my-site`, with these files of its own. */
function copyOf(kit: string, files: Readonly<Record<string, string>> = {}): string {
  const top = folderOf({});
  cpSync(join(ROOT, 'config/sites', kit), join(top, 'my-site'), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(top, 'my-site', path), text);
  return top;
}

const pageOf = (kit: string, language: Language) =>
  readGuide(`docs/sites/${kit}${language === 'zh' ? '.zh-CN' : ''}.md`);

const WORDS = new Set(['name', 'description', 'message']);
const withoutWords = (block: string): unknown =>
  JSON.parse(
    JSON.stringify(parse(block), (key, value) => (WORDS.has(key) ? undefined : value)) ?? 'null',
  );

/** A row of a plan; one with a number in braces, `em_{flat}`, stands for each device that is named so. */
function rowsFor(row: readonly string[], names: readonly string[]): readonly (readonly string[])[] {
  const [, written = ''] = row;
  const [place] = /\{\w+\}/.exec(written) ?? [];
  if (place === undefined) return [row];
  const pattern = new RegExp(`^${written.replace(place, '(\\d+)')}$`);
  const numbers = names.flatMap((name) => pattern.exec(name)?.[1] ?? []);
  return numbers.map((number) => row.map((cell) => cell.replaceAll(place, number)));
}

describe.each(KITS)('the kit %s', (kit) => {
  describe.each(['en', 'zh'] as const)('in %s', (language) => {
    const text = pageOf(kit, language);

    it('has examples that load in a copy of it without a word, with tests that are green', async () => {
      const examples = blocksOf(text, 'yaml');
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        const [, path = ''] = /^# (\S+\.yaml)\n/.exec(example) ?? [];
        const loaded = await load(copyOf(kit, { [path]: example }));
        expect(loaded.ok ? loaded.warnings : loaded.problems).toEqual([]);
        const own = Object.keys(parse(example).rules ?? {});
        const tests = loaded.ok ? loaded.site.rules.rules : [];
        for (const name of own)
          expect(tests.find((rule) => rule.name === name)?.tests.length).toBeGreaterThan(0);
      }
    });

    it('shows what its commands print', async () => {
      const consoles = consolesOf(text);
      expect(consoles.length).toBeGreaterThan(0);
      for (const [line, shown] of consoles) {
        const top = copyOf(kit);
        const [, ...argv] = line.split(' ');
        const paths = argv.map((arg) => (arg.startsWith('./') ? join(top, arg) : arg));
        const { stdout } = await called({ check: checkVerb }, paths, { language });
        expect(shown).toBe(stdout.trimEnd().replaceAll(`${top}/`, './'));
      }
    });

    it('has the addresses of the kit in its plan', async () => {
      const loaded = await load(copyOf(kit));
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const { devices } = loaded.site;
      const names = devices.map(({ name }): string => name);
      const written = [
        ...text.matchAll(/^\| `([\w.{}]+)` \| `([\w-]+)` \| (\S+) \| .* \| (\w+) \|$/gm),
      ];
      const rows = written.flatMap((row) => rowsFor(row, names));
      expect(rows.map(([, name]) => name).sort()).toEqual(names.sort());
      for (const [, name, bus, address, scan] of rows) {
        const device = devices.find((one) => one.name === name);
        const options = (device?.options ?? {}) as { unit?: number; address?: string };
        expect([name, bus, address]).toEqual([
          name,
          device?.bus,
          `${options.unit ?? options.address ?? '—'}`,
        ]);
        const shortest = Math.min(...(device?.tags ?? []).map((tag) => tag.scan));
        const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
        const [, count, unit = ''] = /^(\d+)(\w+)$/.exec(scan ?? '') ?? [];
        const written = Number(count) * (units[unit] ?? 0);
        expect([name, written]).toEqual([name, shortest]);
      }
    });

    it('links to files that exist, and to headings', () => {
      const links = [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)];
      expect(links.length).toBeGreaterThan(2);
      for (const [, file = '', anchor] of links) {
        const found = join(PAGES, file);
        if (!anchor) expect(() => readdirSync(found, { recursive: true })).not.toThrow('ENOENT');
        else
          expect(
            [...readFileSync(found, 'utf8').matchAll(/^#+ (.*)$/gm)].map(
              ([, title = '']) => `#${title.toLowerCase().replaceAll(' ', '-')}`,
            ),
          ).toContain(anchor);
      }
    });
  });

  it('says the same in both languages', () => {
    const [en, zh] = [pageOf(kit, 'en'), pageOf(kit, 'zh')];
    const shape = (text: string) => ({
      headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
      rows: [...text.matchAll(/^\|/gm)].length,
      points: [...text.matchAll(/^(?:-|\d+\.) /gm)].length,
      yaml: blocksOf(text, 'yaml').map(withoutWords),
      shell: blocksOf(text, 'sh').map((block) => block.replace(/ +#.*$/gm, '')),
    });
    expect(shape(zh)).toEqual(shape(en));
    expect(zh.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(500);
  });
});
