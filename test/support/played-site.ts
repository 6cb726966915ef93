/** A whole gateway in this process, with its simulated field, at a real broker, on a day of one's choice. */
import { join } from 'node:path';
import { plainUplink } from '../../config/build.ts';
import { loadSite } from '../../config/load.ts';
import type { Site } from '../../config/site.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { loadDrivers } from '../../drivers/registry.ts';
import { startPlant } from '../../firmware-sim/plant.ts';
import { simulatedField } from '../../gateway/cli/simulated-field.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import { createLog, silentLog } from '../../gateway/host/log.ts';
import { createNotify } from '../../gateway/host/notify.ts';
import { systemRandom } from '../../gateway/host/random.ts';
import { fileStateStore, statePath } from '../../gateway/host/state-store.ts';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';
import { ruleEngineFor } from '../../gateway/rules/rule-engine.ts';
import { commandsFor } from '../../gateway/writable-site.ts';

export interface PlayedSite {
  /** The folder or file of the site. */
  readonly site: string;
  readonly broker: string;
  /** When it is there at the start. */
  readonly start: UtcMs;
  /** For the journal and the ends of serial lines. */
  readonly folder: string;
}

/** Resolves when the gateway runs, with what stops it and its field. It sends again what somebody asks for. */
export async function playSite({ site: path, broker, start, folder }: PlayedSite) {
  const loaded = await loadSite(path, DRIVER_OPTIONS, { environment: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  const written: Site = loaded.site;
  const clock = shifted(start);
  const serialPath = ({ name }: { readonly name: string }) => join(folder, name);
  const field = simulatedField(written, { seed: 1, freePorts: true, serialPath });
  const plant = await startPlant(field, clock, silentLog);
  const journal = { ...written.journal, path: join(folder, 'journal.db') };
  const uplink = plainUplink(written.gateway.id, 'cloud', broker);
  const site: Site = {
    ...written,
    journal,
    buses: written.buses.map((bus) => {
      const transport = plant.addresses.get(bus.name);
      return transport ? { ...bus, transport } : bus;
    }),
    uplinks: [{ ...uplink, mqtt: { ...uplink.mqtt, replay: 'accept' } }],
  };
  const gateway = new Gateway(site, {
    drivers: await loadDrivers(site.devices.map(({ protocol }) => protocol)),
    clock,
    log: createLog('silent'),
    random: systemRandom,
    notify: createNotify({}),
    state: await fileStateStore(statePath(journal.path), clock, silentLog),
    makeRuleEngine: await ruleEngineFor(site.rules),
    makeCommands: await commandsFor(site),
  });
  await gateway.start();
  return async () => {
    await gateway.stop();
    await plant.stop();
  };
}

/** As the wall clock goes, from another day on. */
function shifted(start: UtcMs): Clock {
  const clock = systemClock();
  const offset = start - clock.utc();
  return {
    ...clock,
    isSynced: () => true,
    trust: () => 'synced',
    utc: () => utcMs(clock.utc() + offset),
  };
}
