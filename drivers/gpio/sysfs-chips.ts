/**
 * The chips that sysfs shows. Since kernel 6.6 the numbers of pins begin at 512 and more, differently on every board:
 * a pin is the base of its chip and its offset there. Pure but for reading the folders.
 */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ChipInfo } from './backend.ts';

/** `/sys`, or a test's own. */
export interface SysfsChip extends ChipInfo {
  /** The number of the chip's first pin. */
  readonly base: number;
}

/** What stands in `class/gpio/gpiochip512`. */
export interface ClassEntry {
  readonly base: number;
  readonly ngpio: number;
  readonly label: string;
  /** The device behind it, which its entry in `bus/gpio/devices` shares. */
  readonly device: string;
  readonly lineNames: readonly string[];
}

/** What stands in `bus/gpio/devices`: `gpiochip0`. */
export interface BusEntry {
  readonly name: string;
  readonly device: string;
}

/**
 * The chips with the names they have as character devices. A device with several chips has them in the same order
 * in both folders; one without a character device is called by its entry, `gpiochip512`.
 */
export function sysfsChips(
  classes: readonly ClassEntry[],
  buses: readonly BusEntry[],
): readonly SysfsChip[] {
  const byNumber = buses.toSorted((a, b) => numberOf(a.name) - numberOf(b.name));
  const byBase = classes.toSorted((a, b) => a.base - b.base);
  const chips = byBase.map(({ base, ngpio, label, device, lineNames }): SysfsChip => {
    const place = byBase.filter((one) => one.device === device && one.base < base).length;
    const bus = byNumber.filter((one) => one.device === device)[place];
    const lines = Array.from({ length: ngpio }, (_, offset) => ({
      offset,
      name: lineNames[offset] || undefined,
    }));
    return { name: bus?.name ?? `gpiochip${base}`, label, base, lines };
  });
  return chips.toSorted((a, b) => numberOf(a.name) - numberOf(b.name));
}

const numberOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);

/** Reads the folders below `/sys`. Rejects when there is no `class/gpio`. */
export async function readSysfsChips(sys: string): Promise<readonly SysfsChip[]> {
  const classFolder = join(sys, 'class', 'gpio');
  const busFolder = join(sys, 'bus', 'gpio', 'devices');
  const classes = await readdir(classFolder);
  const buses = await readdir(busFolder).catch(() => []);
  return sysfsChips(
    await Promise.all(classes.filter(isChip).map((name) => classEntry(join(classFolder, name)))),
    await Promise.all(
      buses.filter(isChip).map(async (name) => ({
        name,
        device: dirname(await realpath(join(busFolder, name))),
      })),
    ),
  );
}

const isChip = (name: string): boolean => /^gpiochip\d+$/.test(name);

async function classEntry(folder: string): Promise<ClassEntry> {
  const text = async (name: string) => (await readFile(join(folder, name), 'utf8')).trim();
  const place = dirname(await realpath(folder));
  // The entry lies in a folder `gpio` of its device.
  const device = basename(place) === 'gpio' ? dirname(place) : place;
  const names = await readFile(join(device, 'of_node', 'gpio-line-names'), 'utf8').catch(() => '');
  return {
    base: Number(await text('base')),
    ngpio: Number(await text('ngpio')),
    label: await text('label'),
    device,
    lineNames: names.split('\0'),
  };
}
