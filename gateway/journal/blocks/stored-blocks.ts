/**
 * Rows of the file as the blocks they are: decoded, with the times of an unset clock corrected, and a damaged one turned
 * into the gap it is.
 */
import type { Log } from '../../host/log.ts';
import { toBatch } from '../batch.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import { Damage } from '../file/damage.ts';
import type { BlockRow, JournalRows } from '../file/journal-rows.ts';
import type { Block, Gap, Seq } from '../journal.ts';
import type { JournalSalvage } from '../salvage/journal-salvage.ts';
import type { JournalSpace } from '../space/journal-space.ts';
import type { BlockDecoder } from './block-decoder.ts';
import type { BlockMaker } from './block-maker.ts';
import { restamped } from './restamp.ts';
import { checkOrder } from './row-order.ts';
import { withLoss } from './totals.ts';

export interface StoredBlocksOptions {
  readonly rows: JournalRows;
  readonly space: JournalSpace;
  readonly decoder: BlockDecoder;
  readonly maker: BlockMaker;
  readonly salvage: JournalSalvage;
  readonly log: Log;
}

const NO_SAMPLES = toBatch([], () => 0);

export class StoredBlocks {
  readonly #options: StoredBlocksOptions;

  constructor(options: StoredBlocksOptions) {
    this.#options = options;
  }

  /** As the journal's. Throws Damage where a block is missing that was not removed, or a tag's name is. */
  read(from: Seq, limit: number, samples = Number.POSITIVE_INFINITY): readonly Block[] {
    const { rows, space } = this.#options;
    const { found, isAll } = upTo(rows.rowsFrom(from, limit), samples);
    const last = isAll && found.length < limit ? space.head : found.at(-1)?.seq;
    checkOrder(found, from, last, space.removed);
    return found.map((row) => this.#blockOf(row));
  }

  /** What the clock is worth now says nothing of a block of another journal. */
  restamped(block: Block): Block {
    if (block.salvaged) return block;
    const samples = restamped(block.samples, this.#options.space.clock.shiftOf(block.seq));
    return samples === block.samples ? block : { ...block, samples };
  }

  #blockOf(row: BlockRow): Block {
    const { decoder, maker, salvage } = this.#options;
    const { seq, class: blockClass, committedAt, gap, data } = row;
    const salvaged = salvage.nameOf(seq);
    const block = {
      ...{ seq, class: blockClass, committedAt, tagOf: maker.tagOf },
      ...(salvaged && { salvaged }),
    };
    if (data === undefined) return { ...block, samples: NO_SAMPLES, gap };
    try {
      const samples = decoder.decode(row);
      if (!maker.hasAll(samples.tags)) throw new Damage(`block ${seq} has a tag that has no name`);
      return this.restamped({ ...block, samples, gap });
    } catch (error) {
      if (!(error instanceof MalformedBlock)) throw error;
      return { ...block, samples: NO_SAMPLES, gap: this.#giveUp(row, error) };
    }
  }

  #giveUp(row: BlockRow, error: MalformedBlock): Gap {
    const { rows, space, log } = this.#options;
    const { seq, class: blockClass, committedAt, samples, gap: before } = row;
    const gap: Gap = {
      reason: 'journal-lost',
      class: blockClass,
      count: before && before.count === undefined ? undefined : samples + (before?.count ?? 0),
      seqs: { from: before?.seqs?.from ?? seq, to: seq },
      from: committedAt,
      to: committedAt,
    };
    space.transaction(() => {
      space.wear.countAs('salvage');
      rows.replaceByGap(seq, gap);
      return withLoss(space.totals, samples);
    });
    log.error('journal.block-lost', { seq, samples, reason: error.message });
    return gap;
  }
}

/** The first rows, one at least, that hold no more than so many samples; one that hardly fits is not even read. */
function upTo(rows: Iterable<BlockRow>, samples: number) {
  const found: BlockRow[] = [];
  let left = samples;
  for (const row of rows) {
    left -= row.samples;
    if (left >= 0 || found.length === 0) found.push(row);
    if (left <= 0 || left < row.samples) return { found, isAll: false };
  }
  return { found, isAll: true };
}
