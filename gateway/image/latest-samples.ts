/**
 * One sample for each tag, by the tag's index, in columns: sample objects live as long as their batch
 * and leave no old garbage behind. With 10,000 tags a second that is most of what a collector has to do.
 */
import type { Quality } from '../model/quality.ts';
import type { Sample, TagId, TimeBasis, Value } from '../model/sample.ts';
import { utcMs } from '../model/units.ts';

export class LatestSamples {
  readonly #tags: readonly TagId[];
  readonly #times: Float64Array;
  readonly #numbers: Float64Array;
  /** What is no number; undefined where the number counts. */
  readonly #others: (Exclude<Value, number> | null | undefined)[];
  readonly #qualities: (Quality | undefined)[];
  readonly #timeBases: TimeBasis[];

  /** Room for these tags; empty at first. */
  constructor(tags: readonly TagId[]) {
    this.#tags = tags;
    this.#times = new Float64Array(tags.length);
    this.#numbers = new Float64Array(tags.length);
    this.#others = tags.map(() => null);
    this.#qualities = tags.map(() => undefined);
    this.#timeBases = tags.map(() => 'gateway');
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
