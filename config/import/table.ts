/**
 * A table of points as people have it: CSV from any spreadsheet, in UTF-8, UTF-16 or GB18030, separated by
 * comma, semicolon or tab, with titles above the line that names the columns. The one file of the gateway that
 * knows csv-parse.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { GatewayError } from '../../gateway/model/errors.ts';
import { COLUMN_NAMES, type Column, columnOf } from './columns.ts';

/** What one tag is made of. */
export interface Row {
  /** As the spreadsheet numbers it, from 1. */
  readonly number: number;
  /** What stands in the column, without blanks around it; empty when nothing does. */
  cell(column: Column): string;
}

export interface Table {
  readonly rows: readonly Row[];
  /** The title of each known column, as written. */
  readonly titles: ReadonlyMap<Column, string>;
  /** The number of each known column, from 1. */
  readonly numbers: ReadonlyMap<Column, number>;
  /** The number of the row that names the columns. */
  readonly header: number;
  /** The titles of columns that are of no use here. */
  readonly unused: readonly string[];
}

export const LARGEST_TABLE = 4 * 2 ** 20;
const MOST_ROWS = 10_000;
/** Titles and notes may stand above the line that names the columns. */
const MOST_LINES_ABOVE = 20;
const SEPARATORS = [',', ';', '\t'];

/** Throws `import.not-a-table`, `import.no-header` and `import.too-many-rows`; `file` is the name to tell. */
export function readTable(bytes: Uint8Array, file: string): Table {
  const text = textOf(bytes, file);
  const headed = SEPARATORS.flatMap((separator) => headedBy(text, separator) ?? []);
  const [best] = headed.toSorted((a, b) => b.columns.size - a.columns.size);
  if (best === undefined) {
    // What the parser says about a broken file says more than "no header".
    recordsOf(text, ',', file);
    throw new GatewayError('import.no-header', { file, known: COLUMN_NAMES.join(', ') });
  }
  const { columns, separator, line } = best;
  const records = recordsOf(text, separator, file);
  const below = records.slice(line + 1);
  if (below.length > MOST_ROWS)
    throw new GatewayError('import.too-many-rows', { count: below.length, max: MOST_ROWS });
  const rows = below.flatMap((cells, i): Row[] => {
    const cell = (column: Column) => (cells[columns.get(column) ?? -1] ?? '').trim();
    const isEmpty = cells.every((one) => one.trim() === '');
    return isEmpty ? [] : [{ number: line + i + 2, cell }];
  });
  const header = records[line] ?? [];
  const titles = [...columns].map(([column, at]) => [column, header[at]?.trim() ?? ''] as const);
  const numbers = [...columns].map(([column, at]) => [column, at + 1] as const);
  const used = new Set(columns.values());
  const unused = header.map((title) => title.trim()).filter((title, i) => title && !used.has(i));
  return { rows, titles: new Map(titles), numbers: new Map(numbers), header: line + 1, unused };
}

/**
 * Every record of a table whose separator is known, without its empty lines; each with the number of its line, from 1. Throws
 * `import.not-a-table`.
 */
export function readRecords(
  bytes: Uint8Array,
  file: string,
  separator: string,
): readonly { readonly line: number; readonly cells: readonly string[] }[] {
  return recordsOf(textOf(bytes, file), separator, file).flatMap((cells, i) =>
    cells.every((cell) => cell.trim() === '') ? [] : [{ line: i + 1, cells }],
  );
}

/** A byte-order mark is believed; else what is not UTF-8 is Chinese text of an older spreadsheet. */
function textOf(bytes: Uint8Array, file: string): string {
  const [a, b] = bytes;
  if (a === 0x50 && b === 0x4b)
    throw new GatewayError('import.not-a-table', { file, reason: 'a workbook (xlsx)' });
  const marked = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : '';
  for (const encoding of marked ? [marked] : ['utf-8', 'gb18030']) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      if (!text.includes('\0')) return text;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  throw new GatewayError('import.not-a-table', { file, reason: 'neither UTF-8 nor GB18030' });
}

interface Headed {
  readonly separator: string;
  /** The index of the record that names the columns. */
  readonly line: number;
  readonly columns: ReadonlyMap<Column, number>;
}

/** The first line that names an address and something else. */
function headedBy(text: string, separator: string): Headed | undefined {
  let records: readonly (readonly string[])[];
  try {
    records = parsed(text, separator, MOST_LINES_ABOVE);
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
  for (const [line, cells] of records.entries()) {
    const columns = new Map<Column, number>();
    for (const [at, title] of cells.entries()) {
      const column = columnOf(title);
      if (column !== undefined && !columns.has(column)) columns.set(column, at);
    }
    if (columns.has('address') && columns.size > 1) return { separator, line, columns };
  }
  return undefined;
}

function recordsOf(text: string, separator: string, file: string): readonly (readonly string[])[] {
  try {
    return parsed(text, separator);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new GatewayError('import.not-a-table', { file, reason: error.message }, error);
  }
}

/** Every line is a record, also an empty one, so that the numbers are those of the spreadsheet. */
const parsed = (text: string, delimiter: string, to?: number): string[][] =>
  parse(text, {
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    ...(to !== undefined && { to }),
  });
