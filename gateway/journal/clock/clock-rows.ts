/**
 * What the rows of the table of clocks say of the blocks between them: how far times of an unset clock were off, and
 * how old a block really is. Pure but for the rows that it is given.
 */
import {
  CLOCK_TRUSTS,
  type ClockMark,
  type ClockMoment,
  type ClockTrust,
  isSameClock,
} from '../../model/clock-mark.ts';
import { type ClockCorrection, seqOf } from '../journal.ts';
import type { ClockStretch } from '../trend/trend-spans.ts';

/** Of the block `first` and of those behind it, up to the next row. */
export interface ClockRow extends ClockMark {
  readonly first: number;
}

/** A row as it is stored; `trust` is an index. */
export interface StoredClock {
  readonly first: number;
  readonly boot: string;
  readonly offset: number;
  readonly trust: number;
}

/** A trust that this version does not know is none. */
export const clockRow = ({ first, boot, offset, trust }: StoredClock): ClockRow => ({
  first,
  boot,
  offset,
  trust: CLOCK_TRUSTS[trust] ?? ('unsynced' satisfies ClockTrust),
});

/** One boot, as far as its blocks tell. */
interface Boot {
  /** Its first block. */
  readonly first: number;
  /** At least so long it lasted, ms: until the last block that is known. */
  lasted: number;
}

/** More of them, by a clock that is set each minute, leave with their blocks. */
const ROWS_KEPT_MAX = 1_024;

/** The boot of blocks whose samples may be of several clocks: nothing is known of them. */
export const NO_BOOT = '';

export interface CommittedBlock {
  readonly seq: number;
  readonly committedAt: number;
}

/** Where the last block of a boot stands, for `ClockRows`: its seq lies before `before`. */
export type LastBlockBefore = (before: number) => CommittedBlock | undefined;

export class ClockRows {
  #rows: ClockRow[];
  #boots = new Map<string, Boot>();
  /** Of each boot the first row that was confirmed. */
  readonly #confirmed = new Map<string, ClockRow>();

  /** `rows` ascending. */
  constructor(rows: readonly ClockRow[], lastBefore: LastBlockBefore = () => undefined) {
    this.#rows = [...rows];
    for (const [index, row] of rows.entries()) this.#note(row, rows[index - 1], lastBefore);
    const last = rows.at(-1);
    if (last) this.#end(last, lastBefore(Number.MAX_SAFE_INTEGER));
  }

  get rows(): readonly ClockRow[] {
    return this.#rows;
  }

  /** Whether a block that is stored with this mark begins a row. */
  isNews(mark: ClockMark): boolean {
    const last = this.#rows.at(-1);
    return last === undefined || !isSameClock(last, mark);
  }

  add(row: ClockRow): void {
    this.#note(row, this.#rows.at(-1), () => undefined);
    this.#rows.push(row);
  }

