/** What the recorded processes store; all of it follows from a number, so that whoever looks at a disk knows what has to be there. */
import { type SampleBatch, toBatch } from '../../gateway/journal/batch.ts';
import type { BlockClass, Gap } from '../../gateway/journal/journal.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { bytes, utcMs } from '../../gateway/model/units.ts';
import { siteTags, T0 } from '../support/journal-samples.ts';

export const POWER_TAGS = siteTags(40);
export const TAG_IDS: readonly TagId[] = POWER_TAGS.map(({ id }) => id);
const INDEX = new Map(TAG_IDS.map((id, index) => [id, index]));
export const UPLINKS = ['cloud', 'lab'] as const;
export type UplinkName = (typeof UPLINKS)[number];

/** From "everything fits" to "something has to go all the time". */
export const maxSizeOf = (seed: number) =>
  bytes(([104, 128, 160, 224] as const)[(seed % 4) as 0 | 1 | 2 | 3] * 1024);

/** Of the north side's journal: all fits. */
export const LINK_MAX_SIZE = bytes(2 ** 20);

/** One batch: its number, how many samples, how many tags the site had. */
export interface NumberedBatch {
  readonly number: number;
  readonly class: BlockClass;
  readonly count: number;
  readonly tags: number;
}

export const numberAt = (number: number, row: number): number =>
  (Math.imul(number * 7919 + row, 0x9e3779b1) >>> 0) / 1000;
export const timeAt = (number: number, row: number): number => T0 + number * 1000 + row;
export const tagIndexOf = (number: number, row: number, tags: number): number =>
  (number + row) % tags;

export const samplesOf = ({ number, count, tags }: NumberedBatch): Sample[] =>
  Array.from({ length: count }, (_, row) => ({
    tag: TAG_IDS[tagIndexOf(number, row, tags)] as TagId,
    value: numberAt(number, row),
    quality: 'good',
    time: utcMs(timeAt(number, row)),
    timeBasis: 'gateway',
  }));

export const batchOf = (samples: readonly Sample[]): SampleBatch =>
  toBatch(samples, (tag) => INDEX.get(tag) as number);

/** Something the field side gave up before it was a block. */
export const gapNumbered = (number: number, blockClass: BlockClass): Gap => ({
  reason: 'write-failed',
  class: blockClass,
  count: 1 + (number % 9),
  seqs: undefined,
  from: utcMs(T0 + number),
  to: utcMs(T0 + number + 5),
});

/** What the process says it is about to do (`begin`, `now` in ms of its clock), and that it is durable (`done`). */
export type Mark =
  | ({ readonly now: number } & (
      | { readonly begin: 'append'; readonly batch: NumberedBatch }
      | { readonly begin: 'gap'; readonly number: number; readonly class: BlockClass }
      | {
          readonly begin: 'enter';
          readonly intents: readonly string[];
          readonly ends: readonly string[];
        }
      | { readonly begin: 'retain' | 'save' | 'close' | 'open' }
    ))
  | { readonly done: 'block'; readonly seq: number }
  /** `step`: it may have been nothing to do. */
  | { readonly done: 'commit' | 'step' }
  | { readonly acknowledged: UplinkName; readonly seq: number; readonly now: number }
  /** Of the state store. */
  | { readonly set: number }
  | { readonly flushed: number }
  /** Of the north side: samples handed over, counted from 1, and how many of them are stored. */
  | { readonly handed: number; readonly class: BlockClass }
  | { readonly stored: number; readonly class: BlockClass };
