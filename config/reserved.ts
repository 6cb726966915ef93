/**
 * Keys that a later version will know: refused by name, so that nobody looks for a typing mistake.
 */
import type { Finding } from './finding.ts';
import type { MapNode, Node, Path } from './tree.ts';

const RESERVED: readonly Path[] = [['uplinks', '*', 'sparkplug']];

/** Finds the reserved keys. What else the maps that have them lack is no news then. */
export function reserved(root: MapNode): {
  readonly findings: readonly Finding[];
  /** The paths of the maps that have them, joined by a slash. */
  readonly skipped: ReadonlySet<string>;
  /** Takes them out of the tree; to be called when the findings have their places. */
  readonly remove: () => void;
} {
  const found = RESERVED.flatMap((pattern) => matches(root, pattern, []));
  return {
    findings: found.map(({ path, key }) => ({
      path: [...path, key],
      at: 'key',
      code: 'config.reserved',
      details: { key },
    })),
    skipped: new Set(found.map(({ path }) => path.join('/'))),
    remove() {
      for (const { map, key } of found) map.entries.delete(key);
    },
  };
}

interface Match {
  readonly map: MapNode;
  readonly path: Path;
  readonly key: string;
}

function matches(node: Node, [part, ...rest]: Path, path: Path): Match[] {
  if (node.kind !== 'map' || part === undefined) return [];
  const keys = part === '*' ? [...node.entries.keys()] : [String(part)];
  return keys.flatMap((key) => {
    const entry = node.entries.get(key);
    if (entry === undefined) return [];
    return rest.length === 0
      ? [{ map: node, path, key }]
      : matches(entry.value, rest, [...path, key]);
  });
}
