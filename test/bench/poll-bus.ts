/**
 * `poll_bus_utilisation`: the time that answered requests need at the very least (silence, request, the unit's
 * turn-around, reply, at 10 bits a character on an 8N1 wire and 3.5 characters of 11 bits) ÷ elapsed time, units
 * polled as fast as possible over a simulated line in real time. Beside it modbus-serial's plain loop on the same line.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import modbusSerial from 'modbus-serial';
import { lineOf, wireDevice } from '../../gateway/field.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { millis } from '../../gateway/model/units.ts';
import { Bus } from '../../gateway/poll/bus.ts';
import { modbusUnit } from '../support/virtual-bus.ts';
import { type Bench, type Figure, rounded } from './figure.ts';
import type { LineOrder, LineReport } from './line-process.ts';

const UNITS = 10;
const REGISTERS = 20;
const TURNAROUND_MS = 10;
const MEASURED_MS = 30_000;
const BASELINE_MS = 15_000;
const SILENT_SHARE = 0.05;

interface Case {
  readonly baud: number;
  readonly dead: number;
  readonly goal: number;
}

const CASES: readonly Case[] = [
  { baud: 9600, dead: 0, goal: 0.95 },
  { baud: 19200, dead: 0, goal: 0.95 },
  { baud: 9600, dead: 1, goal: 0.9 },
  { baud: 9600, dead: 3, goal: 0.88 },
];

export const pollBus: Bench = {
  name: 'poll_bus_utilisation',
  async run(print, note) {
    for (const one of CASES) {
      note(
        `poll_bus_utilisation: ${one.baud} baud, ${one.dead} of ${UNITS} units dead, ${(MEASURED_MS + BASELINE_MS) / 1000} s …`,
      );
      print(await measure(one));
    }
  },
};

async function measure({ baud, dead, goal }: Case): Promise<Figure> {
  const order: LineOrder = {
    baud,
    dead,
    units: UNITS,
    registers: REGISTERS,
    turnaroundMs: TURNAROUND_MS,
  };
  const ours = await onLine(order, (port) => gatewayBus(port, baud), MEASURED_MS);
  const plain = await onLine(order, plainLoop, BASELINE_MS);
  return {
    figure: `poll_bus_utilisation_${baud}${dead > 0 ? `_${dead}_of_${UNITS}_dead` : ''}`,
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

async function gatewayBus(port: number, baud: number): Promise<() => Promise<void>> {
  const clock = systemClock();
  const transport = { kind: 'serial-tcp', host: '127.0.0.1', port } as const;
  const wire = { transport, baud, format: '8N1' } as const;
  const line = lineOf(wire, clock);
  const bus = new Bus({
    name: 'line',
    line,
    devices: Array.from({ length: UNITS }, (_, i) =>
      wireDevice(modbusUnit(i + 1, REGISTERS, millis(1)), wire, line, clock, silentLog),
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
      await client.readHoldingRegisters(0, REGISTERS).catch(() => {});
    }
  })();
  return async () => {
    running = false;
    await loop;
    await new Promise<void>((resolve) => client.close(() => resolve()));
  };
}
