/** What wall time is worth, and what one moment of it says against the kernel's own clock. */

/**
 * `unsynced`: never set since the boot, or a date before the software was written · `holdover`: believed, but no time
 * source has confirmed it for a day, or there is none · `synced`: confirmed. A block's row of the table of clocks has
 * the index, so the list only grows at its end.
 */
export const CLOCK_TRUSTS = ['unsynced', 'holdover', 'synced'] as const;
export type ClockTrust = (typeof CLOCK_TRUSTS)[number];

/** How wall time and time since boot stand to each other; constant until the clock is set. */
export interface ClockMark {
  /** The kernel's id of this boot. */
  readonly boot: string;
  /** UTC minus the time since boot, whole ms. */
  readonly offset: number;
  readonly trust: ClockTrust;
}

/** Now, by all clocks there are. */
export interface ClockMoment extends ClockMark {
  /** ms since boot, without the time the machine was suspended. */
  readonly sinceBoot: number;
}

/**
 * Wall time against time since boot moves by less only by the grain of both; by more, somebody has set the clock. A
 * slewed clock moves neither against the other.
 */
export const CLOCK_STEP_MS = 20;

/** Whether times of both marks can stand in one block. */
export const isSameClock = (one: ClockMark, other: ClockMark): boolean =>
  one.boot === other.boot &&
  one.trust === other.trust &&
  Math.abs(one.offset - other.offset) <= CLOCK_STEP_MS;
