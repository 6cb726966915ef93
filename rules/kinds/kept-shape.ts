/** Looks at what was kept by an earlier run, which may be damaged or of another version, without believing anything. */
import { isFields } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';

/** Furthest time either way: what a date can say. */
const MOST_TIME = 8.64e15;

/** The fields of an object with exactly these keys; undefined for anything else. */
export function keptFields<Key extends string>(
  kept: Kept,
  keys: readonly Key[],
): Readonly<Record<Key, Kept>> | undefined {
  if (!isFields(kept)) return undefined;
  const isWhole = keys.every((key) => Object.hasOwn(kept, key));
  const isExact = isWhole && Object.keys(kept).length === keys.length;
  return isExact ? (kept as Readonly<Record<Key, Kept>>) : undefined;
}

/** A time in milliseconds, of any clock. */
export const isKeptTime = (kept: Kept): kept is number =>
  typeof kept === 'number' && Math.abs(kept) <= MOST_TIME;
export const isKeptTimeOrNull = (kept: Kept): kept is number | null =>
  kept === null || isKeptTime(kept);
/** A number that can be calculated with. */
export const isKeptNumberOrNull = (kept: Kept): kept is number | null =>
  kept === null || (typeof kept === 'number' && Number.isFinite(kept));
/** A pending time, moved by the time nobody looked. */
export const moved = (time: number | null, off: number): number | null =>
  time === null ? null : time + off;
