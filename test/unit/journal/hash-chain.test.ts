import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBatch } from '../../../gateway/journal/batch.ts';
import { firstLink, hexOf, linkOf } from '../../../gateway/journal/chain/hash-chain.ts';
import { proveJournal } from '../../../gateway/journal/chain/journal-proof.ts';
import { decodeBlock, encodeBlock } from '../../../gateway/journal/codec/block-codec.ts';
import { openJournalReader } from '../../../gateway/journal/file/journal-reader.ts';
import {
  BLOCK_CLASSES,
  type BlockClass,
  type Gap,
  type GapReason,
  seqOf,
} from '../../../gateway/journal/journal.ts';
import { isBad, QUALITIES } from '../../../gateway/model/quality.ts';
import { type Sample, type TagId, tagId, type Value } from '../../../gateway/model/sample.ts';
import { bytes, utcMs } from '../../../gateway/model/units.ts';
import { everything } from '../../support/journal-fixture.ts';
import { asVersion1, hours, JournalLife } from '../../support/journal-life.ts';
import { T0 } from '../../support/journal-samples.ts';
import { exportOf, exportProof, proofOf, tamper } from '../../support/proven-journal.ts';
import { referenceLink, referenceStart } from '../../support/reference-chain.ts';

const EPOCH = '0123456789abcdef';

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
          const read = decodeBlock(encodeBlock(batch), '');
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

describe('the chain of a journal', () => {
  it('goes on over restarts, gaps and the removal of the newest block', async () => {
    const life = new JournalLife();
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
    const life = new JournalLife(T0, { uplinks: ['cloud'] });
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

  it('holds over what was thinned, and over what had to go', async () => {
    const life = new JournalLife(T0, { uplinks: ['cloud'], maxSize: bytes(256 * 1024) });
    const fill = async (blockClass: BlockClass, until: GapReason) => {
      const isOver = () => everything(life.journal).some(({ gap }) => gap?.reason === until);
      for (let round = 0; round < 20 && !isOver(); round++) {
        for (let i = 0; i < 10; i++) await life.append(1, 600, blockClass);
        while (await life.journal.retain());
      }
      expect(isOver()).toBe(true);
    };
    await fill('telemetry', 'thinned');
    const thinned = everything(life.journal).filter(({ gap }) => gap);
    expect(thinned.some(({ samples }) => samples.length > 0)).toBe(true);
    expect(proofOf(life.path).breaks).toBe(0);
    await fill('alarm', 'retention');
    const report = await life.proof();
    expect(report).toMatchObject({ breaks: 0, unproven: 0, proven: report.blocks });
    expect(exportProof(exportOf(life.path))).toEqual(report);
  });

  it('is proven while blocks come and go', async () => {
    const life = new JournalLife();
    await life.append(300);
    const reader = openJournalReader(life.path);
    const proof = proveJournal(reader);
    let seen = 0;
    for (const _ of proof.events) {
      if (++seen % 50 !== 0) continue;
      await life.clock.advance(hours(30));
      while (await life.journal.retain());
      await life.append(20);
    }
    reader.close();
    const { removed, blocks, ...report } = proof.report();
    expect(report).toMatchObject({ breaks: 0, unproven: 0, proven: blocks });
    expect([removed.blocks, blocks]).toEqual([300 - blocks, expect.any(Number)]);
    expect(removed.blocks).toBeGreaterThan(50);
    await life.journal.close();
  });

  it('begins behind the blocks of version 1', async () => {
    const life = new JournalLife();
    await life.append(4);
    await life.journal.close();
    asVersion1(life.path);
    expect(proofOf(life.path)).toMatchObject({ older: 4, listed: [{ kind: 'no-chain' }] });
    await life.reopen();
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
    const life = new JournalLife();
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
    const life = new JournalLife(T0, { uplinks: ['cloud'] });
    await life.append(6);
    life.journal.cursor('cloud').acknowledge(seqOf(6));
    await life.journal.close();
    tamper(life.path, (database) => database.exec('DELETE FROM block WHERE seq > 4'));
    expect(proofOf(life.path).listed).toMatchObject([{ kind: 'missing', at: 5, to: 6 }]);
  });

  it('names a link that retention left and somebody changed', async () => {
    const life = new JournalLife();
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
