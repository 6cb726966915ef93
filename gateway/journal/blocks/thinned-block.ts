/** The block that stands for several: what stays of them and, as its gap, how much does not. Pure. */
import { joinBatches, type SampleBatch } from '../batch.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import type { BlockRow } from '../file/journal-rows.ts';
import { type Gap, seqOf } from '../journal.ts';
import { extentOf } from '../north/lane.ts';
import type { NewBlock } from './block-maker.ts';
import type { DecodeRow } from './loss.ts';
import { thinned } from './thinning.ts';

/** It has to save that much. */
const SAVED_SHARE = 0.5;

/**
 * `rows` ascending, at least one, none of them a gap; `encode` as a block that stands alone. Undefined where it would not
 * save half, or a row cannot be read.
 */
export function thinnedBlock(
  rows: readonly BlockRow[],
  decode: DecodeRow,
  encode: (batch: SampleBatch) => Uint8Array<ArrayBuffer>,
): NewBlock | undefined {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  try {
    const whole = joinBatches(rows.map(decode));
    if (whole.length === 0) return undefined;
    const batch = thinned(whole);
    const data = encode(batch);
    const before = rows.reduce((sum, row) => sum + (row.data?.length ?? 0), 0);
    if (data.length > before * SAVED_SHARE) return undefined;
    const { count, from, to } = extentOf(whole);
    const seqs = { from: seqOf(first.seq), to: seqOf(last.seq) };
    const lost = count - batch.length;
    const gap: Gap = { reason: 'thinned', class: 'telemetry', count: lost, seqs, from, to };
    return { class: 'telemetry', batch, gap, data, key: undefined, summaries: [] };
  } catch (error) {
    if (error instanceof MalformedBlock) return undefined;
    throw error;
  }
}
