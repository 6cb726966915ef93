/**
 * The share of line time that silent devices may use together. Every request that ended in
 * silence or garbage is paid for from here, and a probe goes out only when it can be paid.
 */
import { type Millis, type MonoMs, millis } from '../model/units.ts';

/**
 * Unused credit is kept for this long, so that a quiet bus does not save up for a storm of probes.
 */
const CREDIT_WINDOW_MS = 60_000;

export interface SilentBudget {
  readonly credit: Millis;
  /** The price of the dearest probe: whatever the window, so much can be saved up. */
  readonly dearest: Millis;
  readonly at: MonoMs;
}

/** Starts with the price of the dearest probe. */
export const newBudget = (now: MonoMs, dearest: Millis): SilentBudget => ({
  credit: dearest,
  dearest,
  at: now,
});

/** The credit at `now`, after `share` of the time since has been added. */
export function refill(budget: SilentBudget, share: number, now: MonoMs): SilentBudget {
  const grown = budget.credit + share * (now - budget.at);
  const most = Math.max(budget.dearest, share * CREDIT_WINDOW_MS);
  return { ...budget, credit: millis(Math.min(grown, most)), at: now };
}

export const spend = (budget: SilentBudget, cost: Millis): SilentBudget => ({
  ...budget,
  credit: millis(budget.credit - cost),
});

/** When the credit will reach `price`; `now` when it has. */
export const affordableAt = (budget: SilentBudget, share: number, price: Millis): MonoMs =>
  (budget.credit >= price ? budget.at : budget.at + (price - budget.credit) / share) as MonoMs;
