/**
 * When the gateway's own certificate is replaced. A server that trusts single certificates does not know the next one,
 * so that is made long before it takes over: people have until then to put it into the servers' trust lists. Pure.
 */
import { type Millis, millis, type UtcMs } from '../../gateway/model/units.ts';

const days = (count: number): Millis => millis(count * 86_400_000);

/** Long enough to be no yearly chore, short enough that a key that leaked is not good for a decade. */
export const VALIDITY: Millis = days(730);
/** The next certificate is made when the current one has less than this left. */
export const PREPARED: Millis = days(60);
/** It takes over when the current one has less than this left: a clock that is off by days then does no harm. */
export const TAKES_OVER: Millis = days(14);
/** A new certificate is valid from so long ago: a server whose clock is behind takes it at once. */
export const BACKDATED: Millis = days(1);

/** No gateway runs before its software was written: an earlier date is a clock without a battery. */
export const isPlausible = (now: UtcMs): boolean => now >= Date.UTC(2025, 0, 1);

export interface Validity {
  readonly notBefore: UtcMs;
  readonly notAfter: UtcMs;
}

export interface RenewalFacts {
  readonly now: UtcMs;
  /** Whether `now` can be believed. */
  readonly isSynced: boolean;
  /** One that an authority signed is replaced by that authority, not by us. */
  readonly current: Validity & { readonly isSelfSigned: boolean };
  readonly hasNext: boolean;
}

/** `prepare`: make the next certificate · `switch`: the next one takes the place of the current. */
export type RenewalStep = 'keep' | 'prepare' | 'switch';

/** What is due now. A clock that nobody set, or that is before the current certificate, is no reason for anything. */
export function renewalStep({ now, isSynced, current, hasNext }: RenewalFacts): RenewalStep {
  if (!isSynced || !current.isSelfSigned || now < current.notBefore) return 'keep';
  const left = current.notAfter - now;
  if (left >= PREPARED) return 'keep';
  if (!hasNext) return 'prepare';
  return left < TAKES_OVER ? 'switch' : 'keep';
}

/** The day on which the next certificate takes over from one that ends then. */
export const takesOverAt = ({ notAfter }: Validity): Date => new Date(notAfter - TAKES_OVER);

/** As people write a day in a log: `2028-03-01`. */
export const dayOf = (time: number | Date): string => new Date(time).toISOString().slice(0, 10);
