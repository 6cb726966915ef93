/** The samples that the benches of the journal store: one of each tag in a commit. */
import { seededRandom } from '../../gateway/host/random.ts';
import { BatchWriter, type SampleBatch } from '../../gateway/journal/batch.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';

/** `slow`: one to three decimals, up to three of the last digit up or down a commit; `random`: any bits of a double. */
export type Signal = 'slow' | 'random';

export const STARTED = 1_767_225_600_000;
export const tagsOf = (count: number): readonly TagId[] =>
  Array.from({ length: count }, (_, tag) => `device${Math.floor(tag / 100)}.tag_${tag}` as TagId);

/** Devices of a hundred tags answer some milliseconds after each other. */
const DEVICE_TAGS = 100;
const ANSWER_MS = 3;

/** The same seed gives the same samples. */
export class StoredSamples {
  readonly #tags: readonly TagId[];
  readonly #signal: Signal;
  readonly #random = seededRandom(1);
  readonly #steps: Float64Array;
  readonly #bits = new DataView(new ArrayBuffer(8));
  readonly #writer = new BatchWriter();

  constructor(count: number, signal: Signal) {
    this.#tags = tagsOf(count);
    this.#signal = signal;
    this.#steps = Float64Array.from({ length: count }, () =>
      Math.round(5_000 + this.#random() * 90_000),
    );
  }

  valueOf(tag: number): number {
    return (this.#steps[tag] as number) / (this.#signal === 'slow' ? 10 ** (1 + (tag % 3)) : 1);
  }

  /** Goes on by one commit. */
  advance(): void {
    for (let tag = 0; tag < this.#steps.length; tag++)
      this.#steps[tag] =
        this.#signal === 'slow'
          ? (this.#steps[tag] as number) + Math.round(this.#random() * 6 - 3)
          : this.#anyDouble();
  }

  /** Of the commit that ends at `second`. */
  batch(second: number): SampleBatch {
    for (const [index, tag] of this.#tags.entries()) {
      const time = timeOf(second, index);
      const sample = {
        tag,
        value: this.valueOf(index),
        quality: 'good',
        time,
        timeBasis: 'gateway',
      } as const;
      this.#writer.add(sample, index);
    }
    return this.#writer.take();
  }

  #anyDouble(): number {
    for (let at = 0; at < 8; at += 4) this.#bits.setUint32(at, this.#random() * 2 ** 32);
    const value = this.#bits.getFloat64(0);
    return Number.isFinite(value) ? value : 1;
  }
}

export const timeOf = (second: number, tag: number) =>
  utcMs(STARTED + second * 1000 + Math.floor(tag / DEVICE_TAGS) * ANSWER_MS);
