/** What the names of an expression stand for, and the likeliest where they stand for nothing. */
import { byLikeness } from '../../gateway/host/likeness.ts';
import { printable } from '../../gateway/host/quoted.ts';
import type { Expr, Span } from '../expression.ts';
import { broken, type Checking, type ScopeTag, withUnit } from './check-context.ts';
import { insteadOf } from './parse-slips.ts';
import type { NameSyntax } from './syntax.ts';
import { canonicalUnit } from './units.ts';

/**
 * What the comparisons of one name may cost, in pairs of characters: a comparison with every tag of a large site would
 * take longer than all the rest of the check. 0.6 ms on a busy machine.
 */
const MOST_PAIRS = 20_000;
const LEAST_COMPARED = 10;
const MOST_SUGGESTED = 3;
/** So many names of one expression get suggestions. */
const MOST_LOOKUPS = 3;
/** Names of more than so many units are compared with nothing. */
const LONGEST_COMPARED = 80;

const NOTHING_ALIKE = '—';

/** A dotted name is a tag; a bare one a constant or parameter, whose value or tag takes its place. */
export function checkName({ path, span }: NameSyntax, checking: Checking): Expr {
  const { scope } = checking;
  if (path.includes('.')) {
    const tag = scope.tagOf(path);
    if (tag !== undefined) return tagExpr(tag, span);
    const known = suggested(path, () => scope.tagIds(), checking);
    checking.find('rule.unknown-tag', { name: printable(path), known }, span);
    return broken(span);
  }
  const name = scope.nameOf(path);
  if (name?.kind === 'tag') return tagExpr(name.tag, span);
  if (name !== undefined)
    return { kind: 'literal', value: name.value, type: name.type, ...unitOf(name.unit), span };
  const instead = insteadOf(path);
  if (instead !== undefined) {
    checking.find('rule.instead', { found: printable(path), instead }, span);
    return broken(span);
  }
  const near = () => {
    const tags = scope.tagIds().filter((id) => id.endsWith(`.${path}`));
    return [...tags.slice(0, MOST_SUGGESTED), ...scope.names()];
  };
  const known = suggested(path, near, checking);
  if (known === NOTHING_ALIKE) checking.find('rule.unknown-word', { name: printable(path) }, span);
  else checking.find('rule.unknown-name', { name: printable(path), known }, span);
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

/** Those that begin and end alike, which is cheap to tell; the costly comparison is made of these alone. */
function nearest(written: string, known: readonly string[]): readonly string[] {
  const most = Math.max(LEAST_COMPARED, Math.floor(MOST_PAIRS / (written.length + 1) ** 2));
  if (known.length <= most) return known;
  const byLength: string[][] = [];
  for (const word of known) {
    const length = sharedLength(written, word);
    const alike = byLength[length];
    if (alike === undefined) byLength[length] = [word];
    else if (alike.length < most) alike.push(word);
  }
  // Holes of the array fall out.
  return byLength.reverse().flat().slice(0, most);
}

/** How long the beginning is that two words share, and the end behind it. */
function sharedLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a.charCodeAt(head) === b.charCodeAt(head)) head++;
  let tail = 0;
  while (
    tail < most - head &&
    a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)
  )
    tail++;
  return head + tail;
}

/** The likeliest of the known words, or a dash. They are asked for only while there is time for suggestions. */
export function suggested(
  written: string,
  known: () => readonly string[],
  { suggestions }: Pick<Checking, 'suggestions'>,
): string {
  if (written.length > LONGEST_COMPARED || suggestions.made >= MOST_LOOKUPS) return NOTHING_ALIKE;
  suggestions.made++;
  const likely = byLikeness(written, nearest(written, known())).slice(0, MOST_SUGGESTED);
  return likely.map((word) => printable(word)).join(', ') || NOTHING_ALIKE;
}
