/** How long the flash lasts at what is written to it. Pure. */
import type { Flash } from '../host/flash.ts';
import type { WearFacts } from '../journal/journal.ts';

export interface FlashLife {
  /** At the usual day's bytes; undefined where something is not known. */
  readonly years: number | undefined;
  /** What is left is known from the card itself, from our own count alone, or not at all. */
  readonly basis: 'registers' | 'own-count' | 'unknown';
}

const DAYS_A_YEAR = 365.25;
/** Beyond it the number says nothing but "long". */
export const YEARS_MAX = 100;

/**
 * `endurance`: bytes that the card may take in its life, as its maker or the site says. Where the card tells what of its life is
 * used, that counts everybody's writing and what the card makes of it, else only the journal's own writes are known.
 */
export function flashLife(
  { total, usualDay, presentDay }: Pick<WearFacts, 'total' | 'usualDay' | 'presentDay'>,
  endurance: number | undefined,
  { lifeUsed }: Pick<Flash, 'lifeUsed'>,
): FlashLife {
  const basis = lifeUsed !== undefined ? 'registers' : 'own-count';
  if (endurance === undefined) return { years: undefined, basis: 'unknown' };
  const perDay = usualDay ?? presentDay;
  if (perDay === undefined || perDay <= 0) return { years: undefined, basis };
  const byCard = lifeUsed === undefined ? endurance : endurance * (1 - lifeUsed);
  const left = Math.max(0, Math.min(byCard, endurance - total.bytes));
  return { years: Math.min(YEARS_MAX, left / perDay / DAYS_A_YEAR), basis };
}
