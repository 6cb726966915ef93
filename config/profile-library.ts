/**
 * The profiles that a site names: its own from profiles/, the others from those that come with the gateway. A
 * profile that nobody names is not read.
 */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { byLikeness } from '../gateway/host/likeness.ts';
import { printable, quoted } from '../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import { LARGEST_FILE, readText } from './files.ts';
import { notesOn } from './notes.ts';
import { PROFILE_ID } from './options.ts';
import { type Problem, problem } from './problem.ts';
import { inherited, scalarAt, strayTags } from './profile-tree.ts';
import { type MapNode, type Place, written } from './tree.ts';
import { parseYaml } from './yaml-document.ts';

/** In a release they lie beside the main file. */
const BUILT_IN = join(import.meta.dirname, 'profiles');
const DEEPEST_INHERITANCE = 5;
const MOST_SUGGESTED = 5;

export interface ProfileLibrary {
  /** By id, each with what it inherits; undefined where its problem is told among `problems`. */
  readonly trees: ReadonlyMap<string, MapNode | undefined>;
  readonly problems: readonly Problem[];
  /** All ids there are, for suggestions; empty unless one was not found. */
  readonly known: readonly string[];
}

/** `own` are the site's profiles, `wanted` the ids that its devices name. */
export async function gatherProfiles(
  own: readonly MapNode[],
  wanted: Iterable<string>,
): Promise<ProfileLibrary> {
  const problems: Problem[] = [];
  const raw = new Map<string, MapNode>();
  for (const tree of own) {
    const id = scalarAt(tree, 'profile');
    if (id === undefined) continue;
    const first = raw.get(id);
    if (first === undefined) raw.set(id, tree);
    else {
      const details = { key: printable(id), first: written(placeOfId(first)) };
      problems.push(problem(placeOfId(tree), 'config.duplicate-key', details));
    }
  }
  const queue = [...wanted, ...own.flatMap((tree) => scalarAt(tree, 'extends') ?? [])];
  const missing = new Set<string>();
  for (const id of queue) {
    if (raw.has(id) || missing.has(id)) continue;
    const tree = await readBuiltIn(id, problems);
    if (tree === undefined) missing.add(id);
    else {
      raw.set(id, tree);
      const parent = scalarAt(tree, 'extends');
      if (parent !== undefined) queue.push(parent);
    }
  }
  const known = missing.size === 0 ? [] : [...raw.keys(), ...(await builtInIds())];
  const shelf = { raw, known, problems, circling: new Set<MapNode>() };
  const trees = new Map([...raw].map(([id, tree]) => [id, resolved(tree, shelf)]));
  return { trees, problems, known };
}

/** The ids of all profiles that come with the gateway, in alphabetical order. */
export async function builtInIds(): Promise<string[]> {
  const entries = await readdir(BUILT_IN, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => relative(BUILT_IN, join(entry.parentPath, entry.name)).replace(/\.yaml$/, ''))
    .sort();
}

/** What is said where an id stands for no profile. */
export function unknownProfile(
  id: string,
  known: readonly string[],
): { readonly code: ErrorCode; readonly details: ErrorDetails } {
  const likely = byLikeness(id, [...new Set(known)]).slice(0, MOST_SUGGESTED);
  return {
    code: 'profile.unknown',
    details: { found: quoted(id), known: likely.join(', ') || '—' },
  };
}

async function readBuiltIn(id: string, problems: Problem[]): Promise<MapNode | undefined> {
  if (!PROFILE_ID.pattern?.test(id)) return undefined;
  const file = join(BUILT_IN, `${id}.yaml`);
  const read = await readText(file, LARGEST_FILE);
  if (read.text === undefined) return undefined;
  const document = parseYaml(read.text, file);
  problems.push(...document.problems);
  return document.root;
}

interface Shelf {
  readonly raw: ReadonlyMap<string, MapNode>;
  readonly known: readonly string[];
  readonly problems: Problem[];
  /** Profiles whose circle of inheritance is told already. */
  readonly circling: Set<MapNode>;
}

/** The profile with all that it inherits; undefined when that cannot be. `heirs` are those that extend it. */
function resolved(
  tree: MapNode,
  shelf: Shelf,
  heirs: readonly MapNode[] = [],
): MapNode | undefined {
  const { raw, known, problems, circling } = shelf;
  const id = scalarAt(tree, 'extends');
  if (id === undefined) return tree;
  if (circling.has(tree)) return undefined;
  const refuse = (code: ErrorCode, details: ErrorDetails) => {
    problems.push(problem(placeOf(tree, 'extends'), code, details));
    return undefined;
  };
  const line = [...heirs, tree];
  const parent = raw.get(id);
  if (parent === undefined) {
    const { code, details } = unknownProfile(id, known);
    return refuse(code, details);
  }
  if (line.includes(parent)) {
    for (const one of line) circling.add(one);
    const chain = [...line, parent].map((one) => scalarAt(one, 'profile')).join(' → ');
    return refuse('profile.cycle', { chain, first: written(placeOf(parent, 'extends')) });
  }
  if (line.length >= DEEPEST_INHERITANCE)
    return refuse('profile.too-deep', { max: DEEPEST_INHERITANCE });
  const whole = resolved(parent, shelf, line);
  if (whole === undefined) return undefined;
  const notes = notesOn(tree);
  for (const finding of strayTags(whole, tree, []).findings)
    if (finding.at === 'value') notes.find(finding);
  problems.push(...notes.problems);
  return inherited(whole, tree);
}

const placeOf = (tree: MapNode, key: string): Place => tree.entries.get(key)?.value.at ?? tree.at;
const placeOfId = (tree: MapNode): Place => placeOf(tree, 'profile');
