/**
 * The rows of which nearly all parts are made, in one loop: a good number of at most three decimals, with the gateway's time,
 * which is that of the row before, and of another tag than that. Pure but for the page.
 */
import type { SampleBatch } from '../journal/batch.ts';
import { type BytePage, WORD_BYTES, writeWords } from './byte-page.ts';
import { isShort, LARGEST_SCALE, MOST_DIGITS, writeDecimal } from './decimal-digits.ts';
import type { SentRows } from './envelope-rows.ts';
import { GATEWAY, GOOD, NUMBER } from './row-facts.ts';

export interface UsualRun {
  /** Places in the order of the rows. */
  readonly from: number;
  readonly to: number;
  /** The tag of the row before. */
  readonly open: number;
  /** Its time, and where that stands on the page, `[time,`. */
  readonly time: number;
  readonly timeAt: number;
  readonly timeLength: number;
  /** All are good numbers with the gateway's time. */
  readonly areUsual: boolean;
}

/** Of the milliseconds until 2286. */
const TIME_BYTES = 2 * WORD_BYTES;
const CLOSING = 0x5d;

/** Gives back the place of the first row that is another. */
export function writeUsualRows(
  page: BytePage,
  samples: SampleBatch,
  rows: SentRows,
  { from, to, open, time, timeAt, timeLength, areUsual }: UsualRun,
): number {
  const { tags, times, kinds, qualities, timeBases, numbers } = samples;
  const { order, isOwnOrder, slotAt, scales, steps, pieces, pieceAt, pieceLengths } = rows;
  const { words } = pieces;
  if (timeLength > TIME_BYTES) return from;
  const view = page.room((to - from) * (rows.longestPiece + TIME_BYTES + MOST_DIGITS + WORD_BYTES));
  const firstOfTime = view.getFloat64(timeAt, true);
  const lastOfTime = view.getFloat64(timeAt + WORD_BYTES, true);
  let at = page.length;
  let before = open;
  let place = from;
  for (; place < to; place++) {
    const row = isOwnOrder ? place : (order[place] as number);
    const slot = isOwnOrder ? place : (slotAt[row] as number);
    const tag = tags[row] as number;
    if (times[row] !== time || tag === before) break;
    const isUsual =
      areUsual || (kinds[row] === NUMBER && qualities[row] === GOOD && timeBases[row] === GATEWAY);
    const number = numbers[row] as number;
    const scale = scales[slot] as number;
    const used = scale || LARGEST_SCALE;
    const rounded = Math.round(number * used);
    if (!isUsual || !isShort(number, rounded, scale)) break;
    before = tag;
    const pieceLength = pieceLengths[slot] as number;
    writeWords(view, at, words, pieceAt[slot] as number, pieceLength);
    at += pieceLength;
    view.setFloat64(at, firstOfTime, true);
    view.setFloat64(at + WORD_BYTES, lastOfTime, true);
    at = writeDecimal(view, at + timeLength, rounded, used, steps[slot] as number);
    view.setInt8(at++, CLOSING);
  }
  page.end(at);
  return place;
}
