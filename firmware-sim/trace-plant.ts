/**
 * A recorded trace as a field of its own: one device, on Modbus TCP and on a serial line behind
 * TCP.
 */
import type { Clock } from '../gateway/host/clock.ts';
import { millis } from '../gateway/model/units.ts';
import type { Plant } from './plant.ts';
import type { PlantDevice } from './plant-bus.ts';
import { loadTrace, playTrace } from './trace.ts';

export interface TracePlantOptions {
  readonly file: string;
  /** Times faster than recorded. */
  readonly speed: number;
  /** Modbus TCP. */
  readonly port: number;
  /** RTU over TCP at 9600 8N1. */
  readonly linePort: number;
}

const UNIT = 1;
const TURNAROUND = millis(10);

/**
 * The trace starts to play at once, and both buses show the same row. Buses `tcp` and `line`, unit 1;
 * the register map is the one of a trace. Rejects with `sim.trace-invalid`.
 */
export async function tracePlant(options: TracePlantOptions, clock: Clock): Promise<Plant> {
  const trace = await loadTrace(options.file);
  const { image, points } = playTrace(trace, clock, { pace: 'recorded', speed: options.speed });
  const device = (name: string): PlantDevice => ({
    name,
    unit: UNIT,
    turnaround: TURNAROUND,
    points,
    signals: new Map(),
    image,
  });
  return {
    seed: 1,
    buses: [
      { name: 'tcp', kind: 'tcp', port: options.port, devices: [device('trace-tcp')] },
      {
        name: 'line',
        kind: 'serial-tcp',
        port: options.linePort,
        baud: 9600,
        format: '8N1',
        devices: [device('trace-line')],
      },
    ],
  };
}
