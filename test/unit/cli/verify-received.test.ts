/** An export against what a receiver has stored of the same journal. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OnlyConfig } from '../../../config/site.ts';
import { exportVerb } from '../../../gateway/cli/chain/export.ts';
import { ReceivedCheck } from '../../../gateway/cli/chain/received-check.ts';
import { verifyVerb } from '../../../gateway/cli/chain/verify.ts';
import { leavesOut, selectionOf } from '../../../gateway/forward/selection.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { toBatch } from '../../../gateway/journal/batch.ts';
import type { ExportHeader } from '../../../gateway/journal/chain/export-line.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { tagId } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { openSqlite } from '../../../gateway/receive/sqlite-db.ts';
import { ReceiveStore } from '../../../gateway/receive/store.ts';
import { called } from '../../support/command-line.ts';
import { createTextEncoder } from '../../support/envelope-texts.ts';
import { exportedSite } from '../../support/exported-site.ts';
import { sample } from '../../support/forward-fixture.ts';
import { kept, partFields, watermarkFields } from '../../support/heard.ts';
import { journalAt } from '../../support/journal-fixture.ts';

const NOW = utcMs(Date.UTC(2026, 10, 30, 12));
const GATEWAY = 'weihai-3';

async function received(only?: OnlyConfig) {
  const { folder, journal: path } = await exportedSite();
  const out = join(folder, 'all.ndjson');
  const options = { clock: virtualClock(NOW) };
  await called({ export: exportVerb }, ['export', folder, '--out', out], options);
  const journal = journalAt(path, { clock: virtualClock(NOW), keep: 1e12 as never });
  const { epoch, lastDay } = journal;
  const selection = selectionOf(only);
  const encode = createTextEncoder({ gateway: GATEWAY, epoch, tags: [], selection });
  const blocks = journal.read(seqOf(1), 100);
  const texts = blocks.flatMap((block) => encode(block, true));
  const omitted = blocks.filter((block) => selection && leavesOut(selection, block));
  await journal.close();
  const file = join(folder, 'received.db');
  const db = openSqlite(file);
  const store = new ReceiveStore({ db, wantsHistory: false });
  await store.open();
  const day = { epoch, head: 7, day: lastDay };
  const heard = [
    ...texts.map(({ text }) => kept('telemetry/x', JSON.parse(text))),
    kept('watermark', watermarkFields(7, day)),
    kept('omitted', { v: 1, gw: GATEWAY, epoch, seqs: omitted.map(({ seq }) => [seq, seq]) }),
  ];
  await store.commit(heard, NOW);
  onTestFinished(() => db.close());
  const verify = (...argv: readonly string[]) =>
    called({ verify: verifyVerb }, ['verify', out, '--received', file, ...argv], options);
  return { db, verify };
}

describe('headgate verify --received', () => {
  it('finds every sample of an export as it was received, and the day as it was published', async () => {
    const { verify } = await received();
    const { status, stdout } = await verify('--json');
    expect(JSON.parse(stdout).received).toMatchObject({
      ...{ isKnown: true, equal: 12, different: 0, missing: 0, listed: [] },
      days: { equal: 1, different: 0 },
    });
    expect(status).toBe(0);
    expect((await verify()).stdout).toContain('12 samples were received as they are');
  });

  const CHANGES: readonly (readonly [what: string, sql: string, found: object])[] = [
    [
      'a value',
      'UPDATE samples SET number = 74.3 WHERE number = 74.2 AND seq = 3',
      { different: 1 },
    ],
    [
      'a digit',
      `UPDATE samples SET text = '9007199254740992' WHERE text LIKE '9007%' AND seq = 3`,
      { different: 1 },
    ],
    [
      'a quality',
      `UPDATE samples SET quality = 'good' WHERE quality = 'uncertain:range' AND seq = 3`,
      { different: 1 },
    ],
    [
      'a time',
      'UPDATE samples SET time_ms = time_ms + 1 WHERE flag = 1 AND seq = 3',
      { different: 1 },
    ],
    [
      'a sample that is gone',
      'DELETE FROM samples WHERE number = 74.2 AND seq = 3',
      { different: 1 },
    ],
    ['a block that is gone', 'DELETE FROM parts WHERE seq = 7', { missing: 1 }],
    ['a link', `UPDATE days SET link = '${'0'.repeat(64)}'`, { days: { equal: 0, different: 1 } }],
    ['another journal', 'UPDATE journals SET epoch = 1', { isKnown: false }],
  ];
  it.each(CHANGES)('finds %s', async (_, sql, found) => {
    const { db, verify } = await received();
    await db.query(sql);
    const { status, stdout } = await verify('--json');
    expect([status, JSON.parse(stdout).received]).toMatchObject([1, found]);
    expect((await verify()).stdout).not.toContain('undefined');
  });

  it('says of a part of the journal that it is one, and proves that part', async () => {
    const { db, verify } = await received({ telemetry: ['press.*'] });
    const { status, stdout } = await verify('--json');
    const { equal, omitted, ...report } = JSON.parse(stdout).received;
    expect(report).toMatchObject({ different: 0, missing: 0, listed: [] });
    expect([status, equal + omitted]).toEqual([0, 12]);
    expect(equal).toBeGreaterThan(0);
    expect(omitted).toBeGreaterThan(0);
    const text = (await verify()).stdout;
    expect(text).toContain(`${omitted} samples are left out by the "only" of the uplink`);
    await db.query(`DELETE FROM samples WHERE number = 74.2 AND seq = 3`);
    expect(JSON.parse((await verify('--json')).stdout).received.different).toBe(1);
  });

  it('takes a time that a receiver has corrected for the one that was measured', async () => {
    const { db } = await received();
    const time = Date.UTC(2026, 0, 1);
    const part = { seq: 20, device: 'press', samples: { x: [[time, 5, 'good', 'unsynced']] } };
    const { epoch } = (await db.query<{ epoch: string }>('SELECT epoch FROM journals'))[0] ?? {};
    const clock = [{ seqs: [20, 20], shift_ms: 500 }];
    await new ReceiveStore({ db, wantsHistory: false }).commit(
      [
        kept('telemetry/press', partFields(20, { ...part, epoch })),
        kept('watermark', watermarkFields(20, { epoch, clock })),
      ],
      NOW,
    );
    expect(
      await db.query('SELECT time_ms - $1 AS moved FROM samples WHERE seq = 20', [time]),
    ).toEqual([{ moved: 500 }]);
    const check = await ReceivedCheck.of(db, { gateway: GATEWAY, epoch } as ExportHeader);
    const samples = [sample('press.x', 5, { time, timeBasis: 'unsynced' })];
    await check.take({
      ...{ kind: 'block', seq: 20, class: 'telemetry', committedAt: NOW, count: 1 },
      ...{ gap: undefined, link: undefined },
      samples: { batch: toBatch(samples, () => 0), tagOf: () => tagId('press', 'x') },
    });
    expect(check.report()).toMatchObject({ equal: 1, different: 0, missing: 0 });
  });

  it('is about exports', async () => {
    const { folder } = await exportedSite();
    const { status, stderr } = await called({ verify: verifyVerb }, [
      'verify',
      folder,
      '--received',
      'x',
    ]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('is about an export')]);
  });
});
