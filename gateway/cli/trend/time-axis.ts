/** The axis of times under a plot, at round times of the site's zone. Pure. */
import { type UtcMs, utcMs } from '../../model/units.ts';

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30, 90, 365].map((n) => n * DAY),
];
/** In columns: `08:00` and some blanks; a tick whose time finds no room has none. */
const TICK_ROOM = 8;

/** Two lines of `columns` characters at most: the line with its ticks, and the times below them. */
export function timeAxis(
  { from, to }: { readonly from: UtcMs; readonly to: UtcMs },
  columns: number,
  /** `2026-01-01 08:00:10`, in the zone. */
  stamp: (time: UtcMs) => string,
): readonly [line: string, labels: string] {
  const room = Math.max(1, Math.floor(columns / TICK_ROOM));
  const step = STEPS_MS.find((each) => (to - from) / each <= room) ?? to - from;
  const whole = (time: number) => stamp(utcMs(Math.floor(time / SECOND) * SECOND));
  const offset =
    Date.parse(`${whole(from).replace(' ', 'T')}Z`) - Math.floor(from / SECOND) * SECOND;
  const line = Array.from({ length: columns }, () => '─');
  let labels = '';
  let day = '';
  for (let time = Math.ceil((from + offset) / step) * step - offset; time <= to; time += step) {
    const column = Math.min(columns - 1, Math.floor(((time - from) / (to - from)) * columns));
    line[column] = '┴';
    const [date = '', clock = ''] = whole(time).split(' ');
    const hour = step < MINUTE ? clock : clock.slice(0, 5);
    const label = step >= DAY ? date.slice(5) : date === day ? hour : `${date.slice(5)} ${hour}`;
    const at = Math.max(0, Math.min(column - Math.floor(label.length / 2), columns - label.length));
    if (at <= labels.length && labels !== '') continue;
    labels = labels.padEnd(at) + label;
    day = date;
  }
  return [line.join(''), labels];
}
