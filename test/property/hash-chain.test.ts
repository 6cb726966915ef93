import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { encodeBlock } from '../../gateway/journal/codec/block-codec.ts';
import { openJournalReader } from '../../gateway/journal/file/journal-reader.ts';
import { BLOCK_CLASSES, type BlockClass, seqOf } from '../../gateway/journal/journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import { bytes, millis, utcMs } from '../../gateway/model/units.ts';
import { journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { batchOf, numbered, T0 } from '../support/journal-samples.ts';
import { exportOf, exportProof, proofOf, sealAnew, tamper } from '../support/proven-journal.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const UPLINKS = ['cloud', 'plant'];
const MAX_SIZE = bytes(96 * 1024);

type Operation =
  | { readonly do: 'append'; readonly class: BlockClass; readonly rows: number }
  | { readonly do: 'gap' | 'retain' | 'reopen' }
  /** So many of three are delivered, and grow old. */
  | { readonly do: 'expire'; readonly of3: number }
  | { readonly do: 'clock'; readonly hours: number };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      class: fc.constantFrom(...BLOCK_CLASSES, 'telemetry' as const),
      rows: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 500, max: 1500 })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('gap', 'retain', 'reopen') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('expire' as const),
      of3: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      hours: fc.integer({ min: -20, max: 60 }),
    }),
  },
);

/** A journal that has lived; what was appended of it, and where it is. */
async function lived(operations: readonly Operation[]): Promise<string> {
  const path = join(temporaryDirectory(), 'journal.db');
  const clock = virtualClock(utcMs(T0));
  const open = () =>
    journalAt(path, { clock, uplinks: UPLINKS, maxSize: MAX_SIZE, keep: millis(3_600_000) });
  let journal: SqliteJournal = open();
  let number = 0;
  for (const each of operations) {
    if (each.do === 'append')
      await journal.append(each.class, batchOf(numbered(++number, each.rows)), {
        origin: 'test',
        number,
      });
    else if (each.do === 'gap')
      await journal.appendGap({
        ...{ reason: 'queue-overflow', class: 'telemetry', count: 3, seqs: undefined },
        ...{ from: clock.utc(), to: clock.utc() },
      });
    else if (each.do === 'retain') while (await journal.retain());
    else if (each.do === 'expire') {
      for (const uplink of UPLINKS)
        for (let seq = 1; seq <= journal.head; seq++)
          if (seq % 3 < each.of3) journal.cursor(uplink).acknowledge(seqOf(seq));
      await clock.advance(millis(2 * 3_600_000));
      while (await journal.retain());
    } else if (each.do === 'clock') {
      if (each.hours > 0) await clock.advance(millis(each.hours * 3_600_000));
      else clock.stepWallClock(utcMs(clock.utc() + each.hours * 3_600_000));
    } else {
      await journal.close();
      journal = open();
    }
  }
  await journal.close();
  return path;
}

const life = fc.array(operation, { minLength: 5, maxLength: 60, size: 'max' });

test('whatever a journal has lived through, it and its export are proven whole', async () => {
  let [removed, days] = [0, 0];
  await fc.assert(
    fc.asyncProperty(life, async (operations) => {
      const path = await lived(operations);
      const report = proofOf(path);
      expect(report.listed).toEqual([]);
      expect(report.proven).toBe(report.blocks);
      expect(exportProof(exportOf(path))).toEqual(report);
      removed += report.removed.blocks;
      days += report.days.proven;
    }),
    { seed: SEED, numRuns: 20 },
  );
  expect(removed).toBeGreaterThan(100);
  expect(days).toBeGreaterThan(10);
});

type Blow =
  | 'byte of data'
  | 'byte of link'
  | 'row away'
  | 'rows swapped'
  | 'digit'
  | 'time'
  | 'class'
  | 'day away'
  | 'day link';

const blow = fc.constantFrom<Blow>(
  'byte of data',
  'byte of link',
  'row away',
  'rows swapped',
  'digit',
  'time',
  'class',
  'day away',
  'day link',
);

