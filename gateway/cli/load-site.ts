import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LoadedSite, LoadOptions } from '../../config/load.ts';
import { renderProblems } from '../../config/report.ts';
import type { Site } from '../../config/site.ts';
import { socketPath } from '../health/control-socket.ts';
import { GatewayError } from '../model/errors.ts';
import type { Call } from './verb.ts';

type RuleTests = NonNullable<LoadOptions['ruleTests']>;

/** Where a site is when none is named. */
const DEFAULT_SITE = '/etc/headgate';
/** In a release the worker is bundled beside the main file. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './site-worker.ts' : './site-worker.mjs',
  import.meta.url,
);

/** The site that is named at this place of what was typed. */
export const sitePath = (call: Pick<Call, 'positionals'>, place = 0): string =>
  resolve(call.positionals[place] ?? DEFAULT_SITE);

/**
 * The site at `path`; prints every problem and throws `cli.site-invalid` when there is one. The tests of its rules are
 * for who is about to run them: who asks a running gateway, or stops one, does not wait for them.
 */
export async function requireSite(
  call: Call,
  path: string,
  ruleTests: RuleTests = 'skip',
): Promise<Site> {
  const loaded = await loadSiteApart(path, ruleTests);
  if (loaded.ok) {
    if (loaded.warnings.length > 0) call.note(renderProblems(loaded.warnings, call.language));
    return loaded.site;
  }
  call.note(renderProblems(loaded.problems, call.language));
  throw new GatewayError('cli.site-invalid', { site: path, count: loaded.problems.length });
}

/** Of the running gateway of a site. */
export interface AskedGateway {
  readonly socket: string;
  readonly timezone: string;
}

/** Where the running gateway of the site at `path` is asked, whatever else is wrong with the files by now. */
export async function askedGateway(call: Call, path: string): Promise<AskedGateway> {
  // A gateway that runs a site asks nobody, and does without the reader of YAML.
  const { askedSite } = await import('../../config/asked-site.ts');
  const asked = await askedSite(path);
  if (asked) return { socket: socketPath(asked.journalPath), timezone: asked.timezone };
  const { journal, gateway } = await requireSite(call, path);
  return { socket: socketPath(journal.path), timezone: gateway.timezone };
}

/**
 * Loads in a thread that ends afterwards: parser, checks and what they leave behind, some 30 MB with 10,000 tags, do not
 * stay with the gateway for the years it runs.
 */
export async function loadSiteApart(path: string, ruleTests: RuleTests): Promise<LoadedSite> {
  const worker = new Worker(WORKER, { workerData: { path, ruleTests } });
  const [loaded] = (await once(worker, 'message')) as [LoadedSite];
  await worker.terminate();
  return loaded;
}
