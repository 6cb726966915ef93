/** The doctor at real sockets and files: the network, the machine of a site, and the verb as a person calls it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { loadSite } from '../../config/load.ts';
import type { Site } from '../../config/site.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { createDevice } from '../../firmware-sim/device.ts';
import { serveModbusTcp } from '../../firmware-sim/modbus-tcp-server.ts';
import { createImage, definePoint } from '../../firmware-sim/registers.ts';
import { examineBus } from '../../gateway/cli/doctor/doctor-bus.ts';
import { examineSite } from '../../gateway/cli/doctor/doctor-site.ts';
import type { Call } from '../../gateway/cli/verb.ts';
import { busOf } from '../../gateway/cli/wire/bus-url.ts';
import { ControlSocket, socketPath } from '../../gateway/health/control-socket.ts';
import type { Finding } from '../../gateway/health/doctor.ts';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { disposals } from '../support/disposals.ts';
import { inVirtualTime } from '../support/virtual-wire.ts';

const ended = disposals();
const ROOT = join(import.meta.dirname, '..', '..');
const short = (findings: readonly Finding[]) => findings.map(({ code }) => code.slice(7));

const callWith = (clock: Clock): Call => ({
  positionals: [],
  values: {},
  lists: {},
  language: 'en',
  clock,
  signal: new AbortController().signal,
  input: async () => '',
  ask: async () => undefined,
  confirm: async () => false,
  print: () => {},
  note: () => {},
});

/** A Modbus TCP server with one unit; requests to others are refused with 0B. */
async function plc(unit: number) {
  const points = [definePoint({ name: 'r', table: 'holding', address: 0, type: 'uint16' })];
  const image = createImage(points, () => 7);
  const device = createDevice({ name: 'plc', unit, image });
  return ended(await serveModbusTcp({ devices: [device] }, systemClock()), (it) => it.stop());
}

