/** A meter's total under the running daemon: a glitch, a replaced meter, and a swap that a person declares. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../../firmware-sim/broker.ts';
import { createDevice } from '../../firmware-sim/device.ts';
import { serveModbusTcp } from '../../firmware-sim/modbus-tcp-server.ts';
import { createImage, definePoint } from '../../firmware-sim/registers.ts';
import { type ReceivedPart, startSubscriber } from '../../firmware-sim/subscriber.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { until } from '../support/waiting.ts';

const ended = disposals();
const ROOT = join(import.meta.dirname, '..', '..');

const siteOf = (port: number, broker: string) => `
gateway: { id: counting, timezone: UTC }
journal: { path: ./data/journal.db }
uplinks: { cloud: { mqtt: "${broker}", unrouted: hold } }
buses: { plc: { tcp: "127.0.0.1:${port}" } }
devices:
  meter:
    bus: plc
    protocol: modbus
    unit: 1
    scan: 500ms
    tags:
      energy: { address: "holding:0 uint32", scale: 0.01, decimals: 2, counter: { modulus: 42949672.96, max_rate: 1/s } }
`;

/** A meter whose register shows what the test says, in hundredths; `once` stands for one reading. */
async function meter() {
  const shown = { total: 100_000, once: undefined as number | undefined, reads: 0 };
  const points = [definePoint({ name: 'energy', table: 'holding', address: 0, type: 'uint32' })];
  const image = createImage(points, () => {
    shown.reads++;
    const value = shown.once ?? shown.total;
    shown.once = undefined;
    return value;
  });
  const device = createDevice({ name: 'meter', unit: 1, image });
  const server = await serveModbusTcp({ devices: [device] }, systemClock());
  return { shown, port: server.port, stop: () => server.stop() };
}

describe('a meter’s total', () => {
  it('is told apart: a glitch, a new meter, and one that a person announces', async () => {
    const { shown, port } = ended(await meter(), (running) => running.stop());
    const broker = ended(await startBroker(), (running) => running.stop());
    const parts: ReceivedPart[] = [];
    const options = {
      url: broker.url,
      gateway: 'counting',
      onPart: (part: ReceivedPart) => parts.push(part),
    };
    ended(await startSubscriber(options), (running) => running.stop());
    const gateway = ended(daemon({ site: siteOf(port, broker.url) }), (running) =>
      running.dispose(),
    );
    await gateway.start();
    const event = async () => (await gateway.latest('meter.energy_event'))?.value;
    const counter = async () => (await gateway.status()).counters[0];
    const good = (value: number) => async () => {
      const latest = await gateway.latest('meter.energy');
      return latest?.value === value && latest.quality === 'good';
    };
    await until('the first reading', good(1000));

    shown.once = 0;
    await until('the end of the glitch', async () => (await counter())?.glitches === 1);
    expect(await gateway.latest('meter.energy')).toMatchObject({ value: 1000, quality: 'good' });
    expect(await counter()).toMatchObject({ swaps: 0, rollovers: 0, isSuspect: false });
    expect(await event()).toBe(null);

    shown.total = 20;
    const before = shown.reads;
    await until('the swap', async () => (await event()) === 'swap 1000.00 -> 0.20');
    expect(shown.reads - before).toBeLessThanOrEqual(4);
    expect(await gateway.latest('meter.energy')).toMatchObject({ value: 0.2, quality: 'good' });

    const delivered = (quantity: string) =>
      parts.flatMap(({ samples }) => samples[quantity] ?? []).map(([, ...sample]) => sample);
    await until('the delivery', () => delivered('energy_event').length > 0);
    expect(delivered('energy_event')).toEqual([['swap 1000.00 -> 0.20']]);
    await until('the suspects', () => delivered('energy').some(([value]) => value === 0.2));
    expect(delivered('energy')).toContainEqual([0, 'uncertain:suspect']);

    const metrics = await gateway.metrics();
    expect(metrics).toContain('gateway_image_counter_glitches_total{tag="meter.energy"} 1\n');
    expect(metrics).toContain('gateway_image_counter_swaps_total{tag="meter.energy"} 1\n');
    expect(metrics).toContain('gateway_image_counter_suspect{tag="meter.energy"} 0\n');

    const swap = (tag: string) =>
      spawnSync(join(ROOT, 'bin', 'headgate.mjs'), ['swap', tag, gateway.folder], {
        encoding: 'utf8',
        env: { ...process.env, HEADGATE_LANG: 'en' },
      });
    const refused = swap('meter.enrgy');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('meter.enrgy is no counter');
    expect(refused.stderr).toContain('known: meter.energy');
    expect(swap('meter.energy')).toMatchObject({ status: 0, stderr: '' });
    shown.total = 7_000_000;
    await until('the declared swap', async () => String(await event()).endsWith('declared'));
    expect(await event()).toMatch(/^swap 0\.20 -> (0\.20|70000\.00) declared$/);
    expect(await gateway.stop()).toBe(0);
  });
});
