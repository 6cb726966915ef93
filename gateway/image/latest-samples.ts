/**
 * One sample for each tag, by the tag's index, in columns: sample objects live as long as their batch
 * and leave no old garbage behind. With 10,000 tags a second that is most of what a collector has to do.
 */
import type { Quality } from '../model/quality.ts';
import type { Sample, TagId, TimeBasis, Value } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import { utcMs } from '../model/units.ts';

type NumberedTag = Pick<Tag, 'id' | 'index'>;

export class LatestSamples {
  readonly #tags: TagId[] = [];
  #times = new Float64Array();
  #numbers = new Float64Array();
  /** What is no number; undefined where the number counts. */
  readonly #others: (Exclude<Value, number> | null | undefined)[] = [];
  readonly #qualities: (Quality | undefined)[] = [];
  readonly #timeBases: TimeBasis[] = [];

  /** Room for these tags; empty at first. */
  constructor(tags: readonly NumberedTag[]) {
    this.extend(tags);
  }

  /** Room for more tags; of indexes that no tag has there is none. */
  extend(tags: readonly NumberedTag[]): void {
    const length = tags.reduce((most, { index }) => Math.max(most, index + 1), this.#tags.length);
    this.#times = longer(this.#times, length);
    this.#numbers = longer(this.#numbers, length);
    for (let index = this.#tags.length; index < length; index++) {
      this.#tags.push('' as TagId);
      this.#others.push(null);
      this.#qualities.push(undefined);
      this.#timeBases.push('gateway');
    }
    for (const { id, index } of tags) this.#tags[index] = id;
  }

  put(index: number, { value, quality, time, timeBasis }: Sample): void {
    this.#times[index] = time;
    this.#qualities[index] = quality;
    this.#timeBases[index] = timeBasis;
    if (typeof value === 'number') {
      this.#numbers[index] = value;
      this.#others[index] = undefined;
    } else this.#others[index] = value;
  }

  /** Undefined while none was put. */
  get(index: number): Sample | undefined {
    const quality = this.#qualities[index];
    if (quality === undefined) return undefined;
    const other = this.#others[index];
    return {
      tag: this.#tags[index] as TagId,
      value: other === undefined ? (this.#numbers[index] as number) : other,
      quality,
      time: utcMs(this.#times[index] as number),
      timeBasis: this.#timeBases[index] as TimeBasis,
    };
  }
}

function longer(column: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const made = new Float64Array(length);
  made.set(column);
  return made;
}
