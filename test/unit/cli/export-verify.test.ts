/** `headgate export` and `headgate verify` beyond what the golden files show. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportVerb } from '../../../gateway/cli/chain/export.ts';
import { verifyVerb } from '../../../gateway/cli/chain/verify.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, monoMs, utcMs } from '../../../gateway/model/units.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { exportedSite } from '../../support/exported-site.ts';
import { journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered } from '../../support/journal-samples.ts';
import { tamper } from '../../support/proven-journal.ts';

const VERBS = { export: exportVerb, verify: verifyVerb };
const NOW = utcMs(Date.UTC(2026, 10, 30, 12));

const call = (argv: readonly string[], options: CallOptions = {}) =>
  called(VERBS, argv, { clock: virtualClock(NOW), ...options });

/** Each look at the monotonic clock is 100 ms later. */
function hastyClock(): VirtualClock {
  let now = 0;
  const mono = () => {
    now += 100;
    return monoMs(now);
  };
  return { ...virtualClock(NOW), mono };
}

describe('headgate export', () => {
  it('writes a file that verify proves, and leaves nothing else', async () => {
    const { folder } = await exportedSite();
    const out = join(folder, 'all.ndjson');
    const { status, stdout, stderr } = await call(['export', folder, '--out', out, '--json']);
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      ...{ file: out, format: 'ndjson', from: 1, to: 7 },
      ...{ blocks: 5, samples: 12, gaps: 1, damaged: 0 },
    });
    expect(readdirSync(folder).sort()).toEqual(['all.ndjson', 'gateway.yaml', 'journal.db']);
    const proof = await call(['verify', out, '--json']);
    expect(proof.status).toBe(0);
    expect(JSON.parse(proof.stdout)).toMatchObject({
      ...{ whole: true, kind: 'export', gateway: 'weihai-3', proven: 5, breaks: 0, gaps: 1 },
      removed: { blocks: 2, ranges: [[1, 2]] },
      days: { proven: 1, last: '2026-11-29' },
    });
  });

  it('begins where it is told to', async () => {
    const { folder } = await exportedSite();
    const seqs = async (...argv: string[]) => {
      const { stdout } = await call(['export', folder, ...argv]);
      return stdout.split('\n').flatMap((line) => JSON.parse(line).seq ?? []);
    };
    expect(await seqs('--since', '3h')).toEqual([7]);
    expect(await seqs('--since', '2026-11-30T00:00:00Z')).toEqual([7]);
    expect(await seqs('--from', '4', '--to', '5')).toEqual([4, 5]);
    expect(await seqs('--class', 'alarm')).toEqual([4]);
    expect(await seqs('--since', '1s')).toEqual([]);
    const out = join(folder, 'none.ndjson');
    const none = ['export', folder, '--since', '1s', '--out', out];
    expect((await call(none)).stdout).toBe(`${out}: no blocks, the newest is 7`);
    expect((await call(none, { language: 'zh' })).stdout).toBe(`${out}：没有块，最新的块是 7`);
  });

  it('proves a part of a journal from its first block on', async () => {
    const { folder } = await exportedSite();
    const out = join(folder, 'part.ndjson');
    for (const argv of [
      ['--from', '4'],
      ['--to', '4'],
      ['--class', 'alarm'],
      ['--since', '1s'],
    ]) {
      await call(['export', folder, ...argv, '--out', out]);
      const { status, stdout } = await call(['verify', out, '--json']);
      const { blocks, proven, breaks } = JSON.parse(stdout);
      expect([argv, status, breaks, proven]).toEqual([argv, 0, 0, blocks]);
    }
  });

  it('names what could not be read, and writes the rest', async () => {
    const { folder, journal } = await exportedSite();
    tamper(journal, (database) =>
      database.prepare(`UPDATE block SET data = x'00010203' WHERE seq = 4`).run(),
    );
    const out = join(folder, 'all.ndjson');
    const { status, stderr } = await call(['export', folder, '--out', out]);
    expect(status).toBe(1);
    expect(stderr).toBe('1 could not be read; "headgate verify" names them');
    const proof = await call(['verify', out]);
    expect(proof.stdout).toContain('first break: block 4: cannot be read');
    expect(proof.stdout).toContain('broken in 1 place(s)');
  });

  it('says that a table proves nothing', async () => {
    const { folder } = await exportedSite();
    const out = join(folder, 'all.csv');
    const { status, stderr } = await call(['export', folder, '--format', 'csv', '--out', out]);
    expect([status, stderr]).toEqual([0, 'CSV cannot be verified; for that use --format ndjson']);
    const proof = await call(['verify', out]);
    expect([proof.status, proof.stderr]).toMatchObject([
      1,
      expect.stringContaining('neither a site, nor a journal, nor an export'),
    ]);
  });

  it('never writes over the journal, nor leaves half a file', async () => {
    const { folder, journal } = await exportedSite();
    const before = readFileSync(journal);
    const over = await call(['export', folder, '--out', journal]);
    expect([over.status, over.stderr]).toMatchObject([
      1,
      expect.stringContaining('it is the journal'),
    ]);
    expect(readFileSync(journal).equals(before)).toBe(true);
    const nowhere = await call(['export', folder, '--out', join(folder, 'no', 'where.ndjson')]);
    expect(nowhere.stderr).toContain('export.not-written');
    const stop = new AbortController();
    const out = join(folder, 'stopped.ndjson');
    const clock = hastyClock();
    stop.abort();
    const stopped = await call(['export', folder, '--out', out], { clock, signal: stop.signal });
    expect(stopped.status).toBe(1);
    expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false]);
  });

  it('tells how far it is when it takes long', async () => {
    const path = join(temporaryDirectory(), 'journal.db');
    const journal = journalAt(path);
    for (let number = 1; number <= 40; number++)
      await journal.append('telemetry', batchOf(numbered(number)), { origin: 'test', number });
    await journal.close();
    const options = { clock: hastyClock() };
    const { status, stderr } = await call(['export', path, '--json'], options);
    expect(status).toBe(0);
    expect(stderr.split('\n').slice(0, 2)).toEqual(['46 % after 2 s', '71 % after 3 s']);
  });

  it.each([
    [['--since', '24h', '--from', '3'], 'say --since or --from, not both'],
    [['--since', 'yesterday'], '--since takes a length of time or a time'],
    [['--from', '0'], '--from takes the number of a block'],
    [['--from', '5', '--to', '4'], '--to is before --from'],
    [['--class', 'gap'], '--class takes one of record, alarm, telemetry'],
    [['--format', 'xml'], '--format takes one of ndjson, csv'],
  ])('refuses %j', async (argv, words) => {
    const { status, stderr } = await call(['export', '/nowhere', ...argv]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});

describe('headgate verify', () => {
  it('compares a day with the link that somebody else keeps', async () => {
    const { folder, journal } = await exportedSite();
    const proof = JSON.parse((await call(['verify', folder, '--json'])).stdout);
    const line = (await call(['export', folder])).stdout
      .split('\n')
      .find((text) => text.startsWith('{"day"'));
    const { day, link } = JSON.parse(line ?? '{}');
    expect(proof.days.last).toBe(day);
    const same = await call(['verify', folder, '--day', day, '--link', link]);
    expect([same.status, same.stdout]).toEqual([
      0,
      expect.stringContaining('2026-11-29 has the link that you know'),
    ]);
    const other = await call(['verify', folder, '--day', day, '--link', '0'.repeat(64)]);
    expect([other.status, other.stdout]).toEqual([
      1,
      expect.stringContaining('the day has another link than the one you know'),
    ]);
    const none = await call(['verify', journal, '--day', '2026-11-30', '--link', link]);
    expect(none.stdout).toContain('2026-11-30 has no row');
  });

  it('says of a journal from before the chain that nothing is proven', async () => {
    const { journal } = await exportedSite();
    tamper(journal, (database) => {
      database.exec(`UPDATE block SET link = NULL; DELETE FROM day; DELETE FROM link`);
      database.exec(`INSERT INTO meta VALUES ('chain', '8')`);
    });
    const { status, stdout } = await call(['verify', journal]);
    expect(status).toBe(1);
    expect(stdout).toContain('no block has a link');
  });

  it('goes through a journal that its owner has open, and grows', async () => {
    const path = join(temporaryDirectory(), 'journal.db');
    const clock = virtualClock(NOW);
    // In a process of its own a reader may come and go; here it stays open beside.
    const journal = journalAt(path, { clock });
    for (let number = 1; number <= 300; number++) {
      await journal.append('telemetry', batchOf(numbered(number)), { origin: 'test', number });
      await clock.advance(millis(3_600_000 / 2));
    }
    const { status, stdout } = await call(['verify', path, '--json']);
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      { blocks: 300, proven: 300, breaks: 0 },
    ]);
    expect(JSON.parse(stdout).days.proven).toBeGreaterThan(4);
    await journal.close();
  });

  it('says what it is that cannot be read beside the blocks, and proves them all the same', async () => {
    const { folder, journal } = await exportedSite();
    tamper(journal, (database) =>
      database.prepare(`UPDATE position SET value = '[[1' WHERE name = 'removed'`).run(),
    );
    const exported = await call(['export', folder]);
    expect(exported.status).toBe(1);
    expect(exported.stderr).toContain('journal.corrupt');
    const { status, stdout } = await call(['verify', folder, '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).first_break).toEqual({ kind: 'table', detail: 'position' });
    expect(JSON.parse(stdout).proven).toBe(4);
    const inWords = [
      ['en', 'first break: a table beside'],
      ['zh', '第一处断点: 块以外的某个表'],
    ] as const;
    for (const [language, words] of inWords) {
      const told = await call(['verify', folder], { language });
      expect(told.stdout).toContain(words);
      expect(told.stdout).toContain('(position)');
    }
  });

  it('refuses what is nothing of the kind', async () => {
    const folder = temporaryDirectory();
    const file = join(folder, 'a.ndjson');
    for (const text of ['', 'hello', '{"headgate_export":99}\n', '{"headgate_export":1}\n']) {
      writeFileSync(file, text);
      const { status, stderr } = await call(['verify', file]);
      expect([text, status, stderr]).toEqual([
        text,
        1,
        expect.stringContaining('verify.not-readable'),
      ]);
    }
  });

  it.each([
    [['--day', '2026-11-29'], '--day and --link belong together'],
    [['--day', 'today', '--link', 'a'.repeat(64)], '--day takes a UTC day'],
    [['--day', '2026-11-29', '--link', 'ab'], '--link takes 64 hexadecimal digits'],
  ])('refuses %j', async (argv, words) => {
    const { status, stderr } = await call(['verify', '/nowhere', ...argv]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});
