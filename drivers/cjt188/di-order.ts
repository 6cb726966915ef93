/** Which byte of a data identifier a meter wants first: said by its options, or found out by asking. */
import type { DiOrder } from './options.ts';

/** After so many reads in a row without an answer what was found out is doubted: it may be another meter. */
const MISSES_UNTIL_DOUBT = 3;
/** The order of the 2004 edition, which most meters keep to. */
const FIRST_GUESS: DiOrder = 'high_first';
const OTHER = { high_first: 'low_first', low_first: 'high_first' } as const;

export class DiOrderMemory {
  readonly #isFixed: boolean;
  #known: DiOrder | undefined;
  #guess: DiOrder = FIRST_GUESS;
  #misses = 0;

  constructor(configured: DiOrder | 'auto') {
    this.#isFixed = configured !== 'auto';
    this.#known = configured === 'auto' ? undefined : configured;
  }

  /** Undefined as long as nothing was answered. */
  get known(): DiOrder | undefined {
    return this.#known;
  }

  /** The orders to send one request in until it is answered; at least two when none is known. */
  attempts(tries: number): readonly DiOrder[] {
    const known = this.#known;
    if (known) return new Array<DiOrder>(tries).fill(known);
    return Array.from({ length: Math.max(2, tries) }, (_, i) =>
      i % 2 === 0 ? this.#guess : OTHER[this.#guess],
    );
  }

  answered(order: DiOrder): void {
    this.#known = order;
    this.#misses = 0;
  }

  /** A meter that sleeps may hear only the last of several requests, so the next begins with the other order. */
  missed(): void {
    this.#guess = OTHER[this.#guess];
    this.#misses++;
    if (this.#isFixed || this.#misses < MISSES_UNTIL_DOUBT) return;
    this.#known = undefined;
  }
}
