import { randomBytes } from 'node:crypto';
import type { Random } from '../model/backoff.ts';

/** Numbers in [0, 1) from the system's entropy; for jitter, where no run needs to be repeated. */
export const systemRandom: Random = () => randomBytes(4).readUInt32LE() / 2 ** 32;

/** The same numbers for the same seed (mulberry32, public domain). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
