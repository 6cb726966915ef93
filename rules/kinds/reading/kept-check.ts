/**
 * Checks for what an earlier run kept: shapes put together from small ones, every list and text with a limit.
 * Pure.
 */
import { isFields } from '../../../gateway/host/kept-fields.ts';
import type { Kept } from '../../../gateway/host/state-store.ts';
import { isKeptTime } from '../kept-shape.ts';
import { exactOf } from './exact-number.ts';

export type Check = (kept: Kept) => boolean;

const MOST_TEXT = 200;

export const isText: Check = (kept) => typeof kept === 'string' && kept.length <= MOST_TEXT;
/** A number as text. */
export const isExact: Check = (kept) => typeof kept === 'string' && exactOf(kept) !== undefined;
export const isTime: Check = isKeptTime;
export const isCount: Check = (kept) => Number.isSafeInteger(kept) && Number(kept) >= 0;
export const isFlag: Check = (kept) => typeof kept === 'boolean';
export const isScalar: Check = (kept) =>
  isText(kept) || isFlag(kept) || (typeof kept === 'number' && Number.isFinite(kept));

export const oneOf =
  (...words: readonly (string | number)[]): Check =>
  (kept) =>
    words.some((word) => word === kept);
export const nullOr =
  (check: Check): Check =>
  (kept) =>
    kept === null || check(kept);
export const listOf =
  (check: Check, most: number): Check =>
  (kept) =>
    Array.isArray(kept) && kept.length <= most && kept.every(check);
/** Fields by names that are data. */
export const mapOf =
  (check: Check, most: number): Check =>
  (kept) =>
    isFields(kept) && Object.keys(kept).length <= most && Object.values(kept).every(check);

/** An object with exactly these fields; those of `optional` may be left out. */
export function shapeOf(
  fields: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const known = { ...fields, ...optional };
  return (kept) => {
    if (!isFields(kept)) return false;
    const isWhole = Object.keys(fields).every((key) => Object.hasOwn(kept, key));
    if (!isWhole) return false;
    return Object.entries(kept).every(
      ([key, value]) => Object.hasOwn(known, key) && known[key]?.(value) === true,
    );
  };
}
