/** See watched-field.ts: a simulated Modbus unit that writes down when it was read. */
import { processImage } from '../../firmware-sim/device.ts';
import { startPlant } from '../../firmware-sim/plant.ts';
import type { BusAddress } from '../../firmware-sim/plant-bus.ts';
import type { Signal } from '../../firmware-sim/process.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import {
  FIELD_DEVICE,
  type FieldMessage,
  type FieldOrder,
  type FieldRead,
  tagAddress,
  tagName,
  tagsIn,
} from './watched-field.ts';

const tags = Number(process.argv[2]);
const clock = systemClock();
const report = (message: FieldMessage) => process.send?.(message);
let reads: FieldRead[] = [];

const points = Array.from({ length: tags }, (_, tag) =>
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
    { shape: tag % 2 === 0 ? 'sine' : 'walk', min: 0, max: 100, period: seconds(60) },
  ]),
);
const served = (_table: string, address: number, count: number) => {
  reads.push([tagsIn(address), tagsIn(count), Number(process.hrtime.bigint()) / 1e6]);
};
const plant = await startPlant(
  {
    seed: 1,
    buses: [
      {
        name: 'field',
        kind: 'tcp',
        devices: [
          {
            name: FIELD_DEVICE,
            unit: 1,
            turnaround: millis(0),
            points,
            signals,
            image: { ...processImage(points, signals, 1, clock), served },
          },
        ],
      },
    ],
  },
  clock,
  silentLog,
);
process.on('disconnect', () => process.exit(0));
process.on('message', async (order: FieldOrder) => {
  if (order === 'last') await plant.stop();
  report({ kind: 'reads', reads });
  reads = [];
});
const { port } = plant.addresses.get('field') as Extract<BusAddress, { port: number }>;
report({ kind: 'ready', port });
