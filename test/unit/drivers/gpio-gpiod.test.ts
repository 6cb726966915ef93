import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gpiodBackend } from '../../../drivers/gpio/gpiod-backend.ts';
import {
  chipsOf,
  driveArgs,
  driveWords,
  edgeOf,
  getArgs,
  isBanner,
  levelOf,
  linesShown,
  monitorArgs,
  peekArgs,
  versionOf,
} from '../../../drivers/gpio/gpiod-words.ts';
import { kernelNow } from '../../../gateway/host/boot.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { momentOf } from '../../../gateway/host/kernel-time.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { seconds } from '../../../gateway/model/units.ts';
import { disposals } from '../../support/disposals.ts';
import { type FakeGpiod, fakeGpiod } from '../../support/fake-gpiod.ts';
import { describeWith, programPath } from '../../support/real-parts.ts';
import { until } from '../../support/waiting.ts';

const clock = systemClock();
const keep = disposals();
const forever = new AbortController().signal;
const VERSIONS = ['1.6.3', '2.2.1'] as const;

const backend = ({ environment }: Pick<FakeGpiod, 'environment'>, chip?: string) =>
  keep(gpiodBackend({ chip, clock, environment }), (one) => one.close());

describe('the words of the gpiod tools', () => {
  it.each([
    ['gpiodetect (libgpiod) v1.6.3\nCopyright (C) 2017-2018', 1],
    ['gpiodetect (libgpiod) v2.2.1\n', 2],
    ['gpiodetect (libgpiod) 2.0\n', 2],
    ['gpiodetect (libgpiod) v3.0', undefined],
    ['BusyBox v1.35', undefined],
  ])('tell the version of %j', (text, version) => {
    expect(versionOf(text)).toBe(version);
  });

  it('list the chips', () => {
    const text =
      'gpiochip0 [pinctrl-bcm2711] (58 lines)\ngpiochip1 [raspberrypi-exp-gpio] (8 lines)\n';
    expect(chipsOf(text)).toEqual([
      { name: 'gpiochip0', label: 'pinctrl-bcm2711' },
      { name: 'gpiochip1', label: 'raspberrypi-exp-gpio' },
    ]);
    expect(chipsOf('')).toEqual([]);
  });

  it('list the lines as version 1 prints them', () => {
    const text = [
      'gpiochip0 - 58 lines:',
      '\tline   0:     "ID_SDA"       unused   input  active-high ',
      '\tline   1:      unnamed       unused   input  active-high ',
      '\tline  14:       "TXD1" "led0" output  active-low [used]',
      '\tline  15: "A_VERY_LONG_NAME_INDEED"       kernel   input  active-high [used]',
    ].join('\n');
    expect(linesShown(text, 1)).toEqual([
      { offset: 0, name: 'ID_SDA', isOutput: false, consumer: undefined },
      { offset: 1, name: undefined, isOutput: false, consumer: undefined },
      { offset: 14, name: 'TXD1', isOutput: true, consumer: 'led0' },
      { offset: 15, name: 'A_VERY_LONG_NAME_INDEED', isOutput: false, consumer: 'kernel' },
    ]);
  });

  it('list the lines as version 2 prints them', () => {
    const text = [
      'gpiochip0 - 58 lines:',
      '\tline   0:\t"ID_SDA"        \tinput',
      '\tline   1:\tunnamed         \tinput bias=pull-up',
      '\tline  42:\t"PWR_LED_OFF"   \toutput active-low consumer="led1"',
      '\tline  43:\t"X"             \toutput consumer=vdd-sd-io',
    ].join('\n');
    expect(linesShown(text, 2)).toEqual([
      { offset: 0, name: 'ID_SDA', isOutput: false, consumer: undefined },
      { offset: 1, name: undefined, isOutput: false, consumer: undefined },
      { offset: 42, name: 'PWR_LED_OFF', isOutput: true, consumer: 'led1' },
      { offset: 43, name: 'X', isOutput: true, consumer: 'vdd-sd-io' },
    ]);
  });

  it('show edges with the time of the kernel', () => {
    expect(edgeOf('1 1234 567890123', 1)).toEqual({ isHigh: true, seconds: 1234.567890123 });
    expect(edgeOf('0 1234 5', 1)).toEqual({ isHigh: false, seconds: 1234.000000005 });
    expect(edgeOf('2 1234.500000000', 2)).toEqual({ isHigh: false, seconds: 1234.5 });
    expect(edgeOf("Monitoring line '17'...", 2)).toBeUndefined();
    expect(edgeOf('0 1234 5', 2)).toBeUndefined();
    expect(isBanner("Monitoring line '17'...")).toBe(true);
  });

  it('show a level as a digit', () => {
    expect(['1\n', '0', '"17"=active', ''].map(levelOf)).toEqual([
      true,
      false,
      undefined,
      undefined,
    ]);
  });

  it('differ between the versions', () => {
    expect(getArgs(1, 'gpiochip0', 17, 'up')).toEqual(['--bias=pull-up', 'gpiochip0', '17']);
    expect(getArgs(2, 'gpiochip0', 17, 'none')).toEqual(['--numeric', '--chip=gpiochip0', '17']);
    expect(monitorArgs(1, 'gpiochip0', 17, 'none')).toContain('--bias=as-is');
    expect(monitorArgs(2, 'gpiochip0', 17, 'down')).toContain('--bias=pull-down');
    expect(driveArgs(1, 'gpiochip0', 22, true)).toEqual(['--mode=signal', 'gpiochip0', '22=1']);
    expect(driveArgs(2, 'gpiochip0', 22, false)).toEqual([
      '--interactive',
      '--chip=gpiochip0',
      '22=0',
    ]);
    expect(driveWords(22, true)).toBe('set 22=1');
    expect(peekArgs('gpiochip0', 22)).toContain('--as-is');
  });
});

