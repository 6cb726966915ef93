/** Loads a site in a thread of its own and hands over the result; see loadSiteApart. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadSite } from '../../config/load.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';

parentPort?.postMessage(await loadSite(String(workerData), DRIVER_OPTIONS));
