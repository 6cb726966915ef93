/**
 * A journal for tools: read beside the gateway that has it open, or after it, without a lock, a write or a file left
 * behind, in memory that a few blocks need. What cannot be read is told as what it is, and what stands behind it is
 * read. Not for the process that has the journal open itself: closing this handle would drop its lock.
 */
import { GatewayError, reasonOf } from '../../model/errors.ts';
import type { Sample, TagId } from '../../model/sample.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import { fromBatch, type SampleBatch } from '../batch.ts';
import { BlockDecoder, type StoredBlock } from '../blocks/block-decoder.ts';
import { restamped } from '../blocks/restamp.ts';
import { type ClockRow, ClockRows, clockRow } from '../clock/clock-rows.ts';
import { blockSeal } from '../codec/block-seal.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import { BLOCK_CLASSES, type BlockClass, type Gap, type Seq, seqOf } from '../journal.ts';
import { gapFromJson } from './gap-json.ts';
import {
  JOURNAL_APPLICATION_ID,
  JOURNAL_FORMAT_VERSION,
  OLDEST_FORMAT_VERSION,
} from './journal-format.ts';
import { SmallTables } from './small-tables.ts';
import { MalformedFile, SqlitePages } from './sqlite-pages.ts';
import { type Column, type FoundRow, lastRowid, rowsFrom, tablesOf } from './sqlite-tree.ts';

/** One thing that stands in a journal, in the order of its blocks. */
export type JournalItem =
  | {
      readonly kind: 'samples';
      readonly seq: Seq;
      readonly class: BlockClass;
      readonly committedAt: UtcMs;
      readonly samples: readonly Sample[];
      /** Where they are what stayed of more. */
      readonly gap?: Gap;
    }
  /** A loss that the gateway recorded. */
  | {
      readonly kind: 'gap';
      readonly seq: Seq;
      readonly committedAt: UtcMs;
      readonly gap: Gap;
    }
  /** A block, or of an unknown number a piece of the file, that cannot be read. */
  | { readonly kind: 'damaged'; readonly seq: Seq | undefined; readonly reason: string };

/** A row of the table of blocks that could be read. */
export type ReadRow = Extract<FoundRow, { readonly columns: unknown }>;

/** The most rows that are taken from the file at once, and about the most bytes. */
const ROWS_AT_ONCE = 64;
const BYTES_AT_ONCE = 2 ** 20;
/** A gateway commits ten times a second at most, and one look takes a few milliseconds. */
const LOOKS_MAX = 100;

/** Opened by `openJournalReader`; to be closed. */
export class JournalReader {
  readonly #path: string;
  readonly #pages: SqlitePages;
  readonly #tables: ReadonlyMap<string, number>;
  readonly #blocks: number;
  readonly #tagTable: number;
  /** Undefined in a file of version 1. */
  readonly #clockTable: number | undefined;
  readonly #decoder = new BlockDecoder((seq) => this.#blockAt(seq));
  #tags: ReadonlyMap<number, TagId>;

