/** What a receiver's store promises, of each kind there is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';
import type { Db } from '../../gateway/receive/db.ts';
import { HoleBook } from '../../gateway/receive/hole-book.ts';
import { openNdjson } from '../../gateway/receive/ndjson-db.ts';
import { openPostgres } from '../../gateway/receive/postgres-db.ts';
import { reportOf } from '../../gateway/receive/report.ts';
import { openSqlite, openSqliteToRead } from '../../gateway/receive/sqlite-db.ts';
import { type Kept, ReceiveStore } from '../../gateway/receive/store.ts';
import { EPOCH, GATEWAY, kept, part, T0, watermark } from '../support/heard.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts';
import { describeWith } from '../support/real-parts.ts';

const NOW = utcMs(T0 + 60_000);
const OLD = '00c0ffee';
const ZEROS = '0'.repeat(16);

interface Reading {
  readonly tag: string;
  readonly ms: number;
  readonly number: unknown;
  readonly text: string | null;
  readonly flag: unknown;
  readonly quality: string;
  readonly basis: string;
  readonly seq: number;
}

/** The rows of the view, of either database. */
async function readingsOf(db: Db): Promise<Reading[]> {
  const ms = db.name.startsWith('postgres') ? 'extract(epoch FROM time) * 1000' : 'time_ms';
  const rows = await db.query<Reading & { readonly ms: unknown }>(
    `SELECT tag, ${ms} AS ms, number, text, flag, quality, basis, seq FROM readings ORDER BY tag, seq, part, n`,
  );
  return rows.map((row) => ({ ...row, ms: Number(row.ms) }));
}

const stored = async (db: Db, wantsHistory = false): Promise<ReceiveStore> => {
  onTestFinished(() => db.close());
  const store = new ReceiveStore({ db, wantsHistory });
  await store.open();
  return store;
};

