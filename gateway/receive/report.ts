/** What of the days that gateways have told is stored: complete or not, and what is missing. */
import type { Range } from '../model/range-set.ts';
import type { Db } from './db.ts';
import { wholeIn } from './hole-book.ts';
import { omittedIn, samplesOmittedIn } from './omissions.ts';
import { commonOf, lengthOf, missingIn } from './ranges.ts';

export interface JournalReport {
  readonly gw: string;
  readonly epoch: string;
  /** As the newest watermark says; undefined where none was heard. */
  readonly head: number | undefined;
  readonly acked: number | undefined;
  /** From this block on a missing one is asked for. */
  readonly base: number | undefined;
  readonly days: readonly DayReport[];
}

export interface DayReport {
  /** `2026-11-30`, UTC; undefined: what has come since the last day that is over. */
  readonly day: string | undefined;
  readonly first: number;
  readonly last: number;
  readonly stored: number;
  /** Not stored, and the gateway says that they are gone. */
  readonly gone: number;
  /** Not stored, because the uplink does not want them. */
  readonly omitted: number;
  /** The same of samples of blocks that are stored. */
  readonly omittedSamples: number;
  /** Nothing of it. */
  readonly missing: number;
  readonly missingRanges: readonly Range[];
  readonly isComplete: boolean;
  /** Of the last block, as it was first told. */
  readonly link: string | undefined;
  /** The gateway told another one later: the day was changed, or somebody else speaks. */
  readonly otherLink: string | undefined;
}

interface JournalRow {
  readonly journal: number;
  readonly gw: string;
  readonly epoch: string;
  readonly base: number | null;
  readonly head: number | null;
  readonly acked: number | null;
}

interface DayRow {
  readonly day: string;
  readonly first: number;
  readonly last: number;
  readonly link: string;
  readonly other_link: string | null;
}

const RANGES_TOLD = 20;

export async function reportOf(db: Db): Promise<readonly JournalReport[]> {
  const journals = await db.query<JournalRow>(
    `SELECT j.journal, gw, epoch, base, head, acked FROM journals j
      LEFT JOIN watermarks w ON w.journal = j.journal ORDER BY gw, j.journal`,
  );
  const reports: JournalReport[] = [];
  for (const { journal, gw, epoch, base, head, acked } of journals) {
    const rows = await db.query<DayRow>(
      'SELECT day, first, last, link, other_link FROM days WHERE journal = $1 ORDER BY day',
      [journal],
    );
    const days: DayReport[] = [];
    for (const row of rows) days.push(await dayOf(db, journal, row));
    const since = (rows.at(-1)?.last ?? (base ?? 1) - 1) + 1;
    if (acked !== null && acked >= since)
      days.push(await dayOf(db, journal, { first: since, last: acked }));
    reports.push({
      ...{ gw, epoch, days },
      ...{ head: head ?? undefined, acked: acked ?? undefined, base: base ?? undefined },
    });
  }
  return reports;
}

async function dayOf(
  db: Db,
  journal: number,
  row: Pick<DayRow, 'first' | 'last'> & Partial<DayRow>,
): Promise<DayReport> {
  const { day, first, last, link, other_link: otherLink } = row;
  const absent = missingIn(first, last, await wholeIn(db, journal, first, last));
  const told = await db.query<{ first: number; last: number }>(
    `SELECT first, last FROM gaps
      WHERE journal = $1 AND said IN ('gap', 'gone', 'omitted') AND first <= $3 AND last >= $2`,
    [journal, first, last],
  );
  const gaps = told.map((gap): Range => [gap.first, gap.last]);
  const missingRanges = absent.flatMap(([from, to]) => missingIn(from, to, gaps));
  const [blocks, missing] = [last - first + 1, lengthOf(missingRanges)];
  const stored = blocks - lengthOf(absent);
  const omitted = lengthOf(commonOf(absent, await omittedIn(db, journal, first, last)));
  return {
    ...{ day, first, last, stored, missing, link, otherLink: otherLink ?? undefined },
    ...{ omitted, omittedSamples: await samplesOmittedIn(db, journal, first, last) },
    gone: blocks - stored - missing - omitted,
    missingRanges: missingRanges.slice(0, RANGES_TOLD),
    isComplete: missing === 0,
  };
}
