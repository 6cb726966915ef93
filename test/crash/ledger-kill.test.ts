/**
 * A process that intends and settles commands is killed again and again, at any moment. Afterwards each command and its
 * audit are both there or neither is, and everything that was said to be durable is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import type { LedgerEntry } from '../../gateway/command/ledger.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { type Journal, seqOf } from '../../gateway/journal/journal.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { auditIn } from '../support/ledger-samples.ts';
import { cases } from '../support/long-run.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const KILLS = cases(50, 500);
/** Some dozen commits, so that many kills meet the first ones, with what the life before left open. */
const LONGEST_LIFE_MS = 120;
/** As much as the history tells. */
const RECENT_MAX = 10_000;
const WRITER = join(import.meta.dirname, 'ledger-writer.ts');

/** Kills a writer at `at` ms after it has opened the journal; gives back what it said. */
async function oneLife(path: string, life: number, at: number): Promise<string[]> {
  const writer = spawn(process.execPath, [WRITER, path, String(life)], {
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

/** What the audit tells from a block on. */
const auditFrom = (journal: Journal, from: number) =>
  auditIn(journal.read(seqOf(from), 1_000_000).filter((block) => block.class === 'alarm'));

const isOpen = ({ outcome }: LedgerEntry) => outcome === undefined;

test(`after each of ${KILLS} kills commands and audit agree, and nothing that was said is missing (SEED=${SEED})`, {
  timeout: 60_000 + KILLS * 4_000,
}, async () => {
  const random = seededRandom(SEED);
  const path = join(temporaryDirectory(), 'journal.db');
  const audit: string[] = [];
  const said = new Set<string>();
  let [checked, leftOpen, highest] = [0, 0, -1];
  for (let life = 1; life <= KILLS; life++) {
    const [history = '', ...lines] = await oneLife(path, life, random() * LONGEST_LIFE_MS);
    // The look of the test itself closed the journal in order.
    expect(history.split(' ').slice(0, 2)).toEqual(['history', 'true']);
    for (const line of lines) said.add(line);
    const journal = journalAt(path, {
      clock: systemClock(),
      maxSize: bytes(2 ** 30),
      keep: millis(1e12),
    });
    const { wasCleanStop, open, recent, counters } = journal.takeHistory();
    expect(wasCleanStop).toBe(false);
    audit.push(...auditFrom(journal, checked + 1));
    checked = journal.head;
    const intended = audit
      .filter((text) => text.startsWith('intent '))
      .map((text) => text.slice(7));
    const ended = audit.filter((text) => text.startsWith('ended ')).map((text) => text.slice(6));
    const isEnded = new Set(ended);
    await journal.close();

    expect(new Set(intended).size).toBe(intended.length);
    expect(isEnded.size).toBe(ended.length);
    expect(isEnded.isSubsetOf(new Set(intended))).toBe(true);
    const known = intended.slice(-RECENT_MAX);
    expect(recent.map(({ key }) => key)).toEqual(known);
    expect(recent.filter(isOpen)).toEqual(open);
    expect(recent.filter((entry) => !isOpen(entry)).map(({ key }) => key)).toEqual(
      known.filter((key) => isEnded.has(key)),
    );
    const told = new Set(audit);
    expect([...said].filter((line) => !told.has(line))).toEqual([]);
    expect(counters.ann ?? -1).toBeGreaterThanOrEqual(highest);
    highest = counters.ann ?? -1;
    leftOpen += open.length;
  }
  expect(said.size).toBeGreaterThan(KILLS);
  expect(leftOpen).toBeGreaterThan(KILLS / 2);
});
