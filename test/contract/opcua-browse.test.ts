/** Looking around in real servers: everything is found, within what they take at once, and named so that it stays. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { OpcuaConnection } from '../../drivers/opcua/connection.ts';
import { isItem, itemsOf, readItems } from '../../drivers/opcua/items.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { robotCell } from '../../firmware-sim/opcua/robot-cell.ts';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { PLAIN_NAMESPACE, plainVariables } from '../../firmware-sim/opcua/variables.ts';
import { browseVerb } from '../../gateway/cli/browse/browse.ts';
import { scanVerb } from '../../gateway/cli/scan/scan.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { memoryStateStore } from '../../gateway/host/state-store.ts';
import { millis } from '../../gateway/model/units.ts';
import { called } from '../support/command-line.ts';
import { opcuaDevice, opcuaRequest } from '../support/opcua-fixture.ts';
import { type LimitedServer, limitedServer } from '../support/opcua-limited-server.ts';

let folder: string;
let cell: SimulatedOpcuaServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-browse-'));
  const contents = [robotCell().content, plainVariables([{ name: 'level' }])];
  cell = await startOpcuaServer({ contents }, systemClock());
});
afterAll(async () => {
  await cell.stop();
  await rm(folder, { recursive: true, force: true });
});

const browsing = (url: string, ...more: readonly string[]) =>
  called({ browse: browseVerb }, ['browse', url, '--pki', join(folder, 'pki'), ...more]);
const openly = (...more: readonly string[]) =>
  browsing(cell.endpointUrl, '--security', 'None', ...more);

/** What a line of JSON says of a node, as far as tests look at it. */
interface Line {
  readonly address: string;
  readonly path: string;
  readonly value?: unknown;
  readonly unit?: string;
}
const linesOf = (stdout: string): readonly Line[] =>
  stdout.split('\n').map((line): Line => JSON.parse(line));

describe('headgate browse', () => {
  test('prints a tree, and only as deep as it is told', async () => {
    const { status, stdout } = await openly('--depth', '1');
    expect(status).toBe(0);
    expect(stdout.split('\n')[0]).toBe('Objects  i=85');
    expect(stdout).toContain('\n  DeviceSet  nsu=http://opcfoundation.org/UA/DI/;i=5001');
    expect(stdout).not.toContain('RobotSystem');
  });

  test('begins at a node, by its id or its path', async () => {
    const byPath = await openly('--from', '/Objects/Plain', '--depth', '0');
    const byId = await openly('--from', `nsu=${PLAIN_NAMESPACE};s=Plain`, '--depth', '0');
    expect(byPath.stdout).toBe(`Plain  nsu=${PLAIN_NAMESPACE};s=Plain`);
    expect(byId.stdout).toBe(byPath.stdout);
  });

  test('finds what is searched for, with its value and unit', async () => {
    const { stdout } = await openly('--search', '/axis[12].*position/');
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^DeviceSet\/RobotSystem\/.*ActualPosition {2}nsu=\S+ {2}Double {2}-?[\d.]+ ° /,
    );
  });

  test('says no with 1 where nothing is found, and names what is not there', async () => {
    expect(await openly('--search', 'no such thing')).toMatchObject({ status: 1, stdout: '' });
    const missing = await openly('--from', '/Objects/Nowhere');
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('[cli.opcua-no-node]');
    expect((await openly('--from', 'ns=1')).stderr).toContain('[opcua.address-form]');
    expect(await openly('--depth', 'x')).toMatchObject({ status: 2 });
    expect(await openly('--search', '/(/')).toMatchObject({ status: 2 });
    expect(await browsing('tcp://127.0.0.1:502')).toMatchObject({ status: 2 });
  });

  test('is what a scan of a server points to', async () => {
    const scanned = await called({ scan: scanVerb }, ['scan', cell.endpointUrl]);
    expect(scanned.status).toBe(2);
    expect(scanned.stderr).toContain(`headgate browse ${cell.endpointUrl}`);
  });

  test('talks to no server that nobody trusts, and to one whose fingerprint was given', async () => {
    const refused = await browsing(cell.endpointUrl, '--depth', '0');
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('[opcua.certificate-unknown]');
    const [, fingerprint = ''] = /--trust ([0-9a-f:]+)/i.exec(refused.stderr) ?? [];
    const wrong = await browsing(cell.endpointUrl, '--depth', '0', '--trust', 'ab'.repeat(32));
    expect(wrong).toMatchObject({ status: 1, stdout: '' });
    expect(wrong.stderr).toContain('[trust.fingerprint-unknown]');
    const trusted = await browsing(cell.endpointUrl, '--depth', '0', '--trust', fingerprint);
    expect(trusted).toMatchObject({ status: 0, stdout: 'Objects  i=85' });
    // Once is enough.
    expect(await browsing(cell.endpointUrl, '--depth', '0')).toMatchObject({ status: 0 });
  });
});

