/** Tags by their id. Samples come in the order of the site, mostly: so asked, it answers without a search. */
import type { TagId } from './sample.ts';
import type { Tag } from './tag.ts';

type Numbered = Pick<Tag, 'id' | 'index'>;

export class TagFinder<T extends Numbered = Tag> {
  readonly #byId = new Map<TagId, T>();
  readonly #byIndex: T[] = [];
  #next = 0;

  constructor(tags: readonly T[] = []) {
    for (const tag of tags) this.put(tag);
  }

  /** In the place of the one that had the same id; a tag keeps its index. */
  put(tag: T): void {
    this.#byId.set(tag.id, tag);
    this.#byIndex[tag.index] = tag;
  }

  find(id: TagId): T | undefined {
    const likely = this.#byIndex[this.#next];
    const found = likely !== undefined && likely.id === id ? likely : this.#byId.get(id);
    if (found !== undefined) this.#next = found.index + 1;
    return found;
  }

  /** As they came. */
  all(): IterableIterator<T> {
    return this.#byId.values();
  }
}
