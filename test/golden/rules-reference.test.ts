/** The reference of rules is what the declarations say, in both languages. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../rules/language/functions.ts';
import { UNITS } from '../../rules/language/units.ts';
import { renderRulesReference } from '../../tools/rules-reference.ts';
import { inChinese } from '../../tools/rules-reference-zh.ts';

const docs = join(import.meta.dirname, '../../docs');

describe.each([
  ['reference-rules.md', 'en'],
  ['reference-rules.zh-CN.md', 'zh'],
] as const)('docs/%s', (name, language) => {
  it('is up to date (npm run generate)', () => {
    expect(readFileSync(join(docs, name), 'utf8')).toBe(renderRulesReference(language));
  });

  it('has every function and every unit', () => {
    const text = renderRulesReference(language);
    const functions = FUNCTIONS.filter((one) => !text.includes(`| \`${one.example}\` |`));
    expect(functions.map((one) => one.name)).toEqual([]);
    expect(UNITS.filter((unit) => !text.includes(`\`${unit}\``))).toEqual([]);
  });
});

describe('the Chinese words of options', () => {
  it('are missing where a declaration has changed, and that is said', () => {
    expect(() => inChinese('What the rule is good for.')).toThrow('What the rule is good for.');
  });

  it('take a range and a title along', () => {
    expect(inChinese('How long. From 1s to 30d.')).toBe('多久。范围 1s 至 30d。');
    expect(inChinese('rules.&lt;name&gt; with when')).toBe('rules.&lt;name&gt;（含 when）');
  });
});
