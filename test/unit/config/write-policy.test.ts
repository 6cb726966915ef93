/** What a site that is read lets be done to its tags, and whom it takes commands from. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { renderProblems } from '../../../config/report.ts';
import type { Site } from '../../../config/site.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { SAFE_OCCASIONS, type WritePolicy } from '../../../gateway/model/command.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-writes-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function siteOf(files: Readonly<Record<string, string>>) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const environment = { DAY_KEY: KEY };
  const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment });
  if (!loaded.ok) throw new Error(renderProblems(loaded.problems, 'en'));
  return loaded.site;
}

const KEY = 'IcJ5CUpGQbXiBgTyeXeoB9hAZ5ScOYDHgpZzG3bT1pE=';
const HEAD = 'gateway: { id: a }\nbuses: { line: { serial: /dev/ttyS1 } }\n';

const policiesOf = ({ devices }: Site) =>
  devices.flatMap(({ tags }) => tags.map(({ write }) => write));

/** The policy of one tag whose keys are these. */
async function policyOf(keys: string): Promise<WritePolicy | undefined> {
  const device = `  fan:
    bus: line
    protocol: modbus
    tags:
      shown: { address: "input:9 float32" }
      speed: { ${keys} }
`;
  const site = await siteOf({ 'gateway.yaml': `${HEAD}devices:\n${device}` });
  return policiesOf(site)[1];
}

const PLAIN = {
  by: ['local', 'rule'],
  min: undefined,
  max: undefined,
  values: undefined,
  maxStep: undefined,
  slewPerHour: undefined,
  minInterval: 0,
  minOn: 0,
  minOff: 0,
  maxPerHour: undefined,
  restore: undefined,
  hasInterlock: false,
  isFading: false,
  safe: undefined,
  hold: 0,
  settle: 3_000,
  tolerance: undefined,
  readBack: 'fan.speed',
  isFloat32: false,
  kind: 'level',
  type: 'number',
};

describe('a tag', () => {
  it('that is read cannot be written', async () => {
    expect(await policyOf('address: "holding:1"')).toBeUndefined();
    expect(await policyOf('address: "holding:1", access: read')).toBeUndefined();
  });

  it('that may be written has what holds where nothing is said', async () => {
    expect(await policyOf('address: "holding:1", access: read-write')).toEqual(PLAIN);
    expect(await policyOf('address: "holding:1", access: read-write, write: {}')).toEqual(PLAIN);
  });

  it('has what is said', async () => {
    const write = [
      'by: [remote, local], range: { min: 20, max: 80 }, values: [20, 50], max_step: 5, slew: 5/min',
      'min_interval: 10s, min_on: 2m, min_off: 3m, max_per_hour: 12, interlock: fan.shown > 1',
      'safe: { value: 20, on: [interlock, stop] }, hold: 30s, settle: 10s, tolerance: 0.5',
      'read_back: shown',
    ].join(', ');
    const policy = await policyOf(
      `address: "holding:1 float32", access: write, write: { ${write} }`,
    );
    expect(policy).toEqual({
      by: ['remote', 'local'],
      min: 20,
      max: 80,
      values: [20, 50],
      maxStep: 5,
      slewPerHour: 300,
      minInterval: 10_000,
      minOn: 120_000,
      minOff: 180_000,
      maxPerHour: 12,
      hasInterlock: true,
      isFading: false,
      safe: { value: 20, on: ['stop', 'interlock'] },
      hold: 30_000,
      settle: 10_000,
      tolerance: 0.5,
      readBack: 'fan.shown',
      isFloat32: true,
      kind: 'level',
      type: 'number',
    });
  });

  it.each<[string, string, object]>([
    ['with a safe value alone', 'write: { safe: 5 }', { safe: { value: 5, on: SAFE_OCCASIONS } }],
    [
      'with one without occasions',
      'write: { safe: { value: 5 } }',
      { safe: { value: 5, on: SAFE_OCCASIONS } },
    ],
    ['with a safe value: a remote command holds a minute', 'write: { safe: 5 }', { hold: 60_000 }],
    ['with a safe value and a hold', 'write: { safe: 5, hold: 0s }', { hold: 0 }],
    ['that wears', 'wear: eeprom', { maxPerHour: 2 }],
    [
      'that wears and says how often',
      'wear: eeprom, write: { max_per_hour: 9 }',
      { maxPerHour: 9 },
    ],
    [
      'that does something each time',
      'write: { kind: pulse }',
      { kind: 'pulse', readBack: undefined },
    ],
    ['with one bound', 'write: { range: { max: 5 } }', { min: undefined, max: 5 }],
    ['that shows nothing', 'write: { read_back: none }', { readBack: undefined }],
    ['with the id of another', 'write: { read_back: fan.shown }', { readBack: 'fan.shown' }],
  ])('%s', async (_what, keys, wanted) => {
    expect(await policyOf(`address: "holding:1", access: read-write, ${keys}`)).toEqual({
      ...PLAIN,
      ...(keys.includes('safe') && { safe: { value: 5, on: SAFE_OCCASIONS }, hold: 60_000 }),
      ...wanted,
    });
  });

  it('that cannot be read has nothing that shows what became of a write', async () => {
    expect(await policyOf('address: "holding:1", access: write')).toEqual({
      ...PLAIN,
      readBack: undefined,
    });
  });

  it.each([
    ['coil:1', 'flag'],
    ['holding:1.3', 'flag'],
    ['holding:1 string8', 'text'],
    ['holding:1 int64', 'number'],
  ])('at %s takes a %s', async (address, type) => {
    const policy = await policyOf(`address: "${address}", access: write`);
    expect(policy).toMatchObject({ type, isFloat32: false });
  });

  it('of which only its server knows what it is takes anything', async () => {
    const site = await siteOf({
      'gateway.yaml': `gateway: { id: a }
buses: { plc: { opcua: "opc.tcp://h:4840" } }
devices:
  cell: { bus: plc, protocol: opcua, tags: { mode: { address: "ns=2;s=Mode", access: write, write: { values: [auto, 5] } } } }
`,
    });
    expect(policiesOf(site)).toMatchObject([{ type: 'any', values: ['auto', 5] }]);
  });
});

