/** Tags over time as plots for a terminal: of each moment the lowest to the highest value. Pure. */
import type { ToldTrend } from '../../health/trend-answer.ts';
import { padTo, widthOf } from '../../host/text-width.ts';
import type { TrendPoint } from '../../journal/trend-question.ts';
import type { Language } from '../../model/errors.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import { harmless } from '../columns.ts';
import { shortStamps } from '../local-stamp.ts';
import type { Words } from '../verb.ts';
import { DOT_COLUMNS, DOT_ROWS, DotCanvas } from './braille.ts';
import { timeAxis } from './time-axis.ts';

export type FoundTrend = Extract<ToldTrend, { found: 'trend' }>;

export interface TrendView {
  readonly language: Language;
  readonly from: UtcMs;
  readonly to: UtcMs;
  readonly timezone: string;
  /** A time as the site reads it. */
  readonly stamp: (time: UtcMs) => string;
  /** Of the terminal, in columns. */
  readonly width: number;
  /** Puts a text into colour where that is wanted. */
  readonly paint: (color: 'bold' | 'cyan' | 'dim', text: string) => string;
}

/** Of the plot, in lines: of one tag, of each of several. */
const [ROWS_ALONE, ROWS_AMONG] = [12, 5];
const COLUMNS_MIN = 16;
const COLUMNS_MAX = 200;
/** As many columns as a value takes at each side of a plot. */
const SIDE = 13;
const DIGITS_MAX = 6;

const WORDS = {
  last: { en: 'last', zh: '最新' },
  low: { en: 'lowest', zh: '最低' },
  high: { en: 'highest', zh: '最高' },
  none: {
    en: 'no number was stored in this time',
    zh: '该时段内没有存储数值',
  },
} as const satisfies Record<string, Words>;

/** How many points are worth asking for on a terminal that wide. */
export const pointsFor = (width: number): number => columnsFor(width) * DOT_COLUMNS;

const columnsFor = (width: number): number =>
  Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, width - 2 * SIDE));

export function renderTrends(trends: readonly FoundTrend[], view: TrendView): string {
  const { from, to, stamp, timezone, paint } = view;
  const whole = (time: number) => stamp(utcMs(Math.floor(time / 1000) * 1000));
  const span = paint('dim', `${whole(from)} – ${whole(to)}  ${timezone}`);
  const rows = trends.length === 1 ? ROWS_ALONE : ROWS_AMONG;
  return [span, ...trends.map((trend) => plotOf(trend, rows, view).join('\n'))].join('\n\n');
}

function plotOf({ tag, unit, decimals, points }: FoundTrend, rows: number, view: TrendView) {
  const { language, paint, from, to, stamp, width } = view;
  const name = paint('bold', harmless(tag));
  const last = points.at(-1);
  if (last === undefined) return [`${name}  ${WORDS.none[language]}`];
  const low = Math.min(...points.map((point) => point.low));
  const high = Math.max(...points.map((point) => point.high));
  const text = (value: number) => numberText(value, (high - low) / rows, decimals);
  const withUnit = (value: number) => `${text(value)}${unit ? ` ${harmless(unit)}` : ''}`;
  const at = shortStamps(stamp, to)(last.to);
  const facts = [
    `${WORDS.last[language]} ${withUnit(last.last)} (${at})`,
    `${WORDS.low[language]} ${withUnit(low)}`,
    `${WORDS.high[language]} ${withUnit(high)}`,
  ];
  const columns = columnsFor(width);
  const scale = scaleOf(low, high, rows * DOT_ROWS);
  const lines = dotsOf(points, { from, to }, scale, columns, rows);
  const lastRow = Math.floor(scale(last.last) / DOT_ROWS);
  const labels = lines.map((_, row) => labelOf(row, rows, low, high, withUnit));
  const side = Math.max(...labels.map(widthOf));
  const body = lines.map((line, row) => {
    const label = labels[row] ?? '';
    const left = ' '.repeat(side - widthOf(label)) + label;
    const right = row === lastRow ? ` ← ${withUnit(last.last)}` : '';
    return `${left} ${label === '' ? '│' : '┤'}${paint('cyan', padTo(line, columns))}${right}`.trimEnd();
  });
  const [axis, times] = timeAxis({ from, to }, columns, stamp);
  const blank = ' '.repeat(side);
  return [
    `${name}  ${facts.join('  ')}`,
    ...body,
    `${blank} └${axis}`,
    `${blank}  ${times}`.trimEnd(),
  ];
}

/** The highest above, the lowest below, and the middle where there is room. */
function labelOf(
  row: number,
  rows: number,
  low: number,
  high: number,
  text: (value: number) => string,
): string {
  if (row === 0) return high === low ? '' : text(high);
  if (row === rows - 1) return high === low ? '' : text(low);
  const middle = Math.floor(rows / 2);
  return row === middle
    ? text(high === low ? low : high - ((high - low) * (row + 0.5)) / rows)
    : '';
}

/** The row of dots that a value is in, 0 above. */
const scaleOf =
  (low: number, high: number, dots: number) =>
  (value: number): number =>
    high === low ? Math.floor(dots / 2) : Math.round(((high - value) / (high - low)) * (dots - 1));

function dotsOf(
  points: readonly TrendPoint[],
  { from, to }: { readonly from: UtcMs; readonly to: UtcMs },
  scale: (value: number) => number,
  columns: number,
  rows: number,
): string[] {
  const canvas = new DotCanvas(columns, rows);
  const most = columns * DOT_COLUMNS - 1;
  const place = (time: number) =>
    Math.min(most, Math.max(0, Math.floor(((time - from) / (to - from)) * (most + 1))));
  for (const point of points)
    canvas.fill(place(point.from), place(point.to), scale(point.high), scale(point.low));
  return canvas.lines();
}

/** With as many digits as the steps of the plot need, and no more than the device shows. */
function numberText(value: number, step: number, decimals: number | undefined): string {
  if (value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-6))
    return value.toPrecision(4);
  if (step === 0) return String(Number(value.toFixed(decimals ?? DIGITS_MAX)));
  const needed = Math.max(0, Math.ceil(-Math.log10(step)) + 1);
  return value.toFixed(Math.min(decimals ?? DIGITS_MAX, needed, DIGITS_MAX));
}
