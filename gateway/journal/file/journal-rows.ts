/** The tables of FORMAT.md as typed rows: prepared statements, no decisions. */

import type { Range } from '../../model/range-set.ts';
import type { TagId } from '../../model/sample.ts';
import { type Bytes, bytes, type UtcMs, utcMs } from '../../model/units.ts';
import type { StoredData } from '../blocks/block-decoder.ts';
import { KeyWindow } from '../blocks/key-window.ts';
import { type BlockFacts, STEP_BYTES_MAX } from '../blocks/retention.ts';
import { SUMMARY_LEVELS, type Summary } from '../blocks/summary.ts';
import { NO_TOTALS, type Totals } from '../blocks/totals.ts';
import type { Link } from '../chain/hash-chain.ts';
import { encodeBlock } from '../codec/block-codec.ts';
import { blockSeal, sealed, summarySeal } from '../codec/block-seal.ts';
import { BLOCK_CLASSES, type BlockClass, type Gap, type Seq, seqOf } from '../journal.ts';
import { Damage } from './damage.ts';
import { gapFromJson, gapToJson } from './gap-json.ts';
import type { Connection } from './journal-file.ts';
import type { TailState } from './journal-tail.ts';

/** A block that is to be stored. */
export interface NewRow {
  readonly seq: Seq;
  readonly class: BlockClass;
  readonly committedAt: UtcMs;
  readonly samples: number;
  readonly gap: Gap | undefined;
  readonly data: Uint8Array | undefined;
  /** The key block that `data` refers to; undefined where it stands alone. */
  readonly key: Seq | undefined;
}

export interface BlockRow extends NewRow {
  /** What the checksum of `data` goes on over. */
  readonly seal: string;
}

/** What a block's row says beside the block. */
export interface RowMarks {
  readonly state: TailState;
  readonly link: Link;
}

/** The newest batch of an origin and where it went. */
export interface OriginPosition {
  readonly number: number;
  readonly seq: Seq;
}

/** Summaries of one level stand together, in order. */
export const summaryId = (level: number, first: number): number => level * 2 ** 48 + first;

/** A block refers to one that is at most this many seqs before it. */
export const KEY_SPAN_MAX = 128;
/** A new origin comes with each start of the process, so older ones are done with. */
const ORIGINS_MAX = 4;

interface RawRow {
  readonly seq: number;
  readonly class: number;
  readonly committed_at: number;
  readonly samples: number;
  readonly gap: string | null;
  readonly data: Uint8Array | null;
  readonly key: number | null;
}

type RawFacts = Omit<BlockFacts, 'isGap' | 'isNeeded'> & { readonly isGap: number };

