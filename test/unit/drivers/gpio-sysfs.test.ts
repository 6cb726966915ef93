import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sysfsBackend } from '../../../drivers/gpio/sysfs-backend.ts';
import { readSysfsChips, sysfsChips } from '../../../drivers/gpio/sysfs-chips.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { BASE, chipAt, fakeSysfs } from '../../support/fake-sysfs.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

const clock = systemClock();
const forever = new AbortController().signal;

describe('the chips of sysfs', () => {
  it('are found with base, label and the names of their lines, wherever they begin', async () => {
    const root = temporaryDirectory();
    chipAt(root, 'soc/fe200000.gpio', {
      bus: 'gpiochip0',
      base: 512,
      ngpio: 58,
      label: 'pinctrl-bcm2711',
    });
    chipAt(root, 'soc/firmware/expgpio', {
      bus: 'gpiochip1',
      base: 570,
      ngpio: 8,
      label: 'raspberrypi-exp-gpio',
    });
    const chips = await readSysfsChips(root);
    expect(chips.map(({ name, label, base, lines }) => [name, label, base, lines.length])).toEqual([
      ['gpiochip0', 'pinctrl-bcm2711', 512, 58],
      ['gpiochip1', 'raspberrypi-exp-gpio', 570, 8],
    ]);
    expect(chips[0]?.lines[17]).toEqual({ offset: 17, name: 'GPIO17' });
    expect(chips[0]?.lines[0]).toEqual({ offset: 0, name: undefined });
  });

  it('keep their names when the bases run the other way', () => {
    const chip = (base: number, device: string) => ({
      base,
      ngpio: 4,
      label: device,
      device,
      lineNames: [],
    });
    const chips = sysfsChips(
      [chip(500, 'a'), chip(480, 'b'), chip(470, 'b')],
      [
        { name: 'gpiochip10', device: 'b' },
        { name: 'gpiochip0', device: 'a' },
        { name: 'gpiochip2', device: 'b' },
      ],
    );
    expect(chips.map(({ name, base }) => [name, base])).toEqual([
      ['gpiochip0', 500],
      ['gpiochip2', 470],
      ['gpiochip10', 480],
    ]);
  });

  it('without a character device are called by their entry', async () => {
    const root = temporaryDirectory();
    chipAt(root, 'soc/old', { base: 0, ngpio: 32, label: 'old' });
    expect((await readSysfsChips(root))[0]).toMatchObject({ name: 'gpiochip0', base: 0 });
  });
});

describe('pins by sysfs', () => {
  it('have the number of their chip’s base and their offset', async () => {
    const fake = fakeSysfs();
    const numbers: number[] = [];
    const pins = sysfsBackend({
      chip: 'pinctrl-fake',
      clock,
      sys: fake.root,
      load: async () => (pin, direction) => {
        numbers.push(pin);
        return fake.open(pin, direction);
      },
    });
    await pins.open(forever);
    await pins.input(17, 'none', { edge() {}, lost() {} });
    await pins.output(22, true, () => {});
    expect(numbers).toEqual([BASE + 17, BASE + 22]);
    expect(pins.set(22, false)).toBeUndefined();
    expect(await pins.peek(3)).toBeUndefined();
  });

  it('cannot have a pull resistor set', async () => {
    const fake = fakeSysfs();
    const pins = sysfsBackend({
      chip: undefined,
      clock,
      sys: fake.root,
      load: async () => fake.open,
    });
    await pins.open(forever);
    const taking = pins.input(17, 'up', { edge() {}, lost() {} });
    await expect(taking).rejects.toThrow('the device tree does');
  });

  it('say in one sentence that a machine has no sysfs, or nothing in it', async () => {
    const root = temporaryDirectory();
    const open = () => sysfsBackend({ chip: undefined, clock, sys: root }).open(forever);
    await expect(open()).rejects.toThrow(
      `this machine offers no GPIO pins: there is no ${root}/class/gpio [gpio.unavailable]`,
    );
    mkdirSync(join(root, 'class', 'gpio'), { recursive: true });
    await expect(open()).rejects.toThrow('has no chip [gpio.unavailable]');
  });

  it('say in one sentence that the native part of onoff is missing', async () => {
    const { root } = fakeSysfs();
    const load = async () => {
      throw new Error('Could not locate the bindings file. Tried: …');
    };
    const opening = sysfsBackend({ chip: undefined, clock, sys: root, load }).open(forever);
    await expect(opening).rejects.toThrow(
      'this machine offers no GPIO pins: the native part of the package onoff is not built [gpio.unavailable]',
    );
  });

  it('know the chips by name and label, and say which there are', async () => {
    const { root } = fakeSysfs();
    const opening = sysfsBackend({ chip: 'gpiochip7', clock, sys: root }).open(forever);
    await expect(opening).rejects.toThrow(
      'no GPIO chip gpiochip7; it has: gpiochip0 [pinctrl-fake]',
    );
  });
});