describe('the time of an edge', () => {
  const own = virtualClock(undefined, { bootedBefore: 4_900_250 });

  it('is the kernel’s, by the clock since boot or by the clock on the wall', async () => {
    await own.advance(seconds(100));
    expect(momentOf(5_000, own)).toBe(99_750);
    expect(momentOf((own.utc() - 40) / 1000, own)).toBeCloseTo(99_960, 0);
  });

  it('is now where the stamp makes no sense', () => {
    expect(momentOf(1, own)).toBe(100_000);
    expect(momentOf(9_999, own)).toBe(100_000);
  });

  it('is taken from the clock that the kernel stamps with', () => {
    const before = kernelNow();
    expect(kernelNow()).toBeGreaterThanOrEqual(before);
    expect(momentOf(before / 1000, clock)).toBeLessThanOrEqual(clock.mono());
  });
});

describe.each(VERSIONS)('pins by gpiod %s', (version) => {
  it('are found by the label of their chip', async () => {
    const tools = fakeGpiod(version);
    expect((await backend(tools, 'pinctrl-fake').open(forever)).name).toBe('gpiochip0');
    const wrong = backend(tools, 'pinctrl-bcm2711').open(forever);
    await expect(wrong).rejects.toThrow(
      'gpiochip0 [pinctrl-fake], gpiochip1 [expander] [gpio.chip-unknown]',
    );
  });

  it('say in one sentence that a machine has none', async () => {
    const tools = fakeGpiod(version);
    tools.withoutChip();
    await expect(backend(tools).open(forever)).rejects.toThrow(
      'this machine offers no GPIO pins: gpiodetect finds no chip [gpio.unavailable]',
    );
  });

  it('ask for the pull resistor that the site wants', async () => {
    const tools = fakeGpiod(version);
    const pins = backend(tools);
    await pins.open(forever);
    await pins.input(17, 'up', { edge() {}, lost() {} });
    const monitor = tools.calls().find((call) => call.startsWith('gpiomon'));
    expect(monitor).toContain('--bias=pull-up');
  });

  it('have edges at the time of the kernel, not of their arrival', async () => {
    const tools = fakeGpiod(version);
    const pins = backend(tools);
    await pins.open(forever);
    const times: number[] = [];
    await pins.input(17, 'none', { edge: (_isHigh, at) => times.push(at), lost() {} });
    const at = clock.mono();
    tools.move(17, true, 2_000);
    await until('the edge', () => times.length > 0);
    expect(times[0]).toBeGreaterThan(at - 2_010);
    expect(times[0]).toBeLessThan(at - 1_900);
  });

  it('do not outlive the gateway when it is killed', async () => {
    const tools = fakeGpiod(version);
    const script = `
      import { gpiodBackend } from ${JSON.stringify(join(import.meta.dirname, '../../../drivers/gpio/gpiod-backend.ts'))};
      import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../../gateway/host/clock.ts'))};
      const pins = gpiodBackend({ chip: undefined, clock: systemClock() });
      await pins.open(new AbortController().signal);
      await pins.input(17, 'none', { edge() {}, lost() {} });
      await pins.output(22, true, () => {});
      process.send('ready');`;
    const gateway: ChildProcess = spawn(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { env: tools.environment, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    await once(gateway, 'message');
    const [monitor, setter] = [tools.holder(17) ?? 0, tools.holder(22) ?? 0];
    expect([isAlive(monitor), isAlive(setter)]).toEqual([true, true]);
    gateway.kill('SIGKILL');
    await until('their end', () => !isAlive(monitor) && !isAlive(setter));
  });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('version 1 of the tools', () => {
  it('drives another level with another process, and one process a line', async () => {
    const tools = fakeGpiod('1.6.3');
    const pins = backend(tools);
    await pins.open(forever);
    await pins.output(22, false, () => expect.fail('it is not lost'));
    const first = tools.holder(22);
    await pins.set(22, true);
    expect(tools.holder(22)).not.toBe(first);
    expect(tools.history()).toEqual(['22=0', '22=1']);
    expect(pins.switching).toBeGreaterThan(5);
    expect(await pins.peek(22)).toBeUndefined();
  });
});

describe('version 2 of the tools', () => {
  it('is told another level, and shows one without changing the line', async () => {
    const tools = fakeGpiod('2.2.1');
    const pins = backend(tools);
    await pins.open(forever);
    tools.move(17, true);
    expect(await pins.peek(17)).toBe(true);
    await pins.output(22, false, () => expect.fail('it is not lost'));
    const first = tools.holder(22);
    await pins.set(22, true);
    expect(tools.holder(22)).toBe(first);
    expect(tools.history()).toEqual(['22=0', '22=1']);
    expect(pins.switching).toBeLessThan(5);
  });
});

describe('tools that are not there', () => {
  it('are named', async () => {
    const none = { environment: { PATH: '/nonexistent' } };
    if (programPath('gpiodetect')) return;
    await expect(backend(none).open(forever)).rejects.toThrow('gpiodetect of the package gpiod');
  });

  it('of an unknown version are not guessed at', async () => {
    const tools = fakeGpiod('2.2.1');
    const environment = { ...tools.environment, GPIOD_VERSION: '3.0.0' };
    await expect(backend({ environment }).open(forever)).rejects.toThrow('v3.0.0');
  });
});

describeWith(['gpiodetect', 'gpiomon', 'gpioset', 'gpioget'], 'the installed gpiod tools', () => {
  it('are understood', async () => {
    const opening = backend({ environment: process.env }).open(forever);
    const text = spawnSync('gpiodetect', ['--version'], { encoding: 'utf8' }).stdout;
    const version = versionOf(text);
    expect([1, 2]).toContain(version);
    const chips = chipsOf(spawnSync('gpiodetect', { encoding: 'utf8' }).stdout);
    if (chips.length > 0) expect((await opening).name).toBe(chips[0]?.name);
    else await expect(opening).rejects.toThrow('[gpio.unavailable]');
  });

  it('know every option that they are given', () => {
    const version = versionOf(spawnSync('gpiodetect', ['--version'], { encoding: 'utf8' }).stdout);
    if (!version) throw new Error('unknown tools');
    const orders = [
      ['gpiomon', monitorArgs(version, 'gpiochip99', 1, 'up')],
      ['gpioget', getArgs(version, 'gpiochip99', 1, 'down')],
      ['gpioset', driveArgs(version, 'gpiochip99', 1, true)],
    ] as const;
    for (const [tool, args] of orders) {
      const { stderr, status } = spawnSync(tool, args, { encoding: 'utf8' });
      expect([tool, status]).toEqual([tool, 1]);
      expect(stderr).not.toMatch(/option|usage|--help/i);
      expect(stderr).toMatch(/No such file|cannot find/);
    }
  });
});
