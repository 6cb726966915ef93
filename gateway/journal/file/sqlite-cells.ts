/**
 * What one page of an SQLite file holds: cells, records, columns. https://www.sqlite.org/fileformat2.html §1.6 and §2.
 * Pure but for the pages that a long row goes on in.
 */
import { MalformedFile } from './sqlite-pages.ts';

/** Where pages come from. `page` throws MalformedFile where there is none of that number. */
export interface PageSource {
  /** Of a page, without what is reserved at its end. */
  readonly usable: number;
  /** No tree has more. */
  readonly pageCount: number;
  /** The first page has the header of the file before its own. */
  page(number: number): Buffer;
}

export type Column = null | number | string | Uint8Array;

/** A row, or a piece of the table that cannot be read: what else there is goes on behind it. */
export type FoundRow =
  | { readonly rowid: number; readonly columns: readonly Column[] }
  | { readonly rowid: number | undefined; readonly damage: string };

export const INTERIOR = 0x05;
export const LEAF = 0x0d;
export const INDEX_INTERIOR = 0x02;
export const INDEX_LEAF = 0x0a;
const FILE_HEADER_BYTES = 100;
/** No block of a journal is larger. */
const LONGEST_ROW = 300 * 2 ** 20;

/** What one page holds, whoever points to it. */
export type FoundPage =
  | { readonly kind: 'table'; readonly page: Page; readonly cells: readonly number[] }
  | { readonly kind: 'index'; readonly page: Page; readonly cells: readonly number[] };

/** A leaf of a table, or any page of an index; undefined where the page is neither. */
export function foundPage(view: Buffer, number: number): FoundPage | undefined {
  try {
    const page = pageIn(view, number);
    const { kind, cells } = page;
    const inside = cells.filter((cell) => cell >= page.start + 8 && cell < view.length);
    if (kind === LEAF) return { kind: 'table', page, cells: inside };
    if (kind === INDEX_LEAF || kind === INDEX_INTERIOR)
      return { kind: 'index', page, cells: inside };
    return undefined;
  } catch (error) {
    damaged(error);
    return undefined;
  }
}

/** The row in a cell of a leaf. Never throws MalformedFile. */
export function rowAt(pages: PageSource, { view }: Page, cell: number): FoundRow {
  let rowid: number | undefined;
  try {
    const found = leafCell(view, cell);
    rowid = found.rowid;
    return { rowid, columns: columnsOf(payloadOf(pages, view, found, mostInLeaf(pages))) };
  } catch (error) {
    return damaged(error, rowid);
  }
}

/** The record in a cell of an index; undefined where it cannot be read. */
export function recordAt(
  pages: PageSource,
  { view, kind }: Page,
  cell: number,
): readonly Column[] | undefined {
  try {
    const length = varint(view, kind === INDEX_INTERIOR ? cell + 4 : cell);
    const found = { rowid: 0, length: length.value, at: length.end };
    return columnsOf(payloadOf(pages, view, found, mostInIndex(pages)));
  } catch (error) {
    damaged(error);
    return undefined;
  }
}

/** The row id and the length of the row in a cell of a leaf, and what of the row is in the page. */
export function cellHead(
  pages: Pick<PageSource, 'usable'>,
  { view }: Page,
  cell: number,
): { readonly rowid: number; readonly length: number; readonly local: Buffer } | undefined {
  try {
    const { rowid, length, at } = leafCell(view, cell);
    if (length > LONGEST_ROW) return undefined;
    return { rowid, length, local: within(view, at, localBytes(pages, length, mostInLeaf(pages))) };
  } catch (error) {
    damaged(error);
    return undefined;
  }
}

/** The lengths of the columns of a record, which `head` begins; undefined where it is none. */
export function columnTypes(
  head: Buffer,
): { readonly types: readonly number[]; readonly bytes: number } | undefined {
  try {
    const header = varint(head, 0);
    const types: number[] = [];
    let bytes = header.value;
    let at = header.end;
    while (at < header.value) {
      const type = varint(head, at);
      at = type.end;
      types.push(type.value);
      bytes += bytesOfType(type.value);
    }
    return at === header.value ? { types, bytes } : undefined;
  } catch (error) {
    damaged(error);
    return undefined;
  }
}

export function damaged(error: unknown, rowid?: number): FoundRow {
  // Offsets that lead out of a page are the damage, too.
  if (error instanceof MalformedFile || error instanceof RangeError)
    return { rowid, damage: error.message };
  throw error;
}

export interface Page {
  readonly view: Buffer;
  readonly kind: number;
  /** Where the header of the page begins. */
  readonly start: number;
  /** Where each cell begins. */
  readonly cells: readonly number[];
}

export const pageOf = (pages: PageSource, number: number): Page =>
  pageIn(pages.page(number), number);

function pageIn(view: Buffer, number: number): Page {
  const start = number === 1 ? FILE_HEADER_BYTES : 0;
  const kind = view.readUInt8(start);
  if (![INTERIOR, LEAF, INDEX_INTERIOR, INDEX_LEAF].includes(kind))
    throw new MalformedFile(`page ${number} is of kind ${kind}`);
  const first = start + (kind === INTERIOR || kind === INDEX_INTERIOR ? 12 : 8);
  const cells = Array.from({ length: view.readUInt16BE(start + 3) }, (_, i) =>
    view.readUInt16BE(first + 2 * i),
  );
  return { view, kind, start, cells };
}

export const childAt = (view: Buffer, cell: number): number =>
  cell + 4 <= view.length ? view.readUInt32BE(cell) : 0;

interface LeafCell {
  readonly rowid: number;
  /** Of the whole payload. */
  readonly length: number;
  readonly at: number;
}

export function leafCell(view: Buffer, cell: number): LeafCell {
  const length = varint(view, cell);
  const rowid = varint(view, length.end);
  return { rowid: rowid.value, length: length.value, at: rowid.end };
}

const mostInLeaf = ({ usable }: Pick<PageSource, 'usable'>): number => usable - 35;
const mostInIndex = ({ usable }: PageSource): number => Math.floor(((usable - 12) * 64) / 255) - 23;

/** How much of a payload is in its page. */
function localBytes({ usable }: Pick<PageSource, 'usable'>, length: number, most: number): number {
  if (length <= most) return length;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const some = least + ((length - least) % (usable - 4));
  return some <= most ? some : least;
}

/** What does not fit into the page is in a chain of others. */
function payloadOf(
  pages: PageSource,
  view: Buffer,
  { length, at }: LeafCell,
  most: number,
): Buffer {
  const { usable } = pages;
  if (length > LONGEST_ROW) throw new MalformedFile(`a row of ${length} bytes`);
  const local = localBytes(pages, length, most);
  if (local === length) return within(view, at, length);
  if (length > pages.pageCount * usable) throw new MalformedFile(`a row of ${length} bytes`);
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

function bytesOfType(type: number): number {
  if (type === 10 || type === 11) throw new MalformedFile(`a column of type ${type}`);
  if (type === 7) return 8;
  return type < 12 ? (INTEGER_BYTES[type] ?? 0) : Math.floor((type - 12) / 2);
}

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
export function varint(view: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = view.readUInt8(at + i);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return { value: value * 256 + view.readUInt8(at + 8), end: at + 9 };
}
