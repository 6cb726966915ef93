/**
 * Samples of one class that wait on the field side for their commit. Pure but for its own state.
 */
import type { ClockMark } from '../../model/clock-mark.ts';
import type { Sample, TagId } from '../../model/sample.ts';
import {
  later,
  type Millis,
  type MonoMs,
  millis,
  monoMs,
  type UtcMs,
  utcMs,
} from '../../model/units.ts';
import { BatchWriter, type SampleBatch } from '../batch.ts';
import type { BlockClass } from '../journal.ts';

/** The most samples of one batch: 10 seconds of 1,000 tags, a commit of some 25 kB. */
export const BATCH_SAMPLES_MAX = 10_000;
/** Of the window: 50 ms of a second are for the way to the disk. */
const GATHERING_SHARE = 0.95;

/** Samples of one clock. */
export interface LaneBatch {
  readonly batch: SampleBatch;
  /** What the clock was worth that stamped them. */
  readonly clock: ClockMark;
}

export interface Dropped {
  readonly count: number;
  readonly from: UtcMs;
  readonly to: UtcMs;
}

export class Lane {
  readonly class: BlockClass;
  #window: Millis;
  readonly #indexOf: (tag: TagId) => number;
  readonly #gathering = new BatchWriter();
  #since = monoMs(0);
  #clock: ClockMark = NO_CLOCK;
  #full: LaneBatch[] = [];
  #waiting = 0;
  #added = 0;

  /** `window` is the longest a sample is not durable; most of it is for company, the rest for the commit. */
  constructor(blockClass: BlockClass, window: Millis, indexOf: (tag: TagId) => number) {
    this.class = blockClass;
    this.#window = window;
    this.#indexOf = indexOf;
  }

  /** From now on, also for what waits already. */
  set window(window: Millis) {
    this.#window = window;
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
    return this.#gathering.length > 0
      ? later(this.#since, millis(this.#window * GATHERING_SHARE))
      : undefined;
  }

  /** Samples of another clock begin another batch. */
  add(samples: readonly Sample[], now: MonoMs, clock: ClockMark): void {
    if (clock !== this.#clock && this.#gathering.length > 0) this.#full.push(this.#gathered());
    this.#clock = clock;
    for (const sample of samples) {
      if (this.#gathering.length === 0) this.#since = now;
      this.#gathering.add(sample, this.#indexOf(sample.tag));
      if (this.#gathering.length === BATCH_SAMPLES_MAX) this.#full.push(this.#gathered());
    }
    this.#waiting += samples.length;
    this.#added += samples.length;
  }

  /** The oldest batch; there must be one. */
  take(): LaneBatch {
    const taken = this.#full.shift() ?? this.#gathered();
    this.#waiting -= taken.batch.length;
    return taken;
  }

  /** Gives up the oldest batch. */
  drop(): Dropped {
    return extentOf(this.take().batch);
  }

  #gathered(): LaneBatch {
    return { batch: this.#gathering.take(), clock: this.#clock };
  }
}

const NO_CLOCK: ClockMark = { boot: '', offset: 0, trust: 'unsynced' };

/** How much a batch holds and from when to when. */
export function extentOf(batch: SampleBatch): Dropped {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of batch.times) {
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  return { count: batch.length, from: utcMs(from), to: utcMs(to) };
}
