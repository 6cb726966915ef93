/**
 * The latest sample of every tag. A batch is applied as a whole before anybody sees it, so readers
 * never meet half of a poll.
 */
import type { Sample, TagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { UtcMs } from '../model/units.ts';
import { LatestSamples } from './latest-samples.ts';
import { isWorthReporting } from './report.ts';

export interface ImageUpdate {
  /** Everything that was read. */
  readonly samples: readonly Sample[];
  /** What of it is to be stored. */
  readonly reported: readonly Sample[];
}

export type ImageListener = (update: ImageUpdate) => void;

export class TagImage {
  readonly #tags: ReadonlyMap<TagId, Tag>;
  readonly #latest: LatestSamples;
  readonly #reported: LatestSamples;
  readonly #listeners = new Set<ImageListener>();

  /** Every tag starts as `bad:waiting`. */
  constructor(tags: readonly Tag[], now: UtcMs) {
    this.#tags = new Map(tags.map((tag) => [tag.id, tag]));
    const ids = tags.map((tag) => tag.id);
    this.#latest = new LatestSamples(ids);
    this.#reported = new LatestSamples(ids);
    for (const { id, index } of tags)
      this.#latest.put(index, {
        tag: id,
        value: null,
        quality: 'bad:waiting',
        time: now,
        timeBasis: 'gateway',
      });
  }

  /** Takes in the samples of one request. Samples of unknown tags are a bug and throw. */
  apply(samples: readonly Sample[]): void {
    const reported: Sample[] = [];
    for (const sample of samples) {
      const tag = this.#tags.get(sample.tag);
      if (tag === undefined) throw new Error(`no tag ${sample.tag} in this site`);
      this.#latest.put(tag.index, sample);
      if (isWorthReporting(this.#reported.get(tag.index), sample, tag.report)) {
        this.#reported.put(tag.index, sample);
        reported.push(sample);
      }
    }
    for (const listener of this.#listeners) listener({ samples, reported });
  }

  /** Returns the way to stop listening. */
  subscribe(listener: ImageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  latest(tag: TagId): Sample | undefined {
    const index = this.#tags.get(tag)?.index;
    return index === undefined ? undefined : this.#latest.get(index);
  }

  /** All tags in the order of the site. */
  snapshot(): readonly Sample[] {
    return [...this.#tags.values()].flatMap(({ index }) => this.#latest.get(index) ?? []);
  }
}
