import type { TagId } from '../../model/sample.ts';

/**
 * The journal's own number of each tag. It is given once and kept for the life of the file, so that blocks
 * need no names; the site's indexes change with every configuration.
 */
export class TagNumbers {
  /** By number: they count from 1. */
  readonly #ids: TagId[] = [];
  readonly #numbers = new Map<TagId, number>();
  /** The last column that had all: blocks of one key have one and the same. */
  #complete: Uint32Array | undefined;

  /** With the tags that the file knows. */
  constructor(known: Iterable<{ readonly number: number; readonly id: TagId }>) {
    for (const { id, number } of known) this.add(id, number);
  }

  /** The id behind a number that some block carries. */
  readonly idOf = (number: number): TagId => this.#ids[number] as TagId;

  /** Whether each of the numbers that a block carries has an id. */
  hasAll(numbers: Uint32Array): boolean {
    if (numbers === this.#complete) return true;
    let last: number | undefined;
    for (const number of numbers) {
      if (number !== last && this.#ids[number] === undefined) return false;
      last = number;
    }
    this.#complete = numbers;
    return true;
  }

  /** Undefined for a tag that no block has had. */
  numberOf(id: TagId): number | undefined {
    return this.#numbers.get(id);
  }

  missingOf(tags: readonly TagId[]): readonly TagId[] {
    return tags.filter((id) => !this.#numbers.has(id));
  }

  add(id: TagId, number: number): void {
    this.#ids[number] = id;
    this.#numbers.set(id, number);
  }

  /** The numbers of these tags, all of them known, by their place in the list. */
  of(tags: readonly TagId[]): Uint32Array<ArrayBuffer> {
    return Uint32Array.from(tags, (id) => this.#numbers.get(id) as number);
  }
}
