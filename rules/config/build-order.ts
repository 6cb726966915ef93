/** The order in which rules are evaluated: what derives a tag before what uses it. Pure. */
import { type RuleConfig, tagsMadeBy } from '../rule.ts';

interface Node {
  readonly name: string;
  /** The tags that it makes. */
  readonly derives: readonly string[];
  readonly uses: readonly string[];
}

export interface Ordered<T> {
  /** As given, except where something needs another before it. */
  readonly order: readonly T[];
  /** Rings of nodes that need each other, each once. */
  readonly cycles: readonly (readonly T[])[];
}

/** Looks at each node and each use once. */
export function ordered<T extends Node>(nodes: readonly T[]): Ordered<T> {
  const derivers = new Map(
    nodes.flatMap((node) => node.derives.map((tag) => [tag, node] as const)),
  );
  const order: T[] = [];
  const cycles: T[][] = [];
  const state = new Map<T, 'open' | 'done'>();
  for (const first of nodes) {
    const trail: { readonly node: T; next: number }[] = [];
    const enter = (node: T) => {
      state.set(node, 'open');
      trail.push({ node, next: 0 });
    };
    if (!state.has(first)) enter(first);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const use = top.node.uses[top.next++];
      if (use === undefined) {
        state.set(top.node, 'done');
        order.push(top.node);
        trail.pop();
        continue;
      }
      const needed = derivers.get(use);
      if (needed === undefined || state.get(needed) === 'done') continue;
      if (state.get(needed) === 'open')
        cycles.push(
          trail.slice(trail.findIndex(({ node }) => node === needed)).map(({ node }) => node),
        );
      else enter(needed);
    }
  }
  return { order, cycles };
}

/** A rule as a node. */
export const nodeOf = (rule: RuleConfig) => ({
  name: rule.name,
  derives: tagsMadeBy(rule).map(({ id }) => id),
  uses: rule.tags,
  rule,
});
