/** A site as people write it, played by the simulator and read by the real drivers. */

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { isWireBus, type Site, type WireBusConfig } from '../../config/site.ts';
import { DRIVERS } from '../../drivers/all-drivers.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { type RunningPlant, startPlant } from '../../firmware-sim/plant.ts';
import { simulatedField } from '../../gateway/cli/simulated-field.ts';
import { lineOf, wireDevice } from '../../gateway/field.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { Bus } from '../../gateway/poll/bus.ts';
import { disposals } from '../support/disposals.ts';
import { until } from '../support/waiting.ts';

const clock = systemClock();
const keep = disposals();

const siteOf = (dtuPort: number) => `
gateway: { id: flat-1, timezone: Asia/Shanghai }
journal: { path: ./journal.db, loss_window: 1s, max_size: 1GB, keep: 7d }
uplinks: { cloud: { mqtt: "mqtt://127.0.0.1:1883" } }
buses:
  plc: { tcp: "127.0.0.1:502" }
  line: { serial_tcp: "127.0.0.1:9001", baud: 19200, format: 8E1 }
  remote: { dtu: "127.0.0.1:${dtuPort}", registration: HG01, heartbeat: hb, baud: 9600, format: 8E1 }
devices:
  press:
    bus: plc
    protocol: modbus
    scan: 1s
    tags:
      power: { address: "holding:0 float32" }
      energy: { address: "holding:4 m10k32" }
      setpoint: { address: "holding:10 uint16", access: read-write }
      command: { address: "holding:11 uint16", access: write }
      flow: { address: "holding:20 int16", scale_from: "holding:21" }
  drive:
    bus: line
    protocol: modbus
    unit: 3
    mode: ascii
    scan: 1s
    tags: { speed: { address: "input:5 int16", scale: 0.1 } }
  em:
    bus: line
    protocol: dlt645
    address: "202411110002"
    scan: 1s
    tags:
      energy: { address: forward_active_energy, scale: 40 }
      own: { address: "02990000 bytes:4 decimals:4 signed" }
      voltage: { address: voltage_a }
      frozen: { address: "05060101[0]" }
  old_em:
    bus: line
    protocol: dlt645
    version: 1997
    address: "138000130754"
    scan: 1s
    tags: { energy: { address: "9010" }, current: { address: B621 } }
  wm:
    bus: line
    protocol: cjt188
    address: "78331234567890"
    type: water
    scan: 1s
    tags: { volume: { address: volume }, settled: { address: settlement_volume }, valve: { address: valve } }
  hm:
    bus: remote
    protocol: cjt188
    address: "78331234567891"
    type: heat
    layout: 2018
    decimals_heat: 1
    di_order: low_first
    unit_position: first
    scan: 1s
    tags: { heat: { address: heat }, supply: { address: supply_temperature } }
simulation:
  devices:
    press:
      turnaround: 1ms
      signals:
        power: { shape: constant, min: 12.5, max: 12.5 }
        energy: { shape: constant, min: 12345678, max: 12345678 }
        setpoint: { shape: constant, min: 7, max: 7 }
        flow: { shape: constant, min: -250, max: -250 }
    drive: { signals: { speed: { shape: constant, min: -3.5, max: -3.5 } } }
    em:
      turnaround: 20ms
      signals:
        energy: { shape: constant, min: 1000.4, max: 1000.4 }
        own: { shape: constant, min: -1.2345, max: -1.2345 }
        voltage: { shape: constant, min: 229.7, max: 229.7 }
    old_em: { signals: { energy: { shape: constant, min: 0.01, max: 0.01 }, current: { shape: constant, min: 4.99, max: 4.99 } } }
    wm: { signals: { volume: { shape: constant, min: 8765.43, max: 8765.43 } } }
    hm: { turnaround: 20ms, signals: { heat: { shape: constant, min: 123.4, max: 123.4 }, supply: { shape: constant, min: 55.5, max: 55.5 } } }
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

async function load(text: string): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-site-'));
  keep(folder, async () => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'gateway.yaml'), text);
  const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.site;
}

/** Reads all buses of a site with the real drivers; the latest sample of each tag. */
async function poll(site: Site, plant: RunningPlant) {
  const latest = new Map<string, Sample>();
  const buses = site.buses.filter(isWireBus).map((config): Bus => {
    const moved: WireBusConfig = {
      ...config,
      transport: plant.addresses.get(config.name) ?? config.transport,
    };
    const line = lineOf(moved, clock, silentLog);
    const own = site.devices.filter((device) => device.bus === config.name);
    return new Bus({
      name: config.name,
      line,
      devices: own.map((device) =>
        wireDevice(device, moved, line, { drivers: DRIVERS, clock, log: silentLog }),
      ),
      silentShare: config.silentShare,
      clock,
      log: silentLog,
      random: seededRandom(1),
      emit: (samples) => {
        for (const sample of samples) latest.set(sample.tag, sample);
      },
      onLateness: () => {},
    });
  });
  for (const bus of buses) {
    keep(bus, (part) => part.stop());
    await bus.start();
  }
  const busOf = (name: string) => buses[site.buses.findIndex((bus) => bus.name === name)];
  return { latest, busOf };
}

test('every protocol, a DTU, and forms of a maker are played as the site has them', async () => {
  const site = await load(siteOf(await freePort()));
  const field = simulatedField(site, { seed: 1, freePorts: true });
  const plant = keep(await startPlant(field, clock, silentLog), (part) => part.stop());
  const { latest, busOf } = await poll(site, plant);
  const readable = site.devices.flatMap((device) =>
    device.tags.filter(({ access }) => access !== 'write').map(({ tag }) => tag.id),
  );
  await until('every tag has a good sample', () =>
    readable.every((tag) => latest.get(tag)?.quality === 'good'),
  );
  const shown = Object.fromEntries(readable.map((tag) => [tag, latest.get(tag)?.value]));
  expect(shown).toEqual({
    'press.power': 12.5,
    'press.energy': 12_345_678,
    'press.setpoint': 7,
    'press.flow': -250,
    'drive.speed': -3.5,
    'em.energy': 1000.4,
    'em.own': -1.2345,
    'em.voltage': 229.7,
    'em.frozen': 25.01,
    'old_em.energy': 0.01,
    'old_em.current': 4.99,
    'wm.volume': 8765.43,
    'wm.settled': 8765.43,
    'wm.valve': 'open',
    'hm.heat': 123.4,
    'hm.supply': 55.5,
  });

  const setpoint = site.devices[0]?.tags.find(({ tag }) => tag.quantity === 'setpoint');
  if (!setpoint) throw new Error('no setpoint');
  const { tag, address } = setpoint;
  const written = await busOf('plc')?.write('press', { tag, address, value: 9 });
  expect(written?.outcome).toBe('written');
  await until('the setpoint is read back', () => latest.get('press.setpoint')?.value === 9);
  const command = site.devices[0]?.tags.find((one) => one.tag.quantity === 'command');
  if (!command) throw new Error('no command');
  const order = { tag: command.tag, address: command.address, value: 1 };
  expect((await busOf('plc')?.write('press', order))?.outcome).toBe('written');
});

test('a fault that a device cannot have is refused with those that it can', async () => {
  const text = siteOf(17_000).replace('wm: { signals', 'wm: { fault: torn, signals');
  const field = simulatedField(await load(text), { seed: 1, freePorts: true });
  await expect(startPlant(field, clock, silentLog)).rejects.toMatchObject({
    code: 'sim.fault-impossible',
    details: { device: 'wm', fault: 'torn', possible: expect.stringContaining('stuck') },
  });
});
