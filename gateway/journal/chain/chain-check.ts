/**
 * Proves a hash chain block by block, and names what breaks it; goes on behind a break. Where the link of the block before
 * is not known, a block is taken as it is, and counted as not proven. Pure.
 */

import { type Range, RangeSet } from '../../model/range-set.ts';
import { dayOf, dayOfText, dayText, type OpenDay, withBlock } from './chain-days.ts';
import type {
  AbsentBlocks,
  ChainEvent,
  ChainHead,
  DamagedBlock,
  DayRow,
  StoredBlock,
} from './chain-event.ts';
import { firstLink, hexOf, type Link, linkOf } from './hash-chain.ts';

/**
 * `damaged`: cannot be read · `given-up`: the gateway could not read it, and it is a gap now · `link`: it, or its link, is
 * not what was written · `link-missing`: nothing says what stood before it · `missing`: not there, and nobody removed it ·
 * `order`: a number comes again · `count`: its row counts other samples · `day`: not of this day, or its link differs ·
 * `day-missing`: a day is over and has no row · `other-link`: not the link that is known from elsewhere · `no-chain`: not
 * one block has a link · `table`: what is kept beside the blocks cannot be read. Of an export alone `line`: no line of an export · `cut`: its end is missing · `end`: its end counts
 * other lines · `bytes`: not the bytes that were written.
 */
export type BreakKind =
  | 'damaged'
  | 'given-up'
  | 'link'
  | 'link-missing'
  | 'missing'
  | 'order'
  | 'count'
  | 'day'
  | 'day-missing'
  | 'other-link'
  | 'no-chain'
  | 'table'
  | 'line'
  | 'cut'
  | 'end'
  | 'bytes';

export interface ChainBreak {
  readonly kind: BreakKind;
  /** The block, or the first one; the line of an export where `kind` is about lines. */
  readonly at: number | undefined;
  /** The last of several blocks. */
  readonly to: number | undefined;
  /** A day, or a reason in English. */
  readonly detail: string | undefined;
}

/** The link of a day as somebody else keeps it. */
export interface KnownDay {
  readonly day: string;
  /** Hexadecimal. */
  readonly link: string;
}

export interface ChainReport {
  /** Undefined where there is no block. */
  readonly first: number | undefined;
  readonly head: number | undefined;
  /** Of the head, hexadecimal. */
  readonly link: string | undefined;
  readonly blocks: number;
  readonly samples: number;
  readonly proven: number;
  /** Blocks behind something that is not there or cannot be read. */
  readonly unproven: number;
  /** Blocks from before there was a chain. */
  readonly older: number;
  /** Gaps that the gateway recorded. */
  readonly gaps: number;
  readonly removed: Absent;
  readonly skipped: Absent;
  readonly days: {
    readonly proven: number;
    readonly removed: number;
    readonly last: string | undefined;
  };
  readonly breaks: number;
  /** The first ones. */
  readonly listed: readonly ChainBreak[];
}

export interface Absent {
  readonly blocks: number;
  /** The first ones. */
  readonly ranges: readonly Range[];
  readonly more: number;
}

const LISTED_MAX = 100;

export class ChainCheck {
  readonly #head: ChainHead;
  readonly #known: KnownDay | undefined;
  readonly #listed: ChainBreak[] = [];
  readonly #absent = { removed: new AbsentCount(), skipped: new AbsentCount() };
  #breaks = 0;
  #next: number;
  /** What may stand before the next block; none: nobody knows. */
  #before: readonly Link[];
  /** Why nobody knows was told. */
  #isTold: boolean;
  /** Damage of a piece of the file, somewhere before the next block. */
  #isInDamage = false;
  #open: OpenDay | undefined;
  /** Blocks of the open day are not there. */
  #isOpenWhole: boolean;
  #lastDay: DayRow | undefined;
  #isDayKnown = false;
  #first: number | undefined;
  #newest: { readonly seq: number; readonly link: Link | undefined } | undefined;
  #counts = { blocks: 0, samples: 0, proven: 0, unproven: 0, older: 0, gaps: 0 };
  #days = { proven: 0, removed: 0 };

