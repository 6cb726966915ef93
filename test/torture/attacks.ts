/** The attacks of `npm run torture`, in the order in which they are made. */
import type { Attack } from './attack.ts';
import { clockAttack } from './clock.ts';
import { damageAttack } from './damage.ts';
import { fullDiskAttack } from './full-disk.ts';
import { ioAttack } from './io.ts';
import { killAttack } from './kill.ts';
import { memoryAttack } from './memory.ts';
import { powerAttack } from './power.ts';
import { slowFsyncAttack } from './slow-fsync.ts';
import { slowLinkAttack } from './slow-link.ts';
import { uplinkAttack } from './uplink.ts';

export const ATTACKS: readonly Attack[] = [
  killAttack,
  powerAttack,
  ioAttack,
  slowFsyncAttack,
  memoryAttack,
  fullDiskAttack,
  clockAttack,
  damageAttack,
  uplinkAttack,
  slowLinkAttack,
];
