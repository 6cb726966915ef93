/** The numbers of journals and tags: looked up once, made where there are none; known once they are committed. */
import type { Query } from './db.ts';
import { storable } from './rows.ts';

/** Tags kept in mind; beyond it all are looked up anew. */
const MOST = 200_000;
/** In no name: what is storable has none. */
const SEPARATOR = '\0';

export class KnownIds {
  readonly #known = new Map<string, number>();
  readonly #fresh = new Map<string, number>();

  journal(query: Query, gw: string, epoch: string): Promise<number> {
    return this.#idOf(query, 'journals', ['journal', 'gw', 'epoch'], storable(gw), epoch);
  }

  tag(query: Query, gw: string, name: string): Promise<number> {
    return this.#idOf(query, 'tags', ['tag', 'gw', 'name'], storable(gw), name);
  }

  /** The transaction is committed … */
  keep(): void {
    if (this.#known.size + this.#fresh.size > MOST) this.#known.clear();
    for (const [key, id] of this.#fresh) this.#known.set(key, id);
    this.#fresh.clear();
  }

  /** … or it is not. */
  forget(): void {
    this.#fresh.clear();
  }

  async #idOf(
    query: Query,
    table: string,
    [id, first, second]: readonly [string, string, string],
    ...names: [string, string]
  ): Promise<number> {
    const key = [table, ...names].join(SEPARATOR);
    const known = this.#known.get(key) ?? this.#fresh.get(key);
    if (known !== undefined) return known;
    const find = `SELECT ${id} AS id FROM ${table} WHERE ${first} = $1 AND ${second} = $2`;
    let [row] = await query<{ id: number }>(find, names);
    if (row === undefined) {
      await query(
        `INSERT INTO ${table} (${first}, ${second}) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
        names,
      );
      [row] = await query<{ id: number }>(find, names);
    }
    const found = row?.id ?? 0;
    this.#fresh.set(key, found);
    return found;
  }
}
