/** A site with the rules of somebody else, so that the two can be compared. Pure. */
import type { MapNode } from './tree.ts';

/** What gives rules their meaning; all of it is replaced together. */
const SECTIONS: ReadonlySet<string> = new Set(['rules', 'templates', 'constants']);

/** Rules alone are no site; what has a `gateway` is one. */
export const isWholeSite = (roots: readonly MapNode[]): boolean =>
  roots.some(({ entries }) => entries.has('gateway'));

/** What a site says of all its alarms holds for the others, too, unless they say something else. */
const ALARMS = 'alarms';

/** The trees of a site without its own rules, and those of the others. */
export function withRulesOf(site: readonly MapNode[], others: readonly MapNode[]): MapNode[] {
  const saysAlarms = others.some(({ entries }) => entries.has(ALARMS));
  const isReplaced = (key: string) => SECTIONS.has(key) || (saysAlarms && key === ALARMS);
  const left = ({ entries }: MapNode) => new Map([...entries].filter(([key]) => !isReplaced(key)));
  return [...site.map((root) => ({ ...root, entries: left(root) })), ...others];
}
