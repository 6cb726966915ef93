/** What a journal keeps beside its blocks, read by the pages of its file: in one state of it. */
import { MalformedFile } from './sqlite-pages.ts';
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

  /** All of a table without row ids. Throws MalformedFile where a piece of it cannot be read. */
  records(table: string): readonly (readonly Column[])[] {
    const root = this.#roots.get(table);
    if (root === undefined) return [];
    return [
      ...recordsOf(this.#pages, root, () => {
        throw new MalformedFile(`damage in the table ${table}`);
      }),
    ];
  }

  /** One row of a table with row ids; undefined where it is not there. Throws MalformedFile. */
  row(table: string, rowid: number): readonly Column[] | undefined {
    const root = this.#roots.get(table);
    if (root === undefined) return undefined;
    for (const row of rowsFrom(this.#pages, root, rowid)) {
      if ('damage' in row) throw new MalformedFile(row.damage);
      return row.rowid === rowid ? row.columns : undefined;
    }
    return undefined;
  }
}