  constructor(head: ChainHead, known?: KnownDay) {
    this.#head = head;
    this.#known = known;
    this.#next = head.from;
    this.#before = head.before ? [head.before] : [];
    this.#isTold = head.from > 1;
    const isFromBegin = head.from <= head.begins;
    this.#open = isFromBegin
      ? { first: head.begins, day: undefined, finished: undefined }
      : undefined;
    this.#isOpenWhole = isFromBegin;
  }

  take(event: ChainEvent): void {
    if (event.kind === 'block') this.#block(event);
    else if (event.kind === 'damaged') this.#damaged(event);
    else if (event.kind === 'day') this.#day(event);
    else this.#absentBlocks(event);
  }

  /** Something that is not about a block. */
  note(kind: BreakKind, at?: number, detail?: string): void {
    // What stood in a line that is none is missing for that reason.
    if (kind === 'line') this.#isInDamage = true;
    // Why nobody knows what stood before the first block is told with this.
    if (kind === 'table') this.#isTold = true;
    this.#note({ kind, at, to: undefined, detail });
  }

  /** `known`: the highest block that is spoken of anywhere. */
  end(known: number): ChainReport {
    if (known >= this.#next) this.#missingUpTo(known);
    const { blocks, older } = this.#counts;
    if (blocks > 0 && older === blocks) this.note('no-chain');
    if (this.#known && !this.#isDayKnown)
      this.note('other-link', undefined, `${this.#known.day} has no row`);
    return {
      first: this.#first,
      head: this.#newest?.seq,
      link: this.#newest?.link && hexOf(this.#newest.link),
      ...this.#counts,
      removed: this.#absent.removed.told(),
      skipped: this.#absent.skipped.told(),
      days: { ...this.#days, last: this.#lastDay?.day },
      breaks: this.#breaks,
      listed: this.#listed,
    };
  }

  #block(block: StoredBlock): void {
    const { seq, link, samples, gap } = block;
    if (!this.#arrive(seq)) return;
    const count = samples?.batch.length ?? 0;
    this.#first ??= seq;
    this.#counts.blocks++;
    this.#counts.samples += count;
    if (gap !== undefined) this.#counts.gaps++;
    if (seq < this.#head.begins) this.#counts.older++;
    else this.#prove(block, link);
    if (count !== block.count)
      this.#note({ kind: 'count', at: seq, to: undefined, detail: undefined });
    this.#newest = { seq, link };
    if (seq >= this.#head.begins) this.#date(block);
  }

  #prove(block: StoredBlock, link: Link | undefined): void {
    const { seq } = block;
    const { epoch, begins } = this.#head;
    const before = seq === begins && epoch !== '' ? [firstLink(epoch)] : this.#before;
    const computed = before.map((one) => linkOf(one, block));
    this.#before = [link, computed[0]].filter((one) => one !== undefined);
    const isTold = this.#isTold;
    this.#isTold = false;
    if (link === undefined) {
      this.#counts.unproven++;
      this.note('link', seq, 'it has none');
    } else if (before.length === 0) {
      this.#counts.unproven++;
      if (!isTold) this.note('link-missing', seq);
    } else if (computed.some((one) => isSame(one, link))) {
      this.#counts.proven++;
      this.#before = [link];
    } else this.note(isGivenUp(block) ? 'given-up' : 'link', seq);
  }

  #damaged({ seq, link, reason }: DamagedBlock): void {
    if (seq === undefined) {
      this.#note({ kind: 'damaged', at: this.#next, to: undefined, detail: reason });
      this.#isInDamage = true;
      return;
    }
    if (!this.#arrive(seq)) return;
    this.#first ??= seq;
    this.#counts.blocks++;
    this.#counts.unproven++;
    this.note('damaged', seq, reason);
    this.#before = link ? [link] : [];
    this.#isTold = true;
    this.#isOpenWhole = false;
    this.#newest = { seq, link };
  }

  #absentBlocks({ kind, from, to, link }: AbsentBlocks): void {
    if (to < from || !this.#arrive(from)) return;
    this.#absent[kind].add(from, to);
    this.#next = to + 1;
    this.#before = link ? [link] : [];
    this.#isTold = to < this.#head.begins;
    this.#isOpenWhole = false;
    this.#newest = { seq: to, link };
  }

  /** Whether this block comes now; tells what is missing before it. */
  #arrive(seq: number): boolean {
    if (seq < this.#next) {
      this.note('order', seq);
      return false;
    }
    if (seq > this.#next) this.#missingUpTo(seq - 1);
    this.#isInDamage = false;
    this.#next = seq + 1;
    return true;
  }

  #missingUpTo(seq: number): void {
    if (!this.#isInDamage)
      this.#note({ kind: 'missing', at: this.#next, to: seq, detail: undefined });
    this.#next = seq + 1;
    this.#before = [];
    this.#isTold = true;
    this.#isOpenWhole = false;
    this.#newest = undefined;
  }

  /** With the first block of a later day the row of the day before has come. */
  #date({ seq, committedAt }: StoredBlock): void {
    const known = this.#open;
    if (known === undefined) return;
    const { open, over } = withBlock(known, seq, committedAt);
    this.#open = open;
    const last = this.#lastDay;
    if (last?.last === seq - 1 && dayOf(committedAt) <= dayOfText(last.day))
      this.note('day', seq, `${last.day} was not over`);
    if (over === undefined) return;
    this.note('day-missing', seq - 1, dayText(over));
    this.#isOpenWhole = true;
  }

  #day(row: DayRow): void {
    const { day, first, last, link } = row;
    const open = this.#open;
    if (open && first !== open.first) this.note('day-missing', open.first, `before ${day}`);
    const isLater = this.#lastDay === undefined || day > this.#lastDay.day;
    const isNamed = !this.#isOpenWhole || open?.day === undefined || dayText(open.day) === day;
    const newest = this.#newest?.seq === last ? this.#newest.link : undefined;
    const isLinked = newest === undefined || hexOf(newest) === link;
    if (!isLater || !isNamed || !isLinked || last < first) this.note('day', last, day);
    else if (newest) this.#days.proven++;
    else this.#days.removed++;
    this.#lastDay = row;
    this.#open = { first: last + 1, day: undefined, finished: dayOfText(day) };
    this.#isOpenWhole = last === this.#next - 1;
    if (this.#known?.day !== day) return;
    this.#isDayKnown = true;
    if (this.#known.link !== link) this.note('other-link', last, `${day} is ${link}`);
  }

  #note(broken: ChainBreak): void {
    this.#breaks++;
    if (this.#listed.length < LISTED_MAX) this.#listed.push(broken);
  }
}

class AbsentCount {
  readonly #ranges = new RangeSet();
  #blocks = 0;
  #more = 0;

  add(from: number, to: number): void {
    this.#blocks += to - from + 1;
    const last = this.#ranges.ranges.at(-1);
    if (this.#ranges.ranges.length < LISTED_MAX || last?.[1] === from - 1)
      this.#ranges.add(from, to);
    else this.#more++;
  }

  told(): Absent {
    return { blocks: this.#blocks, ranges: this.#ranges.ranges, more: this.#more };
  }
}

const isSame = (a: Link, b: Link): boolean => Buffer.compare(a, b) === 0;

/** A gap in a block's own row: the gateway itself could not read the block any more. */
function isGivenUp({ gap, seq }: StoredBlock): boolean {
  if (gap === undefined) return false;
  try {
    const { reason, seqs } = JSON.parse(gap);
    return reason === 'journal-lost' && seqs?.[0] === seq && seqs?.[1] === seq;
  } catch {
    return false;
  }
}
