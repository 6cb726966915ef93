import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import {
  type JournalItem,
  openJournalReader,
} from '../../../gateway/journal/file/journal-reader.ts';
import { SqlitePages } from '../../../gateway/journal/file/sqlite-pages.ts';
import { type Block, seqOf } from '../../../gateway/journal/journal.ts';
import { bytes, millis, utcMs } from '../../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered, samplesOf, T0 } from '../../support/journal-samples.ts';

const key = (number: number) => ({ origin: 'test', number });
const original = SqlitePages.prototype.page;
/** Enough for several checkpoints. */
const MANY_BLOCKS = 1_500;
const file = () => join(temporaryDirectory(), 'journal.db');

const read = (path: string, from = 1): JournalItem[] => {
  const reader = openJournalReader(path);
  try {
    return [...reader.items(seqOf(from))];
  } finally {
    reader.close();
  }
};

const dataOf = (path: string, seq: number): Buffer => {
  const database = new Database(path, { readonly: true });
  try {
    return database
      .prepare<[number], Buffer>('SELECT data FROM block WHERE seq = ?')
      .pluck()
      .get(seq) as Buffer;
  } finally {
    database.close();
  }
};

/** What the journal itself says, in the words of the reader. */
const asItems = (blocks: readonly Block[]): JournalItem[] =>
  blocks.map((block) => {
    const { seq, committedAt, gap } = block;
    const samples = samplesOf(block);
    if (gap && samples.length === 0) return { kind: 'gap', seq, committedAt, gap };
    const lost = gap && { gap };
    return { kind: 'samples', seq, class: block.class, committedAt, samples, ...lost };
  });

