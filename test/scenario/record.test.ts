/** A meter behind a DTU that dials in to the running daemon, and what `headgate record` keeps of its bus. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { exchangesOf } from '../../drivers/line/recorded-exchanges.ts';
import { readRecording } from '../../drivers/line/recording-file.ts';
import { startPlant } from '../../firmware-sim/plant.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { freePort } from '../support/field-peer.ts';
import { until } from '../support/waiting.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'headgate.mjs');
const using = disposals();

const siteOf = (port: number) => `
gateway: { id: far, timezone: UTC }
journal: { path: ./data/journal.db }
buses:
  roof: { dtu: "127.0.0.1:${port}", registration: ROOF-01, heartbeat: "0xFE", baud: 19200, format: 8E1 }
devices:
  meter:
    bus: roof
    protocol: modbus
    unit: 7
    scan: 100ms
    tags:
      energy: { address: "input:0 uint32 cdab", scale: 0.01, decimals: 2 }
`;

/** The wire of a plant behind a DTU: dials the gateway, says who it is, passes bytes on. */
class Dtu {
  readonly #wire: number;
  readonly #gateway: number;
  #sockets: readonly Socket[] = [];

  constructor(wirePort: number, gatewayPort: number) {
    this.#wire = wirePort;
    this.#gateway = gatewayPort;
  }

  dial(): void {
    const wire = connect(this.#wire, '127.0.0.1');
    const gateway = connect(this.#gateway, '127.0.0.1', () => {
      gateway.write('ROOF-01');
      gateway.write(Buffer.of(0xfe));
      wire.pipe(gateway);
      gateway.pipe(wire);
    });
    this.#sockets = [wire, gateway];
    for (const socket of this.#sockets) socket.on('error', () => {});
  }

  /** Loses its network: nobody hears of it. */
  vanish(): void {
    for (const socket of this.#sockets) socket.unpipe();
  }

  async hangUp(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
  }
}

let gateway: Daemon;
let dtu: Dtu;
let port: number;

beforeEach(async () => {
  const plant = await startPlant(
    {
      seed: 1,
      buses: [
        {
          name: 'roof',
          kind: 'serial-tcp',
          baud: 19_200,
          format: '8E1',
          devices: [
            {
              name: 'meter',
              unit: 7,
              turnaround: millis(5),
              points: [
                definePoint({
                  name: 'energy',
                  table: 'input',
                  address: 0,
                  type: 'uint32',
                  order: 'cdab',
                  scale: 0.01,
                }),
              ],
              signals: new Map([
                ['energy', { shape: 'constant', min: 231.45, max: 231.45, period: seconds(1) }],
              ]),
            },
          ],
        },
      ],
    },
    systemClock(),
    silentLog,
  );
  using(plant, () => plant.stop());
  const address = plant.addresses.get('roof');
  if (address?.kind !== 'serial-tcp') throw new Error('no wire');
  port = await freePort();
  dtu = using(new Dtu(address.port, port), (own) => own.hangUp());
  gateway = using(daemon({ site: siteOf(port) }), (own) => own.dispose());
});

const record = async (...args: string[]) =>
  promisify(execFile)(LAUNCHER, ['record', ...args], {
    env: { ...process.env, HEADGATE_LANG: 'en' },
  }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

describe('a meter behind a DTU', () => {
  it('is read when the DTU has dialled, and again when it dials anew; its bus is recorded', async () => {
    await gateway.start();
    const reads = async () => (await gateway.latest('meter.energy'))?.value === 231.45;
    dtu.dial();
    await until('the first reading', reads);

    const out = join(gateway.folder, 'roof.pcap');
    const past = await record('roof', gateway.folder, '--out', out);
    expect(past).toMatchObject({ code: 0, stderr: '' });
    expect(past.stdout).toMatch(/roof\.pcap: [1-9]\d* requests, [1-9]\d* with an answer\n/);
    const [exchange] = exchangesOf(readRecording(readFileSync(out)));
    expect(exchange?.settings).toEqual({ baud: 19_200, format: '8E1' });
    expect(Buffer.from(exchange?.request ?? []).subarray(0, 6)).toEqual(
      Buffer.from([7, 4, 0, 0, 0, 2]),
    );
    // 23145 as the meter has it, low word first.
    expect(Buffer.from(exchange?.reply ?? []).subarray(0, 7)).toEqual(
      Buffer.from([7, 4, 4, 0x5a, 0x69, 0, 0]),
    );
    expect(exchange?.delay).toBeGreaterThan(1);

    dtu.vanish();
    await until('the silence', async () => !(await reads()));
    dtu.dial();
    await until('the return', reads);
    expect((await gateway.status()).buses[0]).toMatchObject({ line: 'open' });

    const future = await record('roof', gateway.folder, '--out', out, '--for', '1s', '--json');
    const summary = JSON.parse(future.stdout) as Readonly<Record<string, number>>;
    expect(summary).toMatchObject({ overwritten: 0 });
    expect(summary.requests).toBeGreaterThan(5);
    expect(summary.answered).toBeGreaterThanOrEqual((summary.requests ?? 0) - 1);
    const recording = readRecording(readFileSync(out));
    expect(recording.settings).toEqual({ baud: 19_200, format: '8E1' });
    expect(exchangesOf(recording)).toHaveLength(summary.requests ?? 0);
    const times = recording.events.map(({ at }) => at);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(1_500);

    expect(await record('roo', gateway.folder, '--out', out)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no bus roo; it has roof [recorder.bus-unknown]'),
    });
    expect(await record('roof', gateway.folder, '--out', '/nowhere/x.pcap')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[recorder.not-written]'),
    });
    expect(await record('roof', gateway.folder)).toMatchObject({ code: 2 });
    expect(await record('roof', gateway.folder, '--out', out, '--for', '9')).toMatchObject({
      code: 2,
    });
    expect(await gateway.stop()).toBe(0);
    expect(await record('roof', gateway.folder, '--out', out)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[cli.not-running]'),
    });
  });
});
