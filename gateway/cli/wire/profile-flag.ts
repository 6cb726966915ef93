/** The models of device that headgate knows, for the verbs that work without a site. */
import { loadProfiles, type Profile } from '../../../config/profiles.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { byLikeness } from '../../host/likeness.ts';
import { printable } from '../../host/quoted.ts';
import { usage } from './device-flags.ts';

const MOST_SUGGESTED = 5;

/** The profile of this id, or all of them. Throws `cli.usage` for an id that nobody knows. */
export async function profilesNamed(
  id: string | boolean | undefined,
  verb: string,
): Promise<readonly Profile[]> {
  const profiles = await loadProfiles(DRIVER_OPTIONS);
  if (id === undefined) return profiles;
  const found = profiles.filter((profile) => profile.id === id);
  if (found.length > 0) return found;
  const ids = profiles.map((profile) => profile.id);
  const likely = byLikeness(String(id), ids).slice(0, MOST_SUGGESTED).join(', ');
  throw usage(verb, `there is no profile "${printable(String(id))}"; the likeliest: ${likely}`);
}