function promises(open: () => Promise<Db> | Db): void {
  const commit = (store: ReceiveStore, messages: readonly Kept[], at: UtcMs = NOW) =>
    store.commit(messages, at);

  it('has each part once, whatever comes again', async () => {
    const store = await stored(await open());
    const two = part(2, { part: 1, parts: 2 });
    const first = await commit(store, [part(1), two, part(1)]);
    expect(first).toMatchObject({ fresh: 2, repeats: 1, samples: 2 });
    const again = await commit(store, [part(2, { part: 0, parts: 2 }), two, part(1), part(3)]);
    expect(again).toMatchObject({ fresh: 2, repeats: 2, samples: 2 });
    expect((await readingsOf(store.db)).map(({ seq }) => seq)).toEqual([1, 2, 2, 3]);
  });

  it('keeps apart gateways and journals that name the same block', async () => {
    const store = await stored(await open());
    const other = kept('telemetry/press', { ...samplesOf({ x: [[T0, 7]] }), epoch: OLD });
    const facts = await commit(store, [part(1), other]);
    expect(facts.fresh).toBe(2);
    expect(await store.db.query('SELECT gw, epoch FROM journals ORDER BY epoch')).toEqual([
      { gw: GATEWAY, epoch: OLD },
      { gw: GATEWAY, epoch: EPOCH },
    ]);
  });

  it('keeps every digit, every mark and every kind of value', async () => {
    const store = await stored(await open());
    const samples = {
      a: [[T0, 74.2]],
      b: [[T0, '9007199254740993', 'good', 'source']],
      c: [[T0, '12345678901234567.8901']],
      d: [
        [T0, true],
        [T0, false],
      ],
      e: [[T0, null, 'bad:comm']],
      f: [[T0, 'run\0ning \ud800', 'uncertain:suspect']],
      g: [[T0 + 0.125, 1e-7]],
    };
    await commit(store, [kept('telemetry/press', samplesOf(samples))]);
    const rows = await readingsOf(store.db);
    expect(rows.map(({ tag, text, quality, basis }) => [tag, text, quality, basis])).toEqual([
      ['press.a', null, 'good', 'gateway'],
      ['press.b', '9007199254740993', 'good', 'source'],
      ['press.c', '12345678901234567.8901', 'good', 'gateway'],
      ['press.d', null, 'good', 'gateway'],
      ['press.d', null, 'good', 'gateway'],
      ['press.e', null, 'bad:comm', 'gateway'],
      ['press.f', 'run␀ning �', 'uncertain:suspect', 'gateway'],
      ['press.g', null, 'good', 'gateway'],
    ]);
    const isExact = store.db.name.startsWith('postgres');
    expect(rows.map(({ number }) => number)).toEqual(
      isExact
        ? [
            '74.2',
            '9007199254740993',
            '12345678901234567.8901',
            null,
            null,
            null,
            null,
            '0.0000001',
          ]
        : [74.2, 9007199254740992, 12345678901234568, null, null, null, null, 1e-7],
    );
    expect(rows.map(({ flag }) => Number(flag ?? -1))).toEqual([-1, -1, -1, 1, 0, -1, -1, -1]);
    expect(rows.at(-1)?.ms).toBe(T0 + 0.125);
  });

  it('moves unsynced times by what they were off, once, whichever comes first', async () => {
    const store = await stored(await open());
    const unsynced = (seq: number) =>
      part(seq, {
        samples: {
          x: [
            [T0 + seq, seq, 'good', 'unsynced'],
            [T0, 0],
          ],
        },
      });
    const corrected = watermark(9, { clock: [{ seqs: [2, 4], shift_ms: 5_000 }] });
    await commit(store, [unsynced(1), unsynced(2)]);
    for (let heard = 0; heard < 2; heard++) await commit(store, [corrected]);
    await commit(store, [unsynced(4)]);
    const rows = (await readingsOf(store.db)).filter(({ number }) => Number(number) > 0);
    expect(rows.map(({ seq, ms, basis }) => [seq, ms - T0 - seq, basis])).toEqual([
      [1, 0, 'unsynced'],
      [2, 5_000, 'corrected'],
      [4, 5_000, 'corrected'],
    ]);
  });

  it('does not store again what was saved from a damaged journal and is there as a whole', async () => {
    const store = await stored(await open());
    const old = (seq: number, fields = {}) => part(seq, { epoch: OLD, ...fields });
    await commit(store, [old(5), old(6, { parts: 2 })]);
    const saved = [5, 6, 7].map((seq, index) => part(index + 1, { salvaged: { epoch: OLD, seq } }));
    const facts = await commit(store, [...saved, part(4, { salvaged: { epoch: ZEROS, seq: 5 } })]);
    expect(facts).toMatchObject({ fresh: 4, samples: 3 });
  });

  it('knows of gaps, in the journal they are about', async () => {
    const store = await stored(await open());
    const gap = {
      reason: 'retention',
      class: 'telemetry',
      count: 9,
      seqs: [1, 3],
      from: T0,
      to: T0,
    };
    const message = { samples: undefined, device: '', gap };
    const saved = { ...message, salvaged: { epoch: OLD, seq: 8 } };
    await commit(store, [part(4, message), part(5, saved)]);
    await commit(store, [watermark(5, { gaps: [{ seq: 4, ...gap }] })]);
    expect(
      await store.db.query(
        `SELECT epoch, said, seq, first, last, reason, samples FROM gaps g
          JOIN journals j ON j.journal = g.journal ORDER BY seq`,
      ),
    ).toEqual([
      { epoch: EPOCH, said: 'gap', seq: 4, first: 1, last: 3, reason: 'retention', samples: 9 },
      { epoch: OLD, said: 'gap', seq: 8, first: 1, last: 3, reason: 'retention', samples: 9 },
    ]);
  });

  it('counts what the uplink leaves out as neither missing nor there', async () => {
    const store = await stored(await open(), true);
    const omitted = (...seqs: [number, number][]): Kept =>
      kept('omitted', { v: 1, gw: GATEWAY, epoch: EPOCH, seqs });
    const some = { sent: 1, omitted: 7, parts: 3 };
    await commit(store, [omitted([2, 3], [6, 6]), part(1), part(4, some), watermark(9)]);
    await commit(store, [omitted([7, 8]), omitted([2, 3]), part(4, some)]);
    const rows = await store.db.query(
      `SELECT first, last FROM gaps WHERE said = 'omitted' ORDER BY first`,
    );
    expect(rows).toEqual([
      { first: 2, last: 3 },
      { first: 6, last: 8 },
    ]);
    const [journal] = await reportOf(store.db);
    expect(journal?.days).toMatchObject([
      { stored: 2, gone: 0, omitted: 5, omittedSamples: 7, missingRanges: [[5, 5], [9, 9]] }, // biome-ignore format: a row
    ]);
    const book = new HoleBook(store.db);
    const [judged] = await book.lease('r');
    expect(judged && (await book.judge(judged, 9))).toEqual([[5, 5], [9, 9]]); // biome-ignore format: ranges
  });

  it('reports days, and tells when a day gets another link', async () => {
    const store = await stored(await open());
    const day = { day: '2026-11-29', first: 1, last: 6, link: 'ab'.repeat(32) };
    const gap = {
      reason: 'retention',
      class: 'telemetry',
      count: 9,
      seqs: [2, 2],
      from: T0,
      to: T0,
    };
    await commit(store, [part(1), part(3), part(6), part(7), watermark(8, { day })]);
    await commit(store, [part(4, { samples: undefined, device: '', gap })]);
    const changed = { ...day, link: 'cd'.repeat(32) };
    expect((await commit(store, [watermark(8, { day: changed })])).contradictions).toBe(1);
    expect((await commit(store, [watermark(7, { day })])).contradictions).toBe(0);
    const [journal] = await reportOf(store.db);
    expect(journal).toMatchObject({ gw: GATEWAY, epoch: EPOCH, head: 8, acked: 8, base: 1 });
    expect(journal?.days).toEqual([
      {
        ...{ day: '2026-11-29', first: 1, last: 6, stored: 4, gone: 1, missing: 1 },
        ...{ missingRanges: [[5, 5]], isComplete: false, omitted: 0, omittedSamples: 0 },
        ...{ link: day.link, otherLink: changed.link },
      },
      {
        ...{ day: undefined, first: 7, last: 8, stored: 1, gone: 0, missing: 1 },
        ...{ missingRanges: [[8, 8]], isComplete: false, link: undefined, otherLink: undefined },
        ...{ omitted: 0, omittedSamples: 0 },
      },
    ]);
  });

  it('misses blocks from the first one on that it can know of, with history all', async () => {
    const baseOf = async ({ db }: ReceiveStore) =>
      (await db.query<{ base: number }>('SELECT base FROM journals ORDER BY journal')).map(
        ({ base }) => base,
      );
    const db = await open();
    const store = await stored(db);
    await commit(store, [part(40), watermark(50)]);
    expect(await baseOf(store)).toEqual([40]);
    await commit(store, [watermark(3, { epoch: OLD })]);
    expect(await baseOf(store)).toEqual([40, 1]);
    const eager = new ReceiveStore({ db, wantsHistory: true });
    await eager.commit([watermark(60)], NOW);
    expect(await baseOf(eager)).toEqual([1, 1]);
  });

  it('forgets what it had numbered in a commit that failed', async () => {
    const store = await stored(await open());
    const failing = { ...part(1), kind: 'part' } as Kept & { kind: 'part' };
    const wrong = { ...failing.envelope, seq: Number.NaN };
    await expect(commit(store, [{ ...failing, envelope: wrong }])).rejects.toThrow('receive.store');
    expect(await commit(store, [part(1)])).toMatchObject({ fresh: 1, samples: 1 });
    expect(await readingsOf(store.db)).toHaveLength(1);
  });
}

