/** The daemon with pins: on a machine without any, and with a simulated board. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GpioBoard, startGpioBoard } from '../../firmware-sim/gpio-board.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { plcSite, startPlc } from '../support/plc.ts';
import { until } from '../support/waiting.ts';

const keep = disposals();

const start = (site: string, environment: NodeJS.ProcessEnv = {}): Daemon =>
  keep(daemon({ site, environment }), (one) => one.dispose());

const BOARD_LINES = [17, 22, 27].map((offset) => ({ offset, name: `GPIO${offset}` }));

const board = async (): Promise<GpioBoard> => {
  const path = join(temporaryDirectory(), 'board');
  const setting = { path, lines: BOARD_LINES, keepsLevel: true };
  return keep(await startGpioBoard(setting, systemClock()), (one) => one.stop());
};

const boxSite = (path: string) => `
gateway: { id: box, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: 200ms }
buses: { pins: { gpio: "unix:${path}", backend: simulated } }
devices:
  box:
    bus: pins
    protocol: gpio
    scan: 200ms
    tags:
      door: { address: in GPIO17, active: low, bias: up }
      water: { address: count 27, pulse: 0.01, start: "1234.56", unit: m3, counter: { max_rate: 500/s } }
      pump: { address: out 22, access: read-write, at_start: off, at_stop: on }
`;

/** A clean pulse of the meter, seen by the daemon before the next edge. */
async function pulses(pins: GpioBoard, gateway: Daemon, from: number, to: number): Promise<void> {
  for (let n = from + 1; n <= to; n++) {
    pins.move(27, true);
    await new Promise((resolve) => setTimeout(resolve, 8));
    pins.move(27, false);
    await new Promise((resolve) => setTimeout(resolve, 8));
  }
  const value = (123_456 + to) / 100;
  await until(`${value}`, async () => (await gateway.latest('box.water'))?.value === value);
}

describe('a machine without pins', () => {
  it('runs its other buses, and says in one sentence what it lacks', async () => {
    const plant = keep(await startPlc(2), (one) => one.stop());
    const site = plcSite(plant, {
      gateway: 'pinless',
      tags: 2,
      scan: '100ms',
      lossWindow: '200ms',
      broker: 'mqtt://127.0.0.1:9',
    })
      .replace('buses: {', 'buses: { pins: { gpio: auto, backend: sysfs },')
      .replace(
        'devices:',
        'devices:\n  doors: { bus: pins, protocol: gpio, tags: { front: { address: in 17 } } }',
      );
    const gateway = start(site);
    await gateway.start();
    await until('a value of the PLC', async () => (await gateway.latest('plc.t1'))?.quality === 'good');
    await until('the sentence', async () => {
      const bus = (await gateway.status()).buses.find(({ name }) => name === 'pins');
      return bus?.lastError?.includes('this machine offers no GPIO pins: there is no /sys') ?? false;
    });
    expect(await gateway.latest('doors.front')).toMatchObject({ value: null, quality: 'bad:comm' });
    const said = gateway.lines.filter(({ event }) => event === 'bus.line-lost');
    expect(said).toHaveLength(1);
    expect(await gateway.stop()).toBe(0);
  });
});

describe('a box with pins', () => {
  it('reports contacts, counts pulses over a restart, and drives its relay to its states', async () => {
    const pins = await board();
    const gateway = start(boxSite(pins.path));
    await gateway.start();
    await until('the door', async () => (await gateway.latest('box.door'))?.value === false);
    expect(pins.driven(22)).toBe(false);
    pins.move(17, false);
    await until('the open door', async () => (await gateway.latest('box.door'))?.value === true);
    await pulses(pins, gateway, 0, 20);
    expect(await gateway.stop()).toBe(0);
    expect(pins.driven(22)).toBe(true);

    await gateway.start();
    await until('the reading', async () => (await gateway.latest('box.water'))?.value === 1234.76);
    expect(pins.driven(22)).toBe(false);
    await pulses(pins, gateway, 20, 25);
    const bus = (await gateway.status()).buses.find(({ name }) => name === 'pins');
    expect(bus?.link).toMatchObject({ backend: 'simulated', chip: 'board0', lines: 3 });
  });

  it('comes back when the board does', async () => {
    const pins = await board();
    const gateway = start(boxSite(pins.path));
    await gateway.start();
    await pulses(pins, gateway, 0, 3);
    pins.cut();
    await until('the loss', async () => (await gateway.latest('box.door'))?.quality === 'bad:comm');
    await until('the return', async () => (await gateway.latest('box.door'))?.quality === 'good');
    await pulses(pins, gateway, 3, 5);
  });
});
