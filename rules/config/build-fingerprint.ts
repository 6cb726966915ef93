/** The fingerprint of a rule: equal exactly where two rules mean the same. */
import { createHash } from 'node:crypto';
import type { RuleConfig } from '../rule.ts';
import type { MadeRule } from './build-rule.ts';
import type { RuleTag } from './build-site.ts';

/**
 * Hexadecimal. Layout of expressions, tests, words about the rule and the order of tags do not count. What a rule in shadow
 * decided nobody was told of: one that goes into or out of shadow is another rule.
 */
export function fingerprintOf(
  { name, mode }: Pick<RuleConfig, 'name' | 'mode'>,
  rule: MadeRule,
  tagOf: (id: string) => RuleTag | undefined,
): string {
  const shadow = mode === 'shadow' ? [mode] : [];
  // What it knows of a meter stays true whatever else is changed: it looks by itself at what it can go on with.
  if (rule.kind === 'combined_reading') return hashOf([name, rule.kind, ...shadow]);
  const tags = rule.tags.map((id) => {
    const tag = tagOf(id);
    return [id, tag?.type, tag?.unit, tag?.counter];
  });
  return hashOf([name, rule, tags, ...shadow]);
}

const hashOf = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex');

/** Of an expression its text and spans are layout; of a derived tag its index and report are not the rule's. */
const LAYOUT: ReadonlySet<string> = new Set(['text', 'span', 'index', 'report']);

/** JSON with sorted keys and without what does not count. */
function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value)
    .filter(([key, one]) => one !== undefined && !LAYOUT.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`);
  return `{${entries.join(',')}}`;
}
