/**
 * A recorded plant instead of simulated physics: the rows of a CSV file drive the registers of a
 * device. The one file that knows csv-parse.
 *
 * The file: a header line, then rows; separated by `;` or `,`; first column a time
 * `YYYY-MM-DD HH:MM:SS` (taken as UTC), all others numbers.
 *
 * The register map, holding registers: at 0 the number of the row as a uint32 ABCD, 1 for the first;
 * column i (from 0, the time column not counted) is a float32 ABCD at 2 + 2*i. The block of 2 + 2*n
 * registers for n columns fits one request, and a request never sees two rows.
 */
import { readFile } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import type { Cancel, Clock } from '../gateway/host/clock.ts';
import { GatewayError, reasonOf } from '../gateway/model/errors.ts';
import { later, millis, type UtcMs, utcMs } from '../gateway/model/units.ts';
import { MODBUS_LIMITS } from './modbus-slave.ts';
import { createImage, definePoint, type Point, type RegisterImage } from './registers.ts';

export interface Trace {
  /** Headings of the number columns. */
  readonly columns: readonly string[];
  /** At least one. */
  readonly rows: readonly TraceRow[];
}

export interface TraceRow {
  /** From 1. */
  readonly number: number;
  readonly time: UtcMs;
  /** As written; the registers carry `Math.fround` of it. */
  readonly values: readonly number[];
}

/** The name of the point that carries the row number. */
export const ROW_POINT = 'row';

export interface TraceOptions {
  /**
   * recorded: at the pace of the recorded times, `speed` times faster; a time that does not advance
   * counts as the step before it · as-read: a row stays until every register of it went out in an
   * undamaged reply, then the next one takes its place · step: only `advance` moves it.
   */
  readonly pace: 'recorded' | 'as-read' | 'step';
  /** Default 1. */
  readonly speed?: number;
  /** Each row as it takes its place in the registers; the first one before `playTrace` returns. */
  readonly onRow?: (row: TraceRow) => void;
  /**
   * `recorded` and `as-read`: the last row has had its time, or was read. It stays in the
   * registers.
   */
  readonly onEnd?: () => void;
}

export interface TracePlayer {
  /** The registers, for a device. */
  readonly image: RegisterImage;
  /** The row number, then one per column in order. */
  readonly points: readonly Point[];
  row(): TraceRow;
  /** Puts the next row in place; false when the current one is the last. */
  advance(): boolean;
  /** Leaves the current row in place for good. */
  stop(): void;
}

/**
 * Reads a trace file; rejects with `sim.trace-invalid`, which names the line, or with the file
 * system's error.
 */
export async function loadTrace(path: string): Promise<Trace> {
  return parseTrace(await readFile(path, 'utf8'), path);
}

/** Pure; throws `sim.trace-invalid`. */
export function parseTrace(text: string, file: string): Trace {
  const refuse = (line: number, reason: string): never => {
    throw new GatewayError('sim.trace-invalid', { file, line, reason });
  };
  const [header, ...lines] = cellsOf(text, refuse);
  const columns = header?.slice(1) ?? [];
  const widest = MODBUS_LIMITS.registers / 2 - 1;
  if (columns.length < 1 || columns.length > widest)
    refuse(1, `${columns.length} number columns; a trace has 1 to ${Math.floor(widest)}`);
  if (lines.length === 0) refuse(2, 'no rows');
  const rows = lines.map(([time = '', ...cells], at): TraceRow => {
    const line = at + 2;
    const utc = utcOf(time) ?? refuse(line, `"${time}" is no time YYYY-MM-DD HH:MM:SS`);
    const values = cells.map((cell, column) => {
      const value = cell.trim() === '' ? Number.NaN : Number(cell);
      return Number.isFinite(value)
        ? value
        : refuse(line, `"${cell}" in column ${columns[column] ?? column} is no number`);
    });
    return { number: at + 1, time: utc, values };
  });
  return { columns, rows };
}

/** Cells by line; every line has as many as the header. */
function cellsOf(text: string, refuse: (line: number, reason: string) => never): string[][] {
  const header = text.slice(0, text.indexOf('\n'));
  try {
    return parse(text, { delimiter: header.includes(';') ? ';' : ',', quote: null, bom: true });
  } catch (error) {
    const line = error instanceof CsvError && typeof error.lines === 'number' ? error.lines : 1;
    return refuse(line, reasonOf(error));
  }
}

function utcOf(text: string): UtcMs | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const time = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? undefined : utcMs(time);
}

/** Starts at once with the first row. */
export function playTrace(trace: Trace, clock: Clock, options: TraceOptions): TracePlayer {
  const points = pointsOf(trace);
  const steps = stepsOf(trace);
  const unread = new Set<number>();
  let at = 0;
  let due = clock.mono();
  let hasEnded = false;
  let cancel: Cancel = () => {};
  const row = () => trace.rows[at] as TraceRow;
  const [rowPoint, ...columnPoints] = points;
  const column = new Map(columnPoints.map((point, index) => [point, index]));
  const source = (point: Point): number =>
    point === rowPoint ? row().number : (row().values[column.get(point) ?? 0] ?? 0);
  const image = createImage(points, source);
  const show = () => {
    for (let register = 0; register < points.length * 2; register++) unread.add(register);
    options.onRow?.(row());
    if (options.pace !== 'recorded') return;
    due = later(due, millis((steps[at] ?? 0) / (options.speed ?? 1)));
    cancel = clock.at('sim.trace-row', due, next);
  };
  const advance = (): boolean => {
    if (hasEnded || at === trace.rows.length - 1) return false;
    at++;
    show();
    return true;
  };
  const next = () => {
    if (hasEnded || advance()) return;
    hasEnded = true;
    options.onEnd?.();
  };
  show();
  return {
    points,
    row,
    advance,
    image: {
      ...image,
      served(table, address, count) {
        if (options.pace !== 'as-read' || table !== 'holding') return;
        for (let register = address; register < address + count; register++)
          unread.delete(register);
        if (unread.size === 0) next();
      },
    },
    stop() {
      hasEnded = true;
      cancel();
    },
  };
}

const pointsOf = (trace: Trace): readonly Point[] => [
  definePoint({ name: ROW_POINT, table: 'holding', address: 0, type: 'uint32' }),
  ...trace.columns.map((name, at) =>
    definePoint({ name, table: 'holding', address: 2 + 2 * at, type: 'float32' }),
  ),
];

/** How long each row lasts; the last one as long as the one before. */
function stepsOf({ rows }: Trace): readonly number[] {
  const FIRST_GUESS_MS = 1_000;
  let step = FIRST_GUESS_MS;
  return rows.map((row, at) => {
    const difference = (rows[at + 1]?.time ?? row.time) - row.time;
    if (difference > 0) step = difference;
    return step;
  });
}
