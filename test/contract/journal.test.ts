import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Gap, type Journal, seqOf } from '../../gateway/journal/journal.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { batchOf, numbered, sampleOf, samplesOf, T0, TAGS } from '../support/journal-samples.ts';
import { memoryJournal } from '../support/memory-journal.ts';

const implementations: Record<string, () => Journal> = {
  'the SQLite journal': () => journalAt(join(temporaryDirectory(), 'journal.db')),
  'the memory journal of the tests': () => memoryJournal('9f3c2a17', TAGS),
};

const key = (number: number, origin = 'o1') => ({ origin, number });
const gap: Gap = {
  reason: 'queue-overflow',
  class: 'alarm',
  count: 12,
  seqs: undefined,
  from: utcMs(T0),
  to: utcMs(T0 + 5),
};

describe.each(Object.entries(implementations))('%s', (_name, create) => {
  test('numbers blocks 1, 2, 3 across all classes', async () => {
    const journal = create();
    expect(journal.head).toBe(0);
    expect(await journal.append('telemetry', batchOf(numbered(1)), key(1))).toBe(1);
    expect(await journal.append('record', batchOf(numbered(2)), key(2))).toBe(2);
    expect(await journal.appendGap(gap)).toBe(3);
    expect(await journal.append('alarm', batchOf(numbered(4)), key(3))).toBe(4);
    expect(journal.head).toBe(4);
    expect(everything(journal).map((block) => [block.seq, block.class])).toEqual([
      [1, 'telemetry'],
      [2, 'record'],
      [3, 'alarm'],
      [4, 'alarm'],
    ]);
  });

  test('gives back every kind of value with tag, quality and time', async () => {
    const journal = create();
    const samples = [
      sampleOf(74.2, 0),
      sampleOf(-0, 1),
      sampleOf(true, 2),
      sampleOf(9_007_199_254_740_993n, 3),
      sampleOf('运行', 4),
      sampleOf({ unscaled: 12_345_678_901_234_567_890n, decimals: 3 }, 5),
      sampleOf(null, 6, T0 - 1000),
    ];
    await journal.append('telemetry', batchOf(samples), key(1));
    expect(everything(journal).map(samplesOf)).toEqual([samples]);
  });

  test('reads from a seq on, up to the limit, and nothing past the head', async () => {
    const journal = create();
    for (let n = 1; n <= 5; n++) await journal.append('telemetry', batchOf(numbered(n)), key(n));
    expect(journal.read(seqOf(2), 3).map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(journal.read(seqOf(4), 3).map(({ seq }) => seq)).toEqual([4, 5]);
    expect(journal.read(seqOf(6), 3)).toEqual([]);
    const samples = journal.read(seqOf(2), 1)[0]?.samples.length as number;
    expect(journal.read(seqOf(2), 3, 2 * samples).map(({ seq }) => seq)).toEqual([2, 3]);
    expect(journal.read(seqOf(2), 3, 2 * samples - 1).map(({ seq }) => seq)).toEqual([2]);
    expect(journal.read(seqOf(2), 3, 0).map(({ seq }) => seq)).toEqual([2]);
  });

  test('stores a batch that comes twice once', async () => {
    const journal = create();
    await journal.append('telemetry', batchOf(numbered(1)), key(1));
    const seq = await journal.append('telemetry', batchOf(numbered(2)), key(2));
    expect(await journal.append('telemetry', batchOf(numbered(2)), key(2))).toBe(seq);
    expect(await journal.append('telemetry', batchOf(numbered(3)), key(2, 'o2'))).toBe(seq + 1);
    expect(everything(journal)).toHaveLength(3);
  });

  test('keeps a gap as a block of its own without samples', async () => {
    const journal = create();
    await journal.appendGap(gap);
    const [block] = everything(journal);
    expect(block?.gap).toEqual(gap);
    expect(block?.samples.length).toBe(0);
  });

  test('moves each cursor by its own acknowledgements, in any order', async () => {
    const journal = create();
    for (let n = 1; n <= 6; n++) await journal.append('telemetry', batchOf(numbered(n)), key(n));
    const cursor = journal.cursor('cloud');
    for (const seq of [2, 5, 1, 5]) cursor.acknowledge(seqOf(seq));
    expect(cursor.upTo).toBe(2);
    expect([1, 2, 3, 4, 5, 6].filter((seq) => cursor.isAcknowledged(seqOf(seq)))).toEqual([
      1, 2, 5,
    ]);
    expect([0, 1, 2, 3, 4, 5].map((seq) => cursor.nextAfter(seqOf(seq)))).toEqual([
      3, 3, 3, 4, 6, 6,
    ]);
    cursor.acknowledge(seqOf(3));
    cursor.acknowledge(seqOf(4));
    expect(cursor.upTo).toBe(5);
    expect(journal.cursor('cloud').upTo).toBe(5);
    expect(journal.cursor('plant').upTo).toBe(0);
  });

  test('counts what it holds and what the slowest uplink has not acknowledged', async () => {
    const journal = create();
    for (let n = 1; n <= 4; n++) await journal.append('telemetry', batchOf(numbered(n)), key(n));
    await journal.appendGap(gap);
    journal.cursor('cloud').acknowledge(seqOf(1));
    journal.cursor('plant').acknowledge(seqOf(1));
    journal.cursor('plant').acknowledge(seqOf(2));
    expect(journal.stats()).toMatchObject({
      epoch: journal.epoch,
      head: 5,
      blocks: 5,
      samples: 12,
      backlogBlocks: 4,
      gaps: 1,
    });
    expect(journal.epoch).toMatch(/^[0-9a-f]{8,}$/);
  });
});
