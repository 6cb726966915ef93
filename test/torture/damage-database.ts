/** Another program's database, as a kill leaves it. */
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Others } from './damage-acts.ts';

const ROWS = 400;

/** With a WAL of its own, and a rollback journal of another one. */
export function otherDatabase(path: string): Others['database'] {
  const database = new Database(path);
  database.pragma('page_size = 512');
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE block (seq INTEGER PRIMARY KEY, note TEXT)');
  const insert = database.prepare('INSERT INTO block (note) VALUES (?)');
  for (let row = 0; row < ROWS; row++) insert.run(`note ${row} `.repeat(10));
  const [file, wal] = [readFileSync(path), readFileSync(`${path}-wal`)];
  database.close();
  return { file, wal, journal: rollbackJournal(`${path}.rollback`) };
}

function rollbackJournal(path: string): Buffer {
  const database = new Database(path);
  try {
    database.pragma('page_size = 512');
    database.pragma('cache_size = 1');
    database.exec('CREATE TABLE block (seq INTEGER PRIMARY KEY, note TEXT)');
    const insert = database.prepare('INSERT INTO block (note) VALUES (?)');
    for (let row = 0; row < ROWS; row++) insert.run(`note ${row} `.repeat(10));
    database.exec('BEGIN');
    database.exec(`UPDATE block SET note = note || '!'`);
    return readFileSync(`${path}-journal`);
  } finally {
    database.close();
  }
}
