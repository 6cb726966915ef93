/** The first pages of technicians and of authors of rules: what they say to type without devices works, and the rest exists. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { blocksOf, readGuide } from '../support/rules-guide.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What hangs fails. */
const LONGEST_MS = 50_000;
const VERBS = new Set(
  [...readGuide('gateway/main.ts').matchAll(/^ {2}'?([\w-]+)'?: \{$/gm)].map(([, verb]) => verb),
);
const headgate = (line: string, cwd: string) => {
  const [, ...args] = line.replace(/ +#.*$/, '').split(' ');
  const env = { ...process.env, HEADGATE_LANG: 'en' };
  const options = { cwd, env, encoding: 'utf8', timeout: LONGEST_MS } as const;
  return spawnSync(join(ROOT, 'bin/headgate.mjs'), args, options);
};

describe.each(['technician', 'rule-author'])('%s', (name) => {
  const [en, zh] = [`docs/${name}.md`, `docs/${name}.zh-CN.md`].map(readGuide) as [string, string];

  it('says the same in both languages', () => {
    const shape = (text: string) => ({
      headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
      rows: [...text.matchAll(/^\|/gm)].length,
      sh: blocksOf(text, 'sh'),
      lines: blocksOf(text, 'text').map((block) => block.match(/^headgate( [\w.:/-]+)+/gm)),
    });
    expect(shape(zh)).toEqual(shape(en));
    expect(zh.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(150);
  });

  it('names only verbs and files that there are', () => {
    for (const text of [en, zh]) {
      const verbs = [...text.matchAll(/headgate ([a-z-]+)/g)].map(([, verb]) => verb);
      expect(verbs.length).toBeGreaterThan(5);
      expect(verbs.filter((verb) => !VERBS.has(verb))).toEqual([]);
      const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, file]) => file ?? '');
      expect(links.filter((file) => !existsSync(join(ROOT, 'docs', file)))).toEqual([]);
    }
  });

  it('is linked from the README', () => {
    expect(readGuide('README.md')).toContain(`docs/${name}.md`);
    expect(readGuide('README.zh-CN.md')).toContain(`docs/${name}.zh-CN.md`);
  });

  it('begins with lines that work without any device', { timeout: 60_000 }, () => {
    const folder = temporaryDirectory();
    const lines = (blocksOf(en, 'sh')[0] ?? '').trim().split('\n');
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      const { status, stdout, stderr } = headgate(line, folder);
      expect(status, `${line}\n${stdout}${stderr}`).toBe(0);
    }
  });
});