const samplesOf = (samples: object) => ({
  ...{ v: 1, gw: GATEWAY, epoch: EPOCH, seq: 1, part: 0, parts: 1, device: 'press', hist: false },
  samples,
});

describe('SQLite as a store', () => {
  promises(() => openSqlite(join(temporaryDirectory(), 'received.db')));

  it('is of one process, and can be read by others', async () => {
    const path = join(temporaryDirectory(), 'received.db');
    const store = await stored(openSqlite(path));
    await store.commit([part(1)], NOW);
    expect(() => openSqlite(path)).toThrow('[receive.store-unusable]');
    const reader = openSqliteToRead(path);
    expect(await reader.query('SELECT seq FROM parts')).toEqual([{ seq: 1 }]);
    await expect(reader.query('DELETE FROM parts')).rejects.toThrow('readonly');
    await reader.close();
  });

  it('does not touch tables of a newer version', async () => {
    const path = join(temporaryDirectory(), 'received.db');
    const store = await stored(openSqlite(path));
    await store.db.query('INSERT INTO headgate_schema VALUES (2)');
    await expect(store.open()).rejects.toThrow('of version 2');
  });
});

describe('files as a store', () => {
  const linesOf = (folder: string) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
      .map((line) => JSON.parse(line));

  it('have each sample once, also after a commit that failed and a repeat', async () => {
    const folder = join(temporaryDirectory(), 'out');
    const clock = virtualClock(utcMs(Date.UTC(2026, 10, 30)));
    const store = await stored(openNdjson(folder, clock));
    await store.commit([part(1), part(2, { samples: { x: [[T0, '12345678901234567']] } })], NOW);
    const { append } = store.db;
    await expect(
      store.db.transaction(async (query) => {
        await append?.(query, ['{"half":', 'written']);
        throw new Error('a power cut');
      }),
    ).rejects.toThrow();
    await store.commit([part(1), part(3)], NOW);
    expect(linesOf(folder).map(({ seq, number, text }) => [seq, number, text])).toEqual([
      [1, 1, null],
      [2, '12345678901234567', '12345678901234567'],
      [3, 3, null],
    ]);
    expect(linesOf(folder)[0]).toEqual({
      ...{ gw: GATEWAY, epoch: EPOCH, seq: 1, part: 0, tag: 'press.x', time: T0 + 1, n: 0 },
      ...{ number: 1, text: null, flag: null, quality: 'good', basis: 'gateway' },
    });
  });
});

