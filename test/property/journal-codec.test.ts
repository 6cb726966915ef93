import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SampleBatch, toBatch } from '../../gateway/journal/batch.ts';
import { decodeBlock, encodeBlock } from '../../gateway/journal/block-codec.ts';
import { MalformedBlock } from '../../gateway/journal/byte-stream.ts';
import { isBad, QUALITIES } from '../../gateway/model/quality.ts';
import { type Sample, tagId, type Value } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const settings = { seed: SEED, numRuns: 300 };

const decimalNumber = fc
  .tuple(fc.integer(), fc.nat(8))
  .map(([integer, decimals]) => integer / 10 ** decimals);
const anyNumber = fc.oneof(
  decimalNumber,
  fc.double({ noNaN: true }),
  fc.float({ noNaN: true }),
  decimalNumber.map(Math.fround),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53),
);
const anyValue: fc.Arbitrary<Value> = fc.oneof(
  { arbitrary: anyNumber, weight: 6 },
  fc.boolean(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'run', 'stop', 'ä°油', '\ud800'),
  fc.record({ unscaled: fc.bigInt(), decimals: fc.nat(20) }),
);
const anySample: fc.Arbitrary<Sample> = fc
  .record({
    value: anyValue,
    quality: fc.constantFrom(...QUALITIES),
    tag: fc.nat(2000),
    time: fc.oneof(
      fc.integer({ min: 1_767_000_000_000, max: 1_767_000_005_000 }),
      fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
    ),
    timeBasis: fc.constantFrom('source', 'gateway', 'unsynced'),
  })
  .map(({ value, quality, tag, time, timeBasis }) => ({
    tag: tagId('d', String(tag)),
    value: isBad(quality) ? null : value,
    quality,
    time: utcMs(time),
    timeBasis,
  }));
const anyBatch = fc
  .array(anySample, { maxLength: 80 })
  .map((samples) => toBatch(samples, (tag) => Number(tag.slice(2))));

/** Bit patterns, so that −0 and 0 differ. */
const bitsOf = (batch: SampleBatch) => ({
  length: batch.length,
  tags: [...batch.tags],
  times: [...new BigUint64Array(batch.times.slice().buffer)],
  kinds: [...batch.kinds],
  qualities: [...batch.qualities],
  timeBases: [...batch.timeBases],
  numbers: [...new BigUint64Array(batch.numbers.slice().buffer)],
  others: batch.others,
});

test('every batch comes back bit for bit', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      expect(bitsOf(decodeBlock(encodeBlock(batch)))).toEqual(bitsOf(batch));
    }),
    settings,
  );
});

test('a block with any one byte changed, cut short or lengthened is refused as malformed', () => {
  fc.assert(
    fc.property(anyBatch, fc.nat(), fc.integer({ min: 1, max: 255 }), (batch, place, flip) => {
      const bytes = encodeBlock(batch);
      const at = place % bytes.length;
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ flip;
      expect(() => decodeBlock(changed)).toThrow(MalformedBlock);
      expect(() => decodeBlock(bytes.slice(0, at))).toThrow(MalformedBlock);
      expect(() => decodeBlock(Uint8Array.of(...bytes, flip))).toThrow(MalformedBlock);
    }),
    settings,
  );
});
