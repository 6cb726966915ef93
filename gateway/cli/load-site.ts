import { resolve } from 'node:path';
import { loadSite } from '../../config/load.ts';
import { renderProblems } from '../../config/report.ts';
import type { Site } from '../../config/site.ts';
import { DRIVERS } from '../../drivers/registry.ts';
import { GatewayError } from '../model/errors.ts';
import type { Call } from './verb.ts';

/** Where a site is when none is named. */
const DEFAULT_SITE = '/etc/headgate';

export const sitePath = (call: Call): string => resolve(call.positionals[0] ?? DEFAULT_SITE);

/** The site at `path`; prints every problem and throws `cli.site-invalid` when there is one. */
export async function requireSite(call: Call, path: string): Promise<Site> {
  const loaded = await loadSite(path, DRIVERS);
  if (loaded.ok) {
    if (loaded.warnings.length > 0) call.note(renderProblems(loaded.warnings, call.language));
    return loaded.site;
  }
  call.note(renderProblems(loaded.problems, call.language));
  throw new GatewayError('cli.site-invalid', { site: path, count: loaded.problems.length });
}
