/**
 * The flash that a folder is on, as the kernel knows it: which device, and what an eMMC says of its own life (JESD84-B51
 * §7.4: DEVICE_LIFE_TIME_EST, PRE_EOL_INFO). SD cards and, without tools that need root, NVMe and SATA disks say nothing.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** By the reserved blocks that are used up: normal, 80 %, 90 %. */
export type FlashReserve = 'normal' | 'warning' | 'urgent';

export interface Flash {
  /** `mmcblk0`; undefined where the file system is on no single disk. */
  readonly device: string | undefined;
  /**
   * Share of its life that is used, 0..1, as the card estimates it: in tenths, the upper end of the worse half; 1 may
   * be more.
   */
  readonly lifeUsed: number | undefined;
  readonly reserve: FlashReserve | undefined;
}

const UNKNOWN: Flash = { device: undefined, lifeUsed: undefined, reserve: undefined };
/** A volume on a crypt on a partition is three. */
const LAYERS_MAX = 8;
const RESERVES: readonly (FlashReserve | undefined)[] = [undefined, 'normal', 'warning', 'urgent'];
/** 1 is the first tenth, 10 the last, 11: past its life. 0: not defined. */
const LIFE_TENTHS_MAX = 11;

/** `folder` is absolute and exists; `root` is the root of the machine. Never throws. */
export function flashOf(folder: string, root = '/'): Flash {
  try {
    const mounts = readFileSync(join(root, 'proc/self/mountinfo'), 'utf8');
    const number = deviceNumberOf(realFolder(folder), mounts);
    const disk = number && diskOf(join(root, 'sys/dev/block', number));
    if (!disk) return UNKNOWN;
    return {
      device: basename(disk),
      lifeUsed: lifeUsedOf(read(join(disk, 'device/life_time'))),
      reserve: RESERVES[hexadecimal(read(join(disk, 'device/pre_eol_info')).trim()) ?? 0],
    };
  } catch {
    return UNKNOWN;
  }
}

/** `179:2`, of the mount that the folder is in; of several in one place the last is on top. */
export function deviceNumberOf(folder: string, mountinfo: string): string | undefined {
  let best: { readonly point: string; readonly number: string } | undefined;
  for (const line of mountinfo.split('\n')) {
    const [, , number, , written] = line.split(' ');
    if (number === undefined || written === undefined) continue;
    const point = written.replace(/\\(\d{3})/g, (_, code) =>
      String.fromCharCode(parseInt(code, 8)),
    );
    const isAround =
      folder === point || folder.startsWith(point.endsWith('/') ? point : `${point}/`);
    if (isAround && point.length >= (best?.point.length ?? 0)) best = { point, number };
  }
  return best?.number;
}

/** The worse of the two estimates `0x01 0x03`, as a share; undefined where the card defines none. */
export function lifeUsedOf(text: string): number | undefined {
  const tenths = text
    .trim()
    .split(/\s+/)
    .flatMap((word) => hexadecimal(word) ?? []);
  const worst = Math.max(0, ...tenths.filter((one) => one <= LIFE_TENTHS_MAX));
  return worst === 0 ? undefined : Math.min(1, worst / 10);
}

/** From a partition, or a mapping on one, to the folder of the disk. */
function diskOf(entry: string): string | undefined {
  let device = realpathSync(entry);
  for (let layer = 0; layer < LAYERS_MAX; layer++) {
    const below = namesIn(join(device, 'slaves'));
    if (below.length > 1) return undefined;
    const [only] = below;
    if (only !== undefined) device = realpathSync(join(device, 'slaves', only));
    else if (read(join(device, 'partition')) === '') return device;
    else device = dirname(device);
  }
  return undefined;
}

const realFolder = (folder: string): string => {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Empty where there is none. */
const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const hexadecimal = (text: string): number | undefined =>
  /^0x[0-9a-f]{1,2}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
