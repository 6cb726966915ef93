import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { toBatch } from '../../../gateway/journal/batch.ts';
import { decodeBlock, encodeBlock } from '../../../gateway/journal/block-codec.ts';
import { firstLink, hexOf, linkOf } from '../../../gateway/journal/hash-chain.ts';
import { BLOCK_CLASSES, type Gap, seqOf } from '../../../gateway/journal/journal.ts';
import type { JournalOptions } from '../../../gateway/journal/sqlite-journal.ts';
import { isBad, QUALITIES } from '../../../gateway/model/quality.ts';
import { type Sample, type TagId, tagId, type Value } from '../../../gateway/model/sample.ts';
import { millis, minutes, utcMs } from '../../../gateway/model/units.ts';
import { journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered, T0 } from '../../support/journal-samples.ts';
import { exportOf, exportProof, proofOf, tamper } from '../../support/proven-journal.ts';
import { referenceLink, referenceStart } from '../../support/reference-chain.ts';

const EPOCH = '0123456789abcdef';
const hours = (count: number) => minutes(60 * count);

const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'ä°油', '\ud800', -0, Number.NaN),
  fc.record({ unscaled: fc.bigInt(), decimals: fc.integer({ min: 0, max: 20 }) }),
);
const anySample: fc.Arbitrary<Sample> = fc
  .record({
    value: anyValue,
    quality: fc.constantFrom(...QUALITIES),
    tag: fc.nat(12),
    time: fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
    timeBasis: fc.constantFrom('gateway' as const, 'source' as const, 'unsynced' as const),
  })
  .map(({ value, quality, tag, time, timeBasis }) => ({
    ...{ tag: tagId('press', `t${tag}`), value: isBad(quality) ? null : value },
    ...{ quality, time: utcMs(time), timeBasis },
  }));

describe('the link of a block', () => {
  it('begins with the epoch', () => {
    expect(hexOf(firstLink(EPOCH))).toBe(referenceStart(EPOCH));
  });

  it('is what the format says, whatever a block holds and however the journal numbers its tags', () => {
    fc.assert(
      fc.property(
        fc.array(anySample, { maxLength: 60 }),
        fc.integer({ min: 1, max: 2 ** 50 }),
        fc.constantFrom(...BLOCK_CLASSES),
        fc.option(fc.string(), { nil: undefined }),
        fc.constantFrom(1, 1000, 2 ** 28),
        (samples, seq, blockClass, gap, step) => {
          const ids: TagId[] = [];
          const numberOf = (tag: TagId) => {
            if (!ids.includes(tag)) ids.push(tag);
            return (ids.length - ids.indexOf(tag)) * step;
          };
          for (const { tag } of samples) numberOf(tag);
          const batch = toBatch(samples, numberOf);
          const tagOf = (number: number) => ids[ids.length - number / step] as TagId;
          const block = { seq, class: blockClass, committedAt: utcMs(T0 + seq), gap };
          const expected = referenceLink(referenceStart(EPOCH), { ...block, samples });
          const before = firstLink(EPOCH);
          expect(hexOf(linkOf(before, { ...block, samples: { batch, tagOf } }))).toBe(expected);
          const read = decodeBlock(encodeBlock(batch));
          expect(hexOf(linkOf(before, { ...block, samples: { batch: read, tagOf } }))).toBe(
            expected,
          );
        },
      ),
      { seed: Number(process.env.SEED ?? 20_260_101), numRuns: 300 },
    );
  });
});

const lossAt = (time: number): Gap => ({
  ...{ reason: 'write-failed', class: 'telemetry', count: 3, seqs: undefined },
  ...{ from: utcMs(time), to: utcMs(time) },
});

/** A journal that is opened again and again under one clock. */
class Life {
  readonly path = join(temporaryDirectory(), 'journal.db');
  readonly clock: VirtualClock;
  #number = 0;
  #journal;

  constructor(start = T0, options: Partial<JournalOptions> = {}) {
    this.clock = virtualClock(utcMs(start));
    this.#options = { clock: this.clock, keep: millis(3_600_000), ...options };
    this.#journal = journalAt(this.path, this.#options);
  }

