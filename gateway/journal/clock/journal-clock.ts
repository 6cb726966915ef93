/** The table of clocks in the journal's own database: a row with the first block after a change, in its transaction. */
import { type Clock, clockMoment } from '../../host/clock.ts';
import { CLOCK_TRUSTS, type ClockMark } from '../../model/clock-mark.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { SampleBatch } from '../batch.ts';
import { hasUnsynced } from '../blocks/restamp.ts';
import type { Connection } from '../file/journal-file.ts';
import type { ClockCorrection } from '../journal.ts';
import type { ClockStretch } from '../trend/trend-spans.ts';
import {
  type ClockRow,
  ClockRows,
  type CommittedBlock,
  clockRow,
  NO_BOOT,
  type StoredClock,
} from './clock-rows.ts';

/** When a block is stored, by the clock that its samples were stamped by. */
export interface CommitTime {
  readonly committedAt: UtcMs;
  readonly mark: ClockMark;
}

export class JournalClock {
  readonly #clock: Clock;
  readonly #rows: ClockRows;
  readonly #insert;
  readonly #remove;
  readonly #oldest;
  #staged: ClockRow | undefined;

  constructor(connection: Connection, clock: Clock) {
    this.#clock = clock;
    const lastBefore = connection.prepare<[number], { seq: number; committedAt: number }>(
      'SELECT seq, committed_at AS committedAt FROM block WHERE seq < ? ORDER BY seq DESC LIMIT 1',
    );
    const rows = connection
      .prepare<[], StoredClock>('SELECT first, boot, offset, trust FROM clock ORDER BY first')
      .all()
      .map(clockRow);
    this.#rows = new ClockRows(rows, (before) => lastBefore.get(before));
    this.#insert = connection.prepare('INSERT INTO clock VALUES (?, ?, ?, ?)');
    this.#remove = connection.prepare('DELETE FROM clock WHERE first = ?');
    this.#oldest = connection
      .prepare<[], number>('SELECT seq FROM block ORDER BY seq LIMIT 1')
      .pluck();
  }

  /**
   * Of a block that is stored now. `mark` is that of its samples: where the clock was set since, the time of the block
   * is by the clock as it was, so that both fit together.
   */
  timeOf(mark?: ClockMark): CommitTime {
    const now = clockMoment(this.#clock);
    const by = mark?.boot === now.boot ? mark : now;
    return { committedAt: utcMs(Math.round(now.sinceBoot + by.offset)), mark: by };
  }

  /**
   * Of a block that takes the place of others, with some of their samples: where the clock of those was not set it stays
   * under that clock, so that nothing moves them by what another one was off.
   */
  timeInsteadOf(blocks: readonly CommittedBlock[]): CommitTime {
    const rows = new Set(blocks.map(({ seq }) => this.#rows.rowOf(seq)));
    const [row] = rows;
    const last = blocks.at(-1);
    const isUnset = [...rows].some((each) => each?.trust === 'unsynced');
    if (!isUnset || !last) return this.timeOf();
    const { committedAt } = this.timeOf();
    return rows.size === 1 && row
      ? { committedAt: utcMs(last.committedAt), mark: row }
      : { committedAt, mark: { boot: NO_BOOT, offset: 0, trust: 'unsynced' } };
  }

  /** Of a block of another journal: what its clock was worth nobody knows here. */
  timeOfSaved(batch: SampleBatch | undefined): CommitTime {
    const now = this.timeOf();
    const isUnset = batch !== undefined && hasUnsynced(batch);
    return isUnset ? { ...now, mark: { boot: NO_BOOT, offset: 0, trust: 'unsynced' } } : now;
  }

  /** A transaction begins. */
  begin(): void {
    this.#staged = undefined;
  }

  /** In a transaction: a block gets this seq. */
  stage(first: number, { boot, offset, trust }: ClockMark): void {
    if (!this.#rows.isNews({ boot, offset, trust })) return;
    this.#insert.run(first, boot, offset, CLOCK_TRUSTS.indexOf(trust));
    this.#staged = { first, boot, offset, trust };
  }

  /** The transaction is durable. */
  commit(): void {
    if (this.#staged) this.#rows.add(this.#staged);
    this.#staged = undefined;
  }

  /** In a transaction that removed blocks: rows that nothing is under any more leave, too. */
  prune(): void {
    const oldest = this.#oldest.get();
    if (oldest === undefined) return;
    for (const { first } of this.#rows.forget(oldest)) this.#remove.run(first);
  }

  shiftOf(seq: number): number | undefined {
    return this.#rows.shiftOf(seq);
  }

  /** Where the row begins that the next block is under, with this seq and mark. */
  beginOf(seq: number, mark: ClockMark): number {
    return this.#rows.beginOf(seq, mark);
  }

  stretches(head: number): readonly ClockStretch[] {
    return this.#rows.stretches(head);
  }

  corrections(head: number): readonly ClockCorrection[] {
    return this.#rows.corrections(head);
  }

  /** Tells, for this moment, how long ago blocks were stored. */
  ages(): (block: CommittedBlock) => number {
    const now = clockMoment(this.#clock);
    return (block) => this.#rows.ageOf(block, now);
  }
}
