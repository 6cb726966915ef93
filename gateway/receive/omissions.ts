/** What an uplink does not want, as the store knows it: whole blocks among the gaps, and how much of the others. */
import type { Envelope } from '../forward/envelope-reader.ts';
import type { Range } from '../model/range-set.ts';
import type { Db, Query } from './db.ts';

/** These blocks have nothing for this receiver. What follows what was told before makes one row with it. */
export async function writeOmitted(query: Query, journal: number, seqs: readonly Range[]) {
  for (const [first, last] of seqs) {
    const joined = await query(
      `UPDATE gaps SET last = $3 WHERE journal = $1 AND said = 'omitted' AND last = $2 - 1 RETURNING seq`,
      [journal, first, last],
    );
    if (joined.length > 0) continue;
    await query(
      `INSERT INTO gaps (journal, said, seq, first, last) VALUES ($1, 'omitted', $2, $2, $3)
        ON CONFLICT (journal, said, seq) DO UPDATE SET
          last = CASE WHEN excluded.last > gaps.last THEN excluded.last ELSE gaps.last END`,
      [journal, first, last],
    );
  }
}

/** How many samples of a block do not come, because nobody wants them here. */
export async function writePartlyOmitted(
  query: Query,
  parts: readonly { readonly journal: number; readonly envelope: Envelope }[],
): Promise<void> {
  for (const { journal, envelope } of parts)
    if (envelope.omitted > 0)
      await query(
        `INSERT INTO gaps (journal, said, seq, samples) VALUES ($1, 'partly', $2, $3) ON CONFLICT DO NOTHING`,
        [journal, envelope.seq, envelope.omitted],
      );
}

/** What of the blocks from `first` to `last` was left out as a whole. */
export async function omittedIn(db: Db, journal: number, first: number, last: number) {
  const rows = await db.query<{ first: number; last: number }>(
    `SELECT first, last FROM gaps WHERE journal = $1 AND said = 'omitted' AND first <= $3 AND last >= $2`,
    [journal, first, last],
  );
  return rows.map((row): Range => [row.first, row.last]);
}

/** Samples that were left out of the blocks from `first` to `last` of which others came. */
export async function samplesOmittedIn(db: Db, journal: number, first: number, last: number) {
  const [row] = await db.query<{ samples: number | null }>(
    `SELECT sum(samples) AS samples FROM gaps WHERE journal = $1 AND said = 'partly' AND seq BETWEEN $2 AND $3`,
    [journal, first, last],
  );
  return Number(row?.samples ?? 0);
}