/** A peer that does with each connection what the test says. */
async function peer(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended(server, async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
};

const unitOf = (unit: number) => {
  const parsed = DRIVER_OPTIONS.get('modbus')?.deviceSchema.parse({ unit });
  if (!parsed?.ok) throw new Error('the Modbus driver refuses its own options');
  return { protocol: 'modbus', options: parsed.value };
};

const examined = (port: number, unit: number, clock: Clock = systemClock()) =>
  examineBus(
    callWith(clock),
    busOf(`tcp://127.0.0.1:${port}`, { verb: 'doctor', protocol: 'modbus' }),
    [unitOf(unit)],
  );

describe('the doctor on a network', () => {
  it('has nothing to say about a device that answers', async () => {
    const { port } = await plc(3);
    expect(short(await examined(port, 3))).toEqual(['all-well']);
  });

  it('finds the unit number that answers instead', async () => {
    const { port } = await plc(255);
    const findings = await examined(port, 3);
    expect(short(findings)).toEqual(['unit-wrong']);
    expect(findings[0]?.details).toMatchObject({ unit: '3', found: '255' });
  });

  it('does not take one unit of the site for another', async () => {
    const { port } = await plc(1);
    const bus = busOf(`tcp://127.0.0.1:${port}`, { verb: 'doctor', protocol: 'modbus' });
    const findings = await examineBus(callWith(systemClock()), bus, [unitOf(1), unitOf(3)]);
    expect(short(findings)).toEqual(['gateway-target']);
  });

  it('finds a gateway with nobody behind it', async () => {
    const { port } = await plc(77);
    expect(short(await examined(port, 3))).toEqual(['gateway-target']);
  });

  it('finds a closed port', async () => {
    expect(short(await examined(await closedPort(), 3))).toEqual(['port-closed']);
  });

  it('finds a peer that hangs up at once', async () => {
    const port = await peer((socket) => socket.once('data', () => socket.end()));
    expect(short(await examined(port, 3))).toEqual(['turned-away']);
  });

  it('finds a peer that takes everything and says nothing', async () => {
    const port = await peer((socket) => socket.resume());
    const clock = virtualClock();
    expect(short(await inVirtualTime(clock, examined(port, 3, clock)))).toEqual(['mute']);
  });

  it('finds a name that nobody has', async () => {
    const bus = busOf('tcp://nobody.invalid:502', { verb: 'doctor', protocol: 'modbus' });
    const findings = await examineBus(callWith(systemClock()), bus, [unitOf(1)]);
    expect(short(findings)).toEqual(['host-unknown']);
  });

  it('finds a serial port that is not there', async () => {
    const bus = busOf('serial:///dev/headgate-nothing', { verb: 'doctor', protocol: 'modbus' });
    const findings = await examineBus(callWith(systemClock()), bus, [unitOf(1)]);
    expect(short(findings)).toEqual(['port-missing']);
  });
});

describe('the doctor of a site', () => {
  const folderOf = () => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-doctor-'));
    return ended(folder, async () => rmSync(folder, { recursive: true, force: true }));
  };
  const yamlOf = (ports: { readonly broker: number; readonly plc: number }, size: string) => `
gateway: { id: examined, timezone: UTC }
journal: { path: ./data/journal.db, max_size: ${size} }
uplinks: { cloud: { mqtt: "mqtt://127.0.0.1:${ports.broker}" } }
buses: { plc: { tcp: "127.0.0.1:${ports.plc}" } }
devices:
  plc: { bus: plc, protocol: modbus, unit: 3, scan: 1s, tags: { r: { address: "holding:0" } } }
`;
  async function siteOf(folder: string, yaml: string): Promise<Site> {
    writeFileSync(join(folder, 'gateway.yaml'), yaml);
    const loaded = await loadSite(folder, DRIVER_OPTIONS);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.site;
  }
  async function findingsOf(site: Site, clock: Clock = systemClock()) {
    const found: string[] = [];
    for await (const { subject, findings } of examineSite(callWith(clock), site))
      found.push(...short(findings).map((code) => `${subject} ${code}`));
    return found;
  }

  it('looks at clock, disk, brokers and buses', async () => {
    const folder = folderOf();
    const site = await siteOf(
      folder,
      yamlOf({ broker: await closedPort(), plc: await closedPort() }, '1TB'),
    );
    const unset: Clock = { ...systemClock(), isSynced: () => false, trust: () => 'unsynced' };
    expect(await findingsOf(site, unset)).toEqual([
      'examined clock-unset',
      'examined disk-short',
      'cloud broker-unreachable',
      'plc port-closed',
    ]);
    // The gateway makes its folder when it first runs; where it cannot, that is told.
    expect(existsSync(join(folder, 'data'))).toBe(false);
    writeFileSync(join(folder, 'data'), '');
    const path = join(folder, 'data', 'journal', 'journal.db');
    const elsewhere = { ...site, journal: { ...site.journal, path } };
    expect(await findingsOf(elsewhere)).toContain('examined disk-unusable');
  });

  it('has nothing to say about a healthy one', async () => {
    const folder = folderOf();
    mkdirSync(join(folder, 'data'));
    const broker = await peer((socket) => socket.resume());
    const site = await siteOf(folder, yamlOf({ broker, plc: (await plc(3)).port }, '10MB'));
    expect(await findingsOf(site)).toEqual(['plc all-well']);
  });

  it('leaves the buses of a running gateway alone and says what it sees of them', async () => {
    const folder = folderOf();
    mkdirSync(join(folder, 'data'));
    const broker = await peer((socket) => socket.resume());
    const site = await siteOf(folder, yamlOf({ broker, plc: await closedPort() }, '10MB'));
    const bus = { name: 'plc', line: 'open', devices: [] as unknown[] };
    const status = { buses: [bus, { ...bus, name: 'line1', line: 'waiting', lastError: 'gone' }] };
    const down = { name: 'plc', state: 'down', sinceMs: 125_000, silent: 9, polls: 10 };
    bus.devices.push(down, { ...down, name: 'well', state: 'up' });
    const image = [{ tag: 'plc.r', value: null, quality: 'bad:device', time: 0 }];
    const control = new ControlSocket(socketPath(site.journal.path), {
      status: () => status,
      image: () => image,
    });
    await control.open();
    ended(control, (it) => it.close());
    expect(await findingsOf(site)).toEqual([
      'examined gateway-running',
      'plc device-down',
      'line1 line-away',
    ]);
    // It answers, and nothing comes of it: an inverter that sleeps, an address that is another model's.
    bus.devices[0] = { ...down, state: 'up' };
    expect(await findingsOf(site)).toContain('plc tags-empty');
    image[0] = { tag: 'plc.r', value: null, quality: 'bad:waiting', time: 0 };
    expect(await findingsOf(site)).not.toContain('plc tags-empty');
  });
});

describe('headgate doctor', () => {
  const headgate = async (args: readonly string[], language = 'en') => {
    const child = spawn(join(ROOT, 'bin', 'headgate.mjs'), ['doctor', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HEADGATE_LANG: language },
    });
    const exited = once(child, 'exit');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = await exited;
    return { status, stdout, stderr };
  };

  it('says in words, as JSON and by its exit code what it found', async () => {
    const { port } = await plc(255);
    const url = `tcp://127.0.0.1:${port}`;
    const wrong = await headgate([url, '--unit', '3']);
    expect(wrong.status).toBe(1);
    expect(wrong.stdout).toContain('✗ likely: unit 3 does not answer at this address, but 255');
    expect(wrong.stdout).toContain('→ write unit: 255 for this device');
    expect(wrong.stderr).toContain('asking modbus 3');
    const chinese = await headgate([url, '--unit', '3'], 'zh');
    expect(chinese.stdout).toContain('很可能: 该地址上站号 3 无应答');
    const json = await headgate([url, '--unit', '3', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      findings: [{ code: 'doctor.unit-wrong', fault: true, next: { zh: expect.any(String) } }],
    });
    const right = await headgate([url, '--unit', '255']);
    expect(right).toMatchObject({ status: 0 });
    expect(right.stdout).toContain('✓ certain: all 1 unit(s) answer');
  });
});
