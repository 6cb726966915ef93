/** What the file keeps of the hash chain beside the blocks' own links: prepared statements, no decisions. */
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { Connection } from '../file/journal-file.ts';
import type { FinishedDay } from '../journal.ts';
import type { Link } from './hash-chain.ts';

interface LinkRow {
  readonly link: Link | null;
}

export class ChainRows {
  readonly #connection: Connection;
  readonly #linkOfBlock;
  readonly #keep;
  readonly #forget;
  readonly #finish;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#linkOfBlock = connection.prepare<[number], LinkRow>(
      'SELECT link FROM block WHERE seq = ?',
    );
    this.#keep = connection.prepare('INSERT OR REPLACE INTO link VALUES (?, ?)');
    this.#forget = connection.prepare('DELETE FROM link WHERE seq = ?');
    this.#finish = connection.prepare('INSERT INTO day VALUES (?, ?, ?, ?)');
  }

  /** Undefined where there is no such block, or one without a link. */
  linkOfBlock(seq: number): Link | undefined {
    return this.#linkOfBlock.get(seq)?.link ?? undefined;
  }

  /** Of a block that was removed. */
  keptLink(seq: number): Link | undefined {
    return (
      this.#connection
        .prepare<[number], { link: Link }>('SELECT link FROM link WHERE seq = ?')
        .get(seq)?.link ?? undefined
    );
  }

  keep(seq: number, link: Link): void {
    this.#keep.run(seq, link);
  }

  forget(seq: number): void {
    this.#forget.run(seq);
  }

  finish({ day, first, last, link }: FinishedDay): void {
    this.#finish.run(day, first, last, Buffer.from(link, 'hex'));
  }

  lastDay(): FinishedDay | undefined {
    return this.#connection
      .prepare<[], FinishedDay>(
        'SELECT day, first, last, lower(hex(link)) AS link FROM day ORDER BY last DESC LIMIT 1',
      )
      .get();
  }

  /** The first block that has a link. */
  first(): number {
    const row = this.#connection
      .prepare<[], { value: string }>(`SELECT value FROM meta WHERE key = 'chain'`)
      .get();
    return Number(row?.value ?? 1);
  }

  /** When the blocks from `from` on were committed, the newest first. */
  *timesBackTo(from: number): Generator<UtcMs> {
    const rows = this.#connection
      .prepare<[number], { at: number }>(
        'SELECT committed_at AS at FROM block WHERE seq >= ? ORDER BY seq DESC',
      )
      .iterate(from);
    for (const { at } of rows) yield utcMs(at);
  }
}
