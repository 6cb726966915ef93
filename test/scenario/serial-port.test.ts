/** A real serial port (a pseudo terminal) under the running daemon: read, unplugged, plugged in again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningPlant, startPlant } from '../../firmware-sim/plant.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const constant = (value: number) =>
  ({ shape: 'constant', min: value, max: value, period: seconds(1) }) as const;

let folder = '';
let plant: RunningPlant;
let gateway: Daemon;

const siteOf = (path: string) => `
gateway: { id: serial, timezone: UTC }
journal: { path: ./data/journal.db }
buses: { line1: { serial: ${path}, baud: 19200, format: 8E1 } }
devices:
  meter:
    bus: line1
    protocol: modbus
    unit: 7
    scan: 100ms
    tags:
      energy: { address: "input:0 uint32 cdab", scale: 0.01, decimals: 2 }
      voltage: { address: "input:2 float32" }
`;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-serial-'));
  const path = join(folder, 'ttyMeter');
  plant = await startPlant(
    {
      seed: 1,
      buses: [
        {
          name: 'line1',
          kind: 'serial',
          path,
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
                definePoint({ name: 'voltage', table: 'input', address: 2, type: 'float32' }),
              ],
              signals: new Map([
                ['energy', constant(231.45)],
                ['voltage', constant(230.25)],
              ]),
            },
          ],
        },
      ],
    },
    systemClock(),
    silentLog,
  );
  gateway = daemon({ site: siteOf(path) });
});

afterEach(async () => {
  await gateway.dispose();
  await plant.stop();
  rmSync(folder, { recursive: true, force: true });
});

describeWith(['socat'], 'a serial port', () => {
  const reads = async (tag: string, value: unknown) => (await gateway.latest(tag))?.value === value;

  it('is read exactly, survives being unplugged, and is found again under its name', async () => {
    await gateway.start();
    await until('the first reading', () => reads('meter.energy', 231.45));
    expect(await gateway.latest('meter.voltage')).toMatchObject({ value: 230.25, quality: 'good' });

    const metrics = await gateway.metrics();
    expect(metrics).toContain('gateway_poll_device_up{bus="line1",device="meter"} 1\n');
    expect(metrics).toMatch(/gateway_poll_answered_total\{bus="line1",device="meter"\} [1-9]/);
    expect(metrics).toContain('gateway_journal_samples_dropped_total 0\n');

    const port = plant.ports.get('line1');
    await port?.unplug();
    await until(
      'the loss',
      async () => (await gateway.latest('meter.energy'))?.quality === 'bad:comm',
    );
    await until(
      'the loss of the line',
      async () => (await gateway.status()).buses[0]?.line !== 'open',
    );

    await port?.plug();
    await until('the return', () => reads('meter.energy', 231.45));
    expect((await gateway.status()).buses[0]).toMatchObject({
      line: 'open',
      devices: [{ state: 'up' }],
    });
    expect(await gateway.stop()).toBe(0);
  });
});
