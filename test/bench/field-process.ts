/** The simulated field of the benches in a process of its own; says when it has answered its first read. */

import { processImage } from '../../firmware-sim/device.ts';
import { startPlant } from '../../firmware-sim/plant.ts';
import type { BusAddress, PlantDevice } from '../../firmware-sim/plant-bus.ts';
import type { Signal } from '../../firmware-sim/process.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis } from '../../gateway/model/units.ts';
import { type SiteShape, tagAddress, tagName, unitName } from './site.ts';

/** `first-read`: on the monotonic clock that all processes of the machine share, in ms. */
export type FieldReport =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'first-read'; readonly atMs: number };

const shape = JSON.parse(process.argv[2] ?? '{}') as SiteShape;
const clock = systemClock();
const report = (message: FieldReport) => process.send?.(message);
let isRead = false;

function reportFirstRead(): void {
  if (isRead) return;
  isRead = true;
  report({ kind: 'first-read', atMs: Number(process.hrtime.bigint()) / 1e6 });
}

const points = Array.from({ length: shape.tagsPerUnit }, (_, tag) =>
  definePoint({
    name: tagName(tag),
    table: 'holding',
    address: tagAddress(tag),
    type: 'float32',
  }),
);
const signals = new Map(
  points.map(({ name }, tag): [string, Signal] => [
    name,
    {
      shape: tag % 2 === 0 ? 'sine' : 'walk',
      min: 0,
      max: 100,
      period: millis(shape.periodMs),
    },
  ]),
);

const device = (unit: number): PlantDevice => ({
  name: unitName(unit),
  unit,
  turnaround: millis(0),
  points,
  signals,
  image: { ...processImage(points, signals, unit, clock), served: reportFirstRead },
});

const plant = await startPlant(
  {
    seed: 1,
    buses: [
      {
        name: 'field',
        kind: 'tcp',
        devices: Array.from({ length: shape.units }, (_, index) => device(index + 1)),
      },
    ],
  },
  clock,
  silentLog,
);
process.on('disconnect', () => process.exit(0));
const { port } = plant.addresses.get('field') as Extract<BusAddress, { port: number }>;
report({ kind: 'ready', port });
