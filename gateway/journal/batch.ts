/**
 * Samples column by column: the form in which they cross the thread boundary and are stored. Arrays of
 * numbers move between threads without a copy and compress well; objects do neither.
 */
import { longer } from '../model/columns.ts';
import { QUALITIES, type Quality, qualityIndex } from '../model/quality.ts';
import {
  basisIndex,
  type Decimal,
  isDecimal,
  type Sample,
  type TagId,
  TIME_BASES,
  type TimeBasis,
  type Value,
} from '../model/sample.ts';
import { utcMs } from '../model/units.ts';

/**
 * What a row's value is. `number` and `boolean` are in `numbers`; the last three are in `others`, in
 * row order; `none` is a bad sample.
 */
export const VALUE_KINDS = ['none', 'number', 'boolean', 'bigint', 'string', 'decimal'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];
export interface SampleBatch {
  readonly length: number;
  /** Tag index of the site in a batch from the field side; tag number of the journal in a block. */
  readonly tags: Uint32Array<ArrayBuffer>;
  /** UtcMs. */
  readonly times: Float64Array<ArrayBuffer>;
  /** Indexes into VALUE_KINDS, QUALITIES, TIME_BASES. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  readonly qualities: Uint8Array<ArrayBuffer>;
  readonly timeBases: Uint8Array<ArrayBuffer>;
  /** The value where the kind is number or boolean (0, 1); 0 elsewhere. */
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly others: readonly (bigint | string | Decimal)[];
}

const NUMBER_KIND = VALUE_KINDS.indexOf('number');
/**
 * Writes samples into columns as they come, so that no sample object has to live until the commit.
 */
export class BatchWriter {
  #length = 0;
  #tags = new Uint32Array(FIRST_ROWS);
  #times = new Float64Array(FIRST_ROWS);
  #kinds = new Uint8Array(FIRST_ROWS);
  #qualities = new Uint8Array(FIRST_ROWS);
  #timeBases = new Uint8Array(FIRST_ROWS);
  #numbers = new Float64Array(FIRST_ROWS);
  #others: (bigint | string | Decimal)[] = [];

  get length(): number {
    return this.#length;
  }

  /** `tag` is the tag's number. */
  add(sample: Sample, tag: number): void {
    if (this.#length === this.#tags.length) this.#grow();
    const row = this.#length++;
    const { value } = sample;
    this.#tags[row] = tag;
    this.#times[row] = sample.time;
    this.#qualities[row] = qualityIndex(sample.quality);
    this.#timeBases[row] = basisIndex(sample.timeBasis);
    if (typeof value === 'number') {
      this.#kinds[row] = NUMBER_KIND;
      this.#numbers[row] = value;
      return;
    }
    this.#numbers[row] = value === true ? 1 : 0;
    this.#kinds[row] = VALUE_KINDS.indexOf(kindOf(value));
    if (value !== null && typeof value !== 'boolean') this.#others.push(value);
  }

  /**
   * What was written, in columns of exactly that length; the writer is empty afterwards. They are copies: what was
   * written to for a while has outlived the collector's young generation, and would be left to the slow one each time.
   */
  take(): SampleBatch {
    const length = this.#length;
    const batch = {
      length,
      tags: this.#tags.slice(0, length),
      times: this.#times.slice(0, length),
      kinds: this.#kinds.slice(0, length),
      qualities: this.#qualities.slice(0, length),
      timeBases: this.#timeBases.slice(0, length),
      numbers: this.#numbers.slice(0, length),
      others: this.#others,
    };
    this.#length = 0;
    this.#others = [];
    return batch;
  }

  #grow(): void {
    const rows = 2 * this.#length;
    this.#tags = longer(this.#tags, rows);
    this.#times = longer(this.#times, rows);
    this.#kinds = longer(this.#kinds, rows);
    this.#qualities = longer(this.#qualities, rows);
    this.#timeBases = longer(this.#timeBases, rows);
    this.#numbers = longer(this.#numbers, rows);
  }
}

/** Rows a writer has room for at first. */
const FIRST_ROWS = 64;

type Column = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** `indexOf` gives a tag's number. */
export function toBatch(samples: readonly Sample[], indexOf: (tag: TagId) => number): SampleBatch {
  const writer = new BatchWriter();
  for (const sample of samples) writer.add(sample, indexOf(sample.tag));
  return writer.take();
}

/** The rows of all batches in one, in order; a batch of none has no rows. */
export function joinBatches(batches: readonly SampleBatch[]): SampleBatch {
  const [only] = batches;
  if (only !== undefined && batches.length === 1) return only;
  const length = batches.reduce((sum, batch) => sum + batch.length, 0);
  return {
    length,
    tags: joined(new Uint32Array(length), batches, ({ tags }) => tags),
    times: joined(new Float64Array(length), batches, ({ times }) => times),
    kinds: joined(new Uint8Array(length), batches, ({ kinds }) => kinds),
    qualities: joined(new Uint8Array(length), batches, ({ qualities }) => qualities),
    timeBases: joined(new Uint8Array(length), batches, ({ timeBases }) => timeBases),
    numbers: joined(new Float64Array(length), batches, ({ numbers }) => numbers),
    others: batches.flatMap(({ others }) => others),
  };
}

function joined<C extends Column>(
  column: C,
  batches: readonly SampleBatch[],
  of: (batch: SampleBatch) => C,
): C {
  let row = 0;
  for (const batch of batches) {
    column.set(of(batch), row);
    row += batch.length;
  }
  return column;
}

/** `tagOf` gives back the id of a tag's number. The inverse of toBatch. */
export function fromBatch(batch: SampleBatch, tagOf: (index: number) => TagId): Sample[] {
  const samples: Sample[] = [];
  let other = 0;
  for (let row = 0; row < batch.length; row++) {
    const kind = VALUE_KINDS[batch.kinds[row] as number] as ValueKind;
    const number = batch.numbers[row] as number;
    const value: Value | null =
      kind === 'none'
        ? null
        : kind === 'number'
          ? number
          : kind === 'boolean'
            ? number !== 0
            : (batch.others[other++] as bigint | string | Decimal);
    samples.push({
      tag: tagOf(batch.tags[row] as number),
      value,
      quality: QUALITIES[batch.qualities[row] as number] as Quality,
      time: utcMs(batch.times[row] as number),
      timeBasis: TIME_BASES[batch.timeBases[row] as number] as TimeBasis,
    });
  }
  return samples;
}

function kindOf(value: Value | null): ValueKind {
  if (value === null) return 'none';
  if (isDecimal(value)) return 'decimal';
  return typeof value as Exclude<ValueKind, 'none' | 'decimal'>;
}
