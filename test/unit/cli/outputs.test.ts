import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GpioBoard, startGpioBoard } from '../../../firmware-sim/gpio-board.ts';
import { outputsVerb } from '../../../gateway/cli/outputs.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { called } from '../../support/command-line.ts';
import { daemon } from '../../support/daemon.ts';
import { disposals } from '../../support/disposals.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

const keep = disposals();

async function box(): Promise<{ board: GpioBoard; yaml: string; folder: string }> {
  const folder = temporaryDirectory();
  const path = join(folder, 'board');
  const lines = [17, 22, 23, 24].map((offset) => ({ offset, name: `GPIO${offset}` }));
  const setting = { path, lines, keepsLevel: true };
  const board = keep(await startGpioBoard(setting, systemClock()), (one) => one.stop());
  const yaml = `
gateway: { id: box }
buses: { pins: { gpio: "unix:${path}", backend: simulated } }
devices:
  box:
    bus: pins
    protocol: gpio
    tags:
      door: { address: in 17 }
      fan: { address: out GPIO22, at_start: on }
      valve: { address: out 23, active: low, at_stop: on }
      lamp: { address: out 24, at_start: on, at_stop: keep }
`;
  writeFileSync(join(folder, 'gateway.yaml'), yaml);
  return { board, yaml, folder };
}

const safe = (...args: string[]) => called({ outputs: outputsVerb }, ['outputs', ...args]);

describe('headgate outputs safe', () => {
  it('drives every output to its state at stop, and no other line', async () => {
    const { board, folder } = await box();
    const { status, stdout } = await safe('safe', folder);
    expect([status, stdout.split('\n')]).toEqual([0, ['box.fan: off', 'box.valve: on']]);
    expect([17, 22, 23, 24].map((line) => board.driven(line))).toEqual([
      undefined,
      false,
      false,
      undefined,
    ]);
  });

  it('says which outputs it could not drive, and why', async () => {
    const { board, folder } = await box();
    board.refuse(22, 'Device or resource busy');
    const { status, stdout } = await safe('safe', folder, '--json');
    expect(status).toBe(1);
    const [fan, valve] = JSON.parse(stdout);
    expect(fan).toMatchObject({ tag: 'box.fan', isOn: false });
    expect(fan.error).toContain('[gpio.line-refused]');
    expect(valve).toEqual({ tag: 'box.valve', isOn: true });
  });

  it('wants to be told what to do', async () => {
    expect((await safe()).status).toBe(2);
  });

  it('has nothing to do on a site without outputs', async () => {
    const folder = temporaryDirectory();
    writeFileSync(
      join(folder, 'gateway.yaml'),
      'gateway: { id: x }\nbuses: { a: { tcp: "127.0.0.1:502" } }\ndevices: { b: { bus: a, protocol: modbus, tags: { c: { address: "coil:1" } } } }\n',
    );
    expect(await safe('safe', folder)).toMatchObject({ status: 0, stdout: '' });
  });

  it('leaves a running gateway alone, and takes over from one that was killed', async () => {
    const { board, yaml } = await box();
    const gateway = keep(daemon({ site: yaml }), (one) => one.dispose());
    await gateway.start();
    const { status, stderr } = await safe('safe', join(gateway.folder, 'gateway.yaml'));
    expect(status).toBe(1);
    expect(stderr).toContain('[gpio.gateway-running]');
    expect(board.driven(22)).toBe(true);
    await gateway.kill();
    const main = join(import.meta.dirname, '../../../gateway/main.ts');
    const file = join(gateway.folder, 'gateway.yaml');
    const helper = spawn(process.execPath, [main, 'outputs', 'safe', file], { stdio: 'ignore' });
    expect((await once(helper, 'exit'))[0]).toBe(0);
    expect([22, 23, 24].map((line) => board.driven(line))).toEqual([false, false, true]);
  });
});
