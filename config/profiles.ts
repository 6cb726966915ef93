/** The models of device that headgate knows, for whoever asks without a site: decode, scan, the reference. */
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Language } from '../gateway/model/errors.ts';
import type { Millis } from '../gateway/model/units.ts';
import type { Drivers } from './checker.ts';
import { LARGEST_FILE, readText } from './files.ts';
import { type Problem, problem } from './problem.ts';
import { draftProfile } from './profile-draft.ts';
import { builtInIds, gatherProfiles } from './profile-library.ts';
import type { ProfileOptions } from './profile-schema.ts';
import { scalarAt } from './profile-tree.ts';
import { renderProblems } from './report.ts';
import type { TagAccess } from './site.ts';
import { type MapNode, plain } from './tree.ts';
import { parseYaml } from './yaml-document.ts';

export type Wording = Readonly<Record<Language, string>>;

/** A model of device: what it offers and what is known of it. */
export interface Profile {
  /** `eastron/sdm630` */
  readonly id: string;
  readonly name: Wording;
  readonly protocol: string;
  readonly scan: Millis | undefined;
  /**
   * The driver's options as written. The unit or address of a device is added to them before the driver's
   * deviceSchema parses them.
   */
  readonly device: Readonly<Record<string, unknown>>;
  /** How the device leaves its factory; what is not known is left out. */
  readonly factory: Partial<NonNullable<ProfileOptions['factory']>>;
  readonly provenance: NonNullable<ProfileOptions['provenance']>;
  readonly quirks: readonly Wording[];
  readonly tags: readonly ProfileTag[];
  readonly golden: readonly Golden[];
}

export interface ProfileTag {
  /** Its name in a site: `voltage_l1`. */
  readonly quantity: string;
  readonly name: Wording | undefined;
  /** Its sign on the device or in its manual: `U1`. */
  readonly symbol: string | undefined;
  readonly unit: string | undefined;
  readonly decimals: number | undefined;
  readonly scan: Millis | undefined;
  readonly access: TagAccess;
  readonly addressText: string;
  /** What the driver's addressSchema made of the address and of what belongs to it. */
  readonly address: unknown;
  /** All keys as written, those of the driver among them: `scale`, `null_when`. */
  readonly written: Readonly<Record<string, unknown>>;
}

/** Frames of the device on a serial wire, and what the tags are then. */
export interface Golden {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly expect: ReadonlyMap<string, unknown>;
  /** Options of the device that the frames need: its unit or address. */
  readonly device: Readonly<Record<string, unknown>>;
  readonly note: string | undefined;
}

/** All profiles that come with the gateway, by id. Throws when one of them has a mistake. */
export async function loadProfiles(drivers: Drivers): Promise<readonly Profile[]> {
  const ids = await builtInIds();
  const { trees, problems } = await gatherProfiles([], ids);
  const drafts = ids.map((id) => {
    const tree = trees.get(id);
    return { id, tree, draft: tree && draftProfile(tree, drivers) };
  });
  const wrong = [...problems, ...drafts.flatMap(({ draft }) => draft?.problems ?? [])].filter(
    ({ severity }) => severity === 'error',
  );
  if (wrong.length > 0) throw new Error(renderProblems(wrong, 'en'));
  return drafts.flatMap(({ id, tree, draft }) =>
    tree && draft?.common ? [profileOf(id, tree, draft.common, [...draft.tags])] : [],
  );
}

/** One profile, or why there is none. */
export type ReadProfile =
  | { readonly profile: Profile }
  | { readonly profile?: undefined; readonly problems: readonly Problem[] };

/** The profile in a file of a site's profiles/; those beside it may be extended. */
export async function readProfile(file: string, drivers: Drivers): Promise<ReadProfile> {
  const read = await readText(file, LARGEST_FILE);
  if (read.text === undefined)
    return { problems: [problem({ file, line: 1, col: 1 }, read.code, read.details)] };
  const { root, problems } = parseYaml(read.text, file);
  if (root === undefined) return { problems };
  const { trees, problems: ofFamily } = await gatherProfiles(await familyOf(root, file), []);
  const id = scalarAt(root, 'profile') ?? '';
  const tree = trees.get(id) ?? root;
  const draft = draftProfile(tree, drivers);
  const wrong = [...problems, ...ofFamily, ...draft.problems].filter(
    ({ severity }) => severity === 'error',
  );
  if (wrong.length > 0 || draft.common === undefined) return { problems: wrong };
  return { profile: profileOf(id, tree, draft.common, [...draft.tags]) };
}

/** The profile and, where it extends another, those in the same folder. */
async function familyOf(root: MapNode, file: string): Promise<readonly MapNode[]> {
  if (scalarAt(root, 'extends') === undefined) return [root];
  const own = resolve(file);
  const folder = dirname(own);
  const others = (await readdir(folder))
    .map((name) => join(folder, name))
    .filter((other) => other !== own && other.endsWith('.yaml'));
  const read = await Promise.all(others.map((other) => readText(other, LARGEST_FILE)));
  return [
    root,
    ...read.flatMap(({ text }, i) => parseYaml(text ?? '', others[i] ?? '').root ?? []),
  ];
}

type Draft = ReturnType<typeof draftProfile>;
type DraftTags =
  Draft['tags'] extends ReadonlyMap<string, infer T> ? (readonly [string, T])[] : never;

function profileOf(id: string, tree: MapNode, common: ProfileOptions, tags: DraftTags): Profile {
  const { protocol, name, scan, factory = {}, provenance = [], quirks = [], golden = [] } = common;
  return {
    id,
    name: name ?? { en: id, zh: id },
    protocol,
    scan,
    device: optionsIn(tree, 'device'),
    factory,
    provenance,
    quirks,
    tags: tags.flatMap(([quantity, { common: written, address, addressText }]) => {
      if (written === undefined) return [];
      const { symbol, unit, decimals, scan, access } = written;
      const facts = { name: written.name, symbol, unit, decimals, scan, access };
      return [{ quantity, ...facts, addressText, address, written }];
    }),
    golden: golden.map((one) => ({
      ...one,
      device: (one.device ?? {}) as Readonly<Record<string, unknown>>,
    })),
  };
}

const optionsIn = (tree: MapNode, key: string): Readonly<Record<string, unknown>> => {
  const entry = tree.entries.get(key);
  return (entry ? plain(entry.value) : {}) as Readonly<Record<string, unknown>>;
};