  constructor(path: string) {
    this.#path = path;
    this.#pages = new SqlitePages(path);
    try {
      checkHeader(path, this.#pages.page(1));
      const tables = this.#look(() => tablesOf(this.#pages));
      this.#tables = tables;
      const [block, tag] = [tables.get('block'), tables.get('tag')];
      if (block === undefined || tag === undefined) throw new MalformedFile('no blocks');
      this.#blocks = block;
      this.#tagTable = tag;
      this.#clockTable = tables.get('clock');
      this.#tags = this.#readTags();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The oldest block that is there; undefined: there is none. */
  get first(): Seq | undefined {
    return this.#rowAfter(0)?.seq;
  }

  /** The newest block; 0 while there is none. */
  get head(): Seq {
    return seqOf(this.#look(() => lastRowid(this.#pages, this.#blocks)) ?? 0);
  }

  /**
   * The first block that was committed at `since` or later. Commits follow the wall clock: where that was set back the
   * answer is one of the places where it stood there.
   */
  firstSince(since: UtcMs): Seq {
    let [low, high] = [this.first ?? 1, this.head + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#rowAfter(middle - 1);
      if (row === undefined || row.seq >= high) high = middle;
      else if (row.committedAt >= since) high = middle;
      else low = row.seq + 1;
    }
    return seqOf(low);
  }

  /**
   * Everything from the block `from` on, ascending, up to the newest that is there when it gets there. Blocks that
   * retention removed after they were delivered are not there and are not told.
   */
  *items(from: Seq = seqOf(1)): Generator<JournalItem> {
    let next: number = from;
    while (true) {
      const { rows, isEnd, clock } = this.#look(() => ({
        ...this.#rowsFrom(next),
        clock: this.#readClock(),
      }));
      for (const row of rows) yield this.#itemOf(row, clock);
      if (isEnd) return;
      next = (rows.at(-1)?.rowid ?? next) + 1;
    }
  }

  /** Everything from the block `from` on, as the rows of the table of blocks. */
  *rows(from: number): Generator<FoundRow> {
    let next = from;
    while (true) {
      const { rows, isEnd } = this.#look(() => this.#rowsFrom(next));
      yield* rows;
      if (isEnd) return;
      next = (rows.at(-1)?.rowid ?? next) + 1;
    }
  }

  /** What `read` finds in the other tables, all of it in one state of the file. */
  look<T>(read: (tables: SmallTables) => T): T {
    return this.#look(() => read(new SmallTables(this.#pages, this.#tables)));
  }

  close(): void {
    this.#pages.close();
  }

  /** What `look` finds in one consistent state of the file. */
  #look<T>(look: () => T): T {
    for (let tries = 0; tries < LOOKS_MAX; tries++) {
      let found: { readonly value: T } | { readonly error: unknown };
      this.#pages.refresh();
      try {
        found = { value: look() };
      } catch (error) {
        found = { error };
      }
      if (this.#pages.refresh()) continue;
      if ('error' in found) throw found.error;
      return found.value;
    }
    throw new GatewayError('journal.io-failed', { path: this.#path, reason: 'it never rests' });
  }

  /** Ends behind a row that has a number, from which the next look goes on. */
  #rowsFrom(from: number): { readonly rows: readonly FoundRow[]; readonly isEnd: boolean } {
    const rows: FoundRow[] = [];
    let bytes = 0;
    for (const row of rowsFrom(this.#pages, this.#blocks, from)) {
      rows.push(row);
      if ('columns' in row) bytes += dataOf(row.columns).length;
      const isEnough = rows.length >= ROWS_AT_ONCE || bytes >= BYTES_AT_ONCE;
      if (isEnough && row.rowid !== undefined) return { rows, isEnd: false };
    }
    return { rows, isEnd: true };
  }

  #rowAfter(seq: number): { readonly seq: Seq; readonly committedAt: UtcMs } | undefined {
    return this.#look(() => {
      for (const row of rowsFrom(this.#pages, this.#blocks, seq + 1))
        if ('columns' in row)
          return { seq: seqOf(row.rowid), committedAt: utcMs(Number(row.columns[2])) };
      return undefined;
    });
  }

  /** Of a block that others refer to; undefined where it is not there. */
  #blockAt(seq: number): StoredBlock | undefined {
    return this.#look(() => {
      for (const row of rowsFrom(this.#pages, this.#blocks, seq))
        if (row.rowid === seq) return 'columns' in row ? blockIn(row) : undefined;
        else if (row.rowid !== undefined) return undefined;
      return undefined;
    });
  }

  #readTags(): ReadonlyMap<number, TagId> {
    return this.#look(() => {
      const tags = new Map<number, TagId>();
      for (const row of rowsFrom(this.#pages, this.#tagTable, 0))
        if ('columns' in row) tags.set(row.rowid, String(row.columns[1]) as TagId);
      return tags;
    });
  }

