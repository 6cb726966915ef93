/**
 * The rows of one table of an SQLite file, by its pages: https://www.sqlite.org/fileformat2.html §1.6 and §2. Pure
 * but for the pages; knows tables with a row id, and no writing.
 */
import {
  type Column,
  childAt,
  damaged,
  type FoundRow,
  INDEX_INTERIOR,
  INDEX_LEAF,
  INTERIOR,
  LEAF,
  leafCell,
  type Page,
  type PageSource,
  pageOf,
  recordAt,
  rowAt,
  varint,
} from './sqlite-cells.ts';
import { MalformedFile } from './sqlite-pages.ts';

export type { Column, FoundRow, PageSource } from './sqlite-cells.ts';

/** SQLite's own bound is 20. */
const DEEPEST = 20;

/** The root pages of the tables, by name. */
export function tablesOf(pages: PageSource): ReadonlyMap<string, number> {
  const tables = new Map<string, number>();
  for (const row of rowsFrom(pages, 1, 0)) {
    if ('damage' in row) throw new MalformedFile(row.damage);
    const [type, name, , root] = row.columns;
    if (type === 'table') tables.set(String(name), Number(root));
  }
  return tables;
}

/** Rows with an id of `from` or more, ascending. Never throws MalformedFile. */
export function* rowsFrom(pages: PageSource, root: number, from: number): Generator<FoundRow> {
  yield* new TableWalk(pages, from).rows(root, 0);
}

/**
 * The records of an index, or of a table without row ids, ascending; what cannot be read is left out and told by
 * `onDamage`. Never throws MalformedFile.
 */
export function* recordsOf(
  pages: PageSource,
  root: number,
  onDamage: () => void = () => {},
): Generator<readonly Column[]> {
  let left = pages.pageCount;
  const walk = function* (number: number, depth: number): Generator<readonly Column[]> {
    let page: Page;
    try {
      if (depth > DEEPEST || left-- <= 0) throw new MalformedFile('a tree that never ends');
      page = pageOf(pages, number);
      if (page.kind !== INDEX_INTERIOR && page.kind !== INDEX_LEAF)
        throw new MalformedFile(`page ${number} is of kind ${page.kind}`);
    } catch (error) {
      damaged(error);
      onDamage();
      return;
    }
    const { view, cells, start } = page;
    for (const cell of cells) {
      if (page.kind === INDEX_INTERIOR) yield* walk(childAt(view, cell), depth + 1);
      const record = recordAt(pages, page, cell);
      if (record) yield record;
      else onDamage();
    }
    if (page.kind === INDEX_INTERIOR) yield* walk(view.readUInt32BE(start + 8), depth + 1);
  };
  yield* walk(root, 0);
}

/** The highest row id; undefined in an empty table. */
export function lastRowid(pages: PageSource, root: number): number | undefined {
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
  readonly #pages: PageSource;
  readonly #from: number;
  /** A damaged tree may lead in circles. */
  #left: number;

  constructor(pages: PageSource, from: number) {
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
      for (const cell of cells) yield* this.#row(page, cell);
      return;
    }
    if (kind !== INTERIOR) {
      yield { rowid: undefined, damage: `page ${number} is of kind ${kind}` };
      return;
    }
    for (const cell of cells) {
      if (varint(view, cell + 4).value < this.#from) continue;
      yield* this.rows(view.readUInt32BE(cell), depth + 1);
    }
    yield* this.rows(view.readUInt32BE(start + 8), depth + 1);
  }

  *#row(page: Page, cell: number): Generator<FoundRow> {
    const row = rowAt(this.#pages, page, cell);
    if (row.rowid === undefined || row.rowid >= this.#from) yield row;
  }
}
