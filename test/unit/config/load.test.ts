import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LARGEST_FILE } from '../../../config/files.ts';
import { loadSite } from '../../../config/load.ts';
import { renderProblems } from '../../../config/report.ts';
import type { Site } from '../../../config/site.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';

const GATEWAY = 'gateway: { id: weihai-3, timezone: Asia/Shanghai }\n';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

const load = (path = folder, environment = {}) => loadSite(path, DRIVER_OPTIONS, { environment });

async function siteOf(files: Readonly<Record<string, string>>, environment = {}): Promise<Site> {
  await write(files);
  const loaded = await load(folder, environment);
  if (!loaded.ok) throw new Error(renderProblems(loaded.problems, 'en'));
  return loaded.site;
}

async function codes(path = folder): Promise<string[]> {
  const loaded = await load(path);
  return loaded.ok ? [] : loaded.problems.map(({ code }) => code);
}

const WHOLE_SITE = {
  'gateway.yaml': `${GATEWAY}
journal: { path: ./data/journal.db, loss_window: 500ms, max_size: 2GB, keep: 30d }
uplinks:
  cloud:
    mqtt: mqtts://broker.example:8883
    version: 3.1.1
    username: \${env:BROKER_USER}
    password: \${file:password.txt}
    client_cert: \${credential:gw-cert}
    client_key: \${env:KEY_FILE}
    ca: ca.pem
    unrouted: hold
    backlog_per_day: 200MB
    ack: broker
`,
  'lines.yaml': `buses:
  line1: { serial: /dev/ttyS1, baud: 19200, format: 8E1, silent_share: 10% }
  press: { tcp: "[fd00::1]:502" }
  far: { serial_tcp: converter.example:4001 }
`,
  'devices/press.yaml': `devices:
  press:
    bus: press
    protocol: modbus
    unit: 3
    timeout: 2s
    scan: 1s
    tags:
      oil_temp: { address: "holding:100 float32 cdab", unit: °C, deadband: 0.2, heartbeat: 5m }
      energy: { address: "input:20 uint64", scale: 0.01, decimals: 2, scan: 1m }
`,
  'devices/meters.yaml': `devices:
  hall1.meter: { bus: line1, protocol: modbus, tags: { power: { address: "holding:0" } } }
  spare: { bus: far, protocol: modbus, tags: {} }
simulation:
  devices:
    press: { turnaround: 20ms, fault: late, fault_share: 25%, signals: { oil_temp: { min: 20, max: 90, period: 2m } } }
`,
  'password.txt': 's3cret\n',
  'ca.pem': 'x',
  'credentials/gw-cert': 'x',
  'credentials/gw-key': 'x',
};

