/** The cursors of all uplinks together: what all have acknowledged, how far the last is behind, what is to be saved. */
import type { Clock } from '../../host/clock.ts';
import { type Range, RangeSet } from '../../model/range-set.ts';
import { between, type MonoMs, millis } from '../../model/units.ts';
import { type Seq, seqOf } from '../journal.ts';
import { JournalCursor } from './journal-cursor.ts';

/** A crash repeats that much delivery; each write of a cursor is a page of its own. */
const DURABLE_AFTER = millis(5000);

export class JournalCursors {
  readonly #clock: Clock;
  readonly #cursors = new Map<string, JournalCursor>();
  #changedSince: MonoMs | undefined;
  /** A process that dies young again and again still gets on. */
  #hasSaved = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The cursor of this name; made with `known` at the first call. */
  open(uplink: string, known: () => readonly Range[]): JournalCursor {
    let cursor = this.#cursors.get(uplink);
    if (!cursor) {
      cursor = new JournalCursor(uplink, known(), () => {
        this.#changedSince ??= this.#clock.mono();
      });
      this.#cursors.set(uplink, cursor);
    }
    return cursor;
  }

  /** Something was acknowledged that no transaction has taken along. */
  get isChanged(): boolean {
    return this.#changedSince !== undefined;
  }

  /** The same, for as long as an acknowledgement may wait; the first one does not. */
  get isDue(): boolean {
    const since = this.#changedSince;
    if (since === undefined) return false;
    return !this.#hasSaved || between(since, this.#clock.mono()) >= DURABLE_AFTER;
  }

  /** Those that the next transaction has to write. */
  dirty(): readonly JournalCursor[] {
    return [...this.#cursors.values()].filter(({ isDirty }) => isDirty);
  }

  /** The transaction that took these along is durable. */
  saved(cursors: readonly JournalCursor[]): void {
    for (const cursor of cursors) cursor.isDirty = false;
    this.#changedSince = undefined;
    this.#hasSaved = true;
  }

  /** What every uplink has acknowledged; without uplinks all there is. */
  acknowledgedByAll(head: Seq): readonly Range[] {
    const everything = new RangeSet(head > 0 ? [[1, head]] : []);
    return [...this.#cursors.values()].reduce(
      (common, { acknowledged }) => common.intersect(acknowledged),
      everything,
    ).ranges;
  }

  /** How far each uplink is behind, and the first block that it has not acknowledged. */
  behind(head: Seq): { readonly uplink: string; readonly blocks: number; readonly first?: Seq }[] {
    return [...this.#cursors.values()].map((cursor) => {
      const { uplink, acknowledged } = cursor;
      const first = cursor.nextAfter(seqOf(0));
      return { uplink, blocks: head - acknowledged.size, ...(first <= head && { first }) };
    });
  }

  /** Blocks that the slowest uplink has not acknowledged. */
  backlog(head: Seq): number {
    const behind = [...this.#cursors.values()].map(({ acknowledged }) => head - acknowledged.size);
    return Math.max(0, ...behind);
  }

  /** These are not there any more; nobody has to be told of that. */
  pass(seqs: readonly number[]): void {
    for (const { acknowledged } of this.#cursors.values())
      for (const seq of seqs) acknowledged.add(seq);
  }
}
