/**
 * The latest sample of every tag. A batch is applied as a whole before anybody sees it, so readers
 * never meet half of a poll.
 */
import type { Sample, TagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import { TagFinder } from '../model/tag-finder.ts';
import type { MonoMs, UtcMs } from '../model/units.ts';
import { type CounterFacts, Counters } from './counters.ts';
import { LatestSamples } from './latest-samples.ts';
import { isWorthReporting } from './report.ts';

export interface ImageUpdate {
  /** Everything that was read. */
  readonly samples: readonly Sample[];
  /** What of it is to be stored. */
  readonly reported: readonly Sample[];
}

export type ImageListener = (update: ImageUpdate) => void;
/** Called once a suspicion, behind the update: the counter cannot be right and should be read again at once. */
export type SuspectListener = (tag: TagId) => void;

export class TagImage {
  readonly #tags: TagFinder;
  readonly #latest: LatestSamples;
  readonly #reported: LatestSamples;
  readonly #counters: Counters;
  readonly #listeners = new Set<ImageListener>();
  readonly #onSuspect: SuspectListener;

  /** Every tag starts as `bad:waiting`. */
  constructor(tags: readonly Tag[], now: UtcMs, onSuspect: SuspectListener = () => {}) {
    this.#onSuspect = onSuspect;
    this.#counters = new Counters(tags);
    this.#tags = new TagFinder(tags);
    this.#latest = new LatestSamples(tags);
    this.#reported = new LatestSamples(tags);
    for (const tag of tags) this.#await(tag, now);
  }

  /** Tags that came while the gateway runs, and others of those that are known, which keep their index. */
  extend(tags: readonly Tag[], now: UtcMs): void {
    const added = tags.filter(({ id }) => this.#tags.find(id) === undefined);
    for (const tag of tags) this.#tags.put(tag);
    this.#latest.extend(added);
    this.#reported.extend(added);
    for (const tag of added) this.#await(tag, now);
  }

  /**
   * Takes in the samples of one request that ended at `at`; counters pass their guard first. Samples of unknown tags
   * are a bug and throw.
   */
  apply(read: readonly Sample[], at: MonoMs): void {
    const suspects: TagId[] = [];
    const samples = this.#guarded(read, at, suspects);
    const reported = samples.filter((sample) => this.#take(sample));
    for (const listener of this.#listeners) listener({ samples, reported });
    for (const tag of suspects) this.#onSuspect(tag);
  }

  /** Returns the way to stop listening. */
  subscribe(listener: ImageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  latest(tag: TagId): Sample | undefined {
    const index = this.#tags.find(tag)?.index;
    return index === undefined ? undefined : this.#latest.get(index);
  }

  /** All tags in the order of the site. */
  snapshot(): readonly Sample[] {
    return [...this.#tags.all()].flatMap(({ index }) => this.#latest.get(index) ?? []);
  }

  /** See Counters.declareSwap. */
  declareSwap(tag: TagId): boolean {
    return this.#counters.declareSwap(tag);
  }

  counters(): readonly CounterFacts[] {
    return this.#counters.facts();
  }

  /** The same samples, where none is a counter's. */
  #guarded(read: readonly Sample[], at: MonoMs, suspects: TagId[]): readonly Sample[] {
    if (this.#counters.isEmpty) return read;
    let samples: Sample[] | undefined;
    for (const [i, sample] of read.entries()) {
      const examined = this.#counters.examine(sample, at);
      if (examined === undefined) {
        samples?.push(sample);
        continue;
      }
      samples ??= read.slice(0, i);
      samples.push(examined.sample);
      if (examined.event && this.#tags.find(examined.event.tag)) samples.push(examined.event);
      if (examined.wantsReread) suspects.push(sample.tag);
    }
    return samples ?? read;
  }

  #await({ id, index }: Tag, now: UtcMs): void {
    this.#latest.put(index, {
      tag: id,
      value: null,
      quality: 'bad:waiting',
      time: now,
      timeBasis: 'gateway',
    });
  }

  /** Whether it is worth reporting. */
  #take(sample: Sample): boolean {
    const tag = this.#tags.find(sample.tag);
    if (tag === undefined) throw new Error(`no tag ${sample.tag} in this site`);
    const { index, report } = tag;
    this.#latest.put(index, sample);
    if (!isWorthReporting(this.#reported.told(index), sample, report)) return false;
    this.#reported.put(index, sample);
    return true;
  }
}
