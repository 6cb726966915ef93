/**
 * The journal's file: opened, checked, set aside when it is damaged. The one file that knows
 * better-sqlite3. In the process that has the journal open nobody may open the same file by other
 * means: closing that second handle would drop SQLite's lock (POSIX locks belong to the process).
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { type Bytes, bytes, type UtcMs } from '../../model/units.ts';
import type { Written } from '../journal.ts';
import { hasLedgerTables } from '../ledger/ledger-rows.ts';
import type { Stored } from '../north/journal-witness.ts';
import { setAside } from '../salvage/quarantine.ts';
import { ballastBytes, giveUpBallast } from '../space/ballast.ts';
import { fittingSize, PAGE_BYTES, type SpacePlan, spacePlan } from '../space/free-space.ts';
import { type ThreadIo, threadIo } from '../space/thread-io.ts';
import { Damage } from './damage.ts';
import { damageSeen, hasStrangeJournal } from './file-evidence.ts';
import {
  JOURNAL_APPLICATION_ID,
  JOURNAL_FORMAT_VERSION,
  OLDEST_FORMAT_VERSION,
} from './journal-format.ts';
import { renewWal } from './wal-renewal.ts';

export type Connection = Database.Database;

export const WAL_FRAME_BYTES = PAGE_BYTES + 24;
const CACHE_KIB = 2048;
/** For a second process that is just closing the file. */
const LOCK_WAIT_MS = 2000;
const OPENING_SYNCS = 2;
/**
 * Up to this size the blocks are checked too: 0.4 s per 84 MB on a server, ten times that on an ARM
 * board.
 */
const FULL_CHECK_BYTES_MAX = 64 * 2 ** 20;
const CHECKED_BLOCKS = 256;
/** No version of this software will write more; a damaged header says anything. */
const NEWEST_FORMAT_MAX = 255;
const CHECKED_BYTES_MAX = 8 * 2 ** 20;
/** Of this thread: looking at a file by other means and closing it again would drop the lock on it. */
const openHere = new Set<string>();

