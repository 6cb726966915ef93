/** Whether what was kept by an earlier run looks as it should; it may be damaged or of another version. */
import { isFields } from '../../../gateway/host/kept-fields.ts';
import type { Kept } from '../../../gateway/host/state-store.ts';

export type Shape = (kept: Kept) => boolean;

export const flag: Shape = (kept) => typeof kept === 'boolean';
export const number: Shape = (kept) => typeof kept === 'number' && Number.isFinite(kept);
/** A length of time or a number of things. */
export const amount: Shape = (kept) => typeof kept === 'number' && kept >= 0 && kept < 2 ** 53;
export const text: Shape = (kept) => typeof kept === 'string';

export const orNull =
  (shape: Shape): Shape =>
  (kept) =>
    kept === null || shape(kept);

export const oneOf =
  (...values: readonly (string | number)[]): Shape =>
  (kept) =>
    (typeof kept === 'string' || typeof kept === 'number') && values.includes(kept);

export const either =
  (...shapes: readonly Shape[]): Shape =>
  (kept) =>
    shapes.some((shape) => shape(kept));

export const listOf =
  (shape: Shape, least: number, most: number): Shape =>
  (kept) =>
    Array.isArray(kept) && kept.length >= least && kept.length <= most && kept.every(shape);

/** A list with exactly these items. */
export const pair =
  (first: Shape, second: Shape): Shape =>
  (kept) =>
    Array.isArray(kept) && kept.length === 2 && first(kept[0]) && second(kept[1]);

export const mapOf =
  (shape: Shape, most: number): Shape =>
  (kept) =>
    isFields(kept) && Object.keys(kept).length <= most && Object.values(kept).every(shape);

/** Exactly these fields. */
export const fields =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (kept) =>
    isFields(kept) &&
    Object.keys(kept).length === Object.keys(shapes).length &&
    Object.entries(shapes).every(
      ([key, shape]) => Object.hasOwn(kept, key) && shape(kept[key] ?? null),
    );
