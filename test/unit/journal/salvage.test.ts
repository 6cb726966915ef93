/** What a damaged journal still holds is in the one that replaced it, under its old name. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { type BlockName, seqOf } from '../../../gateway/journal/journal.ts';
import { UNKNOWN_EPOCH } from '../../../gateway/journal/salvage/salvage.ts';
import { SalvageRun } from '../../../gateway/journal/salvage/salvage-run.ts';
import type { SqliteJournal } from '../../../gateway/journal/sqlite-journal.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, sampleOf, T0, TAGS } from '../../support/journal-samples.ts';

const PAGE = 512;
/** A page of a table that leads to others. */
const INTERIOR = 5;

const newPath = () => join(temporaryDirectory(), 'journal.db');

/** Closed in order; most blocks are coded against another. Returns its epoch. */
async function filled(path: string, count: number): Promise<string> {
  const journal = journalAt(path);
  for (let number = 1; number <= count; number++)
    await journal.append('telemetry', batchOf(slow(number)), { origin: 'o', number });
  await journal.close();
  return journal.epoch;
}

/** Values that change little from block to block. */
const slow = (block: number) =>
  Array.from({ length: 24 }, (_, row) =>
    sampleOf(20 + Math.floor((block + row) / 8), row % TAGS.length, T0 + block * 1000 + row),
  );

/** The file with a separator of its table of blocks lowered, so that a block others refer to is behind it. */
function misled(path: string, count: number): Buffer {
  const database = new Database(path, { readonly: true });
  const key = database
    .prepare<[], number>('SELECT min(key) FROM block WHERE key > 200')
    .pluck()
    .get() as number;
  database.close();
  const file = readFileSync(path);
  for (let page = PAGE; page < file.length; page += PAGE) {
    if (file[page] !== INTERIOR) continue;
    let before = 0;
    for (let cell = 0; cell < file.readUInt16BE(page + 3); cell++) {
      const at = page + file.readUInt16BE(page + 12 + 2 * cell) + 4;
      // Two bytes of seven bits.
      const separator = ((file[at] as number) & 0x7f) * 128 + (file[at + 1] as number);
      if (before < key && key <= separator && separator <= count && separator >= 0x80) {
        file[at] = 0x80 | ((key - 1) >> 7);
        file[at + 1] = (key - 1) & 0x7f;
        return file;
      }
      before = separator;
    }
  }
  throw new Error(`no separator of block ${key}`);
}

