/** The chain of a journal of which something beside the blocks is damaged. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { JournalLife } from '../../support/journal-life.ts';
import { proofOf, tamper } from '../../support/proven-journal.ts';

const PAGE = 512;

/** Writes over the first page of a table. */
function spoil(path: string, table: string): void {
  let page = 0;
  tamper(path, (database) => {
    page = database
      .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
      .pluck()
      .get(table) as number;
  });
  const file = readFileSync(path);
  file.fill(0xff, (page - 1) * PAGE, page * PAGE);
  writeFileSync(path, file);
}

describe('a chain beside damaged tables', () => {
  it.each([
    ['meta', 6],
    ['position', 6],
    ['day', 6],
    ['clock', 6],
    // Nobody knows any more what the samples were of.
    ['tag', 0],
  ])('names the table %s where its page is damaged, and goes on', async (table, proven) => {
    const life = new JournalLife();
    await life.append(6);
    await life.journal.close();
    spoil(life.path, table);
    const report = proofOf(life.path);
    expect(report.listed[0]).toMatchObject({ kind: 'table', at: undefined, detail: table });
    expect(report).toMatchObject({ blocks: 6, proven });
  });

  it('goes on where nothing says any more what stands before the first block', async () => {
    const life = new JournalLife();
    await life.append(6);
    await life.journal.close();
    spoil(life.path, 'meta');
    spoil(life.path, 'position');
    expect(proofOf(life.path)).toMatchObject({
      ...{ blocks: 6, proven: 5, unproven: 1, breaks: 2 },
      listed: [{ detail: 'meta' }, { detail: 'position' }],
    });
  });
});