const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE tag (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
  CREATE TABLE block (
    seq INTEGER PRIMARY KEY, class INTEGER NOT NULL, committed_at INTEGER NOT NULL,
    samples INTEGER NOT NULL, gap TEXT, data BLOB);
  CREATE TABLE position (kind TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
`;
/** What version 2 has beyond version 1; in the same order in new files and in those that came from version 1. */
const SCHEMA_2 = `
  ALTER TABLE block ADD COLUMN key INTEGER;
  ALTER TABLE block ADD COLUMN state TEXT;
  ALTER TABLE block ADD COLUMN link BLOB;
  CREATE TABLE link (seq INTEGER PRIMARY KEY, link BLOB NOT NULL);
  CREATE TABLE day (
    day TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, link BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE clock (
    first INTEGER PRIMARY KEY, boot TEXT NOT NULL, offset INTEGER NOT NULL, trust INTEGER NOT NULL);
  CREATE TABLE summary (id INTEGER PRIMARY KEY, last INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE salvage (seq INTEGER PRIMARY KEY, epoch TEXT NOT NULL, was INTEGER NOT NULL);
`;

export interface JournalFile {
  readonly connection: Connection;
  readonly epoch: string;
  /** The most the file itself may hold on the disk as it was at the open. */
  readonly capacity: Bytes;
  readonly plan: SpacePlan;
  /** Whoever had it open before closed it in order, or there was nobody: the file is new, and not for a damaged one. */
  readonly wasCleanStop: boolean;
  /** What opening it has written. */
  readonly opening: Written;
  /** Where a damaged predecessor went, and what was wrong with it. */
  readonly quarantined: { readonly path: string; readonly reason: string } | undefined;
}

/**
 * Opens the file, or a new one in place of a missing or damaged one. `damage`: what was met in it before, which the check
 * at the open need not find; `expects`: what was told to be stored. Throws operator errors only.
 */
export function openJournalFile(
  path: string,
  maxSize: Bytes,
  now: UtcMs,
  { damage, expects }: { damage?: string | undefined; expects?: Stored | undefined } = {},
): JournalFile {
  const before = threadIo();
  try {
    mkdirSync(dirname(path), { recursive: true });
    try {
      if (damage !== undefined) throw new SetAside(setAside(path, now), damage);
      lookAt(path, now, expects);
      const file = open(path, maxSize, now);
      return { ...file, opening: openingSince(before), quarantined: undefined };
    } catch (error) {
      if (!(error instanceof SetAside)) throw error;
      const { path: target, message: reason } = error;
      return {
        ...open(path, maxSize, now),
        wasCleanStop: false,
        opening: openingSince(before),
        quarantined: { path: target, reason },
      };
    }
  } catch (error) {
    throw journalError(path, error, 'journal.unusable');
  }
}

/** Before SQLite does, which takes what it finds into the file. */
function lookAt(path: string, now: UtcMs, expects: Stored | undefined): void {
  if (openHere.has(path)) return;
  const seen = damageSeen(path, expects);
  if (seen !== undefined) throw new SetAside(setAside(path, now), seen);
  if (hasStrangeJournal(path)) renameSync(`${path}-journal`, `${path}.strange-journal`);
}

/** Closes in order; the next open needs no check. `last` is written in the same transaction. */
export function closeJournalFile(connection: Connection, last: () => void = () => {}): void {
  try {
    connection.transaction(() => {
      last();
      connection.prepare(`INSERT OR REPLACE INTO meta VALUES ('clean', '1')`).run();
    })();
  } finally {
    dropJournalFile(connection);
  }
}

/** Closes what has failed: the next open looks closer. */
export function dropJournalFile(connection: Connection): void {
  openHere.delete(connection.name);
  connection.close();
}

/** What the file and its WAL take on the disk. */
export const bytesOnDisk = (path: string): Bytes => bytes(bytesOf(path) + bytesOf(`${path}-wal`));

/**
 * What the journal's users are told of an SQLite error; `otherwise` where it is none of the known
 * ones.
 */
export function journalError(
  path: string,
  error: unknown,
  otherwise: 'journal.unusable' | 'journal.io-failed',
): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = sqliteCode(error);
  const details = { path, reason: reasonOf(error) };
  if (code === 'SQLITE_BUSY') return new GatewayError('journal.locked', details, error);
  if (isFull(error)) return new GatewayError('journal.disk-full', details, error);
  const isOpening = otherwise === 'journal.unusable';
  if (isDamage(error) || (isOpening && isStrangeSchema(error)))
    return new GatewayError('journal.corrupt', details, error);
  return new GatewayError(otherwise, details, error);
}

/**
 * Two syncs are those of the first commit, which begins the log of a file that is there; a new file has more of them.
 */
function openingSince(before: ThreadIo | undefined): Written {
  const after = threadIo();
  if (!before || !after) return { bytes: 0, syncs: OPENING_SYNCS };
  const pages = after.writeBytes - before.writeBytes;
  return { bytes: pages > 0 ? pages : after.wchar - before.wchar, syncs: OPENING_SYNCS };
}

export const isFull = (error: unknown): boolean =>
  sqliteCode(error) === 'SQLITE_FULL' || (error as NodeJS.ErrnoException).code === 'ENOSPC';
/** SQLite failed, or what it read is damaged. */
export const isFileError = (error: unknown): boolean =>
  sqliteCode(error) !== undefined || error instanceof Damage;

/** The damaged file is out of the way; the message says what was wrong with it. */
class SetAside extends Error {
  override readonly name = 'SetAside';
  readonly path: string;

  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

const sqliteCode = (error: unknown): string | undefined =>
  error instanceof Database.SqliteError ? error.code : undefined;

function isDamage(error: unknown): boolean {
  const code = sqliteCode(error) ?? '';
  return (
    error instanceof Damage ||
    code.startsWith('SQLITE_CORRUPT') ||
    code === 'SQLITE_NOTADB' ||
    code === 'SQLITE_IOERR_SHORT_READ'
  );
}

/**
 * What the journal asks for while it opens is fixed and right: where the file does not have it, or has it twice, it is not
 * as it was made.
 */
function isStrangeSchema(error: unknown): boolean {
  const code = sqliteCode(error) ?? '';
  return code === 'SQLITE_ERROR' || code.startsWith('SQLITE_CONSTRAINT');
}

/** On a full disk, or one without inodes, the ballast makes the room that an open takes. */
function open(path: string, maxSize: Bytes, now: UtcMs) {
  try {
    return openOnce(path, maxSize, now);
  } catch (error) {
    const lacksRoom = isFull(error) || sqliteCode(error) === 'SQLITE_CANTOPEN';
    if (!lacksRoom || ballastBytes(path) === 0) throw error;
    giveUpBallast(path);
    return openOnce(path, maxSize, now);
  }
}

function openOnce(path: string, maxSize: Bytes, now: UtcMs) {
  const connection = new Database(path, { timeout: LOCK_WAIT_MS });
  const isSecond = openHere.has(path);
  openHere.add(path);
  try {
    const room = roomFor(path);
    const plan = spacePlan(maxSize, room);
    const capacity = bytes(Math.min(plan.capacity, fittingSize(plan, room)));
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.pragma(`page_size = ${PAGE_BYTES}`);
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma(`wal_autocheckpoint = ${Math.floor(plan.wal / WAL_FRAME_BYTES)}`);
    connection.pragma(`journal_size_limit = ${plan.wal + plan.transaction}`);
    connection.pragma(`max_page_count = ${capacity / PAGE_BYTES}`);
    connection.pragma(`cache_size = ${-CACHE_KIB}`);
    connection.pragma('mmap_size = 0');
    connection.pragma('temp_store = MEMORY');
    connection.pragma('cell_size_check = ON');
    connection.pragma('trusted_schema = OFF');
    const isNew = isEmpty(connection);
    if (isNew) create(connection, now);
    else {
      // Locked, and before anything is written.
      renewWal(`${path}-wal`);
      verify(connection, path);
    }
    const wasCleanStop = isNew || isClean(connection);
    const epoch = metaOf(connection, 'epoch') ?? '';
    // Always: that it was closed in order may be written in such a WAL, too. There is none after a good close.
    begin(connection, epoch);
    emptyWal(connection);
    return { connection, epoch, capacity, plan, wasCleanStop };
  } catch (error) {
    // Out of the way first: closing copies the WAL into the file and removes it.
    const isDamaged = isDamage(error) || isStrangeSchema(error);
    const target = isDamaged ? setAside(path, now) : undefined;
    if (!isSecond) openHere.delete(path);
    connection.close();
    throw target === undefined ? error : new SetAside(target, reasonOf(error));
  }
}

/**
 * It is not clean any more. Where the epoch is lost, nobody knows what the rest belongs to: it stands twice. So does the
 * format: one bit of the header would make a newer one of it, which nobody may touch.
 */
const begin = (connection: Connection, epoch: string): void =>
  connection.transaction(() => {
    connection.prepare(`DELETE FROM meta WHERE key = 'clean'`).run();
    connection
      .prepare(`INSERT OR REPLACE INTO meta VALUES ('format', ?)`)
      .run(String(JOURNAL_FORMAT_VERSION));
    connection
      .prepare(`INSERT OR IGNORE INTO position VALUES ('journal', 'epoch', ?)`)
      .run(JSON.stringify(epoch));
  })();

/**
 * After a sync that failed, what can be read of the WAL may be in memory only; copied into the file and synced there it is
 * on the disk before anybody is told of it again.
 */
function emptyWal(connection: Connection): void {
  try {
    connection.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

/** Free on the volume, or taken by the journal already. */
function roomFor(path: string): Bytes {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bytes(bytesOnDisk(path) + ballastBytes(path) + bavail * bsize);
}

/** Of a file; 0 where there is none. */
export const bytesOf = (path: string): Bytes =>
  bytes(statSync(path, { throwIfNoEntry: false })?.size ?? 0);

const isEmpty = (connection: Connection): boolean =>
  connection.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;

function create(connection: Connection, now: UtcMs): void {
  connection.transaction(() => {
    connection.exec(SCHEMA + SCHEMA_2);
    connection.pragma(`application_id = ${JOURNAL_APPLICATION_ID}`);
    connection.pragma(`user_version = ${JOURNAL_FORMAT_VERSION}`);
    const insert = connection.prepare('INSERT INTO meta VALUES (?, ?)');
    insert.run('epoch', randomBytes(8).toString('hex'));
    insert.run('created', String(now));
  })();
}

function verify(connection: Connection, path: string): void {
  if (connection.pragma('application_id', { simple: true }) !== JOURNAL_APPLICATION_ID)
    throw new Damage('not a journal');
  const found = connection.pragma('user_version', { simple: true }) as number;
  if (found > NEWEST_FORMAT_MAX) throw new Damage(`format ${found}`);
  const isNewer = found > JOURNAL_FORMAT_VERSION;
  if (isNewer && Number(metaOf(connection, 'format')) <= JOURNAL_FORMAT_VERSION)
    throw new Damage(`format ${found}`);
  if (isNewer)
    throw new GatewayError('journal.newer-format', { path, found, known: JOURNAL_FORMAT_VERSION });
  if (found < OLDEST_FORMAT_VERSION) throw new Damage(`format ${found}`);
  if (!isClean(connection)) check(connection, path);
  if (found < JOURNAL_FORMAT_VERSION) migrate(connection);
  const epoch = metaOf(connection, 'epoch') ?? '';
  if (!/^[0-9a-f]{8,}$/.test(epoch)) throw new Damage('no epoch');
  const again = secondEpoch(connection);
  if (again !== undefined && again !== JSON.stringify(epoch))
    throw new Damage(`it is of ${epoch}, and of ${again}`);
}

/** Blocks of version 1 have no link. */
const CHAIN_BEGINS = `
  INSERT OR REPLACE INTO meta SELECT 'chain', 1 + max(
    ifnull((SELECT max(seq) FROM block), 0),
    ifnull((SELECT value ->> 'head' FROM position WHERE kind = 'journal' AND name = 'totals'), 0));
`;

/** From version 1; the blocks stay as they are. */
const migrate = (connection: Connection): void =>
  connection.transaction(() => {
    connection.exec(SCHEMA_2 + CHAIN_BEGINS);
    connection.pragma(`user_version = ${JOURNAL_FORMAT_VERSION}`);
  })();

/**
 * Bounded, whatever the size of the file. Pages it does not reach are checked when they are read.
 */
function check(connection: Connection, path: string): void {
  const checks = ['meta', 'tag', 'position'].map((table) => `quick_check(${table})`);
  if (statSync(path).size <= FULL_CHECK_BYTES_MAX) checks.push('quick_check(block)');
  // What is open, and what is the latest, is read from indexes alone. 0.16 s for the largest ledger, on a server.
  if (hasLedgerTables(connection))
    checks.push('integrity_check(commands)', 'integrity_check(marks)');
  for (const each of checks) {
    const answer = connection.pragma(each, { simple: true });
    if (answer !== 'ok') throw new Damage(`${each}: ${String(answer)}`);
  }
  const newest = connection
    .prepare<[], Uint8Array | null>(
      `SELECT data FROM block ORDER BY seq DESC LIMIT ${CHECKED_BLOCKS}`,
    )
    .pluck();
  let left = CHECKED_BYTES_MAX;
  for (const data of newest.iterate()) {
    left -= data?.length ?? 0;
    if (left < 0) return;
  }
}

const secondEpoch = (connection: Connection): string | undefined =>
  connection
    .prepare<[], string>(`SELECT value FROM position WHERE kind = 'journal' AND name = 'epoch'`)
    .pluck()
    .get();

const isClean = (connection: Connection): boolean => metaOf(connection, 'clean') !== undefined;

const metaOf = (connection: Connection, key: string): string | undefined =>
  connection.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key) as string | undefined;
