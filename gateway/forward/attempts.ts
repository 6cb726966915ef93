/**
 * Where and when an uplink tries to connect next: the first broker as long as it can be reached, else the others in
 * turn; at most once a second, and later and later while none answers. Pure but for its own state.
 */
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import { between, type Millis, type MonoMs, millis, seconds } from '../model/units.ts';

const RECONNECT: BackoffPolicy = { first: seconds(2), longest: seconds(60), jitter: 1 };
/** So often a broker is tried before the waits become longer: most breaks are over by then. */
const EAGER = 5;
/** A connection that held this long was a good one, also without a delivery: the next attempt comes early again. */
const SETTLED = seconds(10);
const LEAST_BETWEEN = seconds(1);

export class Attempts {
  readonly #urls: readonly string[];
  readonly #random: Random;
  /** Failed ones in a row. */
  #failed = 0;
  /** Which of the brokers is the next. */
  #at = 0;
  #began: MonoMs | undefined;
  #upSince: MonoMs | undefined;
  #hasDelivered = false;

  /** `urls`: one at least, the preferred one first. */
  constructor(urls: readonly string[], random: Random) {
    this.#urls = urls;
    this.#random = random;
  }

  /** An attempt begins; where it goes. */
  begin(now: MonoMs): string {
    this.#began = now;
    this.#upSince = undefined;
    this.#hasDelivered = false;
    return this.#urls[this.#at] as string;
  }

  succeeded(now: MonoMs): void {
    this.#upSince = now;
  }

  /** The connection is good for what it is there for. */
  delivered(): void {
    this.#hasDelivered = true;
  }

  /**
   * It failed, or the connection is gone: how long to wait before the next. `isUnfit`: it was a good connection to a broker
   * that is of no use, so that the next one is wanted all the same.
   */
  ended(now: MonoMs, isUnfit = false): Millis {
    const hasHeld = this.#upSince !== undefined && between(this.#upSince, now) > SETTLED;
    const hasSettled = this.#hasDelivered || hasHeld;
    this.#failed = hasSettled ? 0 : this.#failed + 1;
    this.#at = hasSettled && !isUnfit ? 0 : (this.#at + 1) % this.#urls.length;
    const passed = Math.ceil(this.#failed / this.#urls.length);
    const late = Math.max(1, passed - EAGER + 1);
    const isNextInTurn = this.#at !== 0;
    const wait = isNextInTurn ? 0 : backoff(RECONNECT, late, this.#random);
    const least = this.#began === undefined ? 0 : LEAST_BETWEEN - between(this.#began, now);
    return millis(Math.max(wait, least));
  }
}
