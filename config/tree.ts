/**
 * What a YAML file says, with the place of every key and value. Pure: the parser makes it, merging
 * joins it, the schema gets plain values out of it and the report finds places in it.
 */
import { offsetInScalar } from './scalar-place.ts';

/** Line and column count from 1; a column is a UTF-16 unit, as editors count. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

export type Node = MapNode | ListNode | ScalarNode;
export type Path = readonly (string | number)[];

export interface MapNode {
  readonly kind: 'map';
  readonly at: Place;
  readonly entries: Map<string, Entry>;
}

export interface Entry {
  readonly key: Place;
  readonly value: Node;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Place;
  readonly items: readonly Node[];
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Place;
  readonly value: string | number | boolean | null;
  /** Of a text: the file that it stands in, and where it begins there. */
  readonly source?: SourceText;
  readonly start?: number;
}

/** The text of a file, one for all scalars of it. */
export interface SourceText {
  readonly text: string;
  placeAt(offset: number): Place;
}

/** `file:line:col`, which terminals and editors turn into a link. */
export const written = ({ file, line, col }: Place): string => `${file}:${line}:${col}`;

/** A key that stands in two places. */
export interface Repetition {
  readonly key: string;
  readonly first: Place;
  readonly again: Place;
}

/** The plain value: objects without a prototype, arrays and scalars. */
export function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of node.entries) object[key] = plain(entry.value);
  return object;
}

/** The same text for the same meaning: the order of keys, the layout and the files do not count. */
export function canonical(node: Node): string {
  if (node.kind === 'scalar') return JSON.stringify(node.value);
  if (node.kind === 'list') return `[${node.items.map(canonical).join(',')}]`;
  const keys = [...node.entries.keys()].sort();
  const parts = keys.map((key) => `${JSON.stringify(key)}:${canonicalEntry(node, key)}`);
  return `{${parts.join(',')}}`;
}

/** The node at a path. */
export function nodeAt(root: Node, path: Path): Node | undefined {
  return path.reduce<Node | undefined>((node, part) => childOf(node, part)?.value, root);
}

/** The place of the key at the end of a path, or of the nearest key above that is there. */
export function keyPlace(root: Node, path: Path): Place {
  return placeOf(root, path, (entry) => entry.key);
}

/** The place of the value at the end of a path, or of the nearest key above that is there. */
export function valuePlace(root: Node, path: Path): Place {
  return placeOf(root, path, (entry) => entry.value.at);
}

/** The place of a character of the text at the end of a path; of the value, where it is no text. */
export function characterPlace(root: Node, path: Path, offset: number): Place {
  const node = nodeAt(root, path);
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return valuePlace(root, path);
  const { source, start, value } = node;
  if (source === undefined || start === undefined) return node.at;
  return source.placeAt(offsetInScalar(source.text, start, value, offset));
}

/**
 * Joins the trees of a site's files. The root's sections and what `joins` names are joined key by key;
 * anything else stands in one file only.
 */
export function merge(
  trees: readonly MapNode[],
  joins: (path: Path) => boolean,
): { readonly root: MapNode | undefined; readonly repeated: readonly Repetition[] } {
  const repeated: Repetition[] = [];
  const [first, ...others] = trees;
  const join = (a: MapNode, b: MapNode, path: Path): MapNode => {
    const entries = new Map(a.entries);
    for (const [key, entry] of b.entries) {
      const standing = entries.get(key);
      const inside = [...path, key];
      if (standing === undefined) entries.set(key, entry);
      else if (standing.value.kind === 'map' && entry.value.kind === 'map' && joins(inside))
        entries.set(key, { ...standing, value: join(standing.value, entry.value, inside) });
      else repeated.push({ key, first: standing.key, again: entry.key });
    }
    return { ...a, entries };
  };
  const root = first && others.reduce((joined, tree) => join(joined, tree, []), first);
  return { root, repeated };
}

const canonicalEntry = (map: MapNode, key: string): string => {
  const entry = map.entries.get(key);
  return entry === undefined ? '' : canonical(entry.value);
};

function childOf(node: Node | undefined, part: string | number): Entry | undefined {
  if (node?.kind === 'map') return node.entries.get(String(part));
  const item = node?.kind === 'list' ? node.items[Number(part)] : undefined;
  return item && { key: item.at, value: item };
}

function placeOf(root: Node, path: Path, of: (entry: Entry) => Place): Place {
  let place = root.at;
  let node: Node | undefined = root;
  for (const [index, part] of path.entries()) {
    const entry = childOf(node, part);
    if (entry === undefined) return place;
    place = index === path.length - 1 ? of(entry) : entry.key;
    node = entry.value;
  }
  return place;
}
