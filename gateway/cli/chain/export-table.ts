/** A journal as a table for people: a sample a row, a loss a row of its own. Pure. */
import { fromBatch } from '../../journal/batch.ts';
import type { ChainEvent } from '../../journal/chain/chain-event.ts';
import { exactText } from '../../journal/chain/hash-chain.ts';
import { isDecimal, type Sample, type TagId, type Value } from '../../model/sample.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';

/** The mark at the beginning tells spreadsheets that it is UTF-8. */
export const TABLE_HEADER = '\uFEFFtime,tag,value,unit,quality,time_basis,seq';

/** Days and what was delivered and removed have no rows. */
export function* tableRows(
  event: ChainEvent,
  unitOf: (tag: TagId) => string | undefined,
): Generator<string> {
  if (event.kind === 'damaged') yield lossRow(undefined, `damaged: ${event.reason}`, event.seq);
  if (event.kind !== 'block') return;
  const { seq, samples, gap, committedAt } = event;
  if (samples)
    for (const sample of fromBatch(samples.batch, samples.tagOf))
      yield sampleRow(sample, unitOf, seq);
  if (gap === undefined) return;
  const { reason, count, from, to } = JSON.parse(gap);
  const lost = count === undefined ? 'samples' : `${count} samples`;
  const since = from > 0 ? utcMs(from) : undefined;
  const words = `${reason}: ${lost} lost up to ${stamp(utcMs(to ?? committedAt))}`;
  yield lossRow(since, words, seq);
}

function sampleRow(
  { tag, value, quality, time, timeBasis }: Sample,
  unitOf: (tag: TagId) => string | undefined,
  seq: number,
): string {
  const cells = [stamp(time), tag, cellOf(value), unitOf(tag) ?? '', quality, timeBasis, seq];
  return cells.map((cell) => quoted(String(cell))).join(',');
}

const lossRow = (time: UtcMs | undefined, words: string, seq: number | undefined): string =>
  [time === undefined ? '' : stamp(time), '', '', '', quoted(words), '', seq ?? ''].join(',');

function cellOf(value: Value | null): string {
  if (value === null) return '';
  if (isDecimal(value)) return exactText(value);
  // A spreadsheet would take it for a formula.
  if (typeof value === 'string') return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return Object.is(value, -0) ? '-0' : String(value);
}

const quoted = (cell: string): string =>
  /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

/** ISO 8601, UTC; what is no time that a calendar has stays a number. */
function stamp(time: UtcMs): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
