/** onoff itself, with its native part built as `npm run addon` builds it, and without. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeSysfs } from '../../support/fake-sysfs.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { isThorough } from '../../support/long-run.ts';
import { describeWith } from '../../support/real-parts.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MODULES = join(ROOT, 'node_modules');

/** A copy of the package epoll that nobody has built yet. */
function unbuiltEpoll(): string {
  const folder = join(temporaryDirectory(), 'node_modules');
  mkdirSync(folder);
  cpSync(join(MODULES, 'epoll'), join(folder, 'epoll'), { recursive: true });
  rmSync(join(folder, 'epoll', 'build'), { recursive: true, force: true });
  for (const name of ['bindings', 'nan', 'file-uri-to-path'])
    symlinkSync(join(MODULES, name), join(folder, name));
  return join(folder, 'epoll');
}

/** What a process says that opens a chip by sysfs, and line 17 of it, with this epoll. */
function opened(epoll: string): string {
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve: (name, context, next) =>
        next(name === 'epoll' ? ${JSON.stringify(join(epoll, 'epoll.js'))} : name, context),
    });
    const { sysfsBackend } = await import(${JSON.stringify(join(ROOT, 'drivers/gpio/sysfs-backend.ts'))});
    const { systemClock } = await import(${JSON.stringify(join(ROOT, 'gateway/host/clock.ts'))});
    const pins = sysfsBackend({ chip: undefined, clock: systemClock(), sys: ${JSON.stringify(fakeSysfs().root)} });
    try {
      const { name } = await pins.open(new AbortController().signal);
      console.log('open', name);
      await pins.input(17, 'none', { edge() {}, lost() {} });
    } catch (error) {
      console.log(error.message);
    }`;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  return child.stdout + child.stderr;
}

describe('onoff without its native part', () => {
  it('is one clear sentence', () => {
    expect(opened(unbuiltEpoll())).toBe(
      'this machine offers no GPIO pins: the native part of the package onoff is not built [gpio.unavailable]\n',
    );
  });
});

describeWith(['g++', 'make', 'python3', 'npm'], 'onoff with its native part built', () => {
  it.runIf(isThorough)(
    'loads, and goes as far as the machine lets it',
    { timeout: 180_000 },
    () => {
      const epoll = unbuiltEpoll();
      const build = spawnSync('node', [join(ROOT, 'tools/run.mjs'), 'addon', epoll], {
        encoding: 'utf8',
      });
      expect([build.status, build.stderr]).toEqual([0, expect.anything()]);
      const said = opened(epoll);
      expect(said).toMatch(/^open gpiochip0\n/);
      if (!existsSync('/sys/class/gpio')) expect(said).toContain('[gpio.line-refused]');
    },
  );
});

it('the task says what it lacks', () => {
  const task = spawnSync(process.execPath, [join(ROOT, 'tools/run.mjs'), 'addon'], {
    encoding: 'utf8',
    env: { PATH: '/nonexistent' },
  });
  expect(task.status).toBe(1);
  expect(task.stderr).toContain('without python3, make, g++');
});
