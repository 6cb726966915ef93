/** What a journal keeps beside its blocks, read by the pages of its file: in one state of it. */
import { type Column, type PageSource, recordsOf, rowsFrom } from './sqlite-tree.ts';

export class SmallTables {
  readonly #pages: PageSource;
  readonly #roots: ReadonlyMap<string, number>;

  /** `roots`: the root pages of the tables, by name. */
  constructor(pages: PageSource, roots: ReadonlyMap<string, number>) {
    this.#pages = pages;
    this.#roots = roots;
  }

  has(table: string): boolean {
    return this.#roots.has(table);
  }

  /** What can be read of a table without row ids. */
  records(table: string, onDamage: () => void = () => {}): readonly (readonly Column[])[] {
    const root = this.#roots.get(table);
    return root === undefined ? [] : [...recordsOf(this.#pages, root, onDamage)];
  }

  /** Whether all of a table with row ids can be read. */
  isWhole(table: string): boolean {
    const root = this.#roots.get(table);
    if (root === undefined) return true;
    for (const row of rowsFrom(this.#pages, root, 0)) if ('damage' in row) return false;
    return true;
  }

  /** One row of a table with row ids; undefined where it is not there, or cannot be read. */
  row(table: string, rowid: number): readonly Column[] | undefined {
    const root = this.#roots.get(table);
    if (root === undefined) return undefined;
    for (const row of rowsFrom(this.#pages, root, rowid))
      if (row.rowid !== undefined)
        return row.rowid === rowid && 'columns' in row ? row.columns : undefined;
    return undefined;
  }
}
