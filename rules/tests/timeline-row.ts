/**
 * The rows of a timeline: what a tag showed, where a condition was true, when something was done. A row is a line of
 * columns, each a slice of time. Pure.
 */
import { cutTo, widthOf } from '../../gateway/host/text-width.ts';
import type { Change } from './rule-test-track.ts';

/** From times to columns. */
export interface Scale {
  /** In milliseconds. */
  readonly length: number;
  /** Of the time; behind it stands what is at its very end. */
  readonly columns: number;
}

export const columnOf = ({ length, columns }: Scale, at: number): number =>
  Math.min(columns, Math.floor((at * columns) / length + 1e-9));

interface Band<T> {
  readonly from: number;
  readonly to: number;
  readonly is: T;
}

/** How something that lasts is written: the first of the texts that fits, and with what it goes on. */
export interface BandText {
  readonly texts: readonly string[];
  readonly fill: string;
  /** For telling a rise from a fall where there is no room for texts. */
  readonly number?: number;
}

/** `60 ────── 80 ─────`; what changes faster than texts can be written is a slope, `60 /////// 80`. */
export function bandRow<T>(
  changes: readonly Change<T>[],
  scale: Scale,
  textOf: (is: T) => BandText,
): string {
  const row = new Row(scale.columns);
  const bands = bandsOf(changes, scale).map((band) => ({ ...band, is: textOf(band.is) }));
  let slope: Band<BandText>[] = [];
  for (const band of bands) {
    const text = band.is.texts.find((one) => widthOf(one) < band.to - band.from);
    if (text === undefined) {
      slope.push(band);
      continue;
    }
    drawSlope(row, slope);
    slope = [];
    row.put(band.from, text);
    const from = band.from + widthOf(text) + 1;
    row.put(from, band.is.fill.repeat(Math.max(0, band.to - from - 1)));
  }
  drawSlope(row, slope);
  return row.text();
}

/** Bands that are all too short for a text. */
function drawSlope(row: Row, bands: readonly Band<BandText>[]): void {
  const [first, last] = [bands[0], bands.at(-1)];
  if (first === undefined || last === undefined) return;
  const numbers = bands.map(({ is }) => is.number ?? Number.NaN);
  const goes = (by: (a: number, b: number) => boolean) =>
    numbers.every((value, i) => i === 0 || by(numbers[i - 1] ?? Number.NaN, value));
  const fill =
    bands.length === 1 ? '|' : goes((a, b) => a < b) ? '/' : goes((a, b) => a > b) ? '\\' : '~';
  const [begin, end] = [first.is.texts[0] ?? '', last.is.texts[0] ?? ''];
  const room = last.to - first.from - 1 - widthOf(begin) - widthOf(end) - 2;
  if (bands.length > 1 && room > 1) row.put(first.from, `${begin} ${fill.repeat(room)} ${end}`);
  else row.put(first.from, fill.repeat(Math.max(1, last.to - first.from - 1)));
}

const TRUTHS = { true: '█', false: '_', unknown: '?', brief: '▒' } as const;

/** `___████__??`: true, false, unknown; a truth too brief to be seen leaves a ▒. */
export function truthRow(changes: readonly Change<boolean | undefined>[], scale: Scale): string {
  const row = new Row(scale.columns);
  for (const { from, to, is } of bandsOf(changes, scale))
    if (to > from) row.put(from, TRUTHS[`${is ?? 'unknown'}`].repeat(to - from));
  for (const [i, { at }] of changes.entries()) {
    const next = changes[i + 1];
    const column = columnOf(scale, at);
    if (next && columnOf(scale, next.at) === column && column < scale.columns)
      row.put(column, TRUTHS.brief);
  }
  return row.text();
}

/** From each change to the next, in columns; of no width where both fall into one. */
function bandsOf<T>(changes: readonly Change<T>[], scale: Scale): readonly Band<T>[] {
  return changes.map(({ at, is }, i) => {
    const next = changes[i + 1];
    return { from: columnOf(scale, at), to: next ? columnOf(scale, next.at) : scale.columns, is };
  });
}

export interface Mark {
  readonly at: number;
  readonly text: string;
  /** Not as it should be. */
  readonly isWrong: boolean;
}

/** With its sign; less of it says nothing. */
const SHORTEST_TEXT = 4;

/** `^active   !cleared`: what was done when, and behind `!` what should not have been so. `room`: of the row. */
export function markRow(marks: readonly Mark[], scale: Scale, room: number): string {
  const row = new Row(room);
  const columns = [...Map.groupBy(marks, ({ at }) => columnOf(scale, at))].sort(
    ([a], [b]) => a - b,
  );
  for (const [i, [column, together]] of columns.entries()) {
    const next = columns[i + 1]?.[0] ?? room + 1;
    const shown = together.find(({ isWrong }) => isWrong) ?? together[0];
    if (shown === undefined) continue;
    const more = together.length > 1 ? `+${together.length - 1}` : '';
    const sign = shown.isWrong ? '!' : '^';
    const space = next - column - 1;
    row.put(column, space < SHORTEST_TEXT ? sign : cutTo(`${sign}${shown.text}${more}`, space));
  }
  return row.text();
}

/** 1 2 5 below a second, then what clocks show. */
const TICKS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((m) => m * 60_000),
  ...[1, 2, 3, 6, 12, 24, 48, 168, 720, 2_160, 8_760].map((h) => h * 3_600_000),
];
const CLOSEST_TICKS = 9;

/** The times, and below them the ruler. */
export function axisRows(
  scale: Scale,
  room: number,
  timeText: (ms: number) => string,
): readonly [times: string, ruler: string] {
  const { length, columns } = scale;
  const tick = TICKS.find((ms) => (ms * columns) / length >= CLOSEST_TICKS) ?? length;
  const [times, ruler] = [new Row(room), new Row(room)];
  ruler.put(0, '─'.repeat(columns));
  for (let at = 0; at <= length; at += tick) {
    const column = columnOf(scale, at);
    times.put(column, timeText(at));
    ruler.put(column, at === 0 ? '├' : '┼');
  }
  if (length % tick !== 0) ruler.put(columns, '┤');
  return [times.text(), ruler.text()];
}

/** Columns of a terminal; a wide character takes two of them. */
class Row {
  readonly #cells: string[];

  constructor(columns: number) {
    this.#cells = new Array<string>(columns + 1).fill(' ');
  }

  /** What does not fit is left away. */
  put(column: number, text: string): void {
    let at = column;
    for (const character of text) {
      const width = widthOf(character);
      if (at + width > this.#cells.length) return;
      this.#cells[at] = character;
      if (width === 2) this.#cells[at + 1] = '';
      at += width;
    }
  }

  text(): string {
    return this.#cells.join('').trimEnd();
  }
}
