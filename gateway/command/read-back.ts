/**
 * What a read-back says about a write: whether the tag shows what was written, and what the outcome is. What a tag holds
 * counts for more than what its device said. Pure.
 */

import type { Written } from '../../drivers/driver.ts';
import type { WritePolicy } from '../model/command.ts';
import { decimalOf, roughly } from '../model/decimal.ts';
import type { Decimal, Value } from '../model/sample.ts';
import { compared, distanceOf, isNumeric, isSame } from './comparison.ts';
import { textOf } from './limits.ts';
import type { Ending, WritableTag } from './open-command.ts';

/** Of the value, where nobody said and the address keeps no exact number. */
const RELATIVE_TOLERANCE = 1e-6;
/** How much later than it was set a clock may be read. */
const CLOCK_TOLERANCE_MS = 60_000;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;

/** What of a tag decides whether it shows a value. */
export type Showing = {
  readonly policy: Pick<WritePolicy, 'tolerance' | 'isFloat32'>;
  readonly tag: { readonly decimals: number | undefined };
};

/**
 * Whether the tag shows what was written. A flag may be shown as 1 or 0, a text with spaces around it, a clock has gone on
 * meanwhile; a number is equal within the tolerance.
 */
export function isShown(tag: Showing, wanted: Value, read: Value): boolean {
  if (typeof wanted === 'boolean' || typeof read === 'boolean')
    return isSame(asNumber(wanted), asNumber(read));
  if (isNumeric(wanted) && isNumeric(read)) return isNear(tag, wanted, read);
  const [a, b] = [String(wanted).trim(), String(read).trim()];
  return a === b || isSameMoment(a, b);
}

/** Whether both are times, and a clock that was set to the one may show the other. */
export const isSameMoment = (a: string, b: string): boolean =>
  MOMENT.test(a) && MOMENT.test(b) && Math.abs(Date.parse(a) - Date.parse(b)) <= CLOCK_TOLERANCE_MS;

const asNumber = (value: Value): Value => (typeof value === 'boolean' ? Number(value) : value);

function isNear({ policy, tag }: Showing, wanted: Value, read: Value): boolean {
  if (isSame(wanted, read)) return true;
  const exact = decimalOf(wanted);
  const isFloat = policy.isFloat32 && typeof read === 'number' && exact !== undefined;
  if (isFloat && Math.fround(roughly(exact)) === Math.fround(read)) return true;
  const distance = distanceOf(wanted, read);
  const tolerance = policy.tolerance ?? usualTolerance(policy, tag, wanted, read);
  return distance !== undefined && (compared(distance, tolerance) ?? 1) <= 0;
}

/** Whole numbers, and those of more digits than a double has, are kept exactly; so nothing is forgiven. */
function usualTolerance(
  { isFloat32 }: Showing['policy'],
  { decimals }: Showing['tag'],
  wanted: Value,
  read: Value,
): Value {
  const halfStep: Decimal =
    decimals === undefined
      ? { unscaled: 0n, decimals: 0 }
      : { unscaled: 5n, decimals: decimals + 1 };
  if (typeof wanted !== 'number' || typeof read !== 'number') return halfStep;
  if (!isFloat32 && Number.isInteger(wanted) && Number.isInteger(read)) return halfStep;
  const relative = Math.abs(wanted) * RELATIVE_TOLERANCE;
  return (compared(relative, halfStep) ?? 1) > 0 ? relative : halfStep;
}

/**
 * What was seen of the tag after a write. `nothing`: it could not be read. `unreadable`: it never can. `cut`: somebody could
 * not wait.
 */
export type Seen =
  | { readonly kind: 'equal' | 'different'; readonly value: Value }
  | { readonly kind: 'nothing' | 'unreadable' }
  | { readonly kind: 'cut'; readonly value: Value | undefined };

/** A write that left and was not refused. */
export type Acknowledged = Written & { readonly outcome: 'written' | 'unknown' };

/** The outcome of a write that left, by what the device said and what was seen. */
export function endingOf(
  { tag }: Pick<WritableTag, 'tag'>,
  wanted: Value,
  { outcome, refusal }: Acknowledged,
  seen: Seen,
): Ending {
  const value = 'value' in seen ? seen.value : undefined;
  const readBack = value !== undefined && { readBack: value };
  const details = { tag: tag.id, value: textOf(wanted) };
  if (seen.kind === 'equal') return { outcome: 'verified', ...readBack };
  if (outcome === 'unknown') {
    const reason = refusal ?? { code: 'command.not-answered', details };
    return { outcome, reason, ...readBack };
  }
  switch (seen.kind) {
    case 'different': {
      const shown = { ...details, shown: textOf(seen.value) };
      const reason = { code: 'command.read-back-differs', details: shown } as const;
      return { outcome: 'unknown', reason, ...readBack };
    }
    case 'unreadable':
      return { outcome };
    case 'nothing':
      return { outcome, reason: { code: 'command.read-back-missing', details } };
    case 'cut':
      return { outcome, reason: { code: 'command.read-back-cut', details }, ...readBack };
  }
}
