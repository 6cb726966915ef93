/**
 * How a profile is laid over the one it extends, and a device over its profile: on the trees with places, so
 * that whatever is wrong afterwards is told where it was written. Pure.
 */
import { quoted } from '../gateway/host/quoted.ts';
import { type Finding, unknown } from './finding.ts';
import type { Entry, ListNode, MapNode, Node, Path } from './tree.ts';

/** A profile over what it extends. Both are left as they are. */
export function inherited(parent: MapNode, child: MapNode): MapNode {
  const kept = withoutWrites(picked(parent, child), child);
  for (const key of OWN_KEYS) kept.entries.delete(key);
  const both = laidOver(kept, child, joinsInProfile);
  for (const key of ADDED_LISTS) {
    const [first, more] = [parent, child].map((tree) => listAt(tree, key));
    if (first && more) both.entries.set(key, { key: more.at, value: appended(first, more) });
  }
  return both;
}

/** What a profile does not hand down: a child's name is its own, and so are frames that prove it. */
const OWN_KEYS = ['profile', 'name', 'extends', 'only', 'skip', 'golden'];
const ADDED_LISTS = ['provenance', 'quirks'];

const joinsInProfile = (path: Path): boolean => {
  const [section, , more] = path;
  return isWrite(path) || (more === undefined && JOINED.includes(String(section)));
};
const JOINED = ['device', 'factory', 'tags'];

/** What may be written of a tag is laid over key by key, so that who adds an interlock keeps the range. */
const isWrite = ([section, , key, more]: Path): boolean =>
  section === 'tags' && key === 'write' && more === undefined;

/** A device of a site over its profile. */
export function applied(profile: MapNode, device: MapNode): MapNode {
  const { entries } = withoutWrites(picked(profile, device), device);
  const options = mapAt(profile, 'device')?.entries ?? [];
  const base = new Map([...options].filter(([key]) => !SITE_KEYS.has(key)));
  copy(entries, base, 'scan');
  const tags = entries.get('tags');
  if (tags?.value.kind === 'map')
    base.set('tags', { ...tags, value: eachTag(tags.value, (tag) => without(tag, FACTS)) });
  const both = laidOver({ ...profile, entries: base }, device, joinsInDevice);
  copy(entries, both.entries, 'protocol');
  return both;
}

/** Keys of a device that only its site knows. */
const SITE_KEYS: ReadonlySet<string> = new Set([
  'bus',
  'profile',
  'baud',
  'format',
  'only',
  'skip',
]);
const FACTS = ['name', 'symbol'];
const WRITES = ['write'];

const joinsInDevice = (path: Path): boolean => {
  const [section, , more] = path;
  return isWrite(path) || (more === undefined && section === 'tags');
};

/**
 * What `device`, at `path`, says about tags that its profile does not have. `skipped` are the paths of tags
 * with no more to be said about them.
 */
export function strayTags(
  profile: MapNode,
  device: MapNode,
  path: Path,
): { readonly findings: readonly Finding[]; readonly skipped: readonly Path[] } {
  const known = [...(mapAt(profile, 'tags')?.entries.keys() ?? [])];
  const details = { profile: String(scalarAt(profile, 'profile')) };
  const stray = (at: Finding['at'], where: Path, found: string): Finding => {
    const finding = unknown(where, 'profile.tag-unknown', found, known);
    return { ...finding, at, details: { ...finding.details, ...details } };
  };
  const chosen = ['only', 'skip'].flatMap((key) =>
    (listAt(device, key)?.items ?? []).flatMap((item, index) => {
      const name =
        item.kind === 'scalar' && typeof item.value === 'string' ? item.value : undefined;
      if (name === undefined || known.includes(name)) return [];
      return [stray('value', [...path, key, index], name)];
    }),
  );
  const offered = mapAt(picked(profile, device), 'tags');
  const added = [...(mapAt(device, 'tags')?.entries ?? [])].flatMap(([name, { value }]) => {
    const isWhole = value.kind !== 'map' || value.entries.has('address');
    return isWhole || offered?.entries.has(name) ? [] : [name];
  });
  const skipped = added.map((name) => [...path, 'tags', name]);
  const lost = skipped.map((where) => stray('key', where, String(where.at(-1))));
  return { findings: [...chosen, ...lost], skipped };
}

