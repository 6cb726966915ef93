/**
 * What stays of samples when the journal has no room for all of them: of each tag and minute the lowest, the highest and the
 * last, and every change of quality, of time basis or of a text. Pure.
 */
import type { Decimal } from '../../model/sample.ts';
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';

const SPAN_MS = 60_000;
const NONE = VALUE_KINDS.indexOf('none');
const BOOLEAN = VALUE_KINDS.indexOf('boolean');
const TEXT = VALUE_KINDS.indexOf('string');
const NO_ROW = -1;

type Other = bigint | string | Decimal;

/** One tag while the rows go by; the rows are those of the minute so far. */
interface Passing {
  span: number;
  lowest: number;
  highest: number;
  last: number;
  /** Of the latest row: what must not change unseen. */
  quality: number;
  timeBasis: number;
  text: Other | undefined;
}

/**
 * The rows that stay, in their order. The first of each tag is one of them: it may be a change against what was
 * before.
 */
export function thinned(batch: SampleBatch): SampleBatch {
  const others = othersByRow(batch);
  const stays = new Uint8Array(batch.length);
  const tags = new Map<number, Passing>();
  for (let row = 0; row < batch.length; row++) {
    const tag = batch.tags[row] as number;
    const span = Math.floor((batch.times[row] as number) / SPAN_MS);
    const passing = tags.get(tag);
    if (passing === undefined) {
      stays[row] = 1;
      tags.set(tag, begun(batch, row, span, others.get(row)));
      continue;
    }
    if (passing.span !== span) {
      keep(stays, passing);
      passing.span = span;
      passing.lowest = NO_ROW;
      passing.highest = NO_ROW;
    }
    if (isChange(batch, row, passing, others.get(row))) stays[row] = 1;
    take(batch, row, passing, others);
  }
  for (const passing of tags.values()) keep(stays, passing);
  return rowsOf(batch, stays, others);
}

function begun(
  { kinds, qualities, timeBases }: SampleBatch,
  row: number,
  span: number,
  other: Other | undefined,
): Passing {
  const extreme = kinds[row] === NONE || kinds[row] === TEXT ? NO_ROW : row;
  return {
    span,
    lowest: extreme,
    highest: extreme,
    last: row,
    quality: qualities[row] as number,
    timeBasis: timeBases[row] as number,
    text: kinds[row] === TEXT ? other : undefined,
  };
}

const isChange = (
  { kinds, qualities, timeBases }: SampleBatch,
  row: number,
  passing: Passing,
  other: Other | undefined,
): boolean =>
  qualities[row] !== passing.quality ||
  timeBases[row] !== passing.timeBasis ||
  (kinds[row] === TEXT && other !== passing.text);

function take(
  batch: SampleBatch,
  row: number,
  passing: Passing,
  others: ReadonlyMap<number, Other>,
): void {
  const kind = batch.kinds[row];
  passing.last = row;
  passing.quality = batch.qualities[row] as number;
  passing.timeBasis = batch.timeBases[row] as number;
  if (kind === TEXT) passing.text = others.get(row);
  if (kind === NONE || kind === TEXT) return;
  if (passing.lowest === NO_ROW || isBelow(batch, row, passing.lowest, others))
    passing.lowest = row;
  if (passing.highest === NO_ROW || isBelow(batch, passing.highest, row, others))
    passing.highest = row;
}

/** Compared exactly, whatever kinds of numbers they are. */
function isBelow(
  batch: SampleBatch,
  a: number,
  b: number,
  others: ReadonlyMap<number, Other>,
): boolean {
  if ((batch.kinds[a] as number) <= BOOLEAN && (batch.kinds[b] as number) <= BOOLEAN)
    return (batch.numbers[a] as number) < (batch.numbers[b] as number);
  const [one, two] = [exact(batch, a, others), exact(batch, b, others)];
  if (typeof one === 'number' || typeof two === 'number') return roughly(one) < roughly(two);
  const decimals = Math.max(one.decimals, two.decimals);
  return scaled(one, decimals) < scaled(two, decimals);
}

function exact(
  batch: SampleBatch,
  row: number,
  others: ReadonlyMap<number, Other>,
): number | Decimal {
  const other = others.get(row);
  if (typeof other === 'bigint') return { unscaled: other, decimals: 0 };
  return typeof other === 'object' ? other : (batch.numbers[row] as number);
}

const scaled = ({ unscaled, decimals }: Decimal, to: number): bigint =>
  unscaled * 10n ** BigInt(to - decimals);

const roughly = (value: number | Decimal): number =>
  typeof value === 'number' ? value : Number(value.unscaled) / 10 ** value.decimals;

function keep(stays: Uint8Array, { lowest, highest, last }: Passing): void {
  for (const row of [lowest, highest, last]) if (row !== NO_ROW) stays[row] = 1;
}

function othersByRow({ kinds, others }: SampleBatch): ReadonlyMap<number, Other> {
  const byRow = new Map<number, Other>();
  let at = 0;
  if (others.length > 0)
    for (let row = 0; row < kinds.length; row++)
      if ((kinds[row] as number) > BOOLEAN) byRow.set(row, others[at++] as Other);
  return byRow;
}

function rowsOf(
  batch: SampleBatch,
  stays: Uint8Array,
  others: ReadonlyMap<number, Other>,
): SampleBatch {
  const stay = (_: number, row: number) => stays[row] === 1;
  const tags = batch.tags.filter(stay);
  return {
    length: tags.length,
    tags,
    times: batch.times.filter(stay),
    kinds: batch.kinds.filter(stay),
    qualities: batch.qualities.filter(stay),
    timeBases: batch.timeBases.filter(stay),
    numbers: batch.numbers.filter(stay),
    others: [...others].flatMap(([row, other]) => (stays[row] === 1 ? [other] : [])),
  };
}
