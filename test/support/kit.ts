/** The kits of the house, with their stories. */
import { join } from 'node:path';
import { loadSite } from '../../config/load.ts';
import { loadStory } from '../../config/story.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';

/** The folder of all. */
export const SITES = join(import.meta.dirname, '../../config/sites');

/** One of them, its rules untested; throws where it does not load. */
export async function kitOf(name: string) {
  const path = join(SITES, name);
  const loaded = await loadSite(path, DRIVER_OPTIONS, { ruleTests: 'skip' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, undefined, 1));
  const read = await loadStory(path, loaded.site);
  if (!read?.ok) throw new Error(JSON.stringify(read?.problems, undefined, 1));
  return { site: loaded.site, warnings: loaded.warnings, story: read.story };
}
