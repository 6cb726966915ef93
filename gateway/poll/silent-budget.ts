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
  /** What the start was lent and has not paid back. */
  readonly loan: Millis;
  readonly at: MonoMs;
}

/** Of what is earned, until the loan is paid back. */
const REPAID_SHARE = 0.25;

/** Starts with the price of the dearest probe, lent: slow units are found soon, and the share holds all the same. */
export const newBudget = (now: MonoMs, dearest: Millis): SilentBudget => ({
  credit: dearest,
  dearest,
  loan: dearest,
  at: now,
});

/** The credit at `now`, after `share` of the time since has been added. */
export function refill(budget: SilentBudget, share: number, now: MonoMs): SilentBudget {
  const earned = share * (now - budget.at);
  const repaid = Math.min(budget.loan, REPAID_SHARE * earned);
  const most = Math.max(budget.dearest, share * CREDIT_WINDOW_MS);
  return {
    ...budget,
    credit: millis(Math.min(budget.credit + earned - repaid, most)),
    loan: millis(budget.loan - repaid),
    at: now,
  };
}

export const spend = (budget: SilentBudget, cost: Millis): SilentBudget => ({
  ...budget,
  credit: millis(budget.credit - cost),
});

/** When the credit will reach `price`; `now` when it has. */
export const affordableAt = (budget: SilentBudget, share: number, price: Millis): MonoMs =>
  (budget.credit >= price ? budget.at : budget.at + (price - budget.credit) / share) as MonoMs;
