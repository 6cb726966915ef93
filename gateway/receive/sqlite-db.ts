/**
 * SQLite as a store: a file of one process, each commit safe before it is told. The one file here that knows better-sqlite3.
 */
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { type ErrorCode, GatewayError, reasonOf } from '../model/errors.ts';
import { type Db, type Dialect, type Param, type Query, tablesOf } from './db.ts';

const SAMPLES = `CREATE TABLE IF NOT EXISTS samples (
  tag integer NOT NULL, time_ms real NOT NULL, journal integer NOT NULL, seq integer NOT NULL, part integer NOT NULL,
  n integer NOT NULL, number real, text text, flag integer, quality text NOT NULL, basis text NOT NULL,
  PRIMARY KEY (tag, time_ms, journal, seq, part, n)) WITHOUT ROWID`;

const READINGS = `CREATE VIEW IF NOT EXISTS readings AS
  SELECT t.gw, t.name AS tag, strftime('%Y-%m-%dT%H:%M:%fZ', s.time_ms / 1000, 'unixepoch') AS time, s.time_ms,
    s.number, s.text, s.flag, s.quality, s.basis, j.epoch, s.seq, s.part, s.n
  FROM samples s JOIN tags t ON t.tag = s.tag JOIN journals j ON j.journal = s.journal`;

const DIALECT: Dialect = {
  schema: [
    ...tablesOf('integer PRIMARY KEY', 'integer'),
    SAMPLES,
    `CREATE INDEX IF NOT EXISTS samples_unsynced ON samples (journal, seq) WHERE basis = 'unsynced'`,
    READINGS,
  ],
  now: `CAST(unixepoch('subsec') * 1000 AS integer)`,
  insertParts: `INSERT INTO parts SELECT
      value->>'journal', value->>'seq', value->>'part', value->>'total', value->>'class', value->>'device',
      value->>'hist', value->>'samples', value->>'wasEpoch', value->>'wasSeq', value->>'at'
    FROM json_each($1) WHERE true ON CONFLICT DO NOTHING RETURNING journal, seq, part`,
  insertSamples: `INSERT INTO samples SELECT
      value->>'tag', value->>'time', value->>'journal', value->>'seq', value->>'part', value->>'n',
      value->>'number', value->>'text', value->>'flag', value->>'quality', value->>'basis'
    FROM json_each($1)`,
  correct: `UPDATE samples SET time_ms = time_ms + c.shift_ms, basis = 'corrected' FROM corrections c
    WHERE samples.journal = $1 AND samples.basis = 'unsynced'
      AND c.journal = samples.journal AND samples.seq BETWEEN c.first AND c.last`,
};

const LOCK_WAIT_MS = 0;
const READER_WAIT_MS = 5_000;

/** Throws `receive.store-unusable` where the file is no such store, or another process has it. */
export function openSqlite(path: string): Db {
  return guarded(path, 'receive.store-unusable', () => {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    const lock = lockOf(path);
    const file = new Database(path, { timeout: READER_WAIT_MS });
    file.pragma('journal_mode = WAL');
    file.pragma('synchronous = FULL');
    return new SqliteDb(path, file, () => lock.close());
  });
}

/** Beside a running receiver; nothing can be written. Throws `receive.store-unusable`. */
export function openSqliteToRead(path: string): Db {
  return guarded(path, 'receive.store-unusable', () => {
    const file = new Database(path, {
      timeout: READER_WAIT_MS,
      readonly: true,
      fileMustExist: true,
    });
    return new SqliteDb(path, file, () => {});
  });
}

/** A second file that is locked as long as this process lives, so that everybody may read the first. */
function lockOf(path: string): Database.Database {
  const lock = new Database(`${path}.lock`, { timeout: LOCK_WAIT_MS });
  lock.pragma('locking_mode = EXCLUSIVE');
  lock.exec('BEGIN EXCLUSIVE');
  return lock;
}

class SqliteDb implements Db {
  readonly name: string;
  readonly dialect = DIALECT;
  readonly #file: Database.Database;
  readonly #onClose: () => void;
  readonly #statements = new Map<string, Database.Statement>();
  /** What is under way: a transaction is a turn of its own. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, file: Database.Database, onClose: () => void) {
    this.name = path;
    this.#file = file;
    this.#onClose = onClose;
  }

  readonly query: Query = (text, params) => this.#next(async () => this.#run(text, params));

  transaction<T>(run: (query: Query) => Promise<T>): Promise<T> {
    return this.#next(async () => {
      this.#run('BEGIN IMMEDIATE');
      try {
        const result = await run(async (text, params) => this.#run(text, params));
        this.#run('COMMIT');
        return result;
      } catch (error) {
        if (this.#file.inTransaction) this.#run('ROLLBACK');
        throw error;
      }
    });
  }

  close(): Promise<void> {
    return this.#next(async () => {
      this.#file.close();
      this.#onClose();
    });
  }

  #next<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act, act);
    this.#turn = turn;
    return turn;
  }

  #run<Row>(text: string, params: readonly Param[] = []): readonly Row[] {
    return guarded(this.name, 'receive.store-away', () => {
      const statement = this.#statements.get(text) ?? this.#file.prepare(text);
      this.#statements.set(text, statement);
      const named = Object.fromEntries(params.map((param, index) => [index + 1, param]));
      if (statement.reader) return statement.all(named) as readonly Row[];
      statement.run(named);
      return [];
    });
  }
}

/** What is wrong with the data, and not with the file. */
const REFUSALS = /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/;

function guarded<T>(store: string, otherwise: ErrorCode, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const isRefusal = error instanceof Database.SqliteError && REFUSALS.test(error.code);
    const details = { store, reason: reasonOf(error) };
    throw new GatewayError(isRefusal ? 'receive.store-refused' : otherwise, details, error);
  }
}
