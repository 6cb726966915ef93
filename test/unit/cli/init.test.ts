/** A new site out of every kit: asked for at a terminal or said by options, written once, and right. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { kitNames } from '../../../config/kits.ts';
import { loadSite } from '../../../config/load.ts';
import type { BusConfig } from '../../../config/site.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { checkVerb } from '../../../gateway/cli/check.ts';
import { initVerb } from '../../../gateway/cli/init/init.ts';
import { type CallOptions, called } from '../../support/command-line.ts';

let top = '';
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'headgate-init-'));
});
afterEach(() => rm(top, { recursive: true, force: true }));

const init = (args: readonly string[], options: CallOptions = {}) =>
  called({ init: initVerb }, ['init', ...args], options);
const gatewayYaml = (site: string) => readFile(join(site, 'gateway.yaml'), 'utf8');

async function written(site: string) {
  const loaded = await loadSite(site, DRIVER_OPTIONS, { environment: {}, ruleTests: 'skip' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.site;
}

const KITS = join(import.meta.dirname, '../../../config/sites');
const kits = await kitNames();

/** Where it is reached; what follows from the id of the gateway is not compared. */
const placeOf = ({ transport }: BusConfig) => ({ ...transport, gateway: '', pki: '' });

describe('every kit', () => {
  test.each(kits)('%s becomes a site that passes the check', async (kit) => {
    const site = join(top, 'my-site');
    const ports = (await written(join(KITS, kit))).buses;
    const { status, stdout, stderr } = await init([
      ...[site, '--kit', kit, '--id', 'hall-9', '--timezone', 'Asia/Singapore'],
      ...['--broker', 'mqtts://broker.example:8883', '--yes'],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('has no errors');
    const { gateway, uplinks, buses } = await written(site);
    expect(gateway).toMatchObject({ id: 'hall-9', timezone: 'Asia/Singapore' });
    expect(JSON.stringify(uplinks)).toContain('mqtts://broker.example:8883');
    expect(buses.map(placeOf)).toEqual(ports.map(placeOf));
    const checked = await called({ check: checkVerb }, ['check', site]);
    expect(checked.status).toBe(0);
  });
});

describe('headgate init', () => {
  it('asks at a terminal, and asks again for what cannot be', async () => {
    const site = join(top, 'asked');
    const answers: Readonly<Record<string, readonly string[]>> = {
      'which kit': ['palace', 'flats'],
      'id of the gateway': ['Stairwell 9', 'stairwell-9'],
      'time zone': ['Beijing', ''],
      'MQTT broker of cloud': ['10.0.0.5'],
      'port of the bus riser': ['/dev/serial/by-path/x-port0'],
      'port of the bus pumps': ['0.0.0.0:9001'],
    };
    const asked: string[] = [];
    const types = (question: string) => {
      const [about = ''] = question.split(/, by| \[/);
      asked.push(about);
      return answers[about]?.[asked.filter((one) => one === about).length - 1] ?? 'no answer';
    };
    const { status, stdout, stderr } = await init([site], { types });
    expect(status).toBe(0);
    expect(asked).toEqual([
      ...['which kit', 'which kit', 'id of the gateway', 'id of the gateway'],
      ...['time zone', 'time zone', 'MQTT broker of cloud'],
      ...['port of the bus riser', 'port of the bus pumps'],
    ]);
    expect(stderr).toMatch(/\d {2}flats: A stairwell: .*/);
    expect(stderr).toContain('cli.kit-unknown');
    expect(stderr).toContain('config.site-name');
    expect(stderr).toContain('Asia/Shanghai');
    expect(await written(site)).toMatchObject({
      gateway: { id: 'stairwell-9', timezone: 'Asia/Shanghai' },
      uplinks: [{ mqtt: { url: 'mqtt://10.0.0.5' } }],
      buses: [
        { transport: { kind: 'serial', path: '/dev/serial/by-path/x-port0' } },
        { transport: { kind: 'dtu', port: 9001 } },
      ],
    });
    for (const verb of ['check', 'demo', 'doctor', 'run'])
      expect(stdout).toContain(`headgate ${verb} ${site}`);
  });

  it('speaks Chinese, keeps the comments, and writes what editors need', async () => {
    const site = join(top, 'zh');
    const types = (question: string) => {
      expect(question).toMatch(/\p{Script=Han}/u);
      return '';
    };
    const { status, stdout, stderr } = await init([site, '--lang', 'zh', '--kit', '3'], { types });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('接下来：');
    const [schema = '', ...lines] = (await gatewayYaml(site)).split('\n');
    const kit = kits[2] ?? '';
    const [, ...before] = (await gatewayYaml(join(KITS, kit)))
      .replaceAll(`config/sites/${kit}`, site)
      .split('\n');
    const comments = (text: readonly string[]) => text.map((line) => line.replace(/^[^#]*/, ''));
    expect(comments(lines)).toEqual(comments(before));
    expect(comments(lines).join('')).not.toBe('');
    await readFile(schema.replace(/^.*schema=/, ''));
  });

  it('prints what the check says as JSON', async () => {
    const site = join(top, 'json');
    const { status, stdout } = await init([site, '--kit', 'minimal', '--yes', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ok: true, site, problems: [] });
  });

  it('takes a port of the machine in place of a serial server', async () => {
    const site = join(top, 'wired');
    await init([site, '--kit', 'workshop', '--bus', 'line1=/dev/ttyS3', '--yes']);
    expect((await written(site)).buses[1]).toMatchObject({
      transport: { kind: 'serial', path: '/dev/ttyS3' },
    });
  });

  it.each(['flats', 'robot'])(
    'keeps midnight and the shifts of the kit %s in another time zone',
    async (kit) => {
      const args = [join(top, kit), '--kit', kit, '--timezone', 'Europe/Berlin', '--yes'];
      const { status, stdout } = await init(args);
      expect(stdout).toContain('has no errors');
      expect(status).toBe(0);
    },
  );

  it('writes over nothing', async () => {
    const site = join(top, 'mine');
    await mkdir(site);
    await writeFile(join(site, 'gateway.yaml'), 'mine');
    const refused = await init([site, '--yes']);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('cli.folder-taken'),
    });
    expect(await readdir(site)).toEqual(['gateway.yaml']);
    expect(await gatewayYaml(site)).toBe('mine');
    await rm(join(site, 'gateway.yaml'));
    expect(await init([site, '--yes'])).toMatchObject({ status: 0 });
    const under = await init([join(site, 'gateway.yaml', 'x'), '--yes']);
    expect(under).toMatchObject({ status: 1, stderr: expect.stringContaining('cli.not-written') });
  });

  it('asks nobody where nobody is, and says which option answers', async () => {
    const site = join(top, 'unasked');
    const unasked = await init([site, '--kit', 'minimal', '--id', 'a', '--timezone', 'UTC'], {
      language: 'zh',
    });
    expect(unasked.status).toBe(1);
    expect(unasked.stderr).toContain('[cli.unasked]');
    expect(unasked.stderr).toContain('--broker');
    expect(await readdir(top)).toEqual([]);
    const flags = [
      '--kit',
      'minimal',
      '--id',
      'a',
      '--timezone',
      'UTC',
      '--broker',
      'b',
      '--bus',
      'panel=h:502',
    ];
    expect(await init([site, ...flags])).toMatchObject({ status: 0 });
  });

  it('tells what does not hold any more, and ends with 1', async () => {
    // The sun of its place rises at another time of that clock.
    const args = [
      join(top, 'greenhouse'),
      '--kit',
      'greenhouse',
      '--timezone',
      'Europe/Berlin',
      '--yes',
    ];
    const { status, stdout } = await init(args);
    expect(status).toBe(1);
    expect(stdout).toMatch(/greenhouse\/rules\/irrigation\.yaml:\d+:\d+ rules\.test-failed/);
  });

  it.each([
    [['a', 'b']],
    [['--lang', 'fr']],
    [['--id', 'Hall 9']],
    [['--timezone', 'Mars/Base']],
    [['--broker', 'ftp://h']],
    [['--bus', 'panel']],
    [['--bus', 'other=h:1']],
    [['--bus', 'panel=h']],
  ])('has words for wrong usage: %s', async (args) => {
    expect(await init([...args, '--kit', 'minimal', '--yes'])).toMatchObject({ status: 2 });
  });
});
