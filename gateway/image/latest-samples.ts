/**
 * One sample for each tag, by the tag's index, in columns: sample objects live as long as their batch
 * and leave no old garbage behind. With 10,000 tags a second that is most of what a collector has to do.
 */
import { longer } from '../model/columns.ts';
import { QUALITIES, type Quality, qualityIndex } from '../model/quality.ts';
import {
  basisIndex,
  type Sample,
  type TagId,
  TIME_BASES,
  type TimeBasis,
  type Value,
} from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import { type UtcMs, utcMs } from '../model/units.ts';

type NumberedTag = Pick<Tag, 'id' | 'index'>;

/** What a sample says, without its tag and the basis of its time. */
export type Told = Pick<Sample, 'value' | 'quality' | 'time'>;

/** In the column of qualities: no sample yet. */
const NONE = 0xff;

export class LatestSamples {
  readonly #tags: TagId[] = [];
  #times = new Float64Array();
  #numbers = new Float64Array();
  /** Indexes; NONE where there is no sample. */
  #qualities = new Uint8Array();
  #timeBases = new Uint8Array();
  /** 1 where the value is no number, but in `#others`. */
  #isOther = new Uint8Array();
  readonly #others: (Exclude<Value, number> | null)[] = [];
  readonly #told = new ToldAt(this);

  /** Room for these tags; empty at first. */
  constructor(tags: readonly NumberedTag[]) {
    this.extend(tags);
  }

  /** Room for more tags; of indexes that no tag has there is none. */
  extend(tags: readonly NumberedTag[]): void {
    const before = this.#tags.length;
    const length = tags.reduce((most, { index }) => Math.max(most, index + 1), before);
    this.#times = longer(this.#times, length);
    this.#numbers = longer(this.#numbers, length);
    this.#qualities = longer(this.#qualities, length).fill(NONE, before);
    this.#timeBases = longer(this.#timeBases, length);
    this.#isOther = longer(this.#isOther, length);
    for (let index = before; index < length; index++) {
      this.#tags.push('' as TagId);
      this.#others.push(null);
    }
    for (const { id, index } of tags) this.#tags[index] = id;
  }

  put(index: number, { value, quality, time, timeBasis }: Sample): void {
    this.#times[index] = time;
    this.#qualities[index] = qualityIndex(quality);
    this.#timeBases[index] = basisIndex(timeBasis);
    if (typeof value === 'number') {
      this.#numbers[index] = value;
      if (this.#isOther[index] === 1) this.#others[index] = null;
      this.#isOther[index] = 0;
    } else {
      this.#others[index] = value;
      this.#isOther[index] = 1;
    }
  }

  /** Undefined while none was put. */
  get(index: number): Sample | undefined {
    if (!this.has(index)) return undefined;
    return {
      tag: this.#tags[index] as TagId,
      value: this.valueAt(index),
      quality: this.qualityAt(index),
      time: this.timeAt(index),
      timeBasis: TIME_BASES[this.#timeBases[index] as number] as TimeBasis,
    };
  }

  /** The same without an object of its own: it holds until the next call. */
  told(index: number): Told | undefined {
    return this.has(index) ? this.#told.of(index) : undefined;
  }

  has(index: number): boolean {
    return (this.#qualities[index] ?? NONE) !== NONE;
  }

  valueAt(index: number): Value | null {
    return this.#isOther[index] === 1
      ? (this.#others[index] as Exclude<Value, number> | null)
      : (this.#numbers[index] as number);
  }

  qualityAt(index: number): Quality {
    return QUALITIES[this.#qualities[index] as number] as Quality;
  }

  timeAt(index: number): UtcMs {
    return utcMs(this.#times[index] as number);
  }
}

/** What the samples tell at one place. */
class ToldAt implements Told {
  readonly #samples: LatestSamples;
  #index = 0;

  constructor(samples: LatestSamples) {
    this.#samples = samples;
  }

  of(index: number): Told {
    this.#index = index;
    return this;
  }

  get value(): Value | null {
    return this.#samples.valueAt(this.#index);
  }

  get quality(): Quality {
    return this.#samples.qualityAt(this.#index);
  }

  get time(): UtcMs {
    return this.#samples.timeAt(this.#index);
  }
}
