/**
 * Where the gateway that runs a site can be asked. The files are read and not checked: who asks at night has perhaps just
 * broken a rule, and is to see the alarms, and to take the rules back, all the same.
 */
import { resolve } from 'node:path';
import { readSite } from './files.ts';
import { mapAt, scalarAt } from './profile-tree.ts';
import { gatewayOptions, journalOptions } from './schema.ts';
import type { MapNode } from './tree.ts';
import { parseYaml } from './yaml-document.ts';

export interface AskedSite {
  /** Its id. */
  readonly gateway: string;
  readonly journalPath: string;
  readonly timezone: string;
}

/** `path` is the folder of a site, or one YAML file; undefined where the files do not tell enough. */
export async function askedSite(path: string): Promise<AskedSite | undefined> {
  const { files, folder } = await readSite(path);
  const roots = files.flatMap(({ file, text, isProfile }) => {
    const { root } = isProfile ? {} : parseYaml(text, file);
    return root ? [root] : [];
  });
  const section = (name: string) => roots.flatMap((root) => mapAt(root, name) ?? [])[0];
  const sections = { gateway: section('gateway'), journal: section('journal') };
  if (!sections.gateway) return undefined;
  const gateway = gatewayOptions.parse(scalarsOf(sections.gateway, ['id', 'timezone']));
  const journal = journalOptions.parse(
    sections.journal ? scalarsOf(sections.journal, ['path']) : {},
  );
  if (!gateway.ok || !journal.ok) return undefined;
  const { id, timezone } = gateway.value;
  return { gateway: id, journalPath: resolve(folder, journal.value.path), timezone };
}

const scalarsOf = (map: MapNode, keys: readonly string[]) =>
  Object.fromEntries(
    keys.flatMap((key) => {
      const value = scalarAt(map, key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
