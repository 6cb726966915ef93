/** A tree like /sys with one chip of 28 lines at base 512, and pins in it as onoff gives them. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenPin } from '../../drivers/gpio/sysfs-backend.ts';
import { temporaryDirectory } from './journal-fixture.ts';

export const BASE = 512;

export interface FakeSysfs {
  readonly root: string;
  readonly open: OpenPin;
  move(offset: number, isHigh: boolean): void;
  driven(offset: number): boolean | undefined;
  occupy(offset: number, isBusy: boolean): void;
}

type Watch = (error: null, value: 0 | 1) => void;

export function fakeSysfs(): FakeSysfs {
  const root = temporaryDirectory();
  chipAt(root, 'soc/pinctrl', { bus: 'gpiochip0', base: BASE, ngpio: 28, label: 'pinctrl-fake' });
  const levels = new Map<number, 0 | 1>();
  const outputs = new Map<number, 0 | 1>();
  const busy = new Set<number>();
  const watches = new Map<number, Watch>();
  return {
    root,
    open(pin, direction) {
      if (busy.has(pin - BASE)) throw new Error('EBUSY: resource busy or locked, write');
      if (direction !== 'in') outputs.set(pin, direction === 'high' ? 1 : 0);
      return {
        readSync: () => levels.get(pin) ?? 0,
        writeSync: (value) => void outputs.set(pin, value),
        watch: (callback) => void watches.set(pin, callback),
        unexport: () => void watches.delete(pin),
      };
    },
    move(offset, isHigh) {
      levels.set(offset + BASE, isHigh ? 1 : 0);
      watches.get(offset + BASE)?.(null, isHigh ? 1 : 0);
    },
    driven(offset) {
      const level = outputs.get(offset + BASE);
      return level === undefined ? undefined : level === 1;
    },
    occupy: (offset, isBusy) => void (isBusy ? busy.add(offset) : busy.delete(offset)),
  };
}

export interface FakeChip {
  readonly bus?: string;
  readonly base: number;
  readonly ngpio: number;
  readonly label: string;
}

/** The folders of a chip as the kernel lays them out; the first line of it has no name. */
export function chipAt(root: string, device: string, { bus, base, ngpio, label }: FakeChip): void {
  const place = join(root, 'devices', 'platform', device);
  const entry = join(place, 'gpio', `gpiochip${base}`);
  mkdirSync(entry, { recursive: true });
  mkdirSync(join(place, 'of_node'), { recursive: true });
  const names = Array.from({ length: ngpio }, (_, n) => (n === 0 ? '' : `GPIO${n}`));
  writeFileSync(join(place, 'of_node', 'gpio-line-names'), `${names.join('\0')}\0`);
  for (const [name, value] of Object.entries({ base, ngpio, label }))
    writeFileSync(join(entry, name), `${value}\n`);
  const classFolder = join(root, 'class', 'gpio');
  mkdirSync(classFolder, { recursive: true });
  symlinkSync(entry, join(classFolder, `gpiochip${base}`));
  if (bus === undefined) return;
  mkdirSync(join(place, bus), { recursive: true });
  const busFolder = join(root, 'bus', 'gpio', 'devices');
  mkdirSync(busFolder, { recursive: true });
  symlinkSync(join(place, bus), join(busFolder, bus));
}
