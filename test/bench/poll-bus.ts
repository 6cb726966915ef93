/**
 * `poll_bus_utilisation`: the time that answered requests need at the very least (silence, request, the unit's
 * turn-around, reply, at 10 bits a character on an 8N1 wire and 3.5 characters of 11 bits) ÷ elapsed time, units
 * polled as fast as possible over a simulated line in real time. Beside it modbus-serial's plain loop on the same line.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import modbusSerial from 'modbus-serial';
import { DRIVERS } from '../../drivers/all-drivers.ts';
import { lineOf, wireDevice } from '../../gateway/field.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { millis } from '../../gateway/model/units.ts';
import { Bus } from '../../gateway/poll/bus.ts';
import { deviceOf, type MixedUnit, MODBUS_REGISTERS, type Protocol } from '../support/mixed-bus.ts';
import { type Bench, type Figure, rounded } from './figure.ts';
import type { LineOrder, LineReport } from './line-process.ts';

const UNITS = 10;
const TURNAROUND_MS = 10;
/** Of a usual USB adapter that was not told to hurry. */
const LATENCY_TIMER_MS = 16;
const MEASURED_MS = 30_000;
const BASELINE_MS = 15_000;
const SILENT_SHARE = 0.05;

interface Case {
  /** Behind `poll_bus_utilisation_`. */
  readonly name: string;
  readonly baud: number;
  readonly dead?: number;
  readonly protocols?: readonly Protocol[];
  readonly adapterLatencyMs?: number;
  readonly goal: number;
}

const CASES: readonly Case[] = [
  { name: '9600', baud: 9600, goal: 0.98 },
  { name: '19200', baud: 19_200, goal: 0.98 },
  { name: '115200', baud: 115_200, goal: 0.95 },
  { name: 'mixed_9600', baud: 9600, protocols: ['modbus', 'dlt645', 'cjt188'], goal: 0.95 },
  { name: '9600_1_of_10_dead', baud: 9600, dead: 1, goal: 0.94 },
  { name: '9600_3_of_10_dead', baud: 9600, dead: 3, goal: 0.92 },
  // Each answer waits for the adapter's timer, so there is no goal but not to waste more than that.
  { name: '9600_latency_timer', baud: 9600, adapterLatencyMs: LATENCY_TIMER_MS, goal: 0.75 },
];

export const pollBus: Bench = {
  name: 'poll_bus_utilisation',
  async run(print, note) {
    for (const one of CASES) {
      note(
        `poll_bus_utilisation_${one.name}: ${UNITS} units, ${(MEASURED_MS + BASELINE_MS) / 1000} s …`,
      );
      print(await measure(one));
    }
  },
};

async function measure(one: Case): Promise<Figure> {
  const { name, baud, dead = 0, protocols = ['modbus'], adapterLatencyMs = 0, goal } = one;
  const units = Array.from({ length: UNITS }, (_, i): MixedUnit => {
    const protocol = protocols[i % protocols.length] as Protocol;
    const unit = { protocol, turnaround: millis(TURNAROUND_MS), scan: millis(1) };
    return i < dead ? { ...unit, fault: 'silent' } : unit;
  });
  const order: LineOrder = { baud, units, adapterLatencyMs };
  const ours = await onLine(order, (port) => gatewayBus(port, order), MEASURED_MS);
  // modbus-serial speaks one of the protocols only: beside a mixed line it has a line of its own.
  const plainOrder = {
    ...order,
    units: units.map((unit) => ({ ...unit, protocol: 'modbus' as const })),
  };
  const plain = await onLine(plainOrder, plainLoop, BASELINE_MS);
  return {
    figure: `poll_bus_utilisation_${name}`,
    value: rounded(ours.utilisation),
    unit: 'share of elapsed time',
    baseline: rounded(plain.utilisation),
    ratio: rounded(ours.utilisation / plain.utilisation),
    goal,
    ok: ours.utilisation >= goal && ours.tooEarly === 0,
    detail: {
      requests: ours.requests,
      too_early: ours.tooEarly,
      baseline_requests: plain.requests,
      baseline_too_early: plain.tooEarly,
    },
  };
}

interface Seen {
  readonly utilisation: number;
  readonly requests: number;
  readonly tooEarly: number;
}

/** Runs a master against a fresh line for `forMs` and reads the line's own books. */
async function onLine(
  order: LineOrder,
  master: (port: number) => Promise<() => Promise<void>>,
  forMs: number,
): Promise<Seen> {
  const line = fork(join(import.meta.dirname, 'line-process.ts'), [JSON.stringify(order)]);
  try {
    const ready = await reported(line, 'ready');
    const stop = await master(ready.port);
    const started = performance.now();
    await new Promise((resolve) => setTimeout(resolve, forMs));
    line.send('stats');
    const stats = await reported(line, 'stats');
    const elapsed = performance.now() - started;
    await stop();
    return {
      utilisation: stats.usefulMs / elapsed,
      requests: stats.requests,
      tooEarly: stats.tooEarly,
    };
  } finally {
    line.kill();
  }
}

async function reported<K extends LineReport['kind']>(
  line: ChildProcess,
  kind: K,
): Promise<Extract<LineReport, { kind: K }>> {
  for (;;) {
    const [message] = (await once(line, 'message')) as [LineReport];
    if (message.kind === kind) return message as Extract<LineReport, { kind: K }>;
  }
}

async function gatewayBus(port: number, { baud, units }: LineOrder): Promise<() => Promise<void>> {
  const clock = systemClock();
  const transport = { kind: 'serial-tcp', host: '127.0.0.1', port } as const;
  const wire = { transport, baud, format: '8N1' } as const;
  const line = lineOf(wire, clock);
  const bus = new Bus({
    name: 'line',
    line,
    devices: units.map((unit, i) =>
      wireDevice(deviceOf(unit, i + 1), wire, line, { drivers: DRIVERS, clock, log: silentLog }),
    ),
    silentShare: SILENT_SHARE,
    clock,
    log: silentLog,
    random: seededRandom(1),
    emit: (_samples: readonly Sample[]) => {},
    onLateness: () => {},
  });
  await bus.start();
  return () => bus.stop();
}

/** What most do: one client, a time-out, one unit after the other. */
async function plainLoop(port: number): Promise<() => Promise<void>> {
  const client = new modbusSerial.default();
  await client.connectTelnet('127.0.0.1', { port });
  client.setTimeout(500);
  let running = true;
  const loop = (async () => {
    for (let i = 0; running; i = (i + 1) % UNITS) {
      client.setID(i + 1);
      await client.readHoldingRegisters(0, MODBUS_REGISTERS).catch(() => {});
    }
  })();
  return async () => {
    running = false;
    await loop;
    await new Promise<void>((resolve) => client.close(() => resolve()));
  };
}
