/** The format of exports, and what is said of them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportVerb } from '../../gateway/cli/chain/export.ts';
import { verifyVerb } from '../../gateway/cli/chain/verify.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { Language } from '../../gateway/model/errors.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { called } from '../support/command-line.ts';
import { exportedSite } from '../support/exported-site.ts';
import { sealAnew, tamper } from '../support/proven-journal.ts';

const VERBS = { export: exportVerb, verify: verifyVerb };
const LANGUAGES: readonly Language[] = ['en', 'zh'];
const clock = () => virtualClock(utcMs(Date.UTC(2026, 10, 30, 12)));
const expected = (name: string) => join(import.meta.dirname, 'export', name);

const call = (argv: readonly string[], language: Language = 'en') =>
  called(VERBS, argv, { clock: clock(), language });

describe('an export', () => {
  it('as NDJSON', async () => {
    const { folder } = await exportedSite();
    const { status, stdout, stderr } = await call(['export', folder]);
    expect([status, stderr]).toEqual([
      0,
      'standard output: blocks 1…7, 5 of them, 12 samples, 1 recorded gaps',
    ]);
    await expect(`${stdout}\n`).toMatchFileSnapshot(expected('journal.ndjson'));
  });

  it('of one class, from a block on', async () => {
    const { folder } = await exportedSite();
    const { stdout } = await call([
      'export',
      folder,
      '--class',
      'alarm',
      '--from',
      '3',
      '--to',
      '6',
    ]);
    await expect(`${stdout}\n`).toMatchFileSnapshot(expected('alarms.ndjson'));
  });

  it('as a table', async () => {
    const { folder } = await exportedSite();
    const { stdout } = await call(['export', folder, '--format', 'csv']);
    await expect(`${stdout}\n`).toMatchFileSnapshot(expected('journal.csv'));
  });
});

describe.each(LANGUAGES)('verify says in %s', (language) => {
  const said = (text: string, folder: string) => `${text.replaceAll(folder, '/site')}\n`;

  it('that a journal is whole', async () => {
    const { folder } = await exportedSite();
    const { status, stdout } = await call(['verify', folder], language);
    expect(status).toBe(0);
    await expect(said(stdout, folder)).toMatchFileSnapshot(expected(`whole.${language}.txt`));
  });

  it('what is wrong with one', async () => {
    const { folder, journal } = await exportedSite();
    tamper(journal, (database) => {
      database.prepare('UPDATE block SET committed_at = committed_at + 1 WHERE seq = 4').run();
      sealAnew(database, 4);
      database.prepare('DELETE FROM block WHERE seq = 6').run();
    });
    const { status, stdout } = await call(['verify', folder], language);
    expect(status).toBe(1);
    await expect(said(stdout, folder)).toMatchFileSnapshot(expected(`broken.${language}.txt`));
  });

  it('that an export was cut', async () => {
    const { folder } = await exportedSite();
    const out = join(folder, 'journal.ndjson');
    await call(['export', folder, '--out', out]);
    const text = readFileSync(out, 'utf8');
    writeFileSync(out, text.slice(0, text.length * 0.7));
    const { status, stdout } = await call(['verify', out], language);
    expect(status).toBe(1);
    await expect(said(stdout, folder)).toMatchFileSnapshot(expected(`cut.${language}.txt`));
  });
});
