/**
 * `node test/bench/journal-layout.ts`: bytes the kernel counts as written per sample, for each page size and way to keep
 * free pages: the measurement behind docs/decisions/0005-journal-layout.md. One commit is a block of 1,000 slowly
 * changing decimals, one position row and one page of the WAL's own bookkeeping.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { seededRandom } from '../../gateway/host/random.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import { encodeBlock } from '../../gateway/journal/codec/block-codec.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';

const TAGS = 1000;
const COMMITS = 600;
/** Before the counting begins: the file's first growth. */
const WARM_UP = 60;

interface Layout {
  readonly pageBytes: number;
  readonly vacuum: 'NONE' | 'INCREMENTAL';
  readonly checkpointKib: number;
}

const blocks = pollsOf(COMMITS + WARM_UP);

for (const pageBytes of [512, 1024, 2048, 4096])
  for (const vacuum of ['NONE', 'INCREMENTAL'] as const)
    report({ pageBytes, vacuum, checkpointKib: 1024 });
for (const checkpointKib of [128, 256, 512, 2048, 4096])
  report({ pageBytes: 512, vacuum: 'NONE', checkpointKib });

function report(layout: Layout): void {
  const bytesPerSample = measured(layout) / COMMITS / TAGS;
  console.log(JSON.stringify({ ...layout, bytesPerSample: Number(bytesPerSample.toFixed(1)) }));
}

function measured({ pageBytes, vacuum, checkpointKib }: Layout): number {
  const directory = mkdtempSync(join(tmpdir(), 'layout-'));
  const database = new Database(join(directory, 'journal.db'));
  database.pragma(`page_size = ${pageBytes}`);
  database.pragma(`auto_vacuum = ${vacuum}`);
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`wal_autocheckpoint = ${(checkpointKib * 1024) / pageBytes}`);
  database.exec(`
    CREATE TABLE block (seq INTEGER PRIMARY KEY, class, committed_at, samples, gap, data);
    CREATE TABLE position (kind, name, value, PRIMARY KEY (kind, name)) WITHOUT ROWID;`);
  const insert = database.prepare('INSERT INTO block VALUES (?, 2, ?, ?, NULL, ?)');
  const save = database.prepare('INSERT OR REPLACE INTO position VALUES (?, ?, ?)');
  const commit = database.transaction((seq: number, data: Uint8Array) => {
    insert.run(seq, 1_767_225_600_000 + seq * 1000, TAGS, data);
    save.run('origin', '0123456789abcdef', JSON.stringify({ number: seq, seq }));
    save.run('uplink', 'cloud', JSON.stringify([[1, seq - 1]]));
  });
  let before = 0;
  for (const [index, data] of blocks.entries()) {
    if (index === WARM_UP) before = bytesWritten();
    commit(index + 1, data);
  }
  const written = bytesWritten() - before;
  database.close();
  rmSync(directory, { recursive: true });
  return written;
}

function bytesWritten(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

/** Polls of tags with one to three decimals that move by up to three steps. */
function pollsOf(count: number): Uint8Array[] {
  const random = seededRandom(1);
  const steps = Array.from({ length: TAGS }, () => Math.round(5_000 + random() * 90_000));
  const poll = (number: number): Sample[] =>
    steps.map((step, index) => ({
      tag: String(index) as TagId,
      value: step / 10 ** (1 + (index % 3)),
      quality: 'good',
      time: utcMs(1_767_225_600_000 + number * 1000 + Math.floor(index / 100) * 3),
      timeBasis: 'gateway',
    }));
  return Array.from({ length: count }, (_, number) => {
    for (const index of steps.keys())
      steps[index] = (steps[index] as number) + Math.round(random() * 6 - 3);
    return encodeBlock(toBatch(poll(number), Number));
  });
}
