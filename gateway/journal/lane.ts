/**
 * Samples of one class that wait on the field side for their commit. Pure but for its own state.
 */
import type { Sample, TagId } from '../model/sample.ts';
import { later, type Millis, type MonoMs, monoMs, type UtcMs, utcMs } from '../model/units.ts';
import { BatchWriter, type SampleBatch } from './batch.ts';
import type { BlockClass } from './journal.ts';

/** The most samples of one batch: 10 seconds of 1,000 tags, a commit of some 25 kB. */
export const BATCH_SAMPLES_MAX = 10_000;

export interface Dropped {
  readonly count: number;
  readonly from: UtcMs;
  readonly to: UtcMs;
}

export class Lane {
  readonly class: BlockClass;
  readonly #window: Millis;
  readonly #indexOf: (tag: TagId) => number;
  readonly #gathering = new BatchWriter();
  #since = monoMs(0);
  #full: SampleBatch[] = [];
  #waiting = 0;
  #added = 0;

  /** `window` is the longest a sample waits for company. */
  constructor(blockClass: BlockClass, window: Millis, indexOf: (tag: TagId) => number) {
    this.class = blockClass;
    this.#window = window;
    this.#indexOf = indexOf;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Samples taken in since the start. */
  get added(): number {
    return this.#added;
  }

  /** When the oldest sample has waited long enough; undefined while there is none. */
  get due(): MonoMs | undefined {
    if (this.#full.length > 0) return monoMs(Number.NEGATIVE_INFINITY);
    return this.#gathering.length > 0 ? later(this.#since, this.#window) : undefined;
  }

  add(samples: readonly Sample[], now: MonoMs): void {
    for (const sample of samples) {
      if (this.#gathering.length === 0) this.#since = now;
      this.#gathering.add(sample, this.#indexOf(sample.tag));
      if (this.#gathering.length === BATCH_SAMPLES_MAX) this.#full.push(this.#gathering.take());
    }
    this.#waiting += samples.length;
    this.#added += samples.length;
  }

  /** The oldest batch; there must be one. */
  take(): SampleBatch {
    const batch = this.#full.shift() ?? this.#gathering.take();
    this.#waiting -= batch.length;
    return batch;
  }

  /** Gives up the oldest batch. */
  drop(): Dropped {
    return extentOf(this.take());
  }
}

/** How much a batch holds and from when to when. */
export function extentOf(batch: SampleBatch): Dropped {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of batch.times) {
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  return { count: batch.length, from: utcMs(from), to: utcMs(to) };
}
