/**
 * Which keys the blocks behind some place refer to. A row's key stands behind its data, so looking is reading all of it:
 * what was seen once is remembered while the place moves on, since a row never changes.
 */
import type { Connection } from '../file/journal-file.ts';

interface KeyedRow {
  readonly seq: number;
  readonly key: number | null;
}

export class KeyWindow {
  readonly #read;
  /** Of the rows that were seen, from `#from` to `#to`, those that refer to a key; ascending. */
  readonly #keys = new Map<number, number>();
  #from = 0;
  #to = -1;

  constructor(connection: Connection) {
    this.#read = connection.prepare<[number, number], KeyedRow>(
      'SELECT seq, key FROM block WHERE seq BETWEEN ? AND ? ORDER BY seq',
    );
  }

  /** The keys of the rows between these two. */
  keysIn(from: number, to: number): ReadonlySet<number> {
    if (from < this.#from || from > this.#to + 1) {
      this.#keys.clear();
      this.#to = from - 1;
    }
    this.#from = from;
    for (const { seq, key } of this.#to < to ? this.#read.all(this.#to + 1, to) : []) {
      if (key !== null) this.#keys.set(seq, key);
      this.#to = seq;
    }
    const keys = new Set<number>();
    for (const [seq, key] of this.#keys)
      if (seq < from) this.#keys.delete(seq);
      else if (seq <= to) keys.add(key);
    return keys;
  }

  /** This row is not there any more. */
  removed(seq: number): void {
    this.#keys.delete(seq);
  }
}
