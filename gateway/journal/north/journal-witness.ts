/**
 * What somebody outside the journal remembers of it, so that a file that went back in time, or away, is noticed: its epoch
 * and how far it had come. Written seldom, for the flash: it may be ten minutes behind.
 */
import type { Clock } from '../../host/clock.ts';
import type { Kept, StateStore } from '../../host/state-store.ts';
import { later, minutes, monoMs } from '../../model/units.ts';

/** What was told to be stored. */
export interface Stored {
  readonly epoch: string;
  readonly head: number;
}

const KEY = 'journal';
const EVERY = minutes(10);

export class JournalWitness {
  readonly #clock: Clock;
  readonly #state: StateStore;
  #due = monoMs(Number.NEGATIVE_INFINITY);

  constructor(clock: Clock, state: StateStore) {
    this.#clock = clock;
    this.#state = state;
  }

  /** Of an earlier process; undefined: there was none, or its state is lost. */
  remembered(): Stored | undefined {
    return storedIn(this.#state.get(KEY));
  }

  /** Kept when it is time to, or `isLast`. */
  note(stored: Stored | undefined, isLast = false): void {
    const now = this.#clock.mono();
    if (stored === undefined || (now < this.#due && !isLast)) return;
    this.#due = later(now, EVERY);
    this.#state.set(KEY, { ...stored });
  }
}

function storedIn(kept: Kept | undefined): Stored | undefined {
  if (typeof kept !== 'object' || kept === null || !('epoch' in kept) || !('head' in kept))
    return undefined;
  const { epoch, head } = kept;
  return typeof epoch === 'string' && typeof head === 'number' ? { epoch, head } : undefined;
}
