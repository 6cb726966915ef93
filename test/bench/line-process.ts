/** A simulated RS-485 line in a process of its own, so that its timing and the gateway's do not share an event loop. */

import type { BusAddress, PlantDevice } from '../../firmware-sim/plant.ts';
import { startPlant } from '../../firmware-sim/plant.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis, seconds } from '../../gateway/model/units.ts';

export interface LineOrder {
  readonly baud: number;
  readonly units: number;
  readonly registers: number;
  readonly dead: number;
  readonly turnaroundMs: number;
}

/** Sent once listening, and after each question. */
export type LineReport =
  | { readonly kind: 'ready'; readonly port: number }
  | {
      readonly kind: 'stats';
      readonly usefulMs: number;
      readonly tooEarly: number;
      readonly requests: number;
      readonly answered: number;
    };

const order = JSON.parse(process.argv[2] ?? '{}') as LineOrder;
const report = (message: LineReport) => process.send?.(message);

const device = (index: number): PlantDevice => ({
  name: `unit-${index + 1}`,
  unit: index + 1,
  turnaround: millis(order.turnaroundMs),
  points: Array.from({ length: order.registers }, (_, address) =>
    definePoint({ name: `r${address}`, table: 'holding', address, type: 'uint16' }),
  ),
  signals: new Map(
    Array.from({ length: order.registers }, (_, address) => [
      `r${address}`,
      { shape: 'constant', min: address, max: address, period: seconds(1) },
    ]),
  ),
  ...(index < order.dead ? { fault: { kind: 'silent', share: 1 } as const } : {}),
});

const plant = await startPlant(
  {
    seed: 1,
    buses: [
      {
        name: 'line',
        kind: 'serial-tcp',
        baud: order.baud,
        format: '8N1',
        devices: Array.from({ length: order.units }, (_, index) => device(index)),
      },
    ],
  },
  systemClock(),
  silentLog,
);
const address = plant.addresses.get('line') as Extract<BusAddress, { port: number }>;
process.on('message', () => {
  const stats = plant.stats().get('line');
  if (stats && 'usefulMs' in stats) {
    const { usefulMs, tooEarly, requests, answered } = stats;
    report({ kind: 'stats', usefulMs, tooEarly, requests, answered });
  }
});
process.on('disconnect', () => process.exit(0));
report({ kind: 'ready', port: address.port });