  /** The row that a block is under; undefined for one from before there were rows. */
  rowOf(seq: number): ClockRow | undefined {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rows[middle] as ClockRow).first <= seq) low = middle + 1;
      else high = middle;
    }
    return this.#rows[low - 1];
  }

  /** Where the row begins that a block with this seq, the next one, and this mark is under. */
  beginOf(seq: number, mark: ClockMark): number {
    return this.isNews(mark) ? seq : (this.#rows.at(-1)?.first ?? seq);
  }

  /** The blocks of each row, and those from before there were rows; `head` is the newest block. */
  stretches(head: number): readonly ClockStretch[] {
    const stretches = this.#rows.map((row, index) => ({
      first: row.first,
      last: (this.#rows[index + 1]?.first ?? head + 1) - 1,
      shift: this.#shiftOf(row),
      isUnset: row.trust === 'unsynced',
    }));
    const [{ first } = { first: head + 1 }] = stretches;
    const before = { first: 1, last: first - 1, shift: undefined, isUnset: false };
    return first > 1 ? [before, ...stretches] : stretches;
  }

  /** What the unsynced times of a block have to be moved by; undefined: nobody knows, or none of them is unsynced. */
  shiftOf(seq: number): number | undefined {
    const row = this.rowOf(seq);
    return row && this.#shiftOf(row);
  }

  /** All that is known, ascending; `head` is the newest block. */
  corrections(head: number): readonly ClockCorrection[] {
    const found: ClockCorrection[] = [];
    for (const [index, row] of this.#rows.entries()) {
      const shift = this.#shiftOf(row);
      if (shift === undefined) continue;
      const to = seqOf((this.#rows[index + 1]?.first ?? head + 1) - 1);
      const last = found.at(-1);
      const isMore = last?.seqs.to === row.first - 1 && last.shift === shift;
      if (isMore) found.pop();
      found.push({ seqs: { from: isMore ? last.seqs.from : seqOf(row.first), to }, shift });
    }
    return found;
  }

  /**
   * How long ago a block was stored, ms, never more than is certain. Within a boot the kernel's clock tells, however
   * wall time was set. Over boots confirmed wall time tells, of both; else, and at least, what the boots since are
   * known to have lasted.
   */
  ageOf({ seq, committedAt }: CommittedBlock, now: ClockMoment): number {
    const row = this.rowOf(seq);
    const boot = row && this.#boots.get(row.boot);
    if (row === undefined || boot === undefined) return this.#lastedBehind(seq, now);
    const storedAt = committedAt - row.offset;
    if (row.boot === now.boot) return Math.max(0, now.sinceBoot - storedAt);
    const ran = Math.max(0, boot.lasted - storedAt);
    const atLeast = ran + this.#lastedBehind(boot.first, now);
    const then = this.#confirmed.get(row.boot)?.offset;
    const here = now.trust === 'synced' ? now.offset : this.#confirmed.get(now.boot)?.offset;
    if (then === undefined || here === undefined) return atLeast;
    return Math.max(atLeast, now.sinceBoot + here - (storedAt + then));
  }

  /**
   * The rows that no block is under any more and no correction needs; `oldest` is the oldest block that is there. They
   * are forgotten here. Those of the newest boot stay: what was delivered of it may still have to be corrected.
   */
  forget(oldest: number): readonly ClockRow[] {
    const place = this.#rows.findLastIndex(({ first }) => first <= oldest);
    const here = this.#rows[place]?.boot;
    const newest = this.#rows.length <= ROWS_KEPT_MAX ? this.#rows.at(-1)?.boot : undefined;
    const gone = this.#rows.filter(
      (row, index) =>
        index < place &&
        row.boot !== newest &&
        (row.boot !== here || this.#confirmed.get(here) !== row),
    );
    if (gone.length === 0) return [];
    const leaving = new Set(gone);
    this.#rows = this.#rows.filter((row) => !leaving.has(row));
    for (const [boot, row] of this.#confirmed) if (leaving.has(row)) this.#confirmed.delete(boot);
    const boots = new Set(this.#rows.map(({ boot }) => boot));
    for (const boot of this.#boots.keys()) if (!boots.has(boot)) this.#boots.delete(boot);
    return gone;
  }

  #shiftOf({ boot, offset, trust }: ClockRow): number | undefined {
    const truth = trust === 'unsynced' ? this.#confirmed.get(boot) : undefined;
    return truth && truth.offset - offset;
  }

  /** What the boots behind a block lasted, and this one if it is behind it. */
  #lastedBehind(seq: number, now: ClockMoment): number {
    const here = this.#boots.get(now.boot);
    let sum = here && here.first <= seq ? 0 : now.sinceBoot;
    for (const [boot, { first, lasted }] of this.#boots)
      if (first > seq && boot !== now.boot) sum += lasted;
    return sum;
  }

  #note(row: ClockRow, before: ClockRow | undefined, lastBefore: LastBlockBefore): void {
    if (row.trust === 'synced' && !this.#confirmed.has(row.boot))
      this.#confirmed.set(row.boot, row);
    if (before && before.boot !== row.boot) this.#end(before, lastBefore(row.first));
    if (row.boot !== NO_BOOT && !this.#boots.has(row.boot))
      this.#boots.set(row.boot, { first: row.first, lasted: 0 });
  }

  #end(row: ClockRow, last: CommittedBlock | undefined): void {
    const boot = this.#boots.get(row.boot);
    if (boot && last && last.seq >= row.first)
      boot.lasted = Math.max(boot.lasted, last.committedAt - row.offset);
  }
}