describe('the YAML that it prints', () => {
  test('is a site that loads, with the names of the companion specifications', async () => {
    const { stdout } = await openly('--companions');
    for (const name of ['axis_1_position', 'axis_6_speed', 'motor_3_temperature', 'program_name'])
      expect(stdout).toContain(`\n      ${name}: {`);
    const everything = await openly('--yaml');
    await writeFile(
      join(folder, 'gateway.yaml'),
      `gateway: { id: test, timezone: Asia/Shanghai }\n${everything.stdout}\n`,
    );
    const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment: {} });
    expect(loaded.ok ? [] : loaded.problems).toEqual([]);
    expect(loaded.ok && loaded.site.tags.length).toBeGreaterThan(70);
  });

  test('names nodes so that they are found after the namespaces changed their places', async () => {
    const wanted = linesOf((await openly('--companions', '--json')).stdout);
    const before = (await openly('--from', '/Objects', '--depth', '2', '--json')).stdout;
    await cell.restart({ reshuffle: true });
    const addresses = wanted.map(({ address }, i) => opcuaRequest(address, i));
    const link = connectionTo(cell.endpointUrl);
    try {
      await link.connect(new AbortController().signal);
      const lookup = { link, device: opcuaDevice(), clock: systemClock() };
      const items = await itemsOf(addresses, lookup);
      const samples = await readItems(items.filter(isItem), lookup);
      expect(samples.length).toBe(wanted.length);
      for (const { quality } of samples) expect(quality).toBe('good');
    } finally {
      await link.close(true);
    }
    const after = (await openly('--from', '/Objects', '--depth', '2', '--json')).stdout;
    const namesIn = (text: string) => linesOf(text).map(({ address }) => address);
    expect(namesIn(after)).toEqual(namesIn(before));
  });
});

const connectionTo = (url: string) =>
  new OpcuaConnection(
    {
      url,
      security: 'None',
      user: { kind: 'anonymous' },
      sessionTimeout: millis(10_000),
      keepAlive: millis(10_000),
      timeout: millis(5_000),
      pki: '',
      gateway: 'test',
    },
    { clock: systemClock(), log: silentLog, state: memoryStateStore() },
  );

describe.each([
  ['10,000 nodes of a server that says no limits', undefined, { groups: 100, each: 99 }],
  ['600 nodes of a server that takes 10 at a time', 10, { groups: 6, each: 99 }],
] as const)('%s', (_, limit, size) => {
  let server: LimitedServer;
  beforeAll(async () => {
    server = await limitedServer(limit, size);
  });
  afterAll(() => server.stop());

  test('are all found, each once, with value and unit', async () => {
    const { status, stdout } = await browsing(
      server.url,
      '--security',
      'None',
      '--json',
      '--from',
      '/Objects/Big',
    );
    expect(status).toBe(0);
    const lines = linesOf(stdout);
    expect(lines).toHaveLength(1 + size.groups * (1 + size.each));
    expect(new Set(lines.map(({ address }) => address)).size).toBe(lines.length);
    const variables = lines.filter(({ path }) => /\/V\d+$/.test(path));
    expect(variables.map(({ value }) => value)).toEqual(
      Array.from({ length: size.groups * size.each }, (_, i) => i),
    );
    expect(new Set(variables.map(({ unit }) => unit))).toEqual(new Set(['°C']));
  });
});
