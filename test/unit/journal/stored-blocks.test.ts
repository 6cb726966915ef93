import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { type Journal, seqOf } from '../../../gateway/journal/journal.ts';
import { journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered } from '../../support/journal-samples.ts';

it('reads no block behind those that the room for samples has', async () => {
  const path = join(temporaryDirectory(), 'journal.db');
  const written = journalAt(path);
  for (const number of [1, 2, 3, 4])
    await written.append('telemetry', batchOf(numbered(number, 3)), { origin: 'o', number });
  const seqs = (journal: Journal, samples?: number) =>
    journal.read(seqOf(1), 4, samples).map(({ seq }) => seq);
  expect(seqs(written)).toEqual([1, 2, 3, 4]);
  expect(seqs(written, 12)).toEqual([1, 2, 3, 4]);
  expect(seqs(written, 11)).toEqual([1, 2, 3]);
  expect(seqs(written, 6)).toEqual([1, 2]);
  expect(seqs(written, 1)).toEqual([1]);
  await written.close();
  const file = new Database(path);
  file.exec(`UPDATE block SET gap = '{' WHERE seq = 3`);
  file.close();
  const damaged = journalAt(path);
  expect(seqs(damaged, 6)).toEqual([1, 2]);
  expect(() => seqs(damaged)).toThrow();
});
