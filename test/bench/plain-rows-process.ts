/**
 * What a program without a format of its own does: one row a sample in an SQLite table, one transaction for each
 * second's samples, WAL, `synchronous=FULL`. The seconds follow each other without a pause; bytes do not depend on it.
 */
import Database from 'better-sqlite3';
import { signalValue } from '../../firmware-sim/process.ts';
import { millis } from '../../gateway/model/units.ts';
import { bytesWritten, type Writes } from './process-facts.ts';

export interface PlainRowsOrder {
  readonly path: string;
  readonly tags: number;
  readonly seconds: number;
  readonly periodMs: number;
}

/** What it wrote, the last checkpoint included. */
export type PlainRowsReport = Writes;

const GOOD = 0;
const order = JSON.parse(process.argv[2] ?? '{}') as PlainRowsOrder;
const before = bytesWritten(process.pid);
const database = new Database(order.path);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec('CREATE TABLE sample (ts INTEGER, tag INTEGER, value REAL, quality INTEGER)');
const insert = database.prepare('INSERT INTO sample VALUES (?, ?, ?, ?)');
const signal = { shape: 'sine', min: 0, max: 100, period: millis(order.periodMs) } as const;
const store = database.transaction((second: number) => {
  const elapsed = millis(second * 1000);
  for (let tag = 0; tag < order.tags; tag++) {
    const value = Math.fround(signalValue(signal, tag, { elapsed, uptime: elapsed }));
    insert.run(1_700_000_000_000 + elapsed, tag, value, GOOD);
  }
});
for (let second = 0; second < order.seconds; second++) store(second);
database.close();
const after = bytesWritten(process.pid);
process.send?.({ disk: after.disk - before.disk, calls: after.calls - before.calls });
process.disconnect();
