/**
 * Samples as lines of JSON in a folder, a file a UTC day of their arrival; what else a receiver keeps is in SQLite beside them. That
 * file also says how far each file of lines is valid: lines of a transaction that was not finished are cut off before the
 * next ones are written, so a part is in the files once or not at all.
 */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../host/clock.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import type { Db, Query } from './db.ts';
import { openSqlite } from './sqlite-db.ts';

const FILES = `CREATE TABLE IF NOT EXISTS files (name text PRIMARY KEY, bytes integer NOT NULL)`;
const INDEX = 'index.db';

/** The tables beside the lines of a folder. */
export const indexOf = (folder: string): string => join(folder, INDEX);

export function openNdjson(folder: string, clock: Clock): Db {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const details = { store: folder, reason: reasonOf(error) };
    throw new GatewayError('receive.store-unusable', details, error);
  }
  const index = openSqlite(indexOf(folder));
  const append = async (query: Query, lines: readonly string[]) => {
    const name = `${new Date(clock.utc()).toISOString().slice(0, 10)}.ndjson`;
    await query(FILES);
    const find = 'SELECT bytes FROM files WHERE name = $1';
    const [file] = await query<{ bytes: number }>(find, [name]);
    const from = file?.bytes ?? 0;
    const bytes = writeAt(join(folder, name), from, `${lines.join('\n')}\n`);
    await query('INSERT OR REPLACE INTO files VALUES ($1, $2)', [name, from + bytes]);
  };
  return {
    name: folder,
    dialect: index.dialect,
    query: index.query,
    transaction: (run) => index.transaction(run),
    append,
    close: () => index.close(),
  };
}

/** Safe on the disk when it returns, and the last of the file. */
function writeAt(path: string, from: number, text: string): number {
  const payload = Buffer.from(text);
  try {
    const file = openSync(path, from === 0 ? 'w' : 'r+');
    try {
      ftruncateSync(file, from);
      for (let done = 0; done < payload.length; )
        done += writeSync(file, payload, done, payload.length - done, from + done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new GatewayError('receive.store-away', { store: path, reason: reasonOf(error) }, error);
  }
  return payload.length;
}
