/** A site with the profiles of its devices laid under them. Pure. */
import type { Finding } from './finding.ts';
import { type ProfileLibrary, unknownProfile } from './profile-library.ts';
import { applied, mapAt, protocolClash, scalarAt, strayTags } from './profile-tree.ts';
import type { Entry, MapNode } from './tree.ts';

/** The ids that the devices of a site name. */
export function namedProfiles(root: MapNode): ReadonlySet<string> {
  const devices = [...(mapAt(root, 'devices')?.entries.values() ?? [])];
  return new Set(
    devices.flatMap(({ value }) =>
      value.kind === 'map' ? (scalarAt(value, 'profile') ?? []) : [],
    ),
  );
}

export interface ProfiledSite {
  readonly root: MapNode;
  /** About the site as it was written, before the profiles. */
  readonly findings: readonly Finding[];
  /** The paths of maps with no more to be said about them, joined by a slash. */
  readonly skipped: ReadonlySet<string>;
}

/** The tree that is left as it is has no devices with a profile in it. */
export function withProfiles(root: MapNode, { trees, known }: ProfileLibrary): ProfiledSite {
  const findings: Finding[] = [];
  const skipped = new Set<string>();
  const section = root.entries.get('devices');
  if (section?.value.kind !== 'map') return { root, findings, skipped };
  const whole = ([name, entry]: readonly [string, Entry]): [string, Entry] => {
    const device = entry.value;
    const id = device.kind === 'map' ? scalarAt(device, 'profile') : undefined;
    if (device.kind !== 'map' || id === undefined) return [name, entry];
    const path = ['devices', name];
    const profile = trees.get(id);
    if (profile === undefined) {
      if (!trees.has(id))
        findings.push({ path: [...path, 'profile'], at: 'value', ...unknownProfile(id, known) });
      skipped.add(path.join('/'));
      return [name, entry];
    }
    const stray = strayTags(profile, device, path);
    findings.push(...protocolClash(profile, device, path), ...stray.findings);
    for (const tag of stray.skipped) skipped.add(tag.join('/'));
    return [name, { ...entry, value: applied(profile, device) }];
  };
  const entries = new Map([...section.value.entries].map(whole));
  const devices = { ...section, value: { ...section.value, entries } };
  const all = new Map(root.entries).set('devices', devices);
  return { root: { ...root, entries: all }, findings, skipped };
}
