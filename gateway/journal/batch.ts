/**
 * Samples column by column: the form in which they cross the thread boundary and are stored. Arrays of
 * numbers move between threads without a copy and compress well; objects do neither.
 */
import type { Quality } from '../model/quality.ts';
import { QUALITIES } from '../model/quality.ts';
import {
  type Decimal,
  isDecimal,
  type Sample,
  type TagId,
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
export const TIME_BASES = ['gateway', 'source', 'unsynced'] as const satisfies readonly TimeBasis[];

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

const QUALITY_INDEX = new Map<Quality, number>(QUALITIES.map((quality, index) => [quality, index]));
const BASIS_INDEX = new Map<TimeBasis, number>(TIME_BASES.map((basis, index) => [basis, index]));

/** `indexOf` gives a tag's number. */
export function toBatch(samples: readonly Sample[], indexOf: (tag: TagId) => number): SampleBatch {
  const length = samples.length;
  const batch = {
    length,
    tags: new Uint32Array(length),
    times: new Float64Array(length),
    kinds: new Uint8Array(length),
    qualities: new Uint8Array(length),
    timeBases: new Uint8Array(length),
    numbers: new Float64Array(length),
    others: [] as (bigint | string | Decimal)[],
  };
  for (let row = 0; row < length; row++) {
    const sample = samples[row] as Sample;
    batch.tags[row] = indexOf(sample.tag);
    batch.times[row] = sample.time;
    batch.qualities[row] = QUALITY_INDEX.get(sample.quality) as number;
    batch.timeBases[row] = BASIS_INDEX.get(sample.timeBasis) as number;
    const { value } = sample;
    const kind = kindOf(value);
    batch.kinds[row] = VALUE_KINDS.indexOf(kind);
    if (kind === 'number' || kind === 'boolean') batch.numbers[row] = Number(value);
    else if (kind !== 'none') batch.others.push(value as bigint | string | Decimal);
  }
  return batch;
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

/** The buffers to hand over, not copy, when the batch goes to the other thread. */
export const transferables = (batch: SampleBatch): ArrayBuffer[] => [
  batch.tags.buffer,
  batch.times.buffer,
  batch.kinds.buffer,
  batch.qualities.buffer,
  batch.timeBases.buffer,
  batch.numbers.buffer,
];

function kindOf(value: Value | null): ValueKind {
  if (value === null) return 'none';
  if (isDecimal(value)) return 'decimal';
  return typeof value as Exclude<ValueKind, 'none' | 'decimal'>;
}
