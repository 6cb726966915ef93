/** The simulated lines of a site in a process of its own, at their own baud rates, on ports that are free. */
import { loadSite } from '../../config/load.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { startPlant } from '../../firmware-sim/plant.ts';
import { simulatedField } from '../../gateway/cli/simulated-field.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';

/** Sent when all of them listen: the port of each line. */
export type BuildingFieldReport = Readonly<Record<string, number>>;

const loaded = await loadSite(process.argv[2] ?? '', DRIVER_OPTIONS, { ruleTests: 'skip' });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1));
const field = simulatedField(loaded.site, { seed: 1, freePorts: true });
const plant = await startPlant(field, systemClock(), silentLog);
process.on('disconnect', () => process.exit(0));
const ports = [...plant.addresses].flatMap(([name, address]) =>
  'port' in address ? [[name, address.port] as const] : [],
);
process.send?.(Object.fromEntries(ports) satisfies BuildingFieldReport);
