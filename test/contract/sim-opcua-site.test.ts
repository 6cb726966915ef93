/** OPC UA buses of a site as the simulator plays them, watched by the real driver. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import type { Site } from '../../config/site.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { startPlant } from '../../firmware-sim/plant.ts';
import { type PlayedSignals, simulatedField } from '../../gateway/cli/simulated-field.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { disposals } from '../support/disposals.ts';
import { opcuaField } from '../support/opcua-field.ts';

const ended = disposals();

const NAMESPACES = { plc: 'urn:vendor:plc', 'other-1': 'http://vendor.example/other/' };
const TAGS = {
  speed: 'plc:s=Cell.Speed',
  door_open: 'nsu=http://vendor.example/other/;i=1001',
  cycle_count: 'ns=9;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63',
  absolute: '/Objects/other-1:Line 1/plc:Pressure',
  relative: 'Axes/plc:Axis&.1/Position',
  below: 'Axes/plc:Axis&.1/Position/Limit',
  element: 'plc:s=Cell.Matrix [1,2]',
  last: 'plc:s=Cell.Matrix [2,0]',
  clock: 'i=2258',
  recipe: 'plc:s=Cell.Recipe',
};
const DEVICE = { namespaces: NAMESPACES, root: 'other-1:s=Robot' };

async function siteOf(): Promise<Site> {
  const folder = ended(mkdtempSync(join(tmpdir(), 'headgate-site-')), async (path) =>
    rmSync(path, { recursive: true }),
  );
  const written = Object.fromEntries(
    Object.entries(TAGS).map(([name, address]) => [
      name,
      { address, ...(name === 'recipe' && { access: 'read-write' }) },
    ]),
  );
  const tags = {
    ...written,
    home: { address: 'call plc:s=Cell plc:s=Cell.Home', access: 'write' },
    tool: { address: 'plc:s=Cell.Tool .x' },
  };
  const device = { bus: 'plc', protocol: 'opcua', scan: '1s', ...DEVICE, tags };
  const signals = { speed: { shape: 'constant', min: 12.5, max: 12.5 } };
  // JSON is YAML.
  const site = {
    gateway: { id: 'x' },
    buses: { plc: { opcua: 'opc.tcp://192.168.1.20:4841', security: 'None' } },
    devices: { cell: device },
    simulation: { devices: { cell: { signals } } },
  };
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(site));
  return loaded(folder);
}

async function loaded(path: string): Promise<Site> {
  const site = await loadSite(path, DRIVER_OPTIONS, { environment: {} });
  if (!site.ok) throw new Error(JSON.stringify(site.problems));
  return site.site;
}

async function played(site: Site, signals: PlayedSignals = new Map()) {
  const field = simulatedField(site, { seed: 1, freePorts: true, played: signals });
  const plant = ended(await startPlant(field, systemClock(), silentLog), (part) => part.stop());
  const [one] = plant.servers.values();
  if (one === undefined) throw new Error('no server is played');
  return { ...one, url: one.server.endpointUrl };
}

describe('an OPC UA server of a site', () => {
  test('is played with every node that a tag names', async () => {
    const { url, cell } = await played(await siteOf());
    expect(cell).toBeUndefined();
    const field = ended(await opcuaField({ url, tags: TAGS, device: DEVICE }), (running) =>
      running.stop(),
    );
    for (const tag of Object.keys(TAGS))
      await field.comes(tag, ({ quality }) => quality === 'good');
    expect(field.latest('speed')?.value).toBe(12.5);
    expect(field.latest('door_open')?.value).toBeTypeOf('boolean');
    expect(Number.isInteger(field.latest('cycle_count')?.value)).toBe(true);
    const first = field.latest('relative')?.value;
    await field.comes('relative', ({ value }) => value !== first);
    await field.comes('below', ({ quality }) => quality === 'good');
  });

  test('listens where the site says, when nobody else wants it elsewhere', async () => {
    const { buses } = simulatedField(await siteOf(), { seed: 1, freePorts: false });
    expect(buses).toMatchObject([{ name: 'plc', kind: 'opcua', port: 4841, robotCell: false }]);
  });

  test('has what is written stand still, and plays neither methods nor structures', async () => {
    const [server] = simulatedField(await siteOf(), { seed: 1, freePorts: true }).buses;
    const nodes = server?.kind === 'opcua' ? (server.nodes ?? []) : [];
    expect(nodes.map(({ name }) => name)).not.toContain('cell.home');
    expect(nodes.map(({ name }) => name)).not.toContain('cell.tool');
    const recipe = nodes.find(({ name }) => name === 'cell.recipe');
    expect(recipe).toMatchObject({ writable: true });
    expect(recipe?.every).toBeUndefined();
    expect(nodes.find(({ name }) => name === 'cell.element')?.dimensions).toEqual([3, 3]);
  });

  test('is a robot cell where the site names one: every tag of the example is good', async () => {
    const site = await loaded(join(import.meta.dirname, '../../config/sites/robot'));
    const { url, cell, server } = await played(site);
    expect(cell).toBeDefined();
    for (const { protocol, options, tags } of site.devices) {
      if (protocol !== 'opcua') continue;
      const { namespaces } = options as { readonly namespaces: ReadonlyMap<string, string> };
      const root = ROOTS.find(([prefix]) => namespaces.has(prefix))?.[1];
      const field = ended(
        await opcuaField({
          url,
          tags: Object.fromEntries(tags.map(({ tag, addressText }) => [tag.quantity, addressText])),
          device: { namespaces: Object.fromEntries(namespaces), ...(root && { root }) },
        }),
        (running) => running.stop(),
      );
      for (const { tag } of tags)
        await field.comes(tag.quantity, ({ quality }) => quality === 'good');
    }
    // The cell has them all itself.
    for (const { tags } of site.devices)
      for (const { tag } of tags) expect(() => server.variable(tag.id)).toThrow();
  });

  test('what is played moves what the robot cell has, text too; the rest goes on by itself', async () => {
    const shows: Record<string, number | string> = {
      ...{ on_path: 0, program_name: 'P1', axis_2_position: 12, state: 'A' },
    };
    const signal = (name: string) =>
      [name, { shape: 'played', value: () => shows[name] ?? 0 }] as const;
    const site = await loaded(join(import.meta.dirname, '../../config/sites/robot'));
    const { url } = await played(
      site,
      new Map([
        ['robot', new Map(['on_path', 'program_name', 'axis_2_position'].map(signal))],
        ['machine', new Map([signal('state')])],
      ]),
    );
    const fieldOf = async (device: string) => {
      const { options, tags } = site.devices.find(({ name }) => name === device) ?? {};
      const { namespaces } = options as { readonly namespaces: ReadonlyMap<string, string> };
      const root = ROOTS.find(([prefix]) => namespaces.has(prefix))?.[1];
      return ended(
        await opcuaField({
          url,
          tags: Object.fromEntries(
            (tags ?? []).map(({ tag, addressText }) => [tag.quantity, addressText]),
          ),
          device: { namespaces: Object.fromEntries(namespaces), ...(root && { root }) },
        }),
        (running) => running.stop(),
      );
    };
    const [robot, machine] = [await fieldOf('robot'), await fieldOf('machine')];
    await robot.comes('on_path', ({ value }) => value === false);
    await robot.comes('program_name', ({ value }) => value === 'P1');
    await machine.comes('state', ({ value }) => value === 'A');
    Object.assign(shows, { on_path: 1, program_name: 'P2', state: 'B' });
    await robot.comes('on_path', ({ value }) => value === true);
    await robot.comes('program_name', ({ value }) => value === 'P2');
    await machine.comes('state', ({ value }) => value === 'B');
    const first = robot.latest('axis_1_position')?.value;
    await robot.comes('axis_1_position', ({ value }) => value !== first);
    const still = robot.samples.get('axis_2_position')?.map(({ value }) => value);
    expect(new Set(still)).toEqual(new Set([12]));
  });
});

const ROOTS = [
  ['di', '/Objects/di:DeviceSet/RobotSystem'],
  ['machinery', '/Objects/machinery:Machines/Cell/machinery:MachineryBuildingBlocks'],
] as const;