describe('a journal read by a tool', () => {
  it('says what the journal says while its owner has it open, and leaves no trace', async () => {
    const path = file();
    const journal = journalAt(path);
    for (let block = 1; block <= 300; block++)
      await journal.append('telemetry', batchOf(numbered(block, block % 40)), key(block));
    const before = readdirSync(join(path, '..'));
    const sizes = before.map((name) => statSync(join(path, '..', name)).size);
    expect(read(path)).toEqual(asItems(everything(journal)));
    expect(readdirSync(join(path, '..'))).toEqual(before);
    expect(before.map((name) => statSync(join(path, '..', name)).size)).toEqual(sizes);
    await journal.append('alarm', batchOf(numbered(301)), key(301));
    await journal.close();
  });

  it('says the same of a journal that was closed, and leaves it without other files', async () => {
    const path = file();
    const journal = journalAt(path);
    for (let block = 1; block <= 50; block++)
      await journal.append('telemetry', batchOf(numbered(block, 2000)), key(block));
    const known = asItems(everything(journal));
    await journal.close();
    const content = readFileSync(path);
    expect(read(path)).toEqual(known);
    expect(readdirSync(join(path, '..'))).toEqual(['journal.db']);
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('sees what is appended while it reads, through checkpoints and a close in between', async () => {
    const path = file();
    const journal = journalAt(path);
    let block = 0;
    const append = async () =>
      void (await journal.append('telemetry', batchOf(numbered(++block, 400)), key(block)));
    for (let i = 0; i < 100; i++) await append();
    const reader = openJournalReader(path);
    const seen: JournalItem[] = [];
    for (const item of reader.items()) {
      seen.push(item);
      if (block < 1500) for (let i = 0; i < 5; i++) await append();
    }
    expect(seen).toHaveLength(1500);
    expect(seen).toEqual(asItems(everything(journal)));
    await journal.close();
    expect([...reader.items(seqOf(1400))]).toEqual(seen.slice(1399));
    reader.close();
  });

  it('looks again where commits and checkpoints came between two pages', async () => {
    const path = file();
    const journal = journalAt(path);
    let block = 0;
    // Durable when it returns, though it is asynchronous by contract.
    const append = () =>
      void journal.append('telemetry', batchOf(numbered(++block, 400)), key(block));
    for (let i = 0; i < 200; i++) append();
    const reader = openJournalReader(path);
    let pages = 0;
    const spy = vi.spyOn(SqlitePages.prototype, 'page').mockImplementation(function (
      this: SqlitePages,
      number,
    ) {
      if (++pages % 300 === 0 && block < MANY_BLOCKS) for (let i = 0; i < 30; i++) append();
      return original.call(this, number);
    });
    onTestFinished(() => spy.mockRestore());
    const seen = [...reader.items()];
    expect(seen.length).toBeGreaterThan(1000);
    expect(seen).toEqual(asItems(everything(journal)).slice(0, seen.length));
    reader.close();
    await journal.close();
  });

  it('never sees half of a commit of a process that writes as fast as it can', async () => {
    const path = file();
    const script = join(import.meta.dirname, '..', '..', 'crash', 'journal-writer.ts');
    const writer = spawn(process.execPath, [script, path, 'writer', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');
    const reader = openJournalReader(path);
    let next = 1;
    let turns = 0;
    while (next < MANY_BLOCKS) {
      for (const item of reader.items(seqOf(next))) {
        expect(item.seq).toBe(next);
        if (item.kind !== 'samples') throw new Error(`${item.kind} at ${next}`);
        expect(item.samples).toEqual(numbered(next, 1 + (next % 700)));
        next++;
      }
      turns++;
      // Its output is taken, so that it goes on.
      writer.stdout.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(turns).toBeGreaterThan(1);
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    reader.close();
  });

  it('knows tags that the gateway got while it reads', async () => {
    const path = file();
    const first = journalAt(path, { tags: [] });
    const reader = openJournalReader(path);
    await first.close();
    const second = journalAt(path);
    await second.append('telemetry', batchOf(numbered(1)), key(1));
    expect([...reader.items()]).toEqual(asItems(everything(second)));
    await second.close();
    reader.close();
  });

  it('reads what was left by a gateway that was killed', async () => {
    const path = file();
    const journal = journalAt(path);
    for (let block = 1; block <= 20; block++)
      await journal.append('telemetry', batchOf(numbered(block)), key(block));
    const copy = file();
    for (const part of ['', '-wal']) writeFileSync(copy + part, readFileSync(path + part));
    const known = asItems(everything(journal));
    await journal.close();
    expect(read(copy)).toEqual(known);
    // The power went while a frame was written.
    appendFileSync(`${copy}-wal`, Buffer.alloc(300, 7));
    expect(read(copy)).toEqual(known);
  });

  it('begins at a time', async () => {
    const path = file();
    const clock = virtualClock(utcMs(T0));
    const journal = journalAt(path, { clock });
    for (let block = 1; block <= 200; block++) {
      await journal.append('telemetry', batchOf(numbered(block)), key(block));
      await clock.advance(millis(1000));
    }
    const reader = openJournalReader(path);
    const at = (offset: number) => reader.firstSince(utcMs(T0 + offset));
    expect(at(-5000)).toBe(1);
    expect(at(0)).toBe(1);
    expect(at(1)).toBe(2);
    expect(at(100_000)).toBe(101);
    expect(at(100_500)).toBe(102);
    expect(at(1_000_000)).toBe(201);
    expect(reader.head).toBe(200);
    expect(reader.first).toBe(1);
    reader.close();
    await journal.close();
  });

  it('tells recorded gaps and goes on where retention took blocks out', async () => {
    const path = file();
    const journal = journalAt(path, { maxSize: bytes(2 ** 20), uplinks: ['cloud'] });
    for (let block = 1; block <= 1200; block++)
      await journal.append('telemetry', batchOf(numbered(block, 300)), key(block));
    while (await journal.retain());
    const items = read(path);
    expect(items).toEqual(asItems(everything(journal)));
    expect(items[0]?.seq).toBeGreaterThan(1);
    expect(items.some((item) => item.kind !== 'damaged' && item.gap !== undefined)).toBe(true);
    await journal.close();
  });

  it('tells a damaged block and reads what stands behind it', async () => {
    const path = file();
    const journal = journalAt(path);
    for (let block = 1; block <= 100; block++)
      await journal.append('telemetry', batchOf(numbered(block, 200)), key(block));
    const known = asItems(everything(journal));
    await journal.close();
    const content = readFileSync(path);
    const seq = 50;
    const at = content.indexOf(dataOf(path, seq).subarray(0, 30));
    content.fill(0xa5, at, at + 30);
    writeFileSync(path, content);
    const items = read(path);
    const damaged = items.filter(({ kind }) => kind === 'damaged');
    expect(damaged.map((item) => item.seq)).toEqual([seq]);
    expect(items.filter(({ kind }) => kind !== 'damaged')).toEqual(
      known.filter((item) => item.seq !== seq),
    );
  });

  it('survives any page that is overwritten, and never tells a sample that was not stored', async () => {
    const path = file();
    const journal = journalAt(path);
    for (let block = 1; block <= 60; block++)
      await journal.append('telemetry', batchOf(numbered(block, 60)), key(block));
    const known = new Map(asItems(everything(journal)).map((item) => [item.seq, item]));
    await journal.close();
    const content = readFileSync(path);
    for (let page = 0; page < content.length / 512; page++) {
      const broken = Buffer.from(content);
      broken.fill(page % 2 === 0 ? 0 : 0xff, page * 512, page * 512 + 512);
      writeFileSync(path, broken);
      let items: JournalItem[];
      try {
        items = read(path);
      } catch (error) {
        expect(error).toMatchObject({ code: 'journal.corrupt' });
        continue;
      }
      for (const item of items)
        if (item.kind === 'samples') expect(item).toEqual(known.get(item.seq));
    }
  });

  it.each([
    ['a file that is not there', () => undefined, 'journal.unusable'],
    ['a file that is none', () => 'hello', 'journal.corrupt'],
    ['an empty file', () => '', 'journal.corrupt'],
  ])('refuses %s', (_, content, code) => {
    const path = file();
    const text = content();
    if (text !== undefined) writeFileSync(path, text);
    expect(() => openJournalReader(path)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a journal of a newer version', async () => {
    const path = file();
    await journalAt(path).close();
    const content = readFileSync(path);
    content.writeUInt32BE(9, 60);
    writeFileSync(path, content);
    expect(() => openJournalReader(path)).toThrow(
      expect.objectContaining({ code: 'journal.newer-format' }),
    );
  });
});