  readonly #options: Partial<JournalOptions>;

  get journal() {
    return this.#journal;
  }

  async append(count = 1): Promise<void> {
    for (let i = 0; i < count; i++)
      await this.#journal.append('telemetry', batchOf(numbered(++this.#number)), {
        origin: 'life',
        number: this.#number,
      });
  }

  async reopen(meanwhile?: (path: string) => void): Promise<void> {
    await this.#journal.close();
    meanwhile?.(this.path);
    this.#journal = journalAt(this.path, this.#options);
  }

  /** Everything that is older than an hour goes. */
  async expire(): Promise<void> {
    await this.clock.advance(hours(2));
    while (await this.#journal.retain());
  }

  async proof() {
    await this.#journal.close();
    return proofOf(this.path);
  }
}

/** As version 1 had it. */
const asVersion1 = (path: string) =>
  tamper(path, (database) => {
    for (const column of ['key', 'state', 'link'])
      database.exec(`ALTER TABLE block DROP COLUMN ${column}`);
    for (const table of ['link', 'day', 'clock', 'summary', 'salvage'])
      database.exec(`DROP TABLE ${table}`);
    const totals = { head: 4, blocks: 4, samples: 12, gaps: 0, lost: 0 };
    database
      .prepare(`INSERT OR REPLACE INTO position VALUES ('journal', 'totals', ?)`)
      .run(JSON.stringify(totals));
    database.pragma('user_version = 1');
  });

describe('the chain of a journal', () => {
  it('goes on over restarts, gaps and the removal of the newest block', async () => {
    const life = new Life();
    await life.append(3);
    await life.reopen();
    await life.journal.appendGap(lossAt(T0));
    await life.expire();
    expect(life.journal.stats().blocks).toBe(0);
    await life.reopen();
    await life.append(2);
    expect(await life.proof()).toMatchObject({
      ...{ blocks: 2, proven: 2, breaks: 0, head: 6 },
      removed: { blocks: 4, ranges: [[1, 4]] },
    });
  });

  it('keeps one link for each range that was removed', async () => {
    const life = new Life(T0, { uplinks: ['cloud'] });
    await life.append(40);
    for (let seq = 1; seq <= 40; seq++)
      if (seq % 4 > 1) life.journal.cursor('cloud').acknowledge(seqOf(seq));
    await life.expire();
    await life.journal.close();
    const kept = () => {
      let seqs: unknown[] = [];
      tamper(life.path, (database) => {
        seqs = database.prepare('SELECT seq FROM link ORDER BY seq').pluck().all();
      });
      return seqs;
    };
    const report = proofOf(life.path);
    expect(report).toMatchObject({ breaks: 0, unproven: 0 });
    expect(report.removed.ranges.length).toBeGreaterThan(5);
    expect(kept()).toEqual(report.removed.ranges.map(([, to]) => to));
    await life.reopen();
    for (let seq = 1; seq <= 40; seq++) life.journal.cursor('cloud').acknowledge(seqOf(seq));
    await life.expire();
    await life.journal.close();
    expect(kept()).toEqual(proofOf(life.path).removed.ranges.map(([, to]) => to));
    expect(kept()).toHaveLength(1);
  });

  it('begins behind the blocks of version 1', async () => {
    const life = new Life();
    await life.append(4);
    await life.reopen(asVersion1);
    await life.reopen();
    await life.append(3);
    const report = await life.proof();
    expect(report).toMatchObject({ blocks: 7, older: 4, proven: 3, unproven: 0, breaks: 0 });
    expect(exportProof(exportOf(life.path))).toEqual(report);
    await life.reopen();
    await life.expire();
    await life.append(1);
    expect(await life.proof()).toMatchObject({ blocks: 1, older: 0, proven: 1, breaks: 0 });
  });

  it('names a block that was damaged and became a gap, and goes on', async () => {
    const life = new Life();
    await life.append(6);
    await life.reopen((path) =>
      tamper(path, (database) =>
        database.prepare(`UPDATE block SET data = x'0001' WHERE seq = 3`).run(),
      ),
    );
    expect(life.journal.read(seqOf(3), 1)[0]?.gap?.reason).toBe('journal-lost');
    const report = await life.proof();
    expect(report.breaks).toBe(1);
    expect(report.listed).toMatchObject([{ kind: 'given-up', at: 3 }]);
    expect(report).toMatchObject({ blocks: 6, proven: 5 });
  });

  it('names the newest blocks that are missing, where the file speaks of them', async () => {
    const life = new Life(T0, { uplinks: ['cloud'] });
    await life.append(6);
    life.journal.cursor('cloud').acknowledge(seqOf(6));
    await life.journal.close();
    tamper(life.path, (database) => database.exec('DELETE FROM block WHERE seq > 4'));
    expect(proofOf(life.path).listed).toMatchObject([{ kind: 'missing', at: 5, to: 6 }]);
  });

  it('names a link that retention left and somebody changed', async () => {
    const life = new Life();
    await life.append(4);
    await life.expire();
    await life.append(2);
    await life.journal.close();
    tamper(life.path, (database) => database.exec('UPDATE link SET link = zeroblob(32)'));
    expect(proofOf(life.path).listed).toMatchObject([{ kind: 'link', at: 5 }]);
    tamper(life.path, (database) => database.exec('DELETE FROM link'));
    expect(proofOf(life.path).listed).toMatchObject([{ kind: 'link-missing', at: 5 }]);
  });
});

