/** The models of device that headgate knows, for the verbs that work without a site. */
import { loadProfiles, type Profile, readProfile } from '../../../config/profiles.ts';
import { renderProblems } from '../../../config/report.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { byLikeness } from '../../host/likeness.ts';
import { printable } from '../../host/quoted.ts';
import type { Call } from '../verb.ts';
import { usage } from './device-flags.ts';

const MOST_SUGGESTED = 5;
const OF_SITE = 'one of a site is named by its file, my-site/profiles/boiler.yaml';

/**
 * The profile that `--profile` means, an id or a file; all that come with the gateway where it is left out. Throws
 * `cli.usage`.
 */
export async function profilesNamed(
  call: Pick<Call, 'values' | 'note' | 'language'>,
  verb: string,
): Promise<readonly Profile[]> {
  const { profile: named } = call.values;
  const id = named === undefined ? undefined : String(named);
  if (id?.endsWith('.yaml')) return [await profileIn(id, call, verb)];
  const profiles = await loadProfiles(DRIVER_OPTIONS);
  if (id === undefined) return profiles;
  const found = profiles.filter((profile) => profile.id === id);
  if (found.length > 0) return found;
  const ids = profiles.map((profile) => profile.id);
  const likely = byLikeness(id, ids).slice(0, MOST_SUGGESTED).join(', ');
  throw usage(verb, `there is no profile "${printable(id)}"; the likeliest: ${likely}; ${OF_SITE}`);
}

async function profileIn(
  file: string,
  { note, language }: Pick<Call, 'note' | 'language'>,
  verb: string,
): Promise<Profile> {
  const read = await readProfile(file, DRIVER_OPTIONS);
  if (read.profile) return read.profile;
  note(renderProblems(read.problems, language));
  throw usage(verb, `${printable(file)} is no profile that can be used, see above`);
}
