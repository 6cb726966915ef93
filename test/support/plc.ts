/** A simulated PLC with many counters, and the YAML of the device that reads it. */
import { type RunningPlant, startPlant } from '../../firmware-sim/plant.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis, seconds } from '../../gateway/model/units.ts';

const indexes = (tags: number) => Array.from({ length: tags }, (_, i) => i);

/** Counters that rise together, two holding registers each. */
export const startPlc = (tags: number): Promise<RunningPlant> =>
  startPlant(
    {
      seed: 1,
      buses: [
        {
          name: 'plc',
          kind: 'tcp',
          devices: [
            {
              name: 'plc',
              unit: 1,
              turnaround: millis(1),
              signals: new Map(
                indexes(tags).map((i) => [
                  `t${i}`,
                  { shape: 'counter', min: 0, max: 1e9, period: seconds(1e6) },
                ]),
              ),
              points: indexes(tags).map((i) =>
                definePoint({ name: `t${i}`, table: 'holding', address: 2 * i, type: 'uint32' }),
              ),
            },
          ],
        },
      ],
    },
    systemClock(),
    silentLog,
  );

export interface PlcSite {
  readonly gateway: string;
  readonly tags: number;
  readonly scan: string;
  readonly lossWindow: string;
  readonly broker: string;
}

/** A site with one device, `plc`, that reads all counters of the PLC. */
export function plcSite(plant: RunningPlant, site: PlcSite): string {
  const address = plant.addresses.get('plc');
  const port = address && 'port' in address ? address.port : 0;
  const tags = indexes(site.tags).map((i) => `      t${i}: { address: "holding:${2 * i} uint32" }`);
  return `
gateway: { id: ${site.gateway}, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: ${site.lossWindow} }
uplinks: { cloud: { mqtt: "${site.broker}", unrouted: hold } }
buses: { plc: { tcp: "127.0.0.1:${port}" } }
devices:
  plc:
    bus: plc
    protocol: modbus
    scan: ${site.scan}
    tags:
${tags.join('\n')}
`;
}