describe('an interlock', () => {
  const pump = (more: string) =>
    siteOf({
      'gateway.yaml': `${HEAD}devices:
  press:
    bus: line
    protocol: modbus
    tags:
      level: { address: "holding:1" }
      pump: { address: "coil:1", ${more} }
`,
    });

  it('is a rule, also of a site without any', async () => {
    const { rules } = await pump('access: write, write: { interlock: press.level > 20 }');
    expect(rules.rules).toMatchObject([{ kind: 'interlock', tag: 'press.pump' }]);
  });

  it('that is wrong is told at its place', async () => {
    await expect(pump('access: write, write: { interlock: press.lvel > 20 }')).rejects.toThrow(
      /gateway\.yaml:9:\d+ .*press\.lvel/,
    );
  });
});

describe('a profile', () => {
  const PROFILE = `profile: own/fan
protocol: modbus
tags:
  speed:
    address: "holding:1"
    access: read-write
    write: { range: { min: 10, max: 50 }, min_interval: 10s, safe: 10 }
`;
  const speedOf = async (device: string, profiles: Readonly<Record<string, string>> = {}) => {
    const site = await siteOf({
      'gateway.yaml': `${HEAD}devices:\n  fan: { bus: line, ${device} }\n`,
      'profiles/fan.yaml': PROFILE,
      ...profiles,
    });
    return policiesOf(site)[0];
  };
  const OWN = { min: 10, max: 50, minInterval: 10_000, safe: { value: 10 } };

  it('says what may be written', async () => {
    expect(await speedOf('profile: own/fan')).toMatchObject(OWN);
  });

  it('keeps what a device does not lay over it', async () => {
    const policy = await speedOf(
      'profile: own/fan, tags: { speed: { write: { safe: 20, max_step: 5 } } }',
    );
    expect(policy).toMatchObject({ ...OWN, safe: { value: 20 }, maxStep: 5 });
  });

  it('keeps what a profile that extends it does not lay over it', async () => {
    const policy = await speedOf('profile: own/slow, tags: { speed: { write: { safe: 12 } } }', {
      'profiles/slow.yaml':
        'profile: own/slow\nextends: own/fan\ntags: { speed: { write: { range: { min: 10, max: 20 } } } }\n',
    });
    expect(policy).toMatchObject({ ...OWN, max: 20, safe: { value: 12 } });
  });

  it('loses all of it where a device only reads', async () => {
    expect(await speedOf('profile: own/fan, tags: { speed: { access: read } }')).toBeUndefined();
  });
});

describe('commands from upstream', () => {
  const DEVICE =
    'devices: { fan: { bus: line, protocol: modbus, tags: { speed: { address: "holding:1", access: write, write: { by: [remote] } } } } }\n';

  it('are refused, and nobody signs, where nothing is said', async () => {
    const site = await siteOf({
      'gateway.yaml': `${HEAD}uplinks: { cloud: { mqtt: "mqtts://h:8883" } }\n${DEVICE}`,
    });
    expect(site.uplinks).toMatchObject([{ name: 'cloud', commands: 'refuse' }]);
    expect(site.commands).toEqual({ maxAge: 60_000, operators: new Map() });
  });

  it('are taken where it is said, from those who sign', async () => {
    const other = Buffer.alloc(32, 7);
    const site = await siteOf({
      'gateway.yaml': `${HEAD}uplinks: { cloud: { mqtt: "mqtts://h:8883", commands: accept } }
commands:
  max_age: 5m
  operators:
    day: { key: "\${env:DAY_KEY}", tags: [fan.speed] }
    night: { key: "\${file:night.pub}" }
${DEVICE}`,
      'night.pub': `${other.toString('base64')}\n`,
    });
    expect(site.uplinks).toMatchObject([{ name: 'cloud', commands: 'accept' }]);
    expect(site.commands).toEqual({
      maxAge: 300_000,
      operators: new Map([
        ['day', { publicKey: new Uint8Array(Buffer.from(KEY, 'base64')), tags: ['fan.speed'] }],
        ['night', { publicKey: new Uint8Array(other), tags: undefined }],
      ]),
    });
  });
});