describeWith([POSTGRES], 'PostgreSQL as a store', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.dispose());
  beforeEach(async () => {
    const db = await openPostgres(postgres.url);
    await db.query('DROP SCHEMA IF EXISTS headgate CASCADE');
    await db.close();
  });
  const open = () => openPostgres(postgres.url);

  promises(open);

  it('is shared: what several store at once in any order is there once', async () => {
    const stores = await Promise.all([open(), open(), open()]);
    const opened = await Promise.all(stores.map((db) => stored(db)));
    const parts = Array.from({ length: 60 }, (_, index) =>
      part(index + 1, { device: `d${index % 7}` }),
    );
    const orders = [parts, parts.toReversed(), parts.toSorted((a, b) => (a === b ? 0 : -1))];
    const facts = await Promise.all(
      opened.flatMap((store, index) =>
        [0, 20, 40].map((from) => store.commit(orders[index]?.slice(from, from + 20) ?? [], NOW)),
      ),
    );
    expect(facts.reduce((sum, { fresh }) => sum + fresh, 0)).toBe(60);
    expect(await readingsOf((opened[0] as ReceiveStore).db)).toHaveLength(60);
  });

  it('puts times beyond every calendar at its ends', async () => {
    const store = await stored(await open());
    await store.commit(
      [
        kept(
          'telemetry/press',
          samplesOf({
            x: [
              [1e300, 1],
              [-1e300, 2],
            ],
          }),
        ),
      ],
      NOW,
    );
    expect((await readingsOf(store.db)).map(({ ms }) => ms)).toEqual([
      253402300799999, -62135596800000,
    ]);
  });
});
