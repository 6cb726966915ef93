/** What waits for a broker's answer on one connection, the oldest first, and one timer for all of it. */
import type { Cancel, Clock } from '../host/clock.ts';
import type { GatewayError } from '../model/errors.ts';
import { later, type MonoMs, seconds } from '../model/units.ts';

export interface Waiting {
  readonly answered: (reason: number) => void;
  /** The connection is gone; left out where somebody else tells. */
  readonly lost?: (error: GatewayError) => void;
}

/** A broker that leaves a message unacknowledged for this long is taken for dead. */
export const ACK_DEADLINE = seconds(30);

export class Unanswered {
  readonly #clock: Clock;
  readonly #onLate: () => void;
  readonly #waiting = new Map<number, Waiting & { readonly since: MonoMs }>();
  #cancel: Cancel | undefined;

  /** `onLate`: the oldest has waited for the deadline. */
  constructor(clock: Clock, onLate: () => void) {
    this.#clock = clock;
    this.#onLate = onLate;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(key: number): boolean {
    return this.#waiting.has(key);
  }

  add(key: number, { answered, lost }: Waiting): void {
    this.#waiting.set(key, { since: this.#clock.mono(), answered, ...(lost && { lost }) });
    if (this.#cancel === undefined) this.#watch();
  }

  /** An answer to what nobody waits for says nothing. */
  answer(key: number, reason = 0): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    waiting?.answered(reason);
  }

  lost(error: GatewayError): void {
    this.#cancel?.();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { lost } of waiting) lost?.(error);
  }

  #watch(): void {
    const [oldest] = this.#waiting.values();
    if (oldest === undefined) return;
    const due = later(oldest.since, ACK_DEADLINE);
    if (this.#clock.mono() >= due) this.#onLate();
    else
      this.#cancel = this.#clock.at('forward.ack-deadline', due, () => {
        this.#cancel = undefined;
        this.#watch();
      });
  }
}
