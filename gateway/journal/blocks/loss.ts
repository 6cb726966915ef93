/** The gap that stands for removed blocks. Pure. */
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { SampleBatch } from '../batch.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import type { BlockRow } from '../file/journal-rows.ts';
import { type BlockClass, type Gap, seqOf } from '../journal.ts';

/** The samples of a row that has data. Throws MalformedBlock. */
export type DecodeRow = (row: BlockRow) => SampleBatch;

/** `rows` ascending, at least one. Gaps among them hand on what they stand for. */
export function gapOf(rows: readonly BlockRow[], blockClass: BlockClass, decode: DecodeRow): Gap {
  const ends = [rows[0], rows.at(-1), ...rows.filter(({ gap }) => gap)] as readonly BlockRow[];
  const spans = ends.map((row) => spanOf(row, decode));
  const seqs = rows.flatMap(({ seq, gap }) => [seq, gap?.seqs?.from ?? seq, gap?.seqs?.to ?? seq]);
  return {
    reason: 'retention',
    class: blockClass,
    count: rows.reduce<number | undefined>(addSamples, 0),
    seqs: { from: seqOf(Math.min(...seqs)), to: seqOf(Math.max(...seqs)) },
    from: utcMs(Math.min(...spans.map(({ from }) => from))),
    to: utcMs(Math.max(...spans.map(({ to }) => to))),
  };
}

/** Once one count is unknown, so is the sum. */
function addSamples(sum: number | undefined, { samples, gap }: BlockRow): number | undefined {
  if (gap && gap.count === undefined) return undefined;
  return sum === undefined ? undefined : sum + samples + (gap?.count ?? 0);
}

/**
 * When the samples of a block were measured; when it was committed if that cannot be read any more.
 */
function spanOf(row: BlockRow, decode: DecodeRow): { readonly from: UtcMs; readonly to: UtcMs } {
  const { gap, data, committedAt } = row;
  if (gap) return gap;
  try {
    const times = data === undefined ? undefined : decode(row).times;
    if (!times?.length) return { from: committedAt, to: committedAt };
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const time of times) {
      from = Math.min(from, time);
      to = Math.max(to, time);
    }
    return { from: utcMs(from), to: utcMs(to) };
  } catch (error) {
    if (error instanceof MalformedBlock) return { from: committedAt, to: committedAt };
    throw error;
  }
}

/**
 * What a file took with it that could not be read any more: how much and since when, nobody knows.
 */
export const lostFileGap = (now: UtcMs): Gap => ({
  reason: 'journal-lost',
  class: 'telemetry',
  count: undefined,
  seqs: undefined,
  from: utcMs(0),
  to: now,
});
