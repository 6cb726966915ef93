/**
 * When a contact has made up its mind: a level counts once it has stayed for long enough, however often it bounced
 * before. Pure; it goes by the times of the edges, so it does not matter when they are handed in.
 */
import { between, later, type Millis, type MonoMs } from '../../gateway/model/units.ts';

export interface Contact {
  /** The level that counts. */
  readonly settled: boolean;
  /** The level as it was last seen, and since when. */
  readonly seen: boolean;
  readonly since: MonoMs;
}

/** A level that counts from now on, and when the contact came to rest at it. */
export interface Change {
  readonly isHigh: boolean;
  readonly at: MonoMs;
}

export interface Step {
  readonly contact: Contact;
  readonly change: Change | undefined;
  /** An edge was missed: the level is what it was before. */
  readonly isEdgeMissing: boolean;
}

/** A contact that nothing is known of but its level. */
export const restingAt = (isHigh: boolean, at: MonoMs): Contact => ({
  settled: isHigh,
  seen: isHigh,
  since: at,
});

/** Time passes without an edge until `now`. */
export function rested(contact: Contact, now: MonoMs, debounce: Millis): Step {
  const { settled, seen, since } = contact;
  if (seen === settled || between(since, now) < debounce)
    return { contact, change: undefined, isEdgeMissing: false };
  return {
    contact: { ...contact, settled: seen },
    change: { isHigh: seen, at: since },
    isEdgeMissing: false,
  };
}

/**
 * An edge at `at` to this level. What came to rest before it counts; the edge itself counts at once only where
 * nothing is debounced. At most one change comes of it.
 */
export function moved(contact: Contact, isHigh: boolean, at: MonoMs, debounce: Millis): Step {
  const before = rested(contact, at, debounce);
  const { settled, seen, since } = before.contact;
  const isEdgeMissing = isHigh === seen;
  // A clock that two processors share may run back by a hair.
  const now = at < since ? since : at;
  const next = { settled, seen: isHigh, since: now };
  if (debounce > 0 || isHigh === settled)
    return { contact: next, change: before.change, isEdgeMissing };
  return {
    contact: { ...next, settled: isHigh },
    change: { isHigh, at: now },
    isEdgeMissing,
  };
}

/** When the level that was last seen will count, if nothing happens before; undefined: it does already. */
export const countsAt = (
  { settled, seen, since }: Contact,
  debounce: Millis,
): MonoMs | undefined => (seen === settled ? undefined : later(since, debounce));
