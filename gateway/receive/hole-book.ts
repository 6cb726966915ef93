/** What the store knows of holes: which blocks are whole, which are accounted for, who looks after a journal. */
import type { Range } from '../model/range-set.ts';
import type { Db } from './db.ts';
import { missingIn } from './ranges.ts';

/** A journal whose blocks this receiver looks after for a while. */
export interface JudgedJournal {
  readonly journal: number;
  readonly gw: string;
  readonly epoch: string;
  /** Up to here every block is stored or accounted for. */
  readonly judged: number;
  /** Up to here the gateway was told that its blocks have arrived. */
  readonly acked: number;
}

/** For so long nobody else asks for blocks of a journal. */
const LEASE_MS = 5_000;
/** Blocks that are looked at in one go. */
const MOST_BLOCKS = 100_000;

export class HoleBook {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The journals that are behind, of those that nobody else looks after. */
  lease(receiver: string): Promise<readonly JudgedJournal[]> {
    const { now } = this.#db.dialect;
    const acked = '(SELECT acked FROM watermarks w WHERE w.journal = journals.journal)';
    return this.#db.query(
      `UPDATE journals SET lease_by = $1, lease_until_ms = ${now} + ${LEASE_MS}
        WHERE base IS NOT NULL AND judged < ${acked} AND (lease_by = $1 OR lease_until_ms < ${now})
        RETURNING journal, gw, epoch, judged, ${acked} AS acked`,
      [receiver],
    );
  }

  /** Blocks behind `judged`, up to `upTo` at most, that are neither whole nor accounted for; notes how far all are. */
  async judge({ journal, judged }: JudgedJournal, upTo: number): Promise<readonly Range[]> {
    const to = Math.min(upTo, judged + MOST_BLOCKS);
    if (to <= judged) return [];
    const closed = await this.#db.query<{ first: number; last: number }>(
      `SELECT first, last FROM gaps WHERE journal = $1 AND said IN ('gone', 'unanswered', 'omitted') AND last > $2`,
      [journal, judged],
    );
    const whole = await wholeIn(this.#db, journal, judged + 1, to);
    const gone = closed.map(({ first, last }): Range => [first, last]);
    const holes = missingIn(judged + 1, to, [...whole, ...gone]);
    const settled = (holes[0]?.[0] ?? to + 1) - 1;
    if (settled > judged)
      await this.#db.query('UPDATE journals SET judged = $2 WHERE journal = $1 AND judged < $2', [
        journal,
        settled,
      ]);
    return holes;
  }

  /** `gone`: the gateway does not have them any more · `unanswered`: it was asked often enough. */
  async close(journal: number, said: 'gone' | 'unanswered', ranges: readonly Range[]) {
    for (const [first, last] of ranges)
      await this.#db.query(
        `INSERT INTO gaps (journal, said, seq, first, last) VALUES ($1, $2, $3, $3, $4)
          ON CONFLICT (journal, said, seq) DO UPDATE SET
            last = CASE WHEN excluded.last > gaps.last THEN excluded.last ELSE gaps.last END`,
        [journal, said, first, last],
      );
  }
}

/** The blocks from `first` to `last` of which every part is stored. */
export async function wholeIn(
  db: Db,
  journal: number,
  first: number,
  last: number,
): Promise<readonly Range[]> {
  const rows = await db.query<{ first: number; last: number }>(
    `SELECT min(seq) AS first, max(seq) AS last FROM (
      SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM (
        SELECT seq FROM parts WHERE journal = $1 AND seq BETWEEN $2 AND $3
        GROUP BY seq HAVING count(*) = max(parts_total)) AS whole) AS islands
      GROUP BY island ORDER BY 1`,
    [journal, first, last],
  );
  return rows.map((row): Range => [row.first, row.last]);
}
