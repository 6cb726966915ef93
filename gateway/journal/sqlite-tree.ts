/**
 * The rows of one table of an SQLite file, by its pages: https://www.sqlite.org/fileformat2.html §1.6 and §2. Pure
 * but for the pages; knows tables with a row id, and no writing.
 */
import { MalformedFile, type SqlitePages } from './sqlite-pages.ts';

export type Column = null | number | string | Uint8Array;

/** A row, or a piece of the table that cannot be read: what else there is goes on behind it. */
export type FoundRow =
  | { readonly rowid: number; readonly columns: readonly Column[] }
  | { readonly rowid: number | undefined; readonly damage: string };

const INTERIOR = 0x05;
const LEAF = 0x0d;
const FILE_HEADER_BYTES = 100;
/** SQLite's own bound is 20. */
const DEEPEST = 20;
/** No block of a journal is larger. */
const LONGEST_ROW = 300 * 2 ** 20;

/** The root pages of the tables, by name. */
export function tablesOf(pages: SqlitePages): ReadonlyMap<string, number> {
  const tables = new Map<string, number>();
  for (const row of rowsFrom(pages, 1, 0)) {
    if ('damage' in row) throw new MalformedFile(row.damage);
    const [type, name, , root] = row.columns;
    if (type === 'table') tables.set(String(name), Number(root));
  }
  return tables;
}

/** Rows with an id of `from` or more, ascending. Never throws MalformedFile. */
export function* rowsFrom(pages: SqlitePages, root: number, from: number): Generator<FoundRow> {
  yield* new TableWalk(pages, from).rows(root, 0);
}

/** The highest row id; undefined in an empty table. */
export function lastRowid(pages: SqlitePages, root: number): number | undefined {
  let number = root;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const { kind, cells, view, start } = pageOf(pages, number);
    if (kind === INTERIOR) number = view.readUInt32BE(start + 8);
    else if (cells.length === 0) return undefined;
    else return leafCell(view, cells.at(-1) as number).rowid;
  }
  throw new MalformedFile('a tree that is too deep');
}

class TableWalk {
  readonly #pages: SqlitePages;
  readonly #from: number;
  /** A damaged tree may lead in circles. */
  #left: number;

  constructor(pages: SqlitePages, from: number) {
    this.#pages = pages;
    this.#from = from;
    this.#left = pages.pageCount;
  }

  *rows(number: number, depth: number): Generator<FoundRow> {
    let page: Page;
    try {
      if (depth > DEEPEST || this.#left-- <= 0) throw new MalformedFile('a tree that never ends');
      page = pageOf(this.#pages, number);
    } catch (error) {
      yield damaged(error);
      return;
    }
    const { kind, cells, view, start } = page;
    if (kind === LEAF) {
      for (const cell of cells) yield* this.#row(view, cell);
      return;
    }
    for (const cell of cells) {
      if (varint(view, cell + 4).value < this.#from) continue;
      yield* this.rows(view.readUInt32BE(cell), depth + 1);
    }
    yield* this.rows(view.readUInt32BE(start + 8), depth + 1);
  }

  *#row(view: Buffer, cell: number): Generator<FoundRow> {
    let rowid: number | undefined;
    try {
      const found = leafCell(view, cell);
      rowid = found.rowid;
      if (rowid < this.#from) return;
      yield { rowid, columns: columnsOf(payloadOf(this.#pages, view, found)) };
    } catch (error) {
      yield damaged(error, rowid);
    }
  }
}

function damaged(error: unknown, rowid?: number): FoundRow {
  // Offsets that lead out of a page are the damage, too.
  if (error instanceof MalformedFile || error instanceof RangeError)
    return { rowid, damage: error.message };
  throw error;
}

interface Page {
  readonly view: Buffer;
  readonly kind: number;
  /** Where the header of the page begins. */
  readonly start: number;
  /** Where each cell begins. */
  readonly cells: readonly number[];
}

function pageOf(pages: SqlitePages, number: number): Page {
  const view = pages.page(number);
  const start = number === 1 ? FILE_HEADER_BYTES : 0;
  const kind = view.readUInt8(start);
  if (kind !== INTERIOR && kind !== LEAF)
    throw new MalformedFile(`page ${number} is of kind ${kind}`);
  const first = start + (kind === INTERIOR ? 12 : 8);
  const cells = Array.from({ length: view.readUInt16BE(start + 3) }, (_, i) =>
    view.readUInt16BE(first + 2 * i),
  );
  return { view, kind, start, cells };
}

interface LeafCell {
  readonly rowid: number;
  /** Of the whole payload. */
  readonly length: number;
  readonly at: number;
}

function leafCell(view: Buffer, cell: number): LeafCell {
  const length = varint(view, cell);
  const rowid = varint(view, length.end);
  return { rowid: rowid.value, length: length.value, at: rowid.end };
}

/** What does not fit into the page is in a chain of others. */
function payloadOf(pages: SqlitePages, view: Buffer, { length, at }: LeafCell): Buffer {
  const { usable } = pages;
  if (length > LONGEST_ROW) throw new MalformedFile(`a row of ${length} bytes`);
  const most = usable - 35;
  if (length <= most) return within(view, at, length);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const some = least + ((length - least) % (usable - 4));
  const local = some <= most ? some : least;
  const parts = [within(view, at, local)];
  let next = view.readUInt32BE(at + local);
  for (let left = length - local; left > 0; ) {
    if (next === 0) throw new MalformedFile('a row that ends too early');
    const page = pages.page(next);
    const part = within(page, 4, Math.min(left, usable - 4));
    parts.push(part);
    left -= part.length;
    next = page.readUInt32BE(0);
  }
  return Buffer.concat(parts, length);
}

function within(view: Buffer, at: number, length: number): Buffer {
  const part = view.subarray(at, at + length);
  if (part.length < length) throw new MalformedFile('a row that leaves its page');
  return part;
}

function columnsOf(payload: Buffer): Column[] {
  const header = varint(payload, 0);
  const columns: Column[] = [];
  let body = header.value;
  for (let at = header.end; at < header.value; ) {
    const type = varint(payload, at);
    at = type.end;
    const { value, length } = columnOf(payload, body, type.value);
    columns.push(value);
    body += length;
  }
  return columns;
}

/** Bytes of the integers by their serial type. */
const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];

function columnOf(payload: Buffer, at: number, type: number): { value: Column; length: number } {
  const bytes = INTEGER_BYTES[type] ?? 0;
  if (type === 0) return { value: null, length: 0 };
  if (type === 6) return { value: Number(payload.readBigInt64BE(at)), length: 8 };
  if (bytes > 0) return { value: payload.readIntBE(at, bytes), length: bytes };
  if (type === 7) return { value: payload.readDoubleBE(at), length: 8 };
  if (type === 8 || type === 9) return { value: type - 8, length: 0 };
  if (type < 12) throw new MalformedFile(`a column of type ${type}`);
  const length = Math.floor((type - 12) / 2);
  const content = within(payload, at, length);
  return { value: type % 2 === 1 ? content.toString('utf8') : content, length };
}

/** Numbers beyond 2^53, which no journal has, lose digits. */
function varint(view: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = view.readUInt8(at + i);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return { value: value * 256 + view.readUInt8(at + 8), end: at + 9 };
}
