/** `headgate receive` at the command line: what it refuses, and what it says in both languages. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { receiveVerb } from '../../../gateway/cli/receive/receive.ts';
import {
  progressLine,
  renderReport,
  renderSummary,
} from '../../../gateway/cli/receive/receive-view.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import type { ReceiverFacts } from '../../../gateway/receive/receiver.ts';
import type { JournalReport } from '../../../gateway/receive/report.ts';
import { openSqlite } from '../../../gateway/receive/sqlite-db.ts';
import { ReceiveStore } from '../../../gateway/receive/store.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { part, T0, watermark } from '../../support/heard.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

const call = (argv: readonly string[], options?: CallOptions) =>
  called({ receive: receiveVerb }, ['receive', ...argv], options);

describe('headgate receive', () => {
  const folder = () => {
    const path = join(temporaryDirectory(), 'folder');
    mkdirSync(path);
    return path;
  };
  const WRONG: readonly (readonly [argv: () => readonly string[], says: string])[] = [
    [() => [], 'name a broker'],
    [() => ['mqtt://x', 'b'], 'b: mqtt:// or mqtts://'],
    [() => ['mqtt://x', '--mqtt', '4'], '5 or 3.1.1'],
    [() => ['mqtt://x', '--mqtt', '3.1.1', '--group', 'a'], '--group needs MQTT 5'],
    [() => ['mqtt://x', '--qos', '2'], '--qos: 0 or 1'],
    [() => ['mqtt://x', '--qos', '0', '--client-id', 'a'], '--client-id needs QoS 1'],
    [() => ['http://x'], 'mqtt:// or mqtts://'],
    [() => ['mqtt://u:secret@x'], '--password-file'],
    [() => ['mqtt://x', '--password-file', '/no/such'], 'ENOENT'],
    [() => ['mqtt://x', '--to', 'received.db'], 'sqlite:<file>'],
    [() => ['mqtt://x', '--to', `sqlite:${folder()}`], 'say ndjson:'],
    [() => ['mqtt://x', '--group', 'a/b'], '--group'],
    [() => ['mqtt://x', '--for', '5'], '--for'],
    [() => ['mqtt://x', '--report'], 'not a broker'],
  ];
  it.each(WRONG)('refuses wrong usage, %#', async (argv, says) => {
    const { status, stderr } = await call(argv());
    expect([status, stderr]).toEqual([2, expect.stringContaining(says)]);
    expect(stderr).not.toContain('secret@');
  });

  it('says where there is no store, and that a file is none', async () => {
    const path = join(temporaryDirectory(), 'x.db');
    expect(await call(['--report', '--to', `sqlite:${path}`])).toMatchObject({
      ...{ status: 1, stderr: expect.stringContaining('[receive.store-unusable]') },
    });
    writeFileSync(path, 'x'.repeat(5000));
    const { status, stderr } = await call(['--report', '--to', `sqlite:${path}`], {
      language: 'zh',
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining('x.db')]);
  });

  it('tries again where there is no broker, says so once, and ends in time', async () => {
    const path = join(temporaryDirectory(), 'r.db');
    const argv = ['mqtt://127.0.0.1:1', '--to', `sqlite:${path}`, '--for', '2s', '--json'];
    const { status, stdout, stderr } = await call(argv);
    expect(status).toBe(0);
    expect(stderr.match(/receive\.broker-away/g)).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ store: path, parts: 0, commits: 0 });
  });

  it('reports what a store has; exit code 1 when something is missing', async () => {
    const path = join(temporaryDirectory(), 'r.db');
    const db = openSqlite(path);
    const store = new ReceiveStore({ db, wantsHistory: true });
    await store.open();
    const day = { day: '2026-11-29', first: 1, last: 3, link: 'ab'.repeat(32) };
    await store.commit([part(1), part(3), watermark(3, { day })], utcMs(T0));
    const argv = ['--report', '--to', `sqlite:${path}`];
    expect(await call(argv)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('missing 2'),
    });
    await store.commit([part(2)], utcMs(T0));
    const { status, stdout } = await call([...argv, '--json']);
    expect([status, JSON.parse(stdout)[0].days[0].stored]).toEqual([0, 3]);
    await db.close();
  });
});

describe('the words', () => {
  const facts: ReceiverFacts = {
    ...{ state: 'receiving', messages: 12, parts: 9, repeats: 1, samples: 40, commits: 3 },
    ...{ rejected: 1, contradictions: 1 },
    rejection: new GatewayError('receive.message-invalid', { reason: 'no JSON' }),
    holes: { open: 2, asked: 3, gone: 4, unanswered: 5 },
  };
  const journals: JournalReport[] = [
    {
      ...{ gw: 'weihai\x1b-3', epoch: '9f3c2a17', head: 9, acked: 8, base: 1 },
      days: [
        {
          ...{ day: '2026-11-29', first: 1, last: 6, stored: 3, gone: 1, missing: 2 },
          ...{ omitted: 0, omittedSamples: 0 },
          ...{
            missingRanges: [
              [2, 2],
              [5, 6],
            ],
            isComplete: false,
            link: 'ab',
            otherLink: 'cd',
          },
        },
        {
          ...{ day: undefined, first: 7, last: 9, stored: 2, gone: 0, missing: 0 },
          ...{ omitted: 1, omittedSamples: 12 },
          ...{ missingRanges: [], isComplete: true, link: undefined, otherLink: undefined },
        },
      ],
    },
    { gw: 'b', epoch: '1', head: undefined, acked: undefined, base: undefined, days: [] },
  ];

  it('are English', () => {
    expect(renderReport(journals, 'en').split('\n')).toEqual([
      'weihai -3 9f3c2a17: head 9, delivered up to 8',
      '  day (UTC)   blocks  stored  gone  missing  complete',
      '  2026-11-29  1…6     3       1     2        NO',
      '  since       7…9     2       0     0        yes',
      '  2026-11-29: missing 2, 5…6',
      '  2026-11-29: told with two links, first ab, later cd',
      '  since: 1 blocks, and 12 samples of others, are left out by the "only" of the uplink',
      '',
      'b 1: no watermark yet',
    ]);
    expect(progressLine(facts, 'en')).toBe(
      'receiving · stored 9 messages, 40 samples · repeats 1 · holes 2 · dropped 1',
    );
    expect(renderSummary('r.db', facts, 'en')).toContain('asked 3 times');
    expect(renderSummary('r.db', facts, 'en')).toContain('no JSON [receive.message-invalid]');
    expect(renderReport([], 'en')).toBe('nothing was received yet');
  });

  it('are Chinese', () => {
    for (const text of [renderReport(journals, 'zh'), renderSummary('r.db', facts, 'zh')])
      expect(text.replace(/[\d\s·…,:.|a-f-]|UTC|weihai|r\.db|report/g, '')).toMatch(
        /^\p{Script=Han}/u,
      );
    expect(renderReport(journals, 'zh')).not.toMatch(/missing|yes|since/);
  });
});

describe('the daemon', () => {
  it('has nothing of the receiver, nor of its databases', () => {
    const root = join(import.meta.dirname, '../../..');
    const files = readdirSync(join(root, 'gateway'), { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ts') && !/^(cli|receive)\//.test(path) && path !== 'main.ts',
    );
    expect(files.length).toBeGreaterThan(100);
    const users = files.filter((path) =>
      /from '(\.\.?\/)+receive\/|'postgres'/.test(
        readFileSync(join(root, 'gateway', path), 'utf8'),
      ),
    );
    expect(users).toEqual([]);
  });
});