describe('a site without mistakes', () => {
  test('becomes what the rest of the gateway expects', async () => {
    const site = await siteOf(WHOLE_SITE, {
      CREDENTIALS_DIRECTORY: join(folder, 'credentials'),
      BROKER_USER: 'gw',
      KEY_FILE: 'credentials/gw-key',
    });
    expect(site).toMatchObject({
      gateway: { id: 'weihai-3', timezone: 'Asia/Shanghai' },
      journal: {
        path: join(folder, 'data/journal.db'),
        lossWindow: 500,
        maxSize: 2e9,
        keep: 30 * 86_400_000,
      },
      uplinks: [
        {
          name: 'cloud',
          mqtt: {
            url: 'mqtts://broker.example:8883',
            version: 4,
            clientId: 'headgate-weihai-3-cloud',
            username: 'gw',
            password: 's3cret',
            ca: join(folder, 'ca.pem'),
            clientCert: join(folder, 'credentials/gw-cert'),
            clientKey: join(folder, 'credentials/gw-key'),
            fallback: [],
            format: 'envelope',
            topic: 'headgate/v1/{gateway}/{class}/{device}',
            compress: 'none',
            keepalive: 30_000,
            window: 64,
            unrouted: 'hold',
            resend: 5_000,
            ack: 'broker',
            ackWithin: 30_000,
            replay: 'accept',
            backlog: { rate: undefined, perDay: 200_000_000, timezone: 'Asia/Shanghai' },
          },
        },
      ],
      buses: [
        {
          name: 'line1',
          transport: { kind: 'serial', path: '/dev/ttyS1' },
          baud: 19_200,
          format: '8E1',
          silentShare: 0.1,
        },
        {
          name: 'press',
          transport: { kind: 'tcp', host: 'fd00::1', port: 502 },
          silentShare: 0.05,
        },
        {
          name: 'far',
          transport: { kind: 'serial-tcp', host: 'converter.example', port: 4001 },
          baud: 9_600,
          format: '8N1',
        },
      ],
    });
    expect(site.devices.map(({ name }) => name)).toEqual(['hall1.meter', 'spare', 'press']);
    expect(site.devices[2]).toMatchObject({
      bus: 'press',
      protocol: 'modbus',
      options: { unit: 3, timeout: 2_000 },
      tags: [
        {
          addressText: 'holding:100 float32 cdab',
          address: { table: 'holding', address: 100, type: 'float32', order: 'cdab' },
          scan: 1_000,
          tag: {
            index: 1,
            id: 'press.oil_temp',
            device: 'press',
            quantity: 'oil_temp',
            unit: '°C',
            decimals: undefined,
            report: { deadband: 0.2, heartbeat: 300_000 },
          },
        },
        { scan: 60_000, tag: { index: 2, decimals: 2, report: { deadband: undefined } } },
      ],
    });
    expect(site.tags.map(({ id, index }) => [id, index])).toEqual([
      ['hall1.meter.power', 0],
      ['press.oil_temp', 1],
      ['press.energy', 2],
    ]);
    expect(site.simulation?.devices).toEqual(
      new Map([
        [
          'press',
          {
            turnaround: 20,
            fault: 'late',
            faultShare: 0.25,
            signals: new Map([['oil_temp', { shape: 'sine', min: 20, max: 90, period: 120_000 }]]),
          },
        ],
      ]),
    );
  });

  test('can be one file, with paths relative to its folder', async () => {
    await write({ 'mine.yaml': GATEWAY });
    const loaded = await load(join(folder, 'mine.yaml'));
    expect(loaded).toMatchObject({ ok: true, warnings: [{ code: 'config.no-devices' }] });
    expect(loaded.ok && loaded.site.journal.path).toBe(join(folder, 'data/journal.db'));
  });

  test('keeps its hash over layout, order and files, and changes it with a value', async () => {
    const one = await siteOf({
      'gateway.yaml': `${GATEWAY}buses: { a: { tcp: "h:1" }, b: { tcp: "h:2" } }\n`,
    });
    const same = await siteOf({
      'gateway.yaml': `# words\nbuses:\n  b:\n    tcp: h:2\n`,
      'more.yaml': `buses: { a: { tcp: h:1 } }\n${GATEWAY}`,
    });
    const other = await siteOf({
      'gateway.yaml': `buses: { b: { tcp: h:3 } }\n`,
    });
    expect(one.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(same.hash).toBe(one.hash);
    expect(other.hash).not.toBe(one.hash);
  });
});

describe('the example sites', () => {
  const SITES = join(import.meta.dirname, '../../../config/sites');
  const names = readdirSync(SITES).filter((name) => !name.endsWith('.md'));
  test.each(names)('%s loads, without a warning', async (name) => {
    const loaded = await load(join(SITES, name));
    expect(renderProblems(loaded.ok ? loaded.warnings : loaded.problems, 'en')).toBe('');
    expect(loaded.ok).toBe(true);
  });
});

describe('what lies in the folder of a site', () => {
  test('a missing folder, an empty folder, a folder of other things', async () => {
    expect(await codes(join(folder, 'nowhere'))).toEqual(['config.not-found']);
    expect(await codes()).toEqual(['config.no-yaml']);
    await write({ 'notes.txt': 'x', 'gateway.yml': GATEWAY, '.hidden.yaml': ':' });
    expect(await codes()).toEqual(['config.no-yaml', 'config.file-ignored']);
  });

  test('a pipe, a folder, a loop of links and a device are refused at once', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    await mkdir(join(folder, 'folder.yaml'));
    await symlink('loop.yaml', join(folder, 'loop.yaml'));
    await symlink('nowhere', join(folder, 'dangling.yaml'));
    await symlink('/dev/zero', join(folder, 'zero.yaml'));
    expect((await codes()).sort()).toEqual([
      'config.not-a-file',
      'config.not-a-file',
      'config.not-a-file',
      'config.unreadable',
      'config.unreadable',
    ]);
  });

  test('a file of ten megabytes is refused before it is parsed', async () => {
    await write({ 'gateway.yaml': Buffer.alloc(10 * LARGEST_FILE, 'a: 1\n') });
    expect(await codes()).toEqual(['config.file-too-large']);
  });

  test('a site of too many bytes is refused', async () => {
    const comment = `#${' '.repeat(LARGEST_FILE - 2)}\n`;
    await write(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}.yaml`, comment])));
    expect(await codes()).toContain('config.site-too-large');
  });
});

describe('a report', () => {
  test('has file, line, column, code, message and next step, in both languages', async () => {
    await write({ 'gateway.yaml': 'gateway: { id: a, timezon: UTC }\n' });
    const loaded = await load();
    const problems = loaded.ok ? [] : loaded.problems;
    const place = `${folder}/gateway.yaml:1:19 config.unknown-key`;
    expect(renderProblems(problems, 'en')).toContain(`${place} unknown key "timezon"\n  → the`);
    expect(renderProblems(problems, 'zh')).toContain(`${place} 未知的键“timezon”\n  → 此处`);
  });

  test('never shows a secret', async () => {
    const secret = 'hunter2';
    const values = [
      secret,
      `!${secret}`,
      `*${secret}`,
      `&${secret}`,
      `[${secret}]`,
      `"x\${${secret}"`,
      `@${secret}`,
    ];
    for (const value of values) {
      await write({
        'gateway.yaml': `${GATEWAY}uplinks: { a: { mqtt: mqtts://a, username: u, password: ${value} } }\n`,
      });
      const loaded = await load();
      const report = renderProblems(loaded.ok ? [] : loaded.problems, 'en');
      expect(report).toContain('gateway.yaml:2:');
      expect(report, value).not.toContain(secret);
    }
  });
});
