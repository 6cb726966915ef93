import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { systemClock } from '../../gateway/host/clock.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { BLOCK_CLASSES, seqOf } from '../../gateway/journal/journal.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { numbered, samplesOf } from '../support/journal-samples.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const KILLS = 20;
const LONGEST_LIFE_MS = 200;
const WRITER = join(import.meta.dirname, 'journal-writer.ts');

/** Lets a writer go on at batch `first` and kills it at `at` ms after its first answer; gives back what it said. */
async function oneLife(path: string, first: number, at: number): Promise<string[]> {
  const writer = spawn(process.execPath, [WRITER, path, 'o1', String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface(writer.stdout).on('line', (line) => {
    if (lines.push(line) === 1) setTimeout(() => writer.kill('SIGKILL'), at);
  });
  const [, signal] = await once(writer, 'close');
  expect(signal).toBe('SIGKILL');
  return lines;
}

test(`after each of ${KILLS} kills every committed batch is there once and whole (SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const path = join(temporaryDirectory(), 'journal.db');
  let checked = 0;
  let last = 0;
  for (let life = 0; life < KILLS; life++) {
    // The batch behind the last answer may have been stored without one: handed over again, it must not be stored twice.
    const lines = await oneLife(path, last + 1, random() * LONGEST_LIFE_MS);
    const said = lines.map((line) => line.split(' ').map(Number));
    for (const [seq, number] of said) expect(seq).toBe(number);
    last = said.at(-1)?.[0] ?? last;
    const journal = journalAt(path, {
      clock: systemClock(),
      maxSize: bytes(2 ** 30),
      keep: millis(1e12),
    });
    expect(journal.stats()).toMatchObject({ gaps: 0, blocks: journal.head });
    expect([last, last + 1]).toContain(journal.head);
    for (const block of journal.read(seqOf(checked + 1), 1_000_000)) {
      checked++;
      expect([block.seq, block.class]).toEqual([checked, BLOCK_CLASSES[checked % 3]]);
      expect(samplesOf(block)).toEqual(numbered(checked, 1 + (checked % 700)));
    }
    expect(checked).toBe(journal.head);
    await journal.close();
  }
  expect(checked).toBeGreaterThan(KILLS);
});
