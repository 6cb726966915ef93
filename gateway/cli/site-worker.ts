/** Loads a site in a thread of its own and hands over the result; see loadSiteApart. */
import { parentPort, workerData } from 'node:worker_threads';
import { type LoadOptions, loadSite } from '../../config/load.ts';
import type { Site } from '../../config/site.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';

const { path, ruleTests } = workerData as { readonly path: string } & LoadOptions;
const loaded = await loadSite(path, DRIVER_OPTIONS, ruleTests && { ruleTests });
parentPort?.postMessage(loaded.ok ? { ...loaded, site: withoutTests(loaded.site) } : loaded);

/** Tests have been run, and are most of what rules are in memory. */
function withoutTests(site: Site): Site {
  const rules = site.rules.rules.map((rule) => ({ ...rule, tests: [] }));
  return { ...site, rules: { ...site.rules, rules } };
}
