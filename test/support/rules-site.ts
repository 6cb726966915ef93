/** A press with an oil temperature and a pump, its site with the rules that a test wants, and the running gateway of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDevice } from '../../firmware-sim/device.ts';
import { serveModbusTcp } from '../../firmware-sim/modbus-tcp-server.ts';
import { createImage, definePoint } from '../../firmware-sim/registers.ts';
import { rulesVerb } from '../../gateway/cli/rules/rules.ts';
import { statusVerb } from '../../gateway/cli/status.ts';
import { whyVerb } from '../../gateway/cli/why/why.ts';
import { ask, socketPath } from '../../gateway/health/control-socket.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { type Called, called } from './command-line.ts';
import { type Daemon, daemon } from './daemon.ts';

const VERBS = { rules: rulesVerb, status: statusVerb, why: whyVerb };

export interface Press {
  readonly port: number;
  /** Degrees. */
  heat(oil: number): void;
  /** Somebody stops it at the machine. */
  stopPump(): void;
  /** What stands in the coil of the pump, and in the register of the valve. */
  pump(): boolean;
  valve(): number;
  stop(): Promise<void>;
}

/** A PLC: holding 0 the oil temperature, coil 0 the pump, holding 10 a valve. */
export async function startPress(): Promise<Press> {
  const image = createImage(
    [
      definePoint({ name: 'oil', table: 'holding', address: 0, type: 'int16' }),
      definePoint({ name: 'pump', table: 'coil', address: 0, type: 'bool', writable: true }),
      definePoint({ name: 'valve', table: 'holding', address: 10, type: 'int16', writable: true }),
    ],
    () => 0,
  );
  image.set('oil', 20);
  image.set('pump', true);
  image.set('valve', 0);
  const clock = systemClock();
  const device = createDevice({ name: 'press', unit: 1, image });
  const server = await serveModbusTcp({ host: '127.0.0.1', port: 0, devices: [device] }, clock);
  return {
    port: server.port,
    heat: (oil) => image.set('oil', oil),
    stopPump: () => image.set('pump', false),
    pump: () => image.readBits('coil', 0, 1, clock.mono())?.[0] === 1,
    valve: () =>
      Buffer.from(image.readRegisters('holding', 10, 1, clock.mono()) ?? [0, 0]).readInt16BE(0),
    stop: () => server.stop(),
  };
}

export interface PressSite {
  readonly port: number;
  readonly broker?: string;
  /** Indented by two. */
  readonly rules?: string;
  /** Of the scan class of the press; another one needs a restart. */
  readonly scan?: string;
}

export const pressSite = ({ port, broker, rules = '', scan = '50ms' }: PressSite): string => `
gateway: { id: rules, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: 100ms }
${broker === undefined ? '' : `uplinks: { cloud: { mqtt: "${broker}" } }`}
buses: { press: { tcp: "127.0.0.1:${port}" } }
devices:
  press:
    bus: press
    protocol: modbus
    unit: 1
    scan: ${scan}
    tags:
      oil: { address: "holding:0 int16" }
      pump: { address: "coil:0", access: read-write }
      valve: { address: "holding:10 int16", access: read-write }
${rules === '' ? '' : `rules:\n${rules}`}
`;

/** A latched alarm that stops the pump. The limit is part of its meaning, the message is too. */
export const hotRule = (limit: number, more = ''): string => `
  hot:
    when: press.oil > ${limit}
    latch: true
    alarm: { severity: high, message: { zh: "油温 {press.oil}", en: "oil at {press.oil}" }, latch: true }
    do: [ { write: press.pump, value: false }, { record: peak, values: { oil: press.oil } } ]
    on_clear: [ { write: press.pump, value: true } ]
${more}`;

export interface RunningSite extends Daemon {
  /** Writes other files. */
  edit(site: Omit<PressSite, 'port'>): void;
  headgate(...argv: readonly string[]): Promise<Called>;
  ask(question: string, about?: unknown): Promise<unknown>;
}

/** Not started yet. */
export function runningSite(press: Press, site: Omit<PressSite, 'port'>): RunningSite {
  const gateway = daemon({ site: pressSite({ ...site, port: press.port }) });
  const file = join(gateway.folder, 'gateway.yaml');
  const clock = systemClock();
  return {
    ...gateway,
    get lines() {
      return gateway.lines;
    },
    edit: (next) => writeFileSync(file, pressSite({ ...next, port: press.port })),
    headgate: (...argv) => called(VERBS, argv, { clock }),
    ask: (question, about) =>
      ask(socketPath(join(gateway.folder, 'data', 'journal.db')), question, clock, about),
  };
}
