/** What becomes of profiles: laid under the devices of a site, and told to whoever asks without one. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { builtInIds } from '../../../config/profile-library.ts';
import { loadProfiles } from '../../../config/profiles.ts';
import { renderProblems } from '../../../config/report.ts';
import type { Site } from '../../../config/site.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';

const HEAD = `gateway: { id: a }
buses:
  line: { serial: /dev/ttyS1 }
  net: { tcp: h:502 }
  roof: { dtu: 0.0.0.0:9000, registration: ROOF, heartbeat: "0xFE0d", baud: 2400, format: 8E1 }
`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-profiles-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function siteOf(devices: string, profiles: Readonly<Record<string, string>> = {}) {
  const files = { 'gateway.yaml': `${HEAD}devices:\n${devices}`, ...profiles };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment: {} });
  if (!loaded.ok) throw new Error(renderProblems(loaded.problems, 'en'));
  return loaded.site;
}

const quantities = ({ devices }: Site): string[] =>
  devices.flatMap(({ tags }) => tags.map(({ tag }) => tag.quantity));

const OWN = `profile: own/meter
protocol: modbus
scan: 5s
device: { max_registers: 10, timeout: 2s }
tags:
  voltage: { address: "input:0 float32", unit: V, decimals: 1, symbol: U, name: { en: voltage, zh: 电压 } }
  energy: { address: "input:2 uint32", unit: kWh, counter: { modulus: "1000000.00", max_rate: 2/s } }
  setpoint: { address: "holding:0", access: write }
`;

describe('a device with a profile', () => {
  test('has its protocol, options, scan and tags', async () => {
    const site = await siteOf('  m: { bus: line, profile: own/meter, unit: 7 }\n', {
      'profiles/meter.yaml': OWN,
    });
    expect(site.devices).toMatchObject([
      {
        name: 'm',
        protocol: 'modbus',
        profile: 'own/meter',
        options: { unit: 7, maxRegisters: 10, timeout: 2_000 },
        tags: [
          {
            addressText: 'input:0 float32',
            address: { table: 'input', address: 0 },
            scan: 5_000,
            access: 'read',
            tag: { id: 'm.voltage', unit: 'V', decimals: 1 },
          },
          {
            tag: {
              counter: {
                modulus: { unscaled: 100_000_000n, decimals: 2 },
                maxRatePerHour: 7_200,
              },
            },
          },
          { access: 'write', tag: { quantity: 'setpoint' } },
        ],
      },
    ]);
    expect(site.devices[0]?.tags[0]?.tag).not.toHaveProperty('counter');
    expect(site.devices[0]).not.toHaveProperty('settings');
  });

  test('may lay its own over it, leave tags out and add some', async () => {
    const site = await siteOf(
      `  m:
    bus: line
    profile: own/meter
    max_registers: 4
    scan: 1s
    skip: [setpoint, energy]
    tags:
      voltage: { deadband: 0.5, decimals: 2 }
      energy: { address: "input:90 uint16" }
      own: { address: "coil:3" }
`,
      { 'profiles/meter.yaml': OWN },
    );
    expect(site.devices).toMatchObject([
      {
        options: { unit: 1, maxRegisters: 4, timeout: 2_000 },
        tags: [
          {
            addressText: 'input:0 float32',
            scan: 1_000,
            tag: { quantity: 'voltage', decimals: 2, unit: 'V', report: { deadband: 0.5 } },
          },
          { addressText: 'input:90 uint16', tag: { quantity: 'energy', unit: undefined } },
          { addressText: 'coil:3' },
        ],
      },
    ]);
  });

  test('may name the tags it wants', async () => {
    const site = await siteOf('  m: { bus: net, profile: eastron/sdm630, only: [voltage_l1] }\n');
    expect(quantities(site)).toEqual(['voltage_l1']);
  });

  test('stands beside others of the same profile, each as it says', async () => {
    const site = await siteOf(
      `  a: { bus: line, profile: own/meter, unit: 1, only: [voltage], tags: { voltage: { unit: kV } } }
  b: { bus: line, profile: own/meter, unit: 2, only: [voltage] }
`,
      { 'profiles/meter.yaml': OWN },
    );
    expect(site.tags.map(({ unit }) => unit)).toEqual(['kV', 'V']);
  });

  test("changes the site's hash with the profile", async () => {
    const device = '  m: { bus: line, profile: own/meter }\n';
    const one = await siteOf(device, { 'profiles/meter.yaml': OWN });
    const same = await siteOf(device, { 'profiles/meter.yaml': `# words\n${OWN}` });
    const other = await siteOf(device, {
      'profiles/meter.yaml': OWN.replace('unit: V', 'unit: kV'),
    });
    expect(same.hash).toBe(one.hash);
    expect(other.hash).not.toBe(one.hash);
  });
});

describe('a profile that extends another', () => {
  test('has its tags, laid over one by one, and its options', async () => {
    const site = await siteOf('  m: { bus: line, profile: own/child }\n', {
      'profiles/meter.yaml': OWN,
      'profiles/child.yaml': `profile: own/child
extends: own/meter
device: { timeout: 9s }
skip: [setpoint]
tags: { voltage: { scale: 0.1 }, current: { address: "input:8" } }
`,
    });
    expect(quantities(site)).toEqual(['voltage', 'energy', 'current']);
    expect(site.devices).toMatchObject([
      {
        options: { maxRegisters: 10, timeout: 9_000 },
        tags: [
          { addressText: 'input:0 float32', address: { scale: '0.1' }, tag: { unit: 'V' } },
          {},
          {},
        ],
      },
    ]);
  });

  test('may extend one that comes with the gateway', async () => {
    const site = await siteOf('  m: { bus: line, profile: own/sdm }\n', {
      'profiles/sdm.yaml': `profile: own/sdm
extends: eastron/sdm630
only: [voltage_l1, frequency]
tags: { voltage_l1: { unit: mV } }
`,
    });
    expect(site.tags.map(({ quantity, unit }) => [quantity, unit])).toEqual([
      ['voltage_l1', 'mV'],
      ['frequency', 'Hz'],
    ]);
    expect(site.devices[0]?.options).toMatchObject({ maxRegisters: 80 });
  });

  test("comes from the site where the site has one of a built-in's id", async () => {
    const own = OWN.replace('own/meter', 'eastron/sdm630');
    const site = await siteOf('  m: { bus: line, profile: eastron/sdm630 }\n', {
      'profiles/own.yaml': own,
    });
    expect(quantities(site)).toEqual(['voltage', 'energy', 'setpoint']);
  });
});

describe('a device on a wire', () => {
  test('has settings of its own only where they are not those of its bus', async () => {
    const site = await siteOf(`  a: { bus: line, protocol: modbus, unit: 1, tags: {} }
  b: { bus: line, protocol: modbus, unit: 2, baud: 9600, format: 8N1, tags: {} }
  c: { bus: line, protocol: modbus, unit: 3, format: 8E1, tags: {} }
  d: { bus: roof, protocol: modbus, unit: 1, baud: 2400, tags: {} }
`);
    expect(site.devices.map(({ settings }) => settings)).toEqual([
      undefined,
      undefined,
      { baud: 9_600, format: '8E1' },
      undefined,
    ]);
  });

  test('may be behind a DTU that dials in', async () => {
    const site = await siteOf('  d: { bus: roof, protocol: modbus, tags: {} }\n');
    expect(site.buses[2]).toEqual({
      name: 'roof',
      silentShare: 0.05,
      transport: {
        kind: 'dtu',
        host: '0.0.0.0',
        port: 9_000,
        registration: new TextEncoder().encode('ROOF'),
        heartbeat: Uint8Array.of(0xfe, 0x0d),
      },
      baud: 2_400,
      format: '8E1',
    });
  });
});

describe('all profiles that come with the gateway', () => {
  test('are given to whoever asks, with parsed addresses and their frames', async () => {
    const profiles = await loadProfiles(DRIVER_OPTIONS);
    expect(profiles.map(({ id }) => id)).toEqual(await builtInIds());
    const sdm = profiles.find(({ id }) => id === 'eastron/sdm630');
    expect(sdm).toMatchObject({
      protocol: 'modbus',
      name: { en: 'Eastron SDM630 three-phase meter' },
      device: { max_registers: 80 },
      scan: 5_000,
    });
    expect(sdm?.tags[0]).toMatchObject({
      quantity: 'voltage_l1',
      symbol: 'U1',
      unit: 'V',
      address: { table: 'input', address: 0, type: 'float32' },
    });
    expect(sdm?.golden[0]?.expect).toEqual(new Map([['voltage_l1', 230.2]]));
    const iem = profiles.find(({ id }) => id === 'schneider/pm5000');
    expect(iem?.tags).toHaveLength(15);
    expect(iem?.provenance.map(({ source }) => source)).toHaveLength(2);
  });
});
