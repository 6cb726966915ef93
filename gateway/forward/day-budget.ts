/**
 * How many bytes of the backlog may leave in a day of the site. What was spent outlives a restart. A clock that is set
 * back brings nothing twice; one that nobody has set counts 24 hours at a time.
 */
import type { Clock } from '../host/clock.ts';
import type { Kept, StateStore } from '../host/state-store.ts';
import { type Bytes, between, type MonoMs, millis, type UtcMs } from '../model/units.ts';
import { zoneOffsets } from '../model/zone-offsets.ts';

/** Days since 1970 by local time; undefined while nobody knew the time. */
export interface SpentDay {
  readonly day: number | undefined;
  readonly bytes: number;
}

const DAY = millis(24 * 3_600_000);
const KEY = 'backlogDay';
/** So often in a day it is noted, ahead of what is spent: after a power cut too much counts rather than too little. */
const NOTES_A_DAY = 100;

/** What counts now. `hasPassed`: 24 hours since the last new day, by the monotonic clock. Pure. */
export function dayNow(spent: SpentDay, today: number | undefined, hasPassed: boolean): SpentDay {
  const { day, bytes } = spent;
  if (today === undefined) return hasPassed ? { day: undefined, bytes: 0 } : spent;
  if (day === undefined) return { day: today, bytes };
  if (today > day) return { day: today, bytes: 0 };
  // Back by a little, midnight comes once more. Back by more than a day, it was wrong before.
  return today < day - 1 ? { day: today, bytes } : spent;
}

export class DayBudget {
  readonly #perDay: Bytes;
  readonly #clock: Clock;
  readonly #offsetOf: (utc: UtcMs) => number;
  #state: StateStore | undefined;
  #spent: SpentDay = { day: undefined, bytes: 0 };
  #noted = 0;
  #since: MonoMs;

  constructor(perDay: Bytes, timezone: string, clock: Clock) {
    this.#perDay = perDay;
    this.#clock = clock;
    this.#offsetOf = zoneOffsets(timezone);
    this.#since = clock.mono();
  }

  /** Goes on where the last run ended. */
  resume(state: StateStore): void {
    this.#state = state;
    this.#spent = spentIn(state.get(KEY));
  }

  isSpent(): boolean {
    return this.#now().bytes >= this.#perDay;
  }

  spend(bytes: number): void {
    const now = this.#now();
    this.#spent = { ...now, bytes: now.bytes + bytes };
    if (this.#spent.bytes > this.#noted) this.#note(this.#perDay / NOTES_A_DAY);
  }

  /** Resolves when it is on disk. */
  async close(): Promise<void> {
    this.#note(0);
    await this.#state?.flush();
  }

  #now(): SpentDay {
    const now = this.#clock.mono();
    const hasPassed = between(this.#since, now) >= DAY;
    const spent = dayNow(this.#spent, this.#today(), hasPassed);
    if (spent === this.#spent) return spent;
    if (spent.bytes === 0) this.#since = now;
    this.#noted = 0;
    this.#spent = spent;
    return spent;
  }

  #today(): number | undefined {
    if (!this.#clock.isSynced()) return undefined;
    const utc = this.#clock.utc();
    return Math.floor((utc + this.#offsetOf(utc)) / DAY);
  }

  #note(ahead: number): void {
    const { day = null, bytes } = this.#spent;
    this.#noted = bytes + Math.ceil(ahead);
    this.#state?.set(KEY, { day, bytes: this.#noted });
  }
}

/** What is not of this kind is as if nothing had been kept. */
function spentIn(kept: Kept | undefined): SpentDay {
  const { day, bytes } = Object(kept) as { readonly day?: unknown; readonly bytes?: unknown };
  return {
    day: Number.isSafeInteger(day) ? (day as number) : undefined,
    bytes: typeof bytes === 'number' && bytes >= 0 ? bytes : 0,
  };
}