/** A copy of a profile with the tags that `only` and `skip` of `chooser` leave. */
function picked(profile: MapNode, chooser: MapNode): MapNode {
  const entries = new Map(profile.entries);
  const tags = entries.get('tags');
  const only = namesAt(chooser, 'only');
  const skip = namesAt(chooser, 'skip');
  if (tags?.value.kind !== 'map' || (only ?? skip) === undefined) return { ...profile, entries };
  const left = [...tags.value.entries].filter(
    ([name]) => (only === undefined || only.has(name)) && !skip?.has(name),
  );
  entries.set('tags', { ...tags, value: { ...tags.value, entries: new Map(left) } });
  return { ...profile, entries };
}

/** A copy in which tags that `over` makes read-only have lost what is said of their writes. */
function withoutWrites(base: MapNode, over: MapNode): MapNode {
  const tags = base.entries.get('tags');
  const changes = mapAt(over, 'tags');
  if (tags?.value.kind !== 'map' || changes === undefined) return base;
  const value = eachTag(tags.value, (tag, name) => {
    const change = mapAt(changes, name);
    return change && scalarAt(change, 'access') === 'read' ? without(tag, WRITES) : tag;
  });
  return { ...base, entries: new Map(base.entries).set('tags', { ...tags, value }) };
}

/** All entries of both; where both have a key, `over` wins, or both are joined. */
function laidOver(
  base: MapNode,
  over: MapNode,
  joins: (path: Path) => boolean,
  path: Path = [],
): MapNode {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const standing = entries.get(key)?.value;
    const inside = [...path, key];
    const value =
      standing?.kind === 'map' && entry.value.kind === 'map' && joins(inside)
        ? laidOver(standing, entry.value, joins, inside)
        : entry.value;
    entries.set(key, { key: entry.key, value });
  }
  return { ...over, entries };
}

const appended = (first: ListNode, more: ListNode): ListNode => ({
  ...more,
  items: [...first.items, ...more.items],
});

const eachTag = (tags: MapNode, of: (tag: Node, name: string) => Node): MapNode => ({
  ...tags,
  entries: new Map(
    [...tags.entries].map(([name, it]) => [name, { ...it, value: of(it.value, name) }]),
  ),
});

function without(tag: Node, keys: readonly string[]): Node {
  if (tag.kind !== 'map') return tag;
  return { ...tag, entries: new Map([...tag.entries].filter(([key]) => !keys.includes(key))) };
}

function copy(from: ReadonlyMap<string, Entry>, to: Map<string, Entry>, key: string): void {
  const entry = from.get(key);
  if (entry) to.set(key, entry);
}

function namesAt(map: MapNode, key: string): ReadonlySet<string> | undefined {
  const items = listAt(map, key)?.items;
  return items && new Set(items.map((item) => (item.kind === 'scalar' ? String(item.value) : '')));
}

/** The map under a key. */
export function mapAt(map: MapNode, key: string): MapNode | undefined {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'map' ? value : undefined;
}

function listAt(map: MapNode, key: string): ListNode | undefined {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'list' ? value : undefined;
}

/** The text under a key. */
export function scalarAt(map: MapNode, key: string): string | undefined {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

/** A protocol that the site writes and the profile does not speak. */
export function protocolClash(profile: MapNode, device: MapNode, path: Path): Finding[] {
  const known = scalarAt(profile, 'protocol');
  const found = scalarAt(device, 'protocol');
  if (known === undefined || found === undefined || known === found) return [];
  const id = String(scalarAt(profile, 'profile'));
  return [
    {
      path: [...path, 'protocol'],
      at: 'value',
      code: 'profile.protocol-differs',
      details: { profile: id, known, found: quoted(found) },
    },
  ];
}
