/**
 * Of which time the blocks are that were saved from a damaged file. They were saved in runs, each from its oldest to its
 * newest or the other way round: so the blocks of a time are found by looking into a few.
 */
import type { Connection } from '../file/journal-file.ts';
import type { BlockSpan } from '../trend/trend-spans.ts';

/** Rows of one look. */
const ROWS_AT_ONCE = 2_000;
/** Gaps have no time: so many blocks are tried for one. */
const TRIES_MAX = 64;
/** A sample lies so far from its neighbours at most, or else it is missed. */
const AROUND_MS = 120_000;

interface SalvagedRow {
  readonly seq: number;
  readonly epoch: string;
  readonly was: number;
}

interface Run {
  readonly first: number;
  last: number;
  /** 0 while it is one block long. */
  direction: -1 | 0 | 1;
  readonly epoch: string;
  lastWas: number;
}

/** The time of a block, as it is stored; undefined where it has no samples, or cannot be read. */
export type TimeOfBlock = (seq: number) => number | undefined;

export class SalvagedTimes {
  readonly #select;
  readonly #next;
  readonly #runs: Run[] = [];
  #seen = 0;

  constructor(connection: Connection) {
    this.#select = connection.prepare<[number, number, number], SalvagedRow>(
      'SELECT seq, epoch, was FROM salvage WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
    );
    this.#next = connection
      .prepare<[number], number>('SELECT seq FROM salvage WHERE seq >= ? ORDER BY seq LIMIT 1')
      .pluck();
  }

  /** Takes in what came up to `head`; each step is short. */
  *look(head: number): Generator<void, void> {
    while (this.#seen < head) {
      const rows = this.#select.all(this.#seen, head, ROWS_AT_ONCE);
      for (const row of rows) this.#take(row);
      this.#seen = rows.length < ROWS_AT_ONCE ? head : (rows.at(-1)?.seq ?? head);
      yield;
    }
  }

  /** Those of that time, and perhaps others between them; each step looks into a few blocks. */
  *within(from: number, to: number, timeOf: TimeOfBlock): Generator<void, BlockSpan[]> {
    const spans: BlockSpan[] = [];
    for (const { first, last, direction } of this.#runs) {
      const [low, high] = [from - AROUND_MS, to + AROUND_MS];
      const isDown = direction < 0;
      const begins = yield* this.#place(first, last, timeOf, (time) =>
        isDown ? time <= high : time >= low,
      );
      const ends = yield* this.#place(first, last, timeOf, (time) =>
        isDown ? time < low : time > high,
      );
      if (begins < ends) spans.push({ first: begins, last: ends - 1 });
    }
    return spans;
  }

  #take({ seq, epoch, was }: SalvagedRow): void {
    const run = this.#runs.at(-1);
    const direction = run && was > run.lastWas ? 1 : -1;
    if (run?.epoch === epoch && (run.direction === 0 || run.direction === direction)) {
      run.last = seq;
      run.lastWas = was;
      run.direction = direction;
    } else this.#runs.push({ first: seq, last: seq, direction: 0, epoch, lastWas: was });
  }

  /** The first of a run from which on it holds; behind the last where it never does. */
  *#place(
    first: number,
    last: number,
    timeOf: TimeOfBlock,
    holds: (time: number) => boolean,
  ): Generator<void, number> {
    let [from, to] = [first, last + 1];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const found = this.#timed(middle, to, timeOf);
      yield;
      if (found === undefined || holds(found.time)) to = middle;
      else from = found.seq + 1;
    }
    return from;
  }

  #timed(from: number, end: number, timeOf: TimeOfBlock) {
    let seq = this.#next.get(from);
    for (let tries = 0; seq !== undefined && seq < end && tries < TRIES_MAX; tries++) {
      const time = timeOf(seq);
      if (time !== undefined) return { seq, time };
      seq = this.#next.get(seq + 1);
    }
    return undefined;
  }
}
