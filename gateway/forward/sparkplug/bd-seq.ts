/**
 * The number of birth and death (§6): one more at each CONNECT, kept over restarts, so that the late will of an earlier
 * session is not taken for that of the present one.
 */
import type { Kept, StateStore } from '../../host/state-store.ts';

const NUMBERS = 256;
const KEY = 'bdSeq';

export class BdSeq {
  readonly #state: StateStore;
  #last: number | undefined;
  #isUsed = true;

  constructor(state: StateStore) {
    this.#state = state;
    this.#last = numberIn(state.get(KEY));
  }

  /** Of the next CONNECT; on disk before it resolves. */
  async next(): Promise<number> {
    const wasUsed = this.#isUsed;
    this.#isUsed = true;
    if (this.#last !== undefined && !wasUsed) return this.#last;
    this.#last = this.#last === undefined ? 0 : (this.#last + 1) % NUMBERS;
    this.#state.set(KEY, this.#last);
    await this.#state.flush();
    return this.#last;
  }

  /** The last one was in no CONNECT that a broker may have seen: it is the next one, and the flash is spared. */
  unused(): void {
    this.#isUsed = false;
  }
}

const numberIn = (kept: Kept | undefined): number | undefined =>
  typeof kept === 'number' && Number.isInteger(kept) && kept >= 0 && kept < NUMBERS
    ? kept
    : undefined;
