/**
 * Where the log ends: its totals, and the newest batch of each origin. Each block carries them in its own row, so that a
 * commit writes no page of their own; what changes them without a block writes them into the table of positions.
 */

import type { Totals } from '../blocks/totals.ts';
import { type BatchKey, seqOf } from '../journal.ts';
import type { JournalRows, OriginPosition } from './journal-rows.ts';

/** What a block's row says of the log up to it. JSON of this is the column `state`. */
export type TailState = readonly [
  blocks: number,
  samples: number,
  gaps: number,
  lost: number,
  /** Whose row it is: `markOf` the journal's epoch. */
  mark: string,
  /** The newest batch there was: its origin, its number, its block. */
  origin?: string,
  number?: number,
  seq?: number,
];

/** Tells a row of this journal from one of another. */
export const markOf = (epoch: string): string => epoch.slice(0, 8);

interface Newest extends OriginPosition {
  readonly origin: string;
}

export class JournalTail {
  readonly #rows: JournalRows;
  readonly #mark: string;
  #totals: Totals;
  #newest: Newest | undefined;

  constructor(rows: JournalRows, epoch: string) {
    this.#rows = rows;
    this.#mark = markOf(epoch);
    this.#totals = rows.totals();
    const last = rows.lastState();
    if (last === undefined || last.seq <= this.#totals.head) return;
    const [blocks, samples, gaps, lost, , origin, number, seq] = last.state;
    this.#totals = { head: last.seq, blocks, samples, gaps, lost };
    if (origin !== undefined && number !== undefined && seq !== undefined)
      this.#newest = { origin, number, seq: seqOf(seq) };
  }

  get totals(): Totals {
    return this.#totals;
  }

  /** The newest batch of an origin. */
  origin(origin: string): OriginPosition | undefined {
    return this.#newest?.origin === origin ? this.#newest : this.#rows.origin(origin);
  }

  /**
   * What the row of the next block says. To be called in its transaction; `commit` follows when that is durable.
   */
  stateWith(totals: Totals, key: BatchKey | undefined): TailState {
    const newest = this.#newestWith(totals, key);
    // Of another origin the row remembers nothing any more.
    if (key && this.#newest && this.#newest.origin !== key.origin) this.#saveOrigin(this.#newest);
    const { blocks, samples, gaps, lost } = totals;
    return newest
      ? [blocks, samples, gaps, lost, this.#mark, newest.origin, newest.number, newest.seq]
      : [blocks, samples, gaps, lost, this.#mark];
  }

  /** In a transaction that changes the totals without a block. */
  save(totals: Totals): void {
    this.#rows.saveTotals(totals);
    if (this.#newest) this.#saveOrigin(this.#newest);
  }

  /** The transaction is durable; `key` is that of its block. */
  commit(totals: Totals, key?: BatchKey): void {
    this.#newest = this.#newestWith(totals, key);
    this.#totals = totals;
  }

  #newestWith(totals: Totals, key: BatchKey | undefined): Newest | undefined {
    return key ? { ...key, seq: seqOf(totals.head) } : this.#newest;
  }

  #saveOrigin({ origin, number, seq }: Newest): void {
    this.#rows.saveOrigin(origin, { number, seq });
  }
}
