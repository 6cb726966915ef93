/**
 * A tag over time in so many points that a screen shows: from summaries where they are narrow enough, from the blocks
 * themselves elsewhere. Pure; what it reads, its source finds.
 */
import { decimalText, isDecimal, TIME_BASES } from '../../model/sample.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import { isMixed, SUMMARY_LEVELS, summaryOf, type TagSummary } from '../blocks/summary.ts';
import type { TrendPoint, TrendQuestion } from '../trend-question.ts';
import type { BlockSpan } from './trend-spans.ts';

/** A summary as the source finds it. */
export interface FoundSummary {
  readonly first: number;
  readonly last: number;
  /** Undefined where it cannot be read, or says nothing of when. */
  readonly read: () => SummaryContent | undefined;
}

export interface SummaryContent {
  readonly from: UtcMs;
  readonly to: UtcMs;
  /** Undefined where the tag had no value in it. */
  readonly tag: TagSummary | undefined;
}

/** What a summary, as it is stored, says of a tag by its number. `shift`: what unsynced times under it are moved by. */
export function summaryContent(
  batch: SampleBatch,
  tag: number,
  shift?: number,
): SummaryContent | undefined {
  const unset = batch.timeBases.at(-1) === UNSYNCED;
  if (batch.length === 0 || (unset && shift !== undefined && isMixed(batch))) return undefined;
  const moved = (unset && shift) || 0;
  const [from = 0, to = 0] = [batch.times[0], batch.times.at(-1)];
  return { from: utcMs(from + moved), to: utcMs(to + moved), tag: summaryOf(batch, tag) };
}

export interface TrendSource {
  /** Where samples of that time may be, in order and apart from one another. */
  spans(from: UtcMs, to: UtcMs): Generator<void, readonly BlockSpan[]>;
  /** The seq of the first block with this seq or a later one. */
  blockFrom(seq: number): number | undefined;
  /** The first summary of a level that begins at this seq or later. */
  summaryFrom(level: number, seq: number): FoundSummary | undefined;
  /** Telemetry with seqs from `from` to `to`, at most some tens of blocks, with the times that count. */
  blocks(from: number, to: number): Iterable<SampleBatch>;
  /** Which rows of a batch are the tag's. */
  readonly isTag: (number: number) => boolean;
}

/** A summary may be so many points wide: fewer points are better than a thousand times the work. */
const WIDER = 4;
/** Blocks that are fetched at once. */
const BLOCKS_AT_ONCE = 16;
const UNSYNCED = TIME_BASES.indexOf('unsynced');
const STRING = VALUE_KINDS.indexOf('string');
const BIGINT = VALUE_KINDS.indexOf('bigint');
const NONE = VALUE_KINDS.indexOf('none');

/** Yields after each piece of work, so that its caller can do something else between; returns points in order. */
export function* trend(
  source: TrendSource,
  question: TrendQuestion,
): Generator<void, TrendPoint[]> {
  const points = new Points(question);
  for (const { first, last } of yield* source.spans(question.from, question.to))
    for (let seq = first; seq <= last; yield) {
      const summary = widest(source, seq, question);
      if (summary) {
        points.addSummary(summary.content);
        seq = summary.last + 1;
        continue;
      }
      const next = source.summaryFrom(1, seq + 1)?.first ?? last + 1;
      const end = Math.min(last, next - 1, seq + BLOCKS_AT_ONCE - 1);
      for (const batch of source.blocks(seq, end)) {
        points.addBlock(batch, source);
        yield;
      }
      seq = next === end + 1 ? next : (source.blockFrom(end + 1) ?? last + 1);
    }
  return points.found();
}

/** The widest summary that begins here, if it lies outside the question, or within and is narrow enough. */
function widest(source: TrendSource, seq: number, { from, to, points }: TrendQuestion) {
  const width = ((to - from) / points) * WIDER;
  let best: { readonly last: number; readonly content: SummaryContent } | undefined;
  for (let level = 1; level <= SUMMARY_LEVELS; level++) {
    const found = source.summaryFrom(level, seq);
    if (found?.first !== seq) break;
    const content = found.read();
    if (content === undefined) break;
    const isOutside = content.to < from || content.from > to;
    const isWithin = content.from >= from && content.to <= to;
    if (!isOutside && !(isWithin && content.to - content.from <= width)) break;
    best = { last: found.last, content: isOutside ? { ...content, tag: undefined } : content };
  }
  return best;
}

type Writable = { -readonly [K in keyof TrendPoint]: TrendPoint[K] };

class Points {
  readonly #question: TrendQuestion;
  readonly #width: number;
  readonly #points = new Map<number, Writable>();

  constructor(question: TrendQuestion) {
    this.#question = question;
    this.#width = (question.to - question.from) / question.points;
  }

  addSummary({ from, to, tag }: SummaryContent): void {
    if (tag) this.#add(from, to, tag);
  }

  addBlock(batch: SampleBatch, { isTag }: TrendSource): void {
    const { from, to } = this.#question;
    let other = 0;
    for (let row = 0; row < batch.length; row++) {
      const kind = batch.kinds[row] as number;
      const isOther = kind >= BIGINT;
      const value = isOther ? batch.others[other++] : batch.numbers[row];
      const time = utcMs(batch.times[row] as number);
      if (!isTag(batch.tags[row] as number) || time < from || time > to) continue;
      if (kind === NONE || kind === STRING || value === undefined) continue;
      const number = Number(
        typeof value === 'object' && isDecimal(value) ? decimalText(value) : value,
      );
      if (!Number.isNaN(number)) this.#add(time, time, { low: number, high: number, last: number });
    }
  }

  found(): TrendPoint[] {
    return [...this.#points].sort(([a], [b]) => a - b).map(([, point]) => point);
  }

  #add(from: UtcMs, to: UtcMs, tag: TagSummary): void {
    const middle = from / 2 + to / 2;
    const place = Math.floor((middle - this.#question.from) / this.#width);
    const index = Math.min(this.#question.points - 1, Math.max(0, place));
    const point = this.#points.get(index);
    if (point === undefined) {
      this.#points.set(index, { from, to, ...tag });
      return;
    }
    if (to >= point.to) point.last = tag.last;
    point.from = utcMs(Math.min(point.from, from));
    point.to = utcMs(Math.max(point.to, to));
    point.low = Math.min(point.low, tag.low);
    point.high = Math.max(point.high, tag.high);
  }
}
