/** A recorded trace as a field: one device, unit 1, on Modbus TCP and on an RS-485 line at the same time. */
import type { Plant } from '../../firmware-sim/plant.ts';
import { loadTrace, playTrace, type TracePlayer } from '../../firmware-sim/trace.ts';
import type { Clock } from '../host/clock.ts';
import { millis } from '../model/units.ts';

export interface TraceField {
  readonly file: string;
  /** Times faster than recorded. */
  readonly speed: number;
  readonly port: number;
  readonly linePort: number;
}

const TURNAROUND = millis(5);

/** Rejects with `sim.trace-invalid`. The trace starts when the plant is built. */
export async function traceField(
  options: TraceField,
  clock: Clock,
): Promise<{ readonly plant: Plant; readonly player: TracePlayer }> {
  const trace = await loadTrace(options.file);
  const player = playTrace(trace, clock, { pace: 'recorded', speed: options.speed });
  const device = {
    name: 'trace',
    unit: 1,
    turnaround: TURNAROUND,
    points: player.points,
    signals: new Map(),
    image: player.image,
  };
  const plant: Plant = {
    seed: 1,
    buses: [
      { name: 'tcp', kind: 'tcp', port: options.port, devices: [device] },
      {
        name: 'line',
        kind: 'rtu-tcp',
        port: options.linePort,
        baud: 9600,
        format: '8N1',
        devices: [device],
      },
    ],
  };
  return { plant, player };
}