describe('a day that is over', () => {
  const EVENING = Date.UTC(2026, 10, 29, 20);
  const daysIn = (path: string) => {
    let days: unknown[] = [];
    tamper(path, (database) => {
      days = database.prepare('SELECT day, first, last FROM day ORDER BY last').all();
    });
    return days;
  };

  it('has its row with the first block of a later day, over restarts', async () => {
    const life = new Life(EVENING);
    await life.append(2);
    await life.reopen();
    await life.append(1);
    await life.clock.advance(hours(6));
    expect(life.journal.lastDay).toBeUndefined();
    await life.append(1);
    expect(life.journal.lastDay).toMatchObject({ day: '2026-11-29', first: 1, last: 3 });
    await life.clock.advance(hours(72));
    await life.reopen();
    expect(life.journal.stats().lastDay).toEqual(life.journal.lastDay);
    await life.append(1);
    expect(life.journal.lastDay?.day).toBe('2026-11-30');
    expect(await life.proof()).toMatchObject({
      breaks: 0,
      days: { proven: 2, last: '2026-11-30' },
    });
    expect(daysIn(life.path)).toEqual([
      { day: '2026-11-29', first: 1, last: 3 },
      { day: '2026-11-30', first: 4, last: 4 },
    ]);
  });

  it('comes once and in order when the clock is set back', async () => {
    const life = new Life(EVENING);
    await life.append(1);
    await life.clock.advance(hours(6));
    await life.append(1);
    life.clock.stepWallClock(utcMs(EVENING));
    await life.append(1);
    await life.reopen();
    await life.append(1);
    await life.clock.advance(hours(6));
    await life.append(1);
    await life.clock.advance(hours(24));
    await life.append(1);
    expect(await life.proof()).toMatchObject({ breaks: 0, days: { proven: 2 } });
    expect(daysIn(life.path)).toEqual([
      { day: '2026-11-29', first: 1, last: 1 },
      { day: '2026-11-30', first: 2, last: 5 },
    ]);
  });

  it('is not held up by a clock that was years ahead', async () => {
    const life = new Life(EVENING);
    await life.append(1);
    life.clock.stepWallClock(utcMs(Date.UTC(2099, 0, 1)));
    await life.append(1);
    life.clock.stepWallClock(utcMs(EVENING + 6 * 3_600_000));
    await life.append(1);
    await life.reopen();
    await life.clock.advance(hours(24));
    await life.append(1);
    expect(await life.proof()).toMatchObject({ breaks: 0, days: { proven: 2 } });
    expect(daysIn(life.path)).toEqual([
      { day: '2026-11-29', first: 1, last: 1 },
      { day: '2026-11-30', first: 2, last: 3 },
    ]);
  });
});
