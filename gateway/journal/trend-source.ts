/** What a trend is made of, from the tables of the open journal. */

import type { UtcMs } from '../model/units.ts';
import type { SampleBatch } from './batch.ts';
import { decodeBlock } from './block-codec.ts';
import type { StoredBlock } from './block-decoder.ts';
import { MalformedBlock } from './byte-stream.ts';
import type { JournalRows } from './journal-rows.ts';
import { summaryContent, type TrendSource } from './trend.ts';

/** `tag` is the journal's number of it. Blocks and summaries that cannot be read are passed over. */
export function trendSource(
  rows: JournalRows,
  decode: (block: StoredBlock) => SampleBatch,
  head: number,
  tag: number,
): TrendSource {
  return {
    head,
    seqAt: (time) => seqAt(rows, time, head),
    summaryFrom: (level, seq) => {
      const row = rows.summaryFrom(level, seq);
      return row && { ...row, read: () => readSummary(row.data, tag) };
    },
    *blocks(from, to) {
      for (const row of rows.read(from, to - from + 1)) {
        if (row.seq > to || row.class !== 'telemetry' || row.data === undefined) continue;
        const batch = unlessDamaged(() => decode(row));
        if (batch) yield batch;
      }
    },
    isTag: (number) => number === tag,
  };
}

/** Commits follow the wall clock: where that was set back the answer is one of the places where it stood there. */
function seqAt(rows: JournalRows, time: UtcMs, head: number): number {
  let [low, high] = [1, head + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = rows.committedFrom(middle);
    if (found === undefined || found.seq >= high || found.committedAt >= time) high = middle;
    else low = found.seq + 1;
  }
  return low;
}

function readSummary(data: Uint8Array, tag: number) {
  const batch = unlessDamaged(() => decodeBlock(data));
  return batch && summaryContent(batch, tag);
}

function unlessDamaged(read: () => SampleBatch): SampleBatch | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedBlock) return undefined;
    throw error;
  }
}