export class JournalRows {
  readonly #connection: Connection;
  readonly #insert;
  readonly #read;
  readonly #factsBetween;
  readonly #factsOfClass;
  readonly #factsOfWhole;
  readonly #windows;
  readonly #remove;
  readonly #replaceByGap;
  readonly #savePosition;
  readonly #readPosition;
  readonly #rowOf;
  readonly #insertSummary;
  readonly #summaryFrom;
  readonly #committedFrom;
  readonly #removeSummaries;
  readonly #oldest;
  readonly #usedBytes;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#insert = connection.prepare(
      `INSERT INTO block (seq, class, committed_at, samples, gap, data, key, state, link)
       VALUES (@seq, @class, @committed_at, @samples, @gap, @data, @key, @state, @link)`,
    );
    // `LIMIT ?` would have SQLite prepare the statement anew at each use: docs/decisions/0019-published-packets.md.
    this.#read = connection.prepare<[number, number], RawRow>(
      `SELECT seq, class, committed_at, samples, gap, data, key
       FROM block WHERE seq >= ? ORDER BY seq LIMIT +?`,
    );
    const facts = `SELECT seq, committed_at AS committedAt, ifnull(length(data), 0) AS bytes, samples,
      data IS NULL AS isGap FROM block`;
    this.#factsBetween = connection.prepare<number[], RawFacts>(
      `${facts} WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT +?`,
    );
    this.#factsOfClass = connection.prepare<number[], RawFacts>(
      `${facts} WHERE seq >= ? AND class = ? ORDER BY seq LIMIT +?`,
    );
    this.#factsOfWhole = connection.prepare<number[], RawFacts>(
      `${facts} WHERE seq >= ? AND class = ? AND gap IS NULL ORDER BY seq LIMIT +?`,
    );
    const window = () => new KeyWindow(connection);
    this.#windows = { acknowledged: window(), oldest: window(), whole: window() };
    this.#remove = connection.prepare('DELETE FROM block WHERE seq = ?');
    this.#replaceByGap = connection.prepare(
      'UPDATE block SET samples = 0, gap = ?, data = NULL WHERE seq = ?',
    );
    this.#savePosition = connection.prepare('INSERT OR REPLACE INTO position VALUES (?, ?, ?)');
    this.#readPosition = connection.prepare<[string, string], { value: string }>(
      'SELECT value FROM position WHERE kind = ? AND name = ?',
    );
    this.#rowOf = connection.prepare<[number], RawRow>(
      'SELECT seq, class, committed_at, samples, gap, data, key FROM block WHERE seq = ?',
    );
    this.#insertSummary = connection.prepare(
      'INSERT INTO summary (id, last, data) VALUES (?, ?, ?)',
    );
    this.#summaryFrom = connection.prepare<
      [number, number],
      { id: number; last: number; data: Uint8Array }
    >('SELECT id, last, data FROM summary WHERE id >= ? AND id < ? ORDER BY id LIMIT 1');
    this.#committedFrom = connection.prepare<[number], { seq: number; committedAt: UtcMs }>(
      'SELECT seq, committed_at AS committedAt FROM block WHERE seq >= ? ORDER BY seq LIMIT 1',
    );
    this.#removeSummaries = connection.prepare(
      'DELETE FROM summary WHERE id BETWEEN ? AND ? AND last <= ?',
    );
    this.#oldest = connection.prepare<[], { committedAt: UtcMs }>(
      'SELECT committed_at AS committedAt FROM block ORDER BY seq LIMIT 1',
    );
    this.#usedBytes = connection.prepare<[], { bytes: number }>(
      `SELECT (page_count - freelist_count) * page_size AS bytes
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    );
  }

  /** All or nothing. */
  transaction<T>(run: () => T): T {
    return this.#connection.transaction(run)();
  }

  insert(row: NewRow, { state, link }: RowMarks): void {
    const columns = {
      seq: row.seq,
      class: BLOCK_CLASSES.indexOf(row.class),
      committed_at: row.committedAt,
      samples: row.samples,
      key: row.key ?? null,
      gap: row.gap ? gapToJson(row.gap) : null,
    };
    this.#insert.run({
      ...columns,
      data: row.data ? sealed(row.data, blockSeal(columns)) : null,
      state: JSON.stringify(state),
      link,
    });
  }

  read(from: number, limit: number): BlockRow[] {
    return [...this.rowsFrom(from, limit)];
  }

  /** One by one: what is not asked for is not read. Nothing is to be written meanwhile. */
  *rowsFrom(from: number, limit: number): Generator<BlockRow> {
    for (const raw of this.#read.iterate(from, limit))
      yield {
        seq: seqOf(raw.seq),
        class: classOf(raw),
        committedAt: utcMs(raw.committed_at),
        samples: raw.samples,
        gap: raw.gap === null ? undefined : gapIn(raw.seq, raw.gap),
        data: raw.data ?? undefined,
        key: raw.key === null ? undefined : seqOf(raw.key),
        seal: blockSeal(raw),
      };
  }

  factsBetween([from, to]: Range, limit: number): BlockFacts[] {
    return this.#factsOf(this.#factsBetween.all(from, to, limit), 'acknowledged');
  }

  factsOfClass(from: number, blockClass: BlockClass, limit: number): BlockFacts[] {
    const index = BLOCK_CLASSES.indexOf(blockClass);
    return this.#factsOf(this.#factsOfClass.all(from, index, limit), 'oldest');
  }

  /** Only of those that stand for no loss. */
  factsOfWhole(from: number, blockClass: BlockClass, limit: number): BlockFacts[] {
    const index = BLOCK_CLASSES.indexOf(blockClass);
    return this.#factsOf(this.#factsOfWhole.all(from, index, limit), 'whole');
  }

  /**
   * Of as many as one step removes. Which of them are needed takes reading what comes behind: that is not asked of
   * more.
   */
  #factsOf(all: readonly RawFacts[], asked: 'acknowledged' | 'oldest' | 'whole'): BlockFacts[] {
    let [count, size] = [0, 0];
    for (const each of all) {
      if (size >= STEP_BYTES_MAX) break;
      size += each.bytes;
      count++;
    }
    const rows = all.slice(0, count);
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return [];
    const needed = this.#windows[asked].keysIn(first.seq + 1, last.seq + KEY_SPAN_MAX);
    return rows.map(({ isGap, ...facts }) => ({
      ...facts,
      isGap: isGap !== 0,
      isNeeded: needed.has(facts.seq),
    }));
  }

  remove(seq: number): void {
    this.#remove.run(seq);
    for (const window of Object.values(this.#windows)) window.removed(seq);
  }

  replaceByGap(seq: number, gap: Gap): void {
    const { changes } = this.#replaceByGap.run(gapToJson(gap), seq);
    if (changes === 0) throw notFound(seq);
  }

  /** A block that is there. Throws Damage where nothing leads to it. */
  readonly rowOf = (seq: number): StoredData => {
    const raw = this.#rowOf.get(seq);
    if (raw === undefined) throw notFound(seq);
    return { data: raw.data ?? undefined, seal: blockSeal(raw) };
  };

  insertSummary({ level, first, last, batch }: Summary): void {
    const id = summaryId(level, first);
    this.#insertSummary.run(id, last, sealed(encodeBlock(batch), summarySeal(id, last)));
  }

  /** The first summary of a level that begins at this seq or later. */
  summaryFrom(level: number, seq: number) {
    const row = this.#summaryFrom.get(summaryId(level, seq), summaryId(level + 1, 0));
    if (row === undefined) return undefined;
    const { id, last, data } = row;
    return { first: id - summaryId(level, 0), last, data, seal: summarySeal(id, last) };
  }

  /** When the first block with this seq or a later one was committed. */
  committedFrom(seq: number): { readonly seq: number; readonly committedAt: UtcMs } | undefined {
    return this.#committedFrom.get(seq);
  }

  /** Those of blocks that are all gone: `first` and `last` are the ends of what is gone. */
  removeSummaries(first: number, last: number): void {
    for (let level = 1; level <= SUMMARY_LEVELS; level++)
      this.#removeSummaries.run(summaryId(level, first), summaryId(level, last), last);
  }

  oldest(): UtcMs | undefined {
    return this.#oldest.get()?.committedAt;
  }

  usedBytes(): Bytes {
    return bytes(this.#usedBytes.get()?.bytes ?? 0);
  }

  tags(): { readonly number: number; readonly id: TagId }[] {
    return this.#connection
      .prepare<[], { number: number; id: TagId }>('SELECT number, id FROM tag')
      .all();
  }

  addTag(id: TagId): number {
    return Number(
      this.#connection.prepare('INSERT INTO tag (id) VALUES (?)').run(id).lastInsertRowid,
    );
  }

  /** What the newest block's row says; undefined where there is none, or one from before version 2. */
  lastState(): { readonly seq: Seq; readonly state: TailState } | undefined {
    const row = this.#connection
      .prepare<[], { seq: number; state: string | null }>(
        'SELECT seq, state FROM block ORDER BY seq DESC LIMIT 1',
      )
      .get();
    return row?.state ? { seq: seqOf(row.seq), state: JSON.parse(row.state) } : undefined;
  }

  totals(): Totals {
    return this.#position('journal', 'totals') ?? NO_TOTALS;
  }

  saveTotals(totals: Totals): void {
    this.#save('journal', 'totals', totals);
  }

  ranges(kind: 'journal' | 'uplink', name: string): readonly Range[] | undefined {
    return this.#position(kind, name);
  }

  saveRanges(kind: 'journal' | 'uplink', name: string, ranges: readonly Range[]): void {
    this.#save(kind, name, ranges);
  }

  origin(origin: string): OriginPosition | undefined {
    return this.#position('origin', origin);
  }

  saveOrigin(origin: string, position: OriginPosition): void {
    this.#save('origin', origin, position);
  }

  /** Forgets all but the newest origins. */
  pruneOrigins(): void {
    this.#connection
      .prepare(
        `DELETE FROM position WHERE kind = 'origin' AND name NOT IN
         (SELECT name FROM position WHERE kind = 'origin' ORDER BY value ->> 'seq' DESC LIMIT ?)`,
      )
      .run(ORIGINS_MAX);
  }

  #position<T>(kind: string, name: string): T | undefined {
    const row = this.#readPosition.get(kind, name);
    return row && (JSON.parse(row.value) as T);
  }

  #save(kind: string, name: string, value: unknown): void {
    this.#savePosition.run(kind, name, JSON.stringify(value));
  }
}

function classOf({ seq, class: index }: RawRow): BlockClass {
  const blockClass = BLOCK_CLASSES[index];
  if (blockClass === undefined) throw new Damage(`block ${seq} is of class ${index}`);
  return blockClass;
}

function gapIn(seq: number, text: string): Gap {
  try {
    return gapFromJson(text);
  } catch {
    throw new Damage(`block ${seq} has a gap that is none`);
  }
}

/** A read of neighbours found it, or one of them refers to it: the tree contradicts itself. */
const notFound = (seq: number): Damage => new Damage(`nothing leads to block ${seq}`);
