/**
 * What can be seen of a journal before SQLite opens it. SQLite takes the part of a WAL whose checksums hold for all there
 * was: right after a power cut, and a silent loss where a frame in the middle is damaged or the WAL is an older one. And
 * what it takes it copies into the file.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import type { Stored } from '../north/journal-witness.ts';
import { readWal } from '../salvage/damaged-pages.ts';
import { type DamagedRow, rowOf } from '../salvage/damaged-row.ts';
import { isFolder, isLoop } from '../salvage/quarantine.ts';
import { JOURNAL_PAGE_BYTES } from './journal-format.ts';
import { markOf } from './journal-tail.ts';
import { foundPage, type PageSource, rowAt } from './sqlite-cells.ts';
import { MalformedFile, SqlitePages } from './sqlite-pages.ts';
import { lastRowid, recordsOf, rowsFrom, tablesOf } from './sqlite-tree.ts';
import { type WalFrame, walFrames } from './wal-frames.ts';

/** The newest rows of the file; an alarm's row may name none. */
const ROWS_ASKED = 64;
/** https://www.sqlite.org/fileformat2.html §1.3: the version that writes, and behind it the one that reads. */
const WRITE_VERSION_AT = 18;
const HEADER_BYTES = 20;
const WAL_VERSION = 2;

/** Why this is no journal that may be opened; undefined: SQLite may try. Reads only, and closes what it opens. */
export function damageSeen(path: string, expects?: Stored): string | undefined {
  for (const part of [path, `${path}-wal`]) {
    if (isFolder(part)) return `${part} is a folder`;
    if (isLoop(part)) return `${part} leads nowhere`;
  }
  // SQLite reads the file of a version that it does not know, and writes nothing into it.
  const [version = 0] = headerOf(path).subarray(WRITE_VERSION_AT);
  if (version > WAL_VERSION) return `its header is of version ${version}`;
  const wal = readWal(`${path}-wal`);
  const frames = walFrames(wal);
  if (frames.length === 0) return undefined;
  if (sizeOf(path) === 0) return 'its WAL is there, and the file is not';
  try {
    return damageOfWal(path, wal, frames, expects);
  } catch (error) {
    // SQLite may do with what is in the WAL, and drop the rest of it.
    if (error instanceof MalformedFile || error instanceof RangeError) return error.message;
    throw error;
  }
}

/** Whether a rollback journal beside the file cannot be its own: one in WAL mode never has any. */
export function hasStrangeJournal(path: string): boolean {
  if (!existsSync(`${path}-journal`) || isFolder(path)) return false;
  return headerOf(path)
    .subarray(WRITE_VERSION_AT)
    .every((version) => version === WAL_VERSION);
}

/** Up to its versions; zeros where there is none. */
function headerOf(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  if (!existsSync(path)) return header;
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(file);
  }
  return header;
}

function damageOfWal(
  path: string,
  wal: Buffer,
  frames: readonly WalFrame[],
  expects: Stored | undefined,
): string | undefined {
  const pages = new SqlitePages(path);
  try {
    const block = tablesOf(pages).get('block');
    const seen = Math.max(block === undefined ? 0 : lastSeen(pages, block), headOf(pages));
    // What a cut left half written says nothing.
    const rows = rowsIn(
      wal,
      frames.filter(({ isWhole }) => isWhole),
    );
    // One block more may be in a transaction that was never finished.
    const inWal = rows.reduce(
      (last, { seq, state }) => (state?.[7] === seq && seq > last ? seq : last),
      0,
    );
    if (inWal > seen + 1) return `its WAL breaks off at block ${seen} of ${inWal}`;
    if (expects && seen < expects.head && epochOf(pages) === expects.epoch)
      return `it ends at block ${seen}, and ${expects.head} were stored`;
    const own = rowsOfFile(pages);
    const inFile = own.at(-1)?.seq ?? 0;
    if (inFile > seen) return `its WAL ends at block ${seen}, the file at ${inFile}`;
    return isStrange(rows, pages) ? 'its WAL is of another journal' : undefined;
  } finally {
    pages.close();
  }
}

/** Each row names the journal it is of. Where the file is new, all of it is in the WAL. */
function isStrange(rows: readonly DamagedRow[], pages: SqlitePages): boolean {
  const epoch = epochOf(pages.withoutWal()) ?? epochOf(pages);
  const mark = epoch && markOf(epoch);
  const marks = rows.flatMap(({ state }) => (state ? [state[4]] : []));
  // A row whose rest went to another page since may say anything; another journal's say all the same.
  return mark !== undefined && marks.filter((each) => each !== mark).length * 2 > marks.length;
}

function epochOf(pages: PageSource): string | undefined {
  try {
    const meta = tablesOf(pages).get('meta');
    if (meta === undefined) return undefined;
    for (const [key, value] of recordsOf(pages, meta))
      if (key === 'epoch' && typeof value === 'string') return value;
  } catch (error) {
    if (!(error instanceof MalformedFile) && !(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** Of the position `totals`: blocks behind the newest row may have been there. */
function headOf(pages: SqlitePages): number {
  const position = tablesOf(pages).get('position');
  if (position === undefined) return 0;
  for (const [kind, name, value] of recordsOf(pages, position))
    if (kind === 'journal' && name === 'totals' && typeof value === 'string') return headIn(value);
  return 0;
}

function headIn(text: string): number {
  try {
    return Number(JSON.parse(text).head) || 0;
  } catch {
    return 0;
  }
}

function lastSeen(pages: SqlitePages, block: number): number {
  try {
    return lastRowid(pages, block) ?? 0;
  } catch (error) {
    if (error instanceof MalformedFile || error instanceof RangeError) return 0;
    throw error;
  }
}

/** The newest blocks of the file without its WAL, ascending. */
function rowsOfFile(pages: SqlitePages): readonly DamagedRow[] {
  const file = pages.withoutWal();
  const rows: DamagedRow[] = [];
  try {
    const root = tablesOf(file).get('block');
    const last = root === undefined ? undefined : lastRowid(file, root);
    if (root === undefined || last === undefined) return rows;
    for (const row of rowsFrom(file, root, last - ROWS_ASKED)) {
      const found = 'columns' in row ? rowOf(row.rowid, row.columns) : undefined;
      if (found) rows.push(found);
    }
  } catch (error) {
    if (!(error instanceof MalformedFile) && !(error instanceof RangeError)) throw error;
  }
  return rows;
}

/** The rows of blocks in the frames. */
function rowsIn(wal: Buffer, frames: readonly WalFrame[]): readonly DamagedRow[] {
  const places = new Map(frames.map(({ page, at }) => [page, at]));
  const source: PageSource = {
    usable: JOURNAL_PAGE_BYTES,
    pageCount: frames.length,
    page: (number) => {
      const at = places.get(number);
      if (at === undefined) throw new MalformedFile(`no page ${number}`);
      return wal.subarray(at, at + JOURNAL_PAGE_BYTES);
    },
  };
  return frames.flatMap(({ page, at }) => {
    const found = foundPage(wal.subarray(at, at + JOURNAL_PAGE_BYTES), page);
    if (found?.kind !== 'table') return [];
    return found.cells.flatMap((cell) => {
      const row = rowAt(source, found.page, cell);
      return ('columns' in row ? rowOf(row.rowid, row.columns) : undefined) ?? [];
    });
  });
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
