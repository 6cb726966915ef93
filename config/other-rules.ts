/** A site with the rules of somebody else, so that the two can be compared. Pure. */
import type { MapNode } from './tree.ts';

/** What gives rules their meaning; all of it is replaced together. */
const SECTIONS: ReadonlySet<string> = new Set(['rules', 'templates', 'constants']);

/** Rules alone are no site; what has a `gateway` is one. */
export const isWholeSite = (roots: readonly MapNode[]): boolean =>
  roots.some(({ entries }) => entries.has('gateway'));

/** The trees of a site without its own rules, and those of the others. */
export const withRulesOf = (site: readonly MapNode[], others: readonly MapNode[]): MapNode[] => [
  ...site.map((root) => ({
    ...root,
    entries: new Map([...root.entries].filter(([key]) => !SECTIONS.has(key))),
  })),
  ...others,
];