/** What is done to a copy, and where the first break has to be; undefined where there is nothing to do it to. */
function struck(path: string, kind: Blow, choice: number): number | undefined {
  let at: number | undefined;
  tamper(path, (database) => {
    const rows = database
      .prepare<[], { seq: number; data: Buffer | null; committed_at: number; key: number | null }>(
        'SELECT seq, data, committed_at, key FROM block ORDER BY seq',
      )
      .all();
    const pick = <T>(from: readonly T[]): T | undefined => from[choice % Math.max(1, from.length)];
    const days = database
      .prepare<[], { day: string; first: number; last: number }>('SELECT * FROM day ORDER BY last')
      .all();
    if (kind === 'day away' || kind === 'day link') {
      const day = pick(days.filter(({ last }) => rows.some(({ seq }) => seq === last)));
      if (day === undefined) return;
      at = kind === 'day away' ? -1 : day.last;
      if (kind === 'day away') database.prepare('DELETE FROM day WHERE day = ?').run(day.day);
      else database.prepare('UPDATE day SET link = zeroblob(32) WHERE day = ?').run(day.day);
      return;
    }
    if (kind === 'row away') {
      const row = pick(rows);
      if (row === undefined) return;
      // The newest may be taken away only where something else speaks of it.
      if (row.seq === rows.at(-1)?.seq) return;
      at = row.seq;
      database.prepare('DELETE FROM block WHERE seq = ?').run(row.seq);
      return;
    }
    const row = pick(
      rows.filter(({ data }) => (kind !== 'byte of data' && kind !== 'digit' ? true : data)),
    );
    if (row === undefined) return;
    at = row.seq;
    if (kind === 'byte of data' && row.data) {
      const data = Buffer.from(row.data);
      const place = choice % data.length;
      data[place] = (data[place] as number) ^ 0x41;
      database.prepare('UPDATE block SET data = ? WHERE seq = ?').run(data, row.seq);
    } else if (kind === 'byte of link')
      database.prepare('UPDATE block SET link = zeroblob(32) WHERE seq = ?').run(row.seq);
    else if (kind === 'time' || kind === 'class') {
      const change =
        kind === 'time' ? 'committed_at = committed_at + 1' : 'class = (class + 1) % 3';
      database.prepare(`UPDATE block SET ${change} WHERE seq = ?`).run(row.seq);
      sealAnew(database, row.seq);
    } else if (kind === 'digit') {
      const reader = openJournalReader(path);
      const found = [...reader.rows(row.seq)].find(({ rowid }) => rowid === row.seq);
      if (!found || !('columns' in found)) throw new Error('no row');
      const batch = reader.samplesIn(found);
      reader.close();
      const numbers = batch.numbers.slice();
      const place = choice % batch.length;
      numbers[place] = (numbers[place] as number) + 0.001;
      // Coded anew, with a checksum that is right.
      database
        .prepare('UPDATE block SET data = ?, key = NULL WHERE seq = ?')
        .run(encodeBlock({ ...batch, numbers }), row.seq);
      sealAnew(database, row.seq);
    } else if (kind === 'rows swapped') {
      const next = rows[rows.indexOf(row) + 1];
      if (next === undefined) {
        at = undefined;
        return;
      }
      const swap = database.prepare('UPDATE block SET seq = ? WHERE seq = ?');
      swap.run(-1, row.seq);
      swap.run(row.seq, next.seq);
      swap.run(next.seq, -1);
      for (const { seq } of [row, next]) sealAnew(database, seq);
    }
  });
  return at;
}

test('whatever somebody changes in a journal is found, and the first break is named', async () => {
  const met = new Set<Blow>();
  await fc.assert(
    fc.asyncProperty(
      life,
      fc.array(fc.tuple(blow, fc.nat(10_000)), { minLength: 6, maxLength: 6 }),
      async (operations, blows) => {
        const path = await lived(operations);
        for (const [kind, choice] of blows) {
          const copy = join(temporaryDirectory(), 'journal.db');
          copyFileSync(path, copy);
          const at = struck(copy, kind, choice);
          if (at === undefined) continue;
          met.add(kind);
          const report = proofOf(copy);
          expect(report.breaks, kind).toBeGreaterThan(0);
          if (at >= 0) expect([kind, report.listed[0]?.at]).toEqual([kind, at]);
          else expect(report.listed[0]?.kind).toBe('day-missing');
          const exported = exportProof(exportOf(copy));
          expect([kind, exported.listed[0]?.kind, exported.listed[0]?.at]).toEqual([
            kind,
            report.listed[0]?.kind,
            report.listed[0]?.at,
          ]);
        }
      },
    ),
    { seed: SEED, numRuns: 20 },
  );
  expect([...met].sort()).toEqual([
    'byte of data',
    'byte of link',
    'class',
    'day away',
    'day link',
    'digit',
    'row away',
    'rows swapped',
    'time',
  ]);
});

test('whichever byte of an export is another one, it is found', async () => {
  await fc.assert(
    fc.asyncProperty(
      life,
      fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 0.999_999, noNaN: true }),
          fc.integer({ min: 1, max: 255 }),
        ),
        { minLength: 12, maxLength: 12 },
      ),
      async (operations, blows) => {
        const whole = Buffer.from(`${exportOf(await lived(operations)).join('\n')}\n`);
        for (const [share, mask] of blows) {
          const bytes = Buffer.from(whole);
          const place = Math.floor(share * bytes.length);
          bytes[place] = (bytes[place] as number) ^ mask;
          const lines = bytes.toString().split('\n').slice(0, -1);
          let breaks: number;
          try {
            breaks = exportProof(lines).breaks;
          } catch {
            continue;
          }
          // The line feed at the very end says nothing.
          if (place < bytes.length - 1) expect(breaks).toBeGreaterThan(0);
        }
      },
    ),
    { seed: SEED, numRuns: 8 },
  );
});
