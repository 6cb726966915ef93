/**
 * Numbers as JSON prints them, all of a message at once. Printed one by one each would leave a string behind that V8 puts
 * among what lives long, because its cache of printed numbers may: 400 kB a second at 10,000 tags, for the slow collector.
 */
import type { BytePage } from './byte-page.ts';

export class PrintedNumbers {
  readonly #numbers: () => readonly number[];
  #list: string | undefined;
  /** Behind the bracket. */
  #next = 1;

  /** `numbers`: finite, in the order in which they are written; asked for with the first. */
  constructor(numbers: () => readonly number[]) {
    this.#numbers = numbers;
  }

  /** The next one. */
  write(page: BytePage): void {
    this.#list ??= JSON.stringify(this.#numbers());
    this.#next = page.listed(this.#list, this.#next);
  }
}
