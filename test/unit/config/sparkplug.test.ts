/** How an edge node of Sparkplug is configured, and which of its names the site lets through. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { tck } from '../../support/tck.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const DEVICES = `
devices:
  press:
    bus: line
    protocol: modbus
    tags:
      pump: { address: coil:5, access: read-write, write: { by: [remote] } }
      oil_temp: { address: "holding:1" }
`;

async function load(uplinks: string, rest = DEVICES) {
  const text = `gateway: { id: weihai-3 }\nuplinks: ${uplinks}\nbuses: { line: { tcp: 10.0.0.5:502 } }\n${rest}`;
  await writeFile(join(folder, 'gateway.yaml'), text);
  return loadSite(folder, DRIVER_OPTIONS, { environment: { KEY: 'AAAA', PW: 'pw' } });
}

async function codes(uplinks: string, rest = DEVICES): Promise<readonly string[]> {
  const loaded = await load(uplinks, rest);
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  return problems.map(({ code, line }) => `${line} ${code}`);
}

async function siteOf(uplinks: string, rest?: string) {
  const loaded = await load(uplinks, rest);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ code }) => code).join());
  return loaded.site;
}

const one = (more = '') => `{ scada: { sparkplug: "mqtts://b:8883", group: hall${more} } }`;

describe('an uplink of Sparkplug', () => {
  it('needs a broker and a group, and has defaults for the rest', async () => {
    const { uplinks } = await siteOf(one());
    expect(uplinks).toEqual([
      {
        name: 'scada',
        commands: 'refuse',
        sparkplug: {
          url: 'mqtts://b:8883',
          version: 5,
          clientId: 'headgate-weihai-3-scada',
          username: undefined,
          password: undefined,
          ca: undefined,
          clientCert: undefined,
          clientKey: undefined,
          keepalive: 30_000,
          group: 'hall',
          node: 'weihai-3',
          primaryHost: undefined,
          fallback: [],
          hasAliases: false,
          resend: 90_000,
          commandAge: 60_000,
        },
      },
    ]);
  });

  it('takes what it is given; how long a command may be late is said of all commands', async () => {
    const more =
      ', node: gw-1, primary_host: scada-1, fallback: ["mqtt://c"], aliases: true, version: 3.1.1, resend: 2m';
    const { uplinks } = await siteOf(one(more), `commands: { max_age: 5s }\n${DEVICES}`);
    expect(uplinks[0]).toMatchObject({
      sparkplug: {
        ...{ version: 4, node: 'gw-1', primaryHost: 'scada-1', fallback: ['mqtt://c'] },
        ...{ hasAliases: true, resend: 120_000, commandAge: 5_000 },
      },
    });
  });

  it('knows what the tags take, and which of them upstream may write', async () => {
    const { tags } = await siteOf(one());
    expect(tags.map(({ id, field }) => [id, field])).toEqual([
      ['press.pump', { holds: 'flag', takesRemote: true }],
      ['press.oil_temp', { holds: 'number', takesRemote: false }],
    ]);
  });

  it(
    tck(
      [
        'tck-id-intro-group-id-chars',
        'tck-id-intro-edge-node-id-chars',
        'tck-id-topic-structure-namespace-valid-group-id',
        'tck-id-topic-structure-namespace-valid-edge-node-id',
      ],
      'has ids that can stand in a topic',
    ),
    async () => {
      for (const id of ['a+b', 'a/b', '#', 'a\u0007', 'x'.repeat(129)])
        for (const key of ['group', 'node', 'primary_host']) {
          const group = key === 'group' ? '' : 'group: hall, ';
          const uplink = `{ sparkplug: "mqtts://b", ${group}${key}: ${JSON.stringify(id)} }`;
          const found = await codes(`{ scada: ${uplink} }`);
          expect(found, `${key} ${id}`).toHaveLength(1);
          expect(found[0]).toMatch(id.length > 100 ? /too-long/ : /sparkplug-id/);
        }
      expect(await codes(one(', node: "威海 3.a-b_c"'))).not.toContain('2 config.sparkplug-id');
    },
  );

  it(
    tck(
      [
        'tck-id-intro-device-id-chars',
        'tck-id-topic-structure-namespace-valid-device-id',
        'tck-id-case-sensitivity-sparkplug-ids',
        'tck-id-case-sensitivity-metric-names',
      ],
      'has devices and metrics by the names of the site, which are lower case and without signs of topics',
    ),
    async () => {
      const device = (name: string, tag = 'a') =>
        `devices: { ${name}: { bus: line, protocol: modbus, tags: { ${tag}: { address: coil:1 } } } }`;
      for (const name of ['Press', '"p/q"', '"p+"', '"p#"'])
        expect(await codes(one(), device(name))).toContain('4 config.tag-name');
      for (const tag of ['Oil', '"a/b"'])
        expect(await codes(one(), device('press', tag))).toContain('4 config.tag-name');
    },
  );

  it(
    tck(
      ['tck-id-topic-structure-namespace-unique-device-id'],
      'has each device once: a name that stands twice is an error',
    ),
    async () => {
      const device = '  press: { bus: line, protocol: modbus, tags: { a: { address: coil:1 } } }';
      expect(await codes(one(), `devices:\n${device}\n${device}`)).toContain(
        '6 config.duplicate-key',
      );
    },
  );

  it(
    tck(
      [
        'tck-id-intro-edge-node-id-uniqueness',
        'tck-id-topic-structure-namespace-unique-edge-node-descriptor',
        'tck-id-payloads-nbirth-edge-node-descriptor',
      ],
      'is no edge node twice at one broker, as far as one site can tell',
    ),
    async () => {
      const two = (second: string) =>
        codes(`{ a: { sparkplug: "mqtts://b", group: g }, b: ${second} }`);
      const twice = '2 config.sparkplug-node-twice';
      expect(await two('{ sparkplug: "mqtts://b", group: g }')).toContain(twice);
      const through =
        '{ sparkplug: "mqtts://c", fallback: ["mqtts://b"], group: g, node: weihai-3 }';
      expect(await two(through)).toContain(twice);
      expect(await two('{ sparkplug: "mqtts://c", group: g }')).not.toContain(twice);
      expect(await two('{ sparkplug: "mqtts://b", group: g, node: other }')).not.toContain(twice);
    },
  );

  it('says that its commands are refused where all have to be signed', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const operators = `commands: { operators: { day: { key: "${key}" } } }\n${DEVICES}`;
    expect(await codes(one(', commands: accept'), operators)).toEqual([
      '2 config.sparkplug-unsigned',
    ]);
    expect(await codes(one(', commands: accept'))).toEqual([]);
    expect(
      await codes('{ s: { sparkplug: "mqtt://b.example", group: g, commands: accept } }'),
    ).toEqual(['2 config.commands-unprotected']);
  });

  it('shares the options of TLS and their checks', async () => {
    const wrong = (more: string) =>
      codes(`{ s: { sparkplug: "mqtt://b.example", group: g, ${more} } }`);
    expect(await wrong('ca: ca.pem')).toContain('2 config.tls-unused');
    expect(await wrong('client_key: key.pem')).toContain('2 config.pair-missing');
    expect(await wrong(`username: u, password: "\${env:PW}"`)).toContain(
      '2 config.password-unprotected',
    );
  });
});
