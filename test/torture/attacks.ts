/** The attacks of `npm run torture`, in the order in which they are made. */
import type { Attack } from './attack.ts';
import { killAttack } from './kill.ts';
import { memoryAttack } from './memory.ts';
import { slowFsyncAttack } from './slow-fsync.ts';

export const ATTACKS: readonly Attack[] = [killAttack, slowFsyncAttack, memoryAttack];
