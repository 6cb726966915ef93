/** What a journal knows of blocks that were saved from a damaged file, FORMAT.md: prepared statements, no decisions. */

import { RangeSet } from '../../model/range-set.ts';
import type { Connection } from '../file/journal-file.ts';
import type { TailState } from '../file/journal-tail.ts';
import type { BlockName } from '../journal.ts';

/** How far the salvage of a file has come. JSON of this is the position `journal`, `salvage`. */
export interface SalvageProgress {
  /** The name of the file, without its folder. */
  readonly file: string;
  /** What its journal was taken for; missing in what an older version wrote. */
  readonly epoch?: string;
  /** Blocks saved so far, and the samples in them. */
  readonly blocks: number;
  readonly samples: number;
}

export class SalvageRows {
  readonly #connection: Connection;
  readonly #insert;
  readonly #find;
  readonly #saveProgress;
  /** Between these seqs there are some. */
  #span: { first: number; last: number } | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#insert = connection.prepare('INSERT INTO salvage VALUES (?, ?, ?)');
    this.#find = connection.prepare<[number], { epoch: string; was: number }>(
      'SELECT epoch, was FROM salvage WHERE seq = ?',
    );
    this.#saveProgress = connection.prepare(
      `INSERT OR REPLACE INTO position VALUES ('journal', 'salvage', ?)`,
    );
    const { first, last } = connection
      .prepare<[], { first: number | null; last: number | null }>(
        'SELECT min(seq) AS first, max(seq) AS last FROM salvage',
      )
      .get() ?? { first: null, last: null };
    if (first !== null && last !== null) this.#span = { first, last };
  }

  insert(seq: number, { epoch, seq: was }: BlockName): void {
    this.#insert.run(seq, epoch, was);
    this.#span = { first: Math.min(seq, this.#span?.first ?? seq), last: seq };
  }

  /** What the block was called in the file it was saved from; undefined: it never was in another. */
  find(seq: number): BlockName | undefined {
    if (this.#span === undefined || seq < this.#span.first || seq > this.#span.last)
      return undefined;
    const row = this.#find.get(seq);
    return row && { epoch: row.epoch, seq: row.was };
  }

  /** The blocks of a journal that are here already. */
  saved(epoch: string): RangeSet {
    const saved = new RangeSet();
    const rows = this.#connection
      .prepare<[string], number>('SELECT was FROM salvage WHERE epoch = ? ORDER BY was')
      .pluck();
    for (const was of rows.iterate(epoch)) saved.add(was);
    return saved;
  }

  /** The oldest batch of the field side, where one of the first rows says so. */
  firstBatch(): { readonly origin: string; readonly number: number } | undefined {
    const states = this.#connection
      .prepare<[], string>('SELECT state FROM block WHERE state IS NOT NULL ORDER BY seq LIMIT 16')
      .pluck();
    for (const text of states.all()) {
      const [, , , , , origin, number] = JSON.parse(text) as TailState;
      if (origin !== undefined && number !== undefined) return { origin, number };
    }
    return undefined;
  }

  progress(): SalvageProgress | undefined {
    const row = this.#connection
      .prepare<[], { value: string }>(
        `SELECT value FROM position WHERE kind = 'journal' AND name = 'salvage'`,
      )
      .get();
    return row && JSON.parse(row.value);
  }

  saveProgress(progress: SalvageProgress): void {
    this.#saveProgress.run(JSON.stringify(progress));
  }
}