  #readClock(): ClockRows {
    const found: ClockRow[] = [];
    if (this.#clockTable !== undefined)
      for (const row of rowsFrom(this.#pages, this.#clockTable, 0))
        if ('columns' in row) {
          const [, boot, offset, trust] = row.columns;
          const [first, clock] = [row.rowid, { offset: Number(offset), trust: Number(trust) }];
          found.push(clockRow({ first, boot: String(boot), ...clock }));
        }
    return new ClockRows(found);
  }

  #itemOf(row: FoundRow, clock: ClockRows): JournalItem {
    const seq = row.rowid === undefined ? undefined : seqOf(row.rowid);
    if ('damage' in row) return { kind: 'damaged', seq, reason: row.damage };
    const [, classIndex, committed, , gapColumn] = row.columns;
    const head = { seq: seqOf(row.rowid), committedAt: utcMs(Number(committed)) };
    const blockClass = BLOCK_CLASSES[Number(classIndex)];
    try {
      if (blockClass === undefined) throw new MalformedBlock(`class ${Number(classIndex)}`);
      const gap = typeof gapColumn === 'string' ? gapOf(gapColumn) : undefined;
      if (gap && row.columns[5] === null) return { kind: 'gap', ...head, gap };
      const batch = this.samplesIn(row);
      const shifted = restamped(batch, clock.shiftOf(row.rowid));
      const samples = fromBatch(shifted, this.tagOf);
      return { kind: 'samples', ...head, class: blockClass, samples, ...(gap && { gap }) };
    } catch (error) {
      if (!(error instanceof MalformedBlock)) throw error;
      return { kind: 'damaged', seq, reason: error.message };
    }
  }

  /**
   * The id behind a tag number. The gateway may have got new tags since; they are stored before the first block that has
   * them. Throws MalformedBlock.
   */
  readonly tagOf = (number: number): TagId => {
    if (!this.#tags.has(number)) this.#tags = this.#readTags();
    const tag = this.#tags.get(number);
    if (tag === undefined) throw new MalformedBlock(`no tag ${number}`);
    return tag;
  };

  /** The samples of a row that has data. Throws MalformedBlock. */
  samplesIn(row: ReadRow): SampleBatch {
    return this.#decoder.decode(blockIn(row));
  }
}

/** Throws `journal.unusable`, `journal.corrupt` and `journal.newer-format`. */
export function openJournalReader(path: string): JournalReader {
  try {
    return new JournalReader(path);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const code = error instanceof MalformedFile ? 'journal.corrupt' : 'journal.unusable';
    throw new GatewayError(code, { path, reason: reasonOf(error) }, error);
  }
}

/** The application's own two numbers in the header of the file (§1.3.11, §1.3.14 of its format). */
function checkHeader(path: string, page: Buffer): void {
  if (page.readUInt32BE(68) !== JOURNAL_APPLICATION_ID) throw new MalformedFile('not a journal');
  const found = page.readUInt32BE(60);
  if (found > JOURNAL_FORMAT_VERSION)
    throw new GatewayError('journal.newer-format', { path, found, known: JOURNAL_FORMAT_VERSION });
  if (found < OLDEST_FORMAT_VERSION) throw new MalformedFile(`format ${found}`);
}

function gapOf(text: string): Gap {
  try {
    return gapFromJson(text);
  } catch (cause) {
    throw new MalformedBlock('a gap that is none', { cause });
  }
}

function blockIn({ rowid, columns }: ReadRow): StoredBlock {
  const [, blockClass, committedAt, samples, gap, , key] = columns;
  const row = { seq: rowid, class: blockClass, committed_at: committedAt, samples, key, gap };
  return {
    seq: rowid,
    data: dataOf(columns),
    seal: blockSeal(row),
    key: typeof key === 'number' ? key : undefined,
  };
}

const NO_BYTES = new Uint8Array();

function dataOf(columns: readonly Column[]): Uint8Array {
  const data = columns[5];
  return data instanceof Uint8Array ? data : NO_BYTES;
}
