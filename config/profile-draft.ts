/** A profile as far as it is understood; every problem of it at once. Pure. */
import {
  asMap,
  check,
  checkOwn,
  type DraftTag,
  type Drivers,
  draftTags,
  driverOf,
} from './checker.ts';
import { lintTags } from './lint.ts';
import { notesOn } from './notes.ts';
import type { Problem } from './problem.ts';
import {
  type ProfileOptions,
  type ProfileTagOptions,
  profileOptions,
  profileTagKeys,
  profileTagOptions,
} from './profile-schema.ts';
import { type MapNode, plain } from './tree.ts';

export interface ProfileDraft {
  readonly common: ProfileOptions | undefined;
  readonly tags: ReadonlyMap<string, DraftTag<ProfileTagOptions>>;
  readonly problems: readonly Problem[];
}

/** `root` is the profile with all that it inherits. */
export function draftProfile(root: MapNode, drivers: Drivers): ProfileDraft {
  const notes = notesOn(root);
  const checker = { drivers, notes, skipped: new Set<string>() };
  const value = asMap(plain(root));
  const driver = driverOf(checker, [], value.protocol);
  const device = { driver, part: 'deviceSchema', beside: {}, isPart: true } as const;
  checkOwn(checker, ['device'], value.device, device);
  const common = check(checker, [], profileOptions, value);
  const tags = draftTags(checker, [], value.tags, driver, {
    options: profileTagOptions,
    keys: profileTagKeys,
  });
  for (const finding of lintTags([], tags, common?.scan)) notes.find(finding);
  return { common, tags, problems: notes.problems };
}
