/**
 * Makes blocks of the field side's batches: with the journal's own numbers of the tags, coded against a key where that
 * pays, and with the summaries that a block completes. What it knows is in memory; nothing in it counts before `stored`.
 */
import type { TagId } from '../../model/sample.ts';
import type { UtcMs } from '../../model/units.ts';
import type { SampleBatch } from '../batch.ts';
import { encodeBlock } from '../codec/block-codec.ts';
import { blockSeal } from '../codec/block-seal.ts';
import { scratch } from '../codec/scratch.ts';
import { KEY_SPAN_MAX } from '../file/journal-rows.ts';
import { BLOCK_CLASSES, type BlockClass, type Gap, type Seq } from '../journal.ts';
import { KeyFrames } from './key-frames.ts';
import { type Summary, SummaryLevels } from './summary.ts';
import type { TagNumbers } from './tag-numbers.ts';

/** What makes room for a block may take seqs before it does. */
const REFERS_BACK_MAX = KEY_SPAN_MAX / 2;

const NO_TAGS = new Uint32Array();
const numberRoom = scratch((rows) => new Uint32Array(rows));

/** A block that has no place in the file yet. */
export interface NewBlock {
  readonly class: BlockClass;
  /** With the journal's tag numbers; undefined in a gap. */
  readonly batch: SampleBatch | undefined;
  readonly gap: Gap | undefined;
  /** It is sealed where it is stored. */
  readonly data: Uint8Array | undefined;
  readonly key: Seq | undefined;
  /** Stored in the same transaction. */
  readonly summaries: readonly Summary[];
}

/** Where a block will be stored, if nothing comes between. */
export interface BlockPlace {
  readonly seq: number;
  /** A summary that covers it covers none before this one: they are of another clock, or out of order. */
  readonly summaryFrom: number;
}

/** A block of samples. */
export interface MadeBlock extends NewBlock {
  readonly batch: SampleBatch;
  readonly data: Uint8Array<ArrayBuffer>;
}

export const gapBlock = (gap: Gap): NewBlock => ({
  class: gap.class,
  batch: undefined,
  gap,
  data: undefined,
  key: undefined,
  summaries: [],
});

export class BlockMaker {
  readonly #tags: TagNumbers;
  readonly #addTags: (ids: readonly TagId[]) => ReadonlyMap<TagId, number>;
  readonly #keys = new KeyFrames();
  readonly #summaries = new SummaryLevels();
  #summaryFrom = 0;
  /** Of the last block of telemetry. */
  #tagsBefore: SampleBatch['tags'] = NO_TAGS;
  #siteTags: readonly TagId[];
  /** The journal's number by the site's index. */
  #numbers: Uint32Array<ArrayBuffer>;

  /** `addTags` stores tags that the journal does not know yet and gives their numbers. */
  constructor(
    tags: TagNumbers,
    siteTags: readonly TagId[],
    addTags: (ids: readonly TagId[]) => ReadonlyMap<TagId, number>,
  ) {
    this.#tags = tags;
    this.#siteTags = siteTags;
    this.#addTags = addTags;
    this.#numbers = this.#numberTags();
  }

  /** The id behind a tag number of a block. */
  get tagOf(): (number: number) => TagId {
    return this.#tags.idOf;
  }

  /** Whether each tag number of a block has an id. */
  hasAll(numbers: Uint32Array): boolean {
    return this.#tags.hasAll(numbers);
  }

  /** Undefined for a tag that no block has had. */
  numberOf(id: TagId): number | undefined {
    return this.#tags.numberOf(id);
  }

  /** The block that the next ones refer to: it must stay. */
  get needed(): Seq | undefined {
    return this.#keys.seq;
  }

  /** The site has more tags now, behind those that it had. They get their numbers with the next block. */
  setTags(tags: readonly TagId[]): void {
    this.#siteTags = tags;
  }

  /** The block for a batch of the field side, if it gets that place. `stored` or `dropped` follows. */
  make(blockClass: BlockClass, batch: SampleBatch, placeOf: () => BlockPlace): MadeBlock {
    if (this.#numbers.length < this.#siteTags.length) this.#numbers = this.#numberTags();
    const { seq, summaryFrom } = placeOf();
    if (summaryFrom !== this.#summaryFrom) this.#summaries.reset();
    this.#summaryFrom = summaryFrom;
    if (this.needed !== undefined && seq - this.needed > REFERS_BACK_MAX) this.#keys.forget();
    const tags = numbersOf(batch, this.#numbers, this.#tagsBefore);
    if (blockClass === 'telemetry') this.#tagsBefore = tags;
    const numbered = { ...batch, tags };
    const coded = this.#keys.code(blockClass, numbered);
    const summaries = blockClass === 'telemetry' ? this.#summaries.add(seq, numbered) : [];
    return { class: blockClass, batch: numbered, gap: undefined, ...coded, summaries };
  }

  /** A block of another journal, standing alone; `tags` of the batch are indexes into `ids`. */
  restored(
    blockClass: BlockClass,
    { batch, tags: ids }: { readonly batch: SampleBatch; readonly tags: readonly TagId[] },
    gap: Gap | undefined,
  ): NewBlock {
    this.#addMissing(ids);
    const numbers = this.#tags.of(ids);
    const numbered = { ...batch, tags: numbersOf(batch, numbers) };
    const data = encodeBlock(numbered);
    return { class: blockClass, batch: numbered, gap, data, key: undefined, summaries: [] };
  }

  /** It is durable. */
  stored({ class: blockClass, batch, data, key }: MadeBlock, seq: Seq, committedAt: UtcMs): void {
    const seal = blockSeal({
      ...{ seq, class: BLOCK_CLASSES.indexOf(blockClass), committed_at: committedAt },
      ...{ samples: batch.length, key, gap: undefined },
    });
    this.#keys.stored(blockClass, batch, { data, key }, { seq, seal });
  }

  /** It could not be stored. */
  dropped(): void {
    this.#summaries.reset();
  }

  #numberTags(): Uint32Array<ArrayBuffer> {
    this.#addMissing(this.#siteTags);
    return this.#tags.of(this.#siteTags);
  }

  #addMissing(ids: readonly TagId[]): void {
    const missing = this.#tags.missingOf(ids);
    if (missing.length > 0)
      for (const [id, number] of this.#addTags(missing)) this.#tags.add(id, number);
  }
}

/**
 * `before`, the very same column, where it says the same: whoever has looked at it need not look again. Throws where the
 * batch names a tag that there is not.
 */
function numbersOf(
  { tags }: SampleBatch,
  numbers: Uint32Array,
  before: SampleBatch['tags'] = NO_TAGS,
): SampleBatch['tags'] {
  const own = numberRoom(tags.length);
  let same = before.length === tags.length;
  for (let row = 0; row < tags.length; row++) {
    const number = numbers[tags[row] as number];
    if (number === undefined) throw new RangeError(`a tag beyond the last, ${numbers.length - 1}`);
    own[row] = number;
    if (same && before[row] !== number) same = false;
  }
  return same ? before : own.slice();
}
