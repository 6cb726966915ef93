/**
 * Stores samples in one of three ways, a commit a second of site time, and tells what the kernel counts as written for
 * it: the journal, one SQLite row a sample, or one SQLite row a commit with the columns as they are in memory.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { SampleBatch } from '../../gateway/journal/batch.ts';
import { seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import { bytes, seconds, utcMs } from '../../gateway/model/units.ts';
import { bytesWritten, type Writes } from './process-facts.ts';
import { type Signal, STARTED, StoredSamples, tagsOf, timeOf } from './stored-samples.ts';

export interface StoreOrder {
  readonly way: 'journal' | 'rows' | 'blobs';
  readonly folder: string;
  /** Samples of one commit. */
  readonly tags: number;
  readonly signal: Signal;
  readonly commits: number;
  /** Commits before the counting begins: the file's first growth. */
  readonly warmUp: number;
}

export interface StoreReport extends Writes {
  /** Of the counted commits. */
  readonly milliseconds: number;
}

const GOOD = 0;
const order = JSON.parse(process.argv[2] ?? '{}') as StoreOrder;
const samples = new StoredSamples(order.tags, order.signal);
const { store, close } = { journal, rows, blobs }[order.way]();
let before = bytesWritten(process.pid);
let spent = 0;
for (let second = 0; second < order.warmUp + order.commits; second++) {
  if (second === order.warmUp) before = bytesWritten(process.pid);
  samples.advance();
  const batch = samples.batch(second);
  const started = performance.now();
  await store(second, batch);
  if (second >= order.warmUp) spent += performance.now() - started;
}
await close();
const after = bytesWritten(process.pid);
process.send?.({
  disk: after.disk - before.disk,
  calls: after.calls - before.calls,
  milliseconds: spent,
} satisfies StoreReport);
process.disconnect();

/** With an uplink that acknowledges each block three seconds later. */
function journal() {
  const clock = virtualClock(utcMs(STARTED));
  const opened = openJournal({
    path: join(order.folder, 'journal.db'),
    tags: tagsOf(order.tags),
    uplinks: ['cloud'],
    maxSize: bytes(2 ** 31),
    keep: seconds(86_400 * 7),
    clock,
    log: silentLog,
  });
  const cursor = opened.cursor('cloud');
  return {
    store: async (second: number, batch: SampleBatch) => {
      await clock.advance(seconds(1));
      await opened.append('telemetry', batch, { origin: '0123456789abcdef', number: second + 1 });
      if (opened.head > 3) cursor.acknowledge(seqOf(opened.head - 3));
      opened.saveCursors();
      if (second % 60 === 0) await opened.retain();
    },
    close: () => opened.close(),
  };
}

function rows() {
  const database = opened();
  database.exec('CREATE TABLE sample (ts INTEGER, tag INTEGER, value REAL, quality INTEGER)');
  const insert = database.prepare('INSERT INTO sample VALUES (?, ?, ?, ?)');
  const store = database.transaction((second: number) => {
    for (let tag = 0; tag < order.tags; tag++)
      insert.run(timeOf(second, tag), tag, samples.valueOf(tag), GOOD);
  });
  return { store, close: () => database.close() };
}

function blobs() {
  const database = opened();
  database.exec('CREATE TABLE block (seq INTEGER PRIMARY KEY, data BLOB)');
  const insert = database.prepare('INSERT INTO block (data) VALUES (?)');
  const store = (_: number, { tags, times, qualities, numbers }: SampleBatch) => {
    const columns = [tags, times, qualities, numbers];
    insert.run(Buffer.concat(columns.map(({ buffer }) => new Uint8Array(buffer))));
  };
  return { store, close: () => database.close() };
}

function opened(): Database.Database {
  const database = new Database(join(order.folder, `${order.way}.db`));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  return database;
}
