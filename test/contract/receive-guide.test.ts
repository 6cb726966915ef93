/** The guide of receiving does what it says: its site loads, its lines print what it shows, its queries and its receiver work. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { receiveVerb } from '../../gateway/cli/receive/receive.ts';
import { seconds, utcMs } from '../../gateway/model/units.ts';
import type { Db } from '../../gateway/receive/db.ts';
import { openPostgres } from '../../gateway/receive/postgres-db.ts';
import { openSqlite } from '../../gateway/receive/sqlite-db.ts';
import { ReceiveStore } from '../../gateway/receive/store.ts';
import { called } from '../support/command-line.ts';
import { consolesOf, masked } from '../support/guide-text.ts';
import { EPOCH, GATEWAY, kept, part, T0, watermark } from '../support/heard.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts';
import { describeWith } from '../support/real-parts.ts';
import { fedGateway } from '../support/receive-fixture.ts';
import { blocksOf, folderOf, load, readGuide } from '../support/rules-guide.ts';
import { until } from '../support/waiting.ts';

const GUIDES = [
  ['docs/receive.md', 'en'],
  ['docs/receive.zh-CN.md', 'zh'],
] as const;
const ROOT = join(import.meta.dirname, '../..');
const DAY = { day: '2026-11-29', first: 1, last: 20, link: 'ab'.repeat(32) };
const GAP = { reason: 'retention', class: 'telemetry', count: 9, seqs: [3, 5], from: T0, to: T0 };

/** What the report of the guide is about. */
async function filled(db: Db): Promise<ReceiveStore> {
  const store = new ReceiveStore({ db, wantsHistory: true });
  await store.open();
  const seqs = Array.from({ length: 24 }, (_, index) => index + 1);
  const oil = (seq: number) => ({ samples: { oil_temp: [[T0 + seq * 1_000, 70 + seq / 10]] } });
  const status = { v: 1, gw: GATEWAY, epoch: EPOCH, online: true, version: '0.1.0', config: 'c0' };
  await store.commit(
    [
      ...seqs.filter((seq) => ![3, 4, 5, 6, 9].includes(seq)).map((seq) => part(seq, oil(seq))),
      part(6, { device: '', samples: undefined, gap: GAP }),
      watermark(24, { day: DAY }),
      kept('status', status),
    ],
    utcMs(T0),
  );
  return store;
}

describe('the guides of receiving', () => {
  const [en, zh] = GUIDES.map(([path]) => readGuide(path)) as [string, string];

  it('say the same', () => {
    const shape = (text: string) => ({
      headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
      rows: [...text.matchAll(/^\|/gm)].length,
      points: [...text.matchAll(/^- /gm)].length,
      code: ['yaml', 'sql', 'js', 'sh', 'text'].map((language) => blocksOf(text, language)),
      names: new Set([...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)),
    });
    expect(shape(zh)).toEqual(shape(en));
    expect(zh.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(1_000);
    expect(en.replace('中文', '').match(/\p{Script=Han}/u)).toBeNull();
  });

  it('have a site that loads without a word, and links to files that exist', async () => {
    const site = await load(folderOf({ 'my-site/gateway.yaml': blocksOf(en, 'yaml')[0] ?? '' }));
    expect(site.ok ? site.warnings : site.problems).toEqual([]);
    for (const [, file = ''] of [
      ...en.matchAll(/\]\(([^)#:]+)\)/g),
      ...zh.matchAll(/\]\(([^)#:]+)\)/g),
    ])
      expect(() => readFileSync(join(ROOT, 'docs', file))).not.toThrow();
  });

  it('name every table and every column', async () => {
    const db = openSqlite(join(temporaryDirectory(), 'r.db'));
    onTestFinished(() => db.close());
    await filled(db);
    const columns = await db.query<{ table: string; name: string }>(
      `SELECT m.name AS "table", c.name FROM sqlite_schema m, pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name <> 'headgate_schema'`,
    );
    expect(columns.length).toBeGreaterThan(50);
    for (const text of [en, zh])
      for (const { table, name } of columns) {
        const row = text.split('\n').find((line) => line.startsWith(`| \`${table}\` |`));
        expect([table, row?.includes(`\`${name}\``), name]).toEqual([table, true, name]);
      }
  });
});

describe.each(GUIDES)('%s', (path, language) => {
  const shown = consolesOf(readGuide(path));

  it('shows a report as it is printed', async () => {
    const folder = temporaryDirectory();
    const db = openSqlite(join(folder, 'received.db'));
    await filled(db);
    await db.close();
    const argv = ['receive', '--report', '--to', `sqlite:${join(folder, 'received.db')}`];
    const { stdout } = await called({ receive: receiveVerb }, argv, { language });
    expect(shown[1]?.[0]).toBe('headgate receive --report --to sqlite:received.db');
    expect(shown[1]?.[1]).toBe(stdout);
  });
});

describeWith(['mosquitto'], 'beside a gateway that waits for receivers', () => {
  const WORD = { ack: 'receiver', ackWithin: seconds(20), unrouted: 'hold' } as const;

  it.each(GUIDES)('%s shows what a receiver prints', async (path, language) => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.dispose());
    const fed = await fedGateway({ url: broker.url, ...WORD });
    onTestFinished(() => fed.stop());
    await fed.append(20);
    const file = join(temporaryDirectory(), 'received.db');
    const stop = new AbortController();
    const argv = ['receive', broker.url, '--to', `sqlite:${file}`];
    const call = called({ receive: receiveVerb }, argv, { language, signal: stop.signal });
    await until('the word of the receiver', fed.isDelivered);
    stop.abort();
    const { stdout } = await call;
    const [[line = '', text = ''] = []] = consolesOf(readGuide(path));
    expect(line).toContain('headgate receive mqtt://127.0.0.1 --to sqlite:received.db');
    expect(masked(stdout.replace(file, 'received.db'))).toBe(masked(text));
  });

  it('the receiver of ten lines is one', async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.dispose());
    const fed = await fedGateway({ url: broker.url, ...WORD });
    onTestFinished(() => fed.stop());
    await fed.append(15);
    const folder = temporaryDirectory();
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const [source = ''] = blocksOf(readGuide(GUIDES[0][0]), 'js');
    writeFileSync(join(folder, 'mine.mjs'), source.replace('mqtt://127.0.0.1', broker.url));
    const mine = spawn(process.execPath, ['mine.mjs'], { cwd: folder, stdio: 'inherit' });
    onTestFinished(async () => {
      mine.kill('SIGKILL');
      if (mine.signalCode === null) await once(mine, 'exit');
    });
    await until('its word', fed.isDelivered);
    expect(fed.journal.cursor('cloud').upTo).toBe(15);
  });
});

describeWith([POSTGRES], 'the queries', () => {
  let postgres: Postgres;
  let db: Db;
  beforeAll(async () => {
    postgres = await startPostgres();
    db = await openPostgres(postgres.url);
    await filled(db);
  });
  afterAll(async () => {
    await db?.close();
    await postgres?.dispose();
  });
  const queries = blocksOf(readGuide(GUIDES[0][0]), 'sql');

  it.each(queries)('find something: %s', async (query) => {
    const isSqlite = query.startsWith('-- SQLite');
    const own = isSqlite ? openSqlite(join(temporaryDirectory(), 'r.db')) : db;
    if (isSqlite) {
      onTestFinished(() => own.close());
      await filled(own);
    }
    const rows = await own.query<object>(query);
    expect(rows.length).toBeGreaterThan(0);
    expect(Object.values(rows[0] ?? {}).filter((value) => value !== null).length).toBeGreaterThan(
      2,
    );
  });
});
