/** The daemon with pins: on a machine without any, and with a simulated board. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GpioBoard, startGpioBoard } from '../../firmware-sim/gpio-board.ts';
import { startPlant } from '../../firmware-sim/plant.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { plcSite, startPlc } from '../support/plc.ts';
import { describeWith } from '../support/real-parts.ts';
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
    await until(
      'a value of the PLC',
      async () => (await gateway.latest('plc.t1'))?.quality === 'good',
    );
    await until('the sentence', async () => {
      const bus = (await gateway.status()).buses.find(({ name }) => name === 'pins');
      return (
        bus?.lastError?.includes('this machine offers no GPIO pins: there is no /sys') ?? false
      );
    });
    expect(await gateway.latest('doors.front')).toMatchObject({ value: null, quality: 'bad:comm' });
    const said = gateway.lines.filter(({ event }) => event === 'bus.line-lost');
    expect(said).toHaveLength(1);
    expect(await gateway.stop()).toBe(0);
  });
});

describeWith(['socat'], 'a serial line with a direction pin', () => {
  it('is read, the pin high for each request and low in between', async () => {
    const pins = await board();
    const path = join(temporaryDirectory(), 'ttyMeter');
    const device = {
      name: 'meter',
      unit: 7,
      turnaround: millis(10),
      points: [definePoint({ name: 'energy', table: 'input', address: 0, type: 'uint16' })],
      signals: new Map([
        ['energy', { shape: 'constant', min: 7, max: 7, period: seconds(1) } as const],
      ]),
    };
    const bus = { name: 'line1', kind: 'serial', path, baud: 9600, format: '8N1' } as const;
    const plant = { seed: 1, buses: [{ ...bus, devices: [device] }] };
    keep(await startPlant(plant, systemClock(), silentLog), (one) => one.stop());
    const gateway = start(`
gateway: { id: rs485, timezone: UTC }
journal: { path: ./data/journal.db }
buses: { line1: { serial: ${path}, direction: "unix:${pins.path} GPIO22" } }
devices:
  meter: { bus: line1, protocol: modbus, unit: 7, scan: 100ms, tags: { energy: { address: "input:0" } } }
`);
    await gateway.start();
    await until('a reading', async () => (await gateway.latest('meter.energy'))?.value === 7);
    await until('ten requests', () => pins.history.length > 20);
    expect(await gateway.stop()).toBe(0);
    const levels = pins.history.map(({ isHigh }) => isHigh);
    expect(levels.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, n) => n % 2 === 1));
    expect(levels.at(-1)).toBe(false);
    // Eight characters of ten bits are 8.3 ms; a busy machine is later, never sooner.
    const highs = pins.history.flatMap(({ isHigh, at }, n) =>
      isHigh ? [(pins.history[n + 1]?.at ?? at) - at] : [],
    );
    expect(Math.min(...highs)).toBeGreaterThan(7.5);
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
    expect((await gateway.status()).state).toMatchObject({ keys: 3, damaged: 0, failures: 0 });
    expect(bus?.link).toMatchObject({ backend: 'simulated', chip: 'board0', lines: 3 });
  });

  it('comes back when the board does', async () => {
    const pins = await board();
    const gateway = start(boxSite(pins.path));
    await gateway.start();
    await until('the pins', async () => (await gateway.latest('box.water'))?.value === 1234.56);
    await pulses(pins, gateway, 0, 3);
    pins.cut();
    await until('the loss', async () => (await gateway.latest('box.door'))?.quality === 'bad:comm');
    await until('the return', async () => (await gateway.latest('box.water'))?.quality === 'good');
    await pulses(pins, gateway, 3, 5);
  });
});
