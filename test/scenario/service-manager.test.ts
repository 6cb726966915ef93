/** What the daemon tells the service manager, heard on a real notification socket. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import allocator from '../../bin/node-environment.json' with { type: 'json' };
import flags from '../../bin/node-flags.json' with { type: 'json' };
import type { RunningPlant } from '../../firmware-sim/plant.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { plcSite, startPlc } from '../support/plc.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const UNIT = join(import.meta.dirname, '..', '..', 'systemd', 'headgate.service');
const WATCHDOG_MS = 600;

let folder = '';
let socket: ChildProcess;
let plant: RunningPlant;
let gateway: Daemon;
let heard = '';

const setUp = async () => {
  heard = '';
  folder = mkdtempSync(join(tmpdir(), 'headgate-notify-'));
  const path = join(folder, 'notify');
  socket = spawn('socat', ['-u', `UNIX-RECV:${path}`, '-'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  socket.stdout?.on('data', (text) => {
    heard += text;
  });
  await until('the socket', () => spawnSync('test', ['-S', path]).status === 0);
  plant = await startPlc(10);
  const site = plcSite(plant, {
    gateway: 'notified',
    tags: 10,
    scan: '100ms',
    lossWindow: '200ms',
    broker: 'mqtt://127.0.0.1:9',
  });
  const environment = { NOTIFY_SOCKET: path, WATCHDOG_USEC: String(WATCHDOG_MS * 1000) };
  gateway = daemon({ site, environment });
};

const tearDown = async () => {
  await gateway.dispose();
  await plant.stop();
  socket.kill();
  rmSync(folder, { recursive: true, force: true });
};

const times = (word: string) => heard.split(word).length - 1;

describeWith(['socat', 'systemd-notify'], 'under a service manager', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  it('the daemon says when it is ready, that it is alive, and when it stops', async () => {
    await gateway.start();
    await until('READY=1', () => times('READY=1') > 0);
    await until('three signs of life', () => times('WATCHDOG=1') >= 3);
    expect(await gateway.stop()).toBe(0);
    await until('STOPPING=1', () => times('STOPPING=1') > 0);
  });
});

describe('the unit file', () => {
  it('starts Node with the flags that the launcher uses', () => {
    expect(readFileSync(UNIT, 'utf8')).toContain(
      `node ${flags.join(' ')} /opt/headgate/gateway/main.ts`,
    );
  });

  it('gives it the environment that the launcher gives', () => {
    const [, given = ''] =
      /^Environment=(NODE_COMPILE_CACHE.*)$/m.exec(readFileSync(UNIT, 'utf8')) ?? [];
    const wanted = Object.entries(allocator).map(([name, value]) => `${name}=${value}`);
    expect(given.split(' ').slice(1)).toEqual(wanted);
  });
});

describeWith(['systemd-analyze'], 'the unit file', () => {
  it('is valid and leaves the daemon little to misuse', () => {
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', UNIT], {
      encoding: 'utf8',
    });
    const complaints = verified.stderr
      .split('\n')
      .filter((line) => line && !line.includes('is not executable'));
    expect(complaints).toEqual([]);
    const security = spawnSync(
      'systemd-analyze',
      ['security', '--offline=yes', '--threshold=20', UNIT],
      { encoding: 'utf8' },
    );
    expect(security.stdout).toContain('Overall exposure level');
    expect(security.status).toBe(0);
  });
});
