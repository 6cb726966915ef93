/** What the names of an expression stand for, and the likeliest where they stand for nothing. */
import { byLikeness } from '../gateway/host/likeness.ts';
import { printable } from '../gateway/host/quoted.ts';
import { broken, type Checking, type ScopeTag, withUnit } from './check-context.ts';
import type { Expr, Span } from './expression.ts';
import type { NameSyntax } from './syntax.ts';
import { canonicalUnit } from './units.ts';

/** A comparison with every tag of a large site would take longer than all the rest of the check. */
const MOST_COMPARED = 100;
const MOST_SUGGESTED = 3;
/** So many names of one expression get suggestions. */
const MOST_LOOKUPS = 3;
/** Names of more than so many units are compared with nothing. */
const LONGEST_COMPARED = 80;

/** A dotted name is a tag; a bare one a constant or parameter, whose value or tag takes its place. */
export function checkName({ path, span }: NameSyntax, checking: Checking): Expr {
  const { scope } = checking;
  if (path.includes('.')) {
    const tag = scope.tagOf(path);
    if (tag !== undefined) return tagExpr(tag, span);
    const known = suggested(path, () => nearIds(path, scope.tagIds()), checking);
    checking.find('rule.unknown-tag', { name: printable(path), known }, span);
    return broken(span);
  }
  const name = scope.nameOf(path);
  if (name?.kind === 'tag') return tagExpr(name.tag, span);
  if (name !== undefined)
    return { kind: 'literal', value: name.value, type: name.type, ...unitOf(name.unit), span };
  const near = () => {
    const tags = scope.tagIds().filter((id) => id.endsWith(`.${path}`));
    return [...tags.slice(0, MOST_SUGGESTED), ...scope.names()];
  };
  const known = suggested(path, near, checking);
  checking.find('rule.unknown-name', { name: printable(path), known }, span);
  return broken(span);
}

const tagExpr = ({ id, type, unit }: ScopeTag, span: Span): Expr => ({
  kind: 'tag',
  tag: id,
  type,
  ...unitOf(unit),
  span,
});

const unitOf = (unit: string | undefined) =>
  withUnit(unit === undefined || unit === '' ? undefined : canonicalUnit(unit));

/** Those of the same device or quantity first. */
function nearIds(path: string, ids: readonly string[]): readonly string[] {
  const device = path.slice(0, path.lastIndexOf('.') + 1);
  const quantity = path.slice(path.lastIndexOf('.'));
  const near = ids.filter((id) => id.startsWith(device) || id.endsWith(quantity));
  const others = ids.filter((id) => Math.abs(id.length - path.length) <= 2);
  return [...new Set([...near.slice(0, MOST_COMPARED), ...others.slice(0, MOST_COMPARED)])];
}

/** The likeliest of the known words, or a dash. They are asked for only while there is time for suggestions. */
export function suggested(
  written: string,
  known: () => readonly string[],
  { suggestions }: Pick<Checking, 'suggestions'>,
): string {
  if (written.length > LONGEST_COMPARED || suggestions.made >= MOST_LOOKUPS) return '—';
  suggestions.made++;
  const likely = byLikeness(written, known().slice(0, MOST_COMPARED)).slice(0, MOST_SUGGESTED);
  return likely.map((word) => printable(word)).join(', ') || '—';
}
