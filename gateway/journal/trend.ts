/**
 * A tag over time in so many points that a screen shows: from summaries where they are narrow enough, from the blocks
 * themselves elsewhere. Pure; what it reads, its source finds.
 */
import { decimalText, isDecimal } from '../model/sample.ts';
import { type UtcMs, utcMs } from '../model/units.ts';
import { type SampleBatch, VALUE_KINDS } from './batch.ts';
import { SUMMARY_LEVELS, summaryOf, type TagSummary } from './summary.ts';

export interface TrendQuestion {
  readonly from: UtcMs;
  readonly to: UtcMs;
  /** At most so many points, 1 to 10,000; no fewer than a quarter of them where there are samples for more. */
  readonly points: number;
}

/** A stretch of time and what the tag did in it. Stretches without a value have no point. */
export interface TrendPoint extends TagSummary {
  /** The earliest and the latest sample, or summary, that is in it. */
  readonly from: UtcMs;
  readonly to: UtcMs;
}

/** A summary as the source finds it. */
export interface FoundSummary {
  readonly first: number;
  readonly last: number;
  /** Undefined where it cannot be read. */
  readonly read: () => SummaryContent | undefined;
}

export interface SummaryContent {
  readonly from: UtcMs;
  readonly to: UtcMs;
  /** Undefined where the tag had no value in it. */
  readonly tag: TagSummary | undefined;
}

/** What a summary, as it is stored, says of a tag by its number. */
export function summaryContent(batch: SampleBatch, tag: number): SummaryContent {
  const [from = 0, to = 0] = [batch.times[0], batch.times.at(-1)];
  return { from: utcMs(from), to: utcMs(to), tag: summaryOf(batch, tag) };
}

export interface TrendSource {
  /** The first block that was committed at this time or later; head + 1 where there is none. */
  seqAt(time: UtcMs): number;
  readonly head: number;
  /** The first summary of a level that begins at this seq or later. */
  summaryFrom(level: number, seq: number): FoundSummary | undefined;
  /** Telemetry with seqs from `from` to `to`, at most some tens of blocks; the tag's own rows are picked by `isTag`. */
  blocks(from: number, to: number): Iterable<SampleBatch>;
  readonly isTag: (number: number) => boolean;
}

/** A summary may be so many points wide: fewer points are better than a thousand times the work. */
const WIDER = 4;
/** Blocks that are read between two pauses. */
const BLOCKS_AT_ONCE = 64;
/** A sample is committed after it was measured: as much later at most, or else it is not in the trend's last point. */
const COMMIT_AFTER_MS = 60_000;
const STRING = VALUE_KINDS.indexOf('string');
const BIGINT = VALUE_KINDS.indexOf('bigint');
const NONE = VALUE_KINDS.indexOf('none');

/** Yields after each piece of work, so that its caller can do something else between; returns points in order. */
export function* trend(
  source: TrendSource,
  question: TrendQuestion,
): Generator<void, TrendPoint[]> {
  const { from, to } = question;
  const points = new Points(question);
  const end = Math.min(source.head, source.seqAt(utcMs(to + COMMIT_AFTER_MS)));
  let seq = source.seqAt(from);
  while (seq <= end) {
    const summary = widest(source, seq, points.width * WIDER);
    if (summary) {
      points.addSummary(summary.content);
      seq = summary.last + 1;
    } else {
      const next = source.summaryFrom(1, seq + 1)?.first ?? end + 1;
      const last = Math.min(end, next - 1, seq + BLOCKS_AT_ONCE - 1);
      for (const batch of source.blocks(seq, last)) points.addBlock(batch, source, from, to);
      seq = last + 1;
    }
    yield;
  }
  return points.found();
}

/** The widest summary that begins here, not wider than that. */
function widest(source: TrendSource, seq: number, width: number) {
  let best: { readonly last: number; readonly content: SummaryContent } | undefined;
  for (let level = 1; level <= SUMMARY_LEVELS; level++) {
    const found = source.summaryFrom(level, seq);
    if (found?.first !== seq) break;
    const content = found.read();
    if (content === undefined || content.to - content.from > width) break;
    best = { last: found.last, content };
  }
  return best;
}

type Writable = { -readonly [K in keyof TrendPoint]: TrendPoint[K] };

class Points {
  readonly width: number;
  readonly #from: UtcMs;
  readonly #count: number;
  readonly #points = new Map<number, Writable>();

  constructor({ from, to, points }: TrendQuestion) {
    this.#from = from;
    this.#count = points;
    this.width = (to - from) / points;
  }

  addSummary({ from, to, tag }: SummaryContent): void {
    if (tag) this.#add(from, to, tag);
  }

  addBlock(batch: SampleBatch, { isTag }: TrendSource, from: UtcMs, to: UtcMs): void {
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
    const place = Math.floor((middle - this.#from) / this.width);
    const index = Math.min(this.#count - 1, Math.max(0, place));
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
