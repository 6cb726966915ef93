/** A simulated RS-485 line in a process of its own, so that its timing and the gateway's do not share an event loop. */
import { SimulatedLine } from '../../firmware-sim/line.ts';
import { serveLine } from '../../firmware-sim/line-server.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { millis } from '../../gateway/model/units.ts';
import { type MixedUnit, stationOf } from '../support/mixed-bus.ts';

export interface LineOrder {
  readonly baud: number;
  readonly units: readonly MixedUnit[];
  /** Of the serial adapter that the master uses. */
  readonly adapterLatencyMs: number;
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

const clock = systemClock();
const line = new SimulatedLine(
  {
    baud: order.baud,
    format: '8N1',
    stations: order.units.map((unit, i) => stationOf(unit, i + 1, clock, { isFixed: true })),
    adapterLatency: millis(order.adapterLatencyMs),
  },
  clock,
);
const server = await serveLine(line, {});
process.on('message', () => {
  const { usefulMs, tooEarly, requests, answered } = line.stats();
  report({ kind: 'stats', usefulMs, tooEarly, requests, answered });
});
process.on('disconnect', () => process.exit(0));
report({ kind: 'ready', port: server.port });
