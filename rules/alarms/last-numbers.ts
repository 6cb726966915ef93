/**
 * The last number that a rule that is gone has given, so that a rule of this name goes on from there and no id is ever
 * given twice. Those that went last are kept.
 */
import type { Kept } from '../../gateway/host/state-store.ts';

/** As many names as a site can have rules. */
export const MOST_NAMES = 2_000;

export class LastNumbers {
  readonly #numbers = new Map<string, number>();

  note(name: string, number: number): void {
    if (!(number > 0)) return;
    this.#numbers.delete(name);
    this.#numbers.set(name, number);
    const [oldest] = this.#numbers.keys();
    if (this.#numbers.size > MOST_NAMES && oldest !== undefined) this.#numbers.delete(oldest);
  }

  /** 0: none is known. It is the rule's own from now on. */
  take(name: string): number {
    const number = this.#numbers.get(name) ?? 0;
    this.#numbers.delete(name);
    return number;
  }

  save(): Kept {
    return [...this.#numbers];
  }

  /** What is damaged is left out. */
  restore(kept: Kept | undefined): void {
    if (!Array.isArray(kept)) return;
    for (const one of kept) {
      const [name, number] = Array.isArray(one) ? one : [];
      if (typeof name === 'string' && typeof number === 'number') this.note(name, number);
    }
  }
}
