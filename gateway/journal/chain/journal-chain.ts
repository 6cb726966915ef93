/**
 * The hash chain of an open journal: each block's link, the links that stay when blocks go, and the days that are over.
 * Everything is written in its owner's transactions.
 */

import type { RangeSet } from '../../model/range-set.ts';
import type { TagId } from '../../model/sample.ts';
import type { UtcMs } from '../../model/units.ts';
import type { SampleBatch } from '../batch.ts';
import { gapToJson } from '../file/gap-json.ts';
import type { JournalFile } from '../file/journal-file.ts';
import type { BlockClass, FinishedDay, Gap } from '../journal.ts';
import { dayOf, dayOfText, dayText, type OpenDay, withBlock } from './chain-days.ts';
import { ChainRows } from './chain-rows.ts';
import { firstLink, hexOf, type Link, linkOf } from './hash-chain.ts';

/** A block that gets its link. */
export interface LinkedBlock {
  readonly seq: number;
  readonly class: BlockClass;
  readonly committedAt: UtcMs;
  readonly gap: Gap | undefined;
  /** With the journal's tag numbers; undefined where there are no samples. */
  readonly batch: SampleBatch | undefined;
}

interface ChainEnd {
  /** Of the newest block. */
  readonly link: Link;
  readonly open: OpenDay;
  readonly lastDay: FinishedDay | undefined;
}

/** How far an open looks back for the block that named the open day; nearly always it is the newest. */
const LOOK_BACK_BLOCKS = 10_000;

export class JournalChain {
  readonly #rows: ChainRows;
  readonly #first: Link;
  readonly #tagOf: (tag: number) => TagId;
  #end: ChainEnd;
  /** What it will be when the transaction that is under way is durable. */
  #next: ChainEnd;

  /** `head` is the newest block there ever was. */
  constructor(file: JournalFile, head: number, tagOf: (tag: number) => TagId) {
    this.#rows = new ChainRows(file.connection);
    this.#first = firstLink(file.epoch);
    this.#tagOf = tagOf;
    this.#end = this.#endAt(head);
    this.#next = this.#end;
  }

  /** The newest day that is over. */
  get lastDay(): FinishedDay | undefined {
    return this.#end.lastDay;
  }

  /** A transaction begins; what the one before wrote without a commit is forgotten. */
  begin(): void {
    this.#next = this.#end;
  }

  /** The link of the next block; writes the day that it ends. */
  add(block: LinkedBlock): Link {
    const { seq, gap, batch } = block;
    const { link: before, lastDay } = this.#next;
    const { open, over } = withBlock(this.#next.open, seq, block.committedAt);
    const day = over === undefined ? undefined : this.#finish(over, seq - 1);
    const link = linkOf(before, {
      ...block,
      gap: gap && gapToJson(gap),
      samples: batch && { batch, tagOf: this.#tagOf },
    });
    this.#next = { link, open, lastDay: day ?? lastDay };
    return link;
  }

  /**
   * These blocks are about to be removed; `removed` has them already. What it gives back is to be run when they are: in a
   * file that is full there is room for links only then.
   */
  remove(seqs: readonly number[], removed: RangeSet): () => void {
    const kept = seqs
      .filter((seq) => !removed.has(seq + 1))
      .map((seq) => ({ seq, link: this.#rows.linkOfBlock(seq) ?? this.#first }));
    return () => {
      for (const seq of seqs) if (removed.has(seq - 1)) this.#rows.forget(seq - 1);
      for (const { seq, link } of kept) this.#rows.keep(seq, link);
    };
  }

  /** The transaction is durable. */
  commit(): void {
    this.#end = this.#next;
  }

  #finish(day: number, last: number): FinishedDay {
    const { link, open } = this.#next;
    const finished = { day: dayText(day), first: open.first, last, link: hexOf(link) };
    this.#rows.finish(finished);
    return finished;
  }

  /** Behind blocks from before there was a chain it begins. */
  #endAt(head: number): ChainEnd {
    const link = this.#rows.linkOfBlock(head) ?? this.#rows.keptLink(head) ?? this.#first;
    const lastDay = this.#rows.lastDay();
    const finished = lastDay && dayOfText(lastDay.day);
    const first = lastDay ? lastDay.last + 1 : this.#rows.first();
    return { link, lastDay, open: { first, finished, day: this.#openDay(first, finished) } };
  }

  #openDay(first: number, finished = Number.NEGATIVE_INFINITY): number | undefined {
    let left = LOOK_BACK_BLOCKS;
    for (const time of this.#rows.timesBackTo(first)) {
      const day = dayOf(time);
      if (day > finished) return day;
      if (--left === 0) break;
    }
    return undefined;
  }
}