function change(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

/** All of it, or up to the first commit only. */
function salvage(journal: SqliteJournal, path: string, remembered?: string, isAll = true) {
  const run = new SalvageRun({
    ...{ path, target: journal.salvage, tags: TAGS, remembered, log: silentLog },
    clock: virtualClock(utcMs(T0)),
  });
  while (run.step() && (isAll || journal.salvage.progress() === undefined));
  run.close();
}

const namesIn = (journal: SqliteJournal): readonly BlockName[] =>
  everything(journal).flatMap(({ salvaged }) => salvaged ?? []);

const epochsIn = (journal: SqliteJournal): readonly string[] => [
  ...new Set(namesIn(journal).map(({ epoch }) => epoch)),
];

/** With another digit at its end, which no mark of a row holds. */
const oneBitOff = (epoch: string) => `${epoch.slice(0, -1)}${epoch.endsWith('a') ? 'b' : 'a'}`;

describe('whose blocks are in a damaged file', () => {
  const asTold = (epoch: string) => `UPDATE meta SET value = '${epoch}' WHERE key = 'epoch'`;
  const again = (epoch: string) =>
    `UPDATE position SET value = '"${epoch}"' WHERE kind = 'journal' AND name = 'epoch'`;

  test('two places that say differently are damage', async () => {
    const path = newPath();
    const epoch = await filled(path, 3);
    change(path, asTold(oneBitOff(epoch)));
    const after = journalAt(path);
    expect(after.epoch).not.toBe(oneBitOff(epoch));
    expect(readdirSync(join(path, '..')).filter((name) => name.includes('corrupt'))).toHaveLength(
      1,
    );
    await after.close();
  });

  test('what the gateway remembers decides where it fits the rows', async () => {
    const path = newPath();
    const epoch = await filled(path, 3);
    change(path, `${asTold(oneBitOff(epoch))}; ${again(oneBitOff(epoch))}`);
    const after = journalAt(path, { damage: 'a test' });
    salvage(after, path, epoch);
    expect(epochsIn(after)).toEqual([epoch]);
    await after.close();
  });

  test('what the gateway remembers of another journal does not', async () => {
    const path = newPath();
    const epoch = await filled(path, 3);
    const after = journalAt(path, { damage: 'a test' });
    salvage(after, path, '0123456789abcdef');
    expect(epochsIn(after)).toEqual([epoch]);
    await after.close();
  });

  test('an epoch that the rows contradict is not believed', async () => {
    const path = newPath();
    await filled(path, 3);
    change(path, `${asTold('0123456789abcdef')}; ${again('0123456789abcdef')}`);
    const after = journalAt(path, { damage: 'a test' });
    salvage(after, path);
    expect(epochsIn(after)).toEqual([UNKNOWN_EPOCH]);
    await after.close();
  });

  test('neither of two is believed where nothing decides', async () => {
    const path = newPath();
    const epoch = await filled(path, 3);
    change(path, asTold(oneBitOff(epoch)));
    const after = journalAt(path, { damage: 'a test' });
    salvage(after, path);
    expect(epochsIn(after)).toEqual([UNKNOWN_EPOCH]);
    await after.close();
  });

  test('the next process goes on under the name that the one before took', async () => {
    const path = newPath();
    const epoch = await filled(path, 60);
    change(path, `${asTold(oneBitOff(epoch))}; ${again(oneBitOff(epoch))}`);
    const first = journalAt(path, { damage: 'a test' });
    salvage(first, path, epoch, false);
    expect(namesIn(first).length).toBeGreaterThan(0);
    expect(namesIn(first).length).toBeLessThan(60);
    await first.close();
    const second = journalAt(path);
    salvage(second, path, first.epoch);
    expect(epochsIn(second)).toEqual([epoch]);
    expect(namesIn(second)).toHaveLength(60);
    await second.close();
  });
});

describe('a file whose damage SQLite does not see', () => {
  test('a tree that does not lead to a block that is there: all blocks are saved', async () => {
    const path = newPath();
    await filled(path, 400);
    writeFileSync(path, misled(path, 400));
    let damage: string | undefined;
    const reading = journalAt(path);
    try {
      // From its end, each block has to be led to, and then its key.
      for (let seq = 400; seq > 0; seq--) reading.read(seqOf(seq), 1);
    } catch (error) {
      damage = error instanceof GatewayError ? String(error.details.reason) : undefined;
    }
    await reading.close();
    expect(damage).toMatch(/nothing leads to block/);
    const after = journalAt(path, { damage });
    salvage(after, path, reading.epoch);
    expect(namesIn(after)).toHaveLength(400);
    await after.close();
  });

  test.each([`'a longer text'`, '7', '7.5'])(
    '%s in the place of a block is a gap',
    async (value) => {
      const path = newPath();
      await filled(path, 3);
      change(path, `UPDATE block SET data = ${value} WHERE seq = 2`);
      const journal = journalAt(path);
      expect(everything(journal).map(({ gap }) => gap?.seqs)).toEqual([
        undefined,
        { from: 2, to: 2 },
        undefined,
      ]);
      await journal.close();
    },
  );

  test.each([
    ['the version of the header', 18, 34],
    ['the format of the journal', 63, 130],
  ])('%s with a bit more', async (_, at, value) => {
    const path = newPath();
    await filled(path, 3);
    const file = readFileSync(path);
    file[at] = value;
    writeFileSync(path, file);
    const after = journalAt(path);
    salvage(after, path);
    expect(namesIn(after)).toHaveLength(3);
    await after.close();
    expect(existsSync(path)).toBe(true);
  });
});
