import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { deviceNumberOf, flashOf, lifeUsedOf } from '../../../gateway/host/flash.ts';

const EMMC = 'sys/devices/platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:0001';
const DISK = `${EMMC}/block/mmcblk0`;
const MOUNTS = [
  '21 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw',
  '30 21 0:22 / /tmp rw - tmpfs tmpfs rw',
  '31 21 254:0 / /var/lib/headgate rw - ext4 /dev/mapper/data rw',
  '32 21 0:50 / /data rw - btrfs /dev/sda1 rw',
  '33 21 179:3 / /mnt/with\\040space rw - ext4 /dev/mmcblk0p3 rw',
].join('\n');

/** A machine with an eMMC of two partitions; on the second a crypt. `life` and `reserve` as the kernel prints them. */
function machine(life: string | undefined, reserve?: string): string {
  const root = mkdtempSync(join(tmpdir(), 'machine-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const link = (path: string, target: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(join(root, target), join(root, path));
  };
  put('proc/self/mountinfo', MOUNTS);
  put(`${DISK}/dev`, '179:0\n');
  link(`${DISK}/device`, EMMC);
  put(`${DISK}/mmcblk0p2/partition`, '2\n');
  put(`${DISK}/mmcblk0p3/partition`, '3\n');
  put('sys/devices/virtual/block/dm-0/dev', '254:0\n');
  link('sys/devices/virtual/block/dm-0/slaves/mmcblk0p3', `${DISK}/mmcblk0p3`);
  link('sys/dev/block/179:2', `${DISK}/mmcblk0p2`);
  link('sys/dev/block/179:3', `${DISK}/mmcblk0p3`);
  link('sys/dev/block/254:0', 'sys/devices/virtual/block/dm-0');
  if (life !== undefined) put(`${EMMC}/life_time`, life);
  if (reserve !== undefined) put(`${EMMC}/pre_eol_info`, reserve);
  return root;
}

test('finds the card of a folder on one of its partitions, and what the card says', () => {
  const root = machine('0x01 0x03\n', '0x01\n');
  expect(flashOf('/no/such/folder', root)).toEqual({
    device: 'mmcblk0',
    lifeUsed: 0.3,
    reserve: 'normal',
  });
});

test('sees the card through a crypt', () => {
  const root = machine('0x0b 0x02\n', '0x03\n');
  expect(flashOf('/var/lib/headgate/data', root)).toEqual({
    device: 'mmcblk0',
    lifeUsed: 1,
    reserve: 'urgent',
  });
});

test('a card without registers is known by its name alone', () => {
  expect(flashOf('/srv/journal', machine(undefined))).toEqual({
    device: 'mmcblk0',
    lifeUsed: undefined,
    reserve: undefined,
  });
});

test.each(['/data/x', '/tmp/somebody'])(
  'of %s, which is on no one disk, nothing is known',
  (folder) => {
    expect(flashOf(folder, machine('0x01 0x01'))).toMatchObject({ device: undefined });
  },
);

test('a machine without sysfs is no error', () => {
  expect(flashOf('/', join(tmpdir(), 'no-such-machine'))).toMatchObject({ device: undefined });
  expect(() => flashOf(tmpdir())).not.toThrow();
});

test.each([
  ['/', '179:2'],
  ['/var/lib/headgate', '254:0'],
  ['/var/lib/headgate/journal', '254:0'],
  ['/var/lib/headgatex', '179:2'],
  ['/mnt/with space/a', '179:3'],
])('the mount of %s is on %s', (folder, number) => {
  expect(deviceNumberOf(folder, MOUNTS)).toBe(number);
});

test.each([
  ['0x01 0x01', 0.1],
  ['0x0A 0x02', 1],
  ['0x00 0x04', 0.4],
  ['0x00 0x00', undefined],
  ['0xff 0x02', 0.2],
  ['', undefined],
  ['garbage', undefined],
])('the registers %j mean %s', (text, share) => {
  expect(lifeUsedOf(text)).toBe(share);
});
