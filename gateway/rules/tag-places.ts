/** The index of each tag of a running gateway: given once, and kept until the gateway ends. */
import type { TagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';

/** Tags that came while the gateway runs; a site that is changed so often is better started anew. */
export const MOST_LATE_TAGS = 10_000;

export class TagPlaces {
  readonly #indexes = new Map<TagId, number>();
  readonly #atStart: number;

  constructor(tags: readonly Tag[]) {
    for (const { id, index } of tags) this.#indexes.set(id, index);
    this.#atStart = this.#indexes.size;
  }

  /** The tags with the indexes they have here. New ones get the next. */
  place<T extends Tag>(tags: readonly T[]): readonly T[] {
    return tags.map((tag) => {
      const index = this.#indexes.get(tag.id) ?? this.#indexes.size;
      this.#indexes.set(tag.id, index);
      return { ...tag, index };
    });
  }

  /** Whether so many could come. */
  hasRoomFor(tags: readonly Tag[]): boolean {
    const added = tags.filter(({ id }) => !this.#indexes.has(id)).length;
    return this.#indexes.size + added <= this.#atStart + MOST_LATE_TAGS;
  }
}
