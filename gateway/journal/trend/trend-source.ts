/** What a trend is made of, from the tables of the open journal. */
import type { SampleBatch } from '../batch.ts';
import type { StoredBlock } from '../blocks/block-decoder.ts';
import { restamped } from '../blocks/restamp.ts';
import type { ThinnedTimes } from '../blocks/thinned-times.ts';
import { decodeBlock } from '../codec/block-codec.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import type { JournalRows } from '../file/journal-rows.ts';
import type { SalvagedTimes } from '../salvage/salvaged-times.ts';
import { summaryContent, type TrendSource } from './trend.ts';
import { type BlockSpan, type ClockStretch, joined, spanIn } from './trend-spans.ts';

export interface TrendTables {
  readonly rows: JournalRows;
  readonly decode: (block: StoredBlock) => SampleBatch;
  readonly head: number;
  /** The clocks of the blocks up to the head. */
  readonly stretches: readonly ClockStretch[];
  /** What unsynced times of a block are moved by; never those of a salvaged one. */
  readonly shiftOf: (seq: number) => number | undefined;
  /** Undefined where nothing was ever lost. */
  readonly thinned: ThinnedTimes | undefined;
  readonly salvaged: SalvagedTimes;
}

/** Clocks that are looked at in one step. */
const STRETCHES_AT_ONCE = 16;

/** `tag` is the journal's number of it. Blocks and summaries that cannot be read are passed over. */
export function trendSource(tables: TrendTables, tag: number): TrendSource {
  const { rows, decode, head, shiftOf } = tables;
  const timeOf = (seq: number) => {
    const [row] = rows.read(seq, 1);
    return row && unlessDamaged(() => decode(row))?.times.at(-1);
  };
  return {
    *spans(from, to) {
      const spans: BlockSpan[] = [];
      for (const [index, stretch] of tables.stretches.entries()) {
        const span = spanIn(stretch, { from, to }, (seq) => rows.committedFrom(seq));
        if (span) spans.push(span);
        if (index % STRETCHES_AT_ONCE === 0) yield;
      }
      if (tables.thinned) {
        yield* tables.thinned.look(head);
        tables.thinned.forget(rows.committedFrom(1)?.seq ?? head + 1);
        spans.push(...tables.thinned.within(from, to, shiftOf));
      }
      yield* tables.salvaged.look(head);
      spans.push(...(yield* tables.salvaged.within(from, to, timeOf)));
      return joined(spans);
    },
    blockFrom: (seq) => rows.committedFrom(seq)?.seq,
    summaryFrom: (level, seq) => {
      const row = rows.summaryFrom(level, seq);
      return row && { ...row, read: () => readSummary(row, tag, shiftOf(row.first)) };
    },
    *blocks(from, to) {
      for (const row of rows.read(from, to - from + 1)) {
        if (row.seq > to) return;
        if (row.class !== 'telemetry' || row.data === undefined) continue;
        const batch = unlessDamaged(() => decode(row));
        if (batch) yield restamped(batch, shiftOf(row.seq));
      }
    },
    isTag: (number) => number === tag,
  };
}

function readSummary(
  { data, seal }: { readonly data: Uint8Array; readonly seal: string },
  tag: number,
  shift: number | undefined,
) {
  const batch = unlessDamaged(() => decodeBlock(data, seal));
  return batch && summaryContent(batch, tag, shift);
}

function unlessDamaged(read: () => SampleBatch): SampleBatch | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedBlock) return undefined;
    throw error;
  }
}
