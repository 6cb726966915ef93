import { join } from 'node:path';
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../gateway/host/random.ts';
import { fromBatch, type SampleBatch, toBatch } from '../../gateway/journal/batch.ts';
import {
  BLOCK_SAMPLES_MAX,
  decodeAlone,
  decodeBlock,
  encodeBlock,
  keyFrameOf,
  needsKey,
} from '../../gateway/journal/codec/block-codec.ts';
import {
  blockSeal,
  type SealedColumns,
  sealed,
  summarySeal,
} from '../../gateway/journal/codec/block-seal.ts';
import { MalformedBlock } from '../../gateway/journal/codec/byte-stream.ts';
import type { KeyFrame } from '../../gateway/journal/codec/key-frame.ts';
import { isBad, QUALITIES } from '../../gateway/model/quality.ts';
import { type Sample, tagId, type Value } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { encodeVersion1 } from '../support/block-version-1.ts';
import { randomSite } from '../support/random-batches.ts';

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

/** In the order of FORMAT.md. */
const ROW: SealedColumns = {
  seq: 178,
  class: 2,
  committed_at: 1_767_000_000_123,
  samples: 80,
  key: 145,
  gap: null,
};
const SEAL = blockSeal(ROW);
const COLUMNS = Object.values(ROW);

const stored = (...block: Parameters<typeof encodeBlock>) => sealed(encodeBlock(...block), SEAL);
const read = (bytes: Uint8Array, key?: KeyFrame) => decodeBlock(bytes, SEAL, key);
const frameIn = (bytes: Uint8Array) => keyFrameOf(bytes, SEAL);

test('every batch comes back bit for bit', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      expect(bitsOf(read(stored(batch)))).toEqual(bitsOf(batch));
    }),
    settings,
  );
});

test('every batch comes back bit for bit from a block of version 1', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      expect(bitsOf(read(encodeVersion1(batch)))).toEqual(bitsOf(batch));
    }),
    settings,
  );
});

test('every batch comes back bit for bit with its key, and with no other', () => {
  for (const { key, blocks } of lives(150)) {
    const bytes = stored(key);
    expect(needsKey(bytes)).toBe(false);
    const alone = decodeAlone(bytes, SEAL);
    const { batch } = alone;
    const frame = alone.frame();
    expect(bitsOf(batch)).toEqual(bitsOf(key));
    expect(frameIn(bytes)).toEqual(frame);
    for (const block of blocks) {
      const coded = stored(block, frame);
      expect(needsKey(coded)).toBe(true);
      expect(bitsOf(read(coded, frameIn(bytes)))).toEqual(bitsOf(block));
      const other = frameIn(stored(block));
      if (other.checksum !== frame.checksum)
        expect(() => read(coded, other)).toThrow(MalformedBlock);
      expect(() => read(coded)).toThrow(MalformedBlock);
      expect(() => frameIn(coded)).toThrow(MalformedBlock);
    }
  }
});

const moreDecimals = fc.integer({ min: -9e7, max: 9e7 }).map((integer) => integer / 1e5);
/** Of one poll of tags that are all decimals, and what changed until a later one. */
const steadyRow = fc.record({
  before: fc.tuple(fc.integer({ min: -9e7, max: 9e7 }), fc.nat(4)),
  step: fc.integer({ min: -900, max: 900 }),
  change: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 20 },
    { arbitrary: fc.tuple(anyNumber, fc.constantFrom(...QUALITIES)), weight: 1 },
    { arbitrary: fc.tuple(moreDecimals, fc.constant('good' as const)), weight: 2 },
    { arbitrary: fc.tuple(fc.boolean(), fc.constant('good' as const)), weight: 1 },
  ),
});
const pollOf = (rows: readonly Pick<Sample, 'value' | 'quality'>[], time: number) =>
  toBatch(
    rows.map((row, tag) => ({
      ...row,
      tag: tagId('d', `${tag}`),
      value: isBad(row.quality) ? null : row.value,
      time: utcMs(time),
      timeBasis: 'gateway',
    })),
    (tag) => Number(tag.slice(2)),
  );

test('rows of which only values and their decimals changed are read as if each was looked at', () => {
  const seen = { steady: 0, decimals: 0, others: 0 };
  const property = fc.property(fc.array(steadyRow, { minLength: 1, maxLength: 20 }), (rows) => {
    const key = pollOf(
      rows.map(({ before: [integer, decimals] }) => ({
        value: integer / 10 ** decimals,
        quality: 'good',
      })),
      1_767_000_000_000,
    );
    const later = pollOf(
      rows.map(({ before: [integer, decimals], step, change }) => ({
        value: change ? change[0] : (integer + step) / 10 ** decimals,
        quality: change ? change[1] : 'good',
      })),
      1_767_000_001_000,
    );
    const frame = frameIn(stored(key));
    const coded = stored(later, frame);
    expect(bitsOf(read(coded, frame))).toEqual(bitsOf(later));
    expect(bitsOf(read(coded, { ...frame, steady: undefined }))).toEqual(bitsOf(later));
    const isSteady = frame.steady && read(coded, frame).kinds === frame.steady.kinds;
    if (!isSteady) seen.others++;
    else if (rows.some(({ change }) => change)) seen.decimals++;
    else seen.steady++;
  });
  fc.assert(property, settings);
  expect(Math.min(seen.steady, seen.decimals, seen.others)).toBeGreaterThan(50);
});

test('a key that keeps the decimals of an earlier one stands alone', () => {
  for (const { key, blocks } of lives(100)) {
    const scales = frameIn(stored(key));
    for (const block of blocks) {
      const bytes = stored(block, undefined, scales);
      expect(bitsOf(read(bytes))).toEqual(bitsOf(block));
    }
  }
});

test('the payload of a NaN comes back', () => {
  const numbers = new Float64Array(4);
  const patterns = new BigUint64Array(numbers.buffer);
  patterns.set([0x7ff8_0000_0000_0001n, 0x7ff8_dead_beef_0000n, 0xfff8_0000_0000_0000n, 0n]);
  const zeros = () => new Uint8Array(4);
  const batch: SampleBatch = {
    length: 4,
    tags: new Uint32Array(4),
    times: new Float64Array(4),
    kinds: zeros().fill(1),
    qualities: zeros(),
    timeBases: zeros(),
    numbers,
    others: [],
  };
  const key = frameIn(stored(batch));
  for (const bytes of [stored(batch), stored(batch, key)])
    expect([...new BigUint64Array(read(bytes, key).numbers.buffer)]).toEqual([...patterns]);
});

const reference: Reference = await import(
  join(import.meta.dirname, '..', '..', 'docs', 'reference', 'block-decoder.mjs')
);
const rowsOf = (batch: SampleBatch) =>
  fromBatch(batch, (tag) => tagId('', String(tag))).map(
    ({ tag, time, value, quality, timeBasis }) => ({
      ...{ tag: Number(tag.slice(1)), time, value, quality, basis: timeBasis },
    }),
  );
const plain = ({ rows }: ReturnType<Reference['decode']>) =>
  rows.map(({ tag, time, value, quality, basis }) => ({ tag, time, value, quality, basis }));

test('the reference decoder reads what this one does', () => {
  for (const { key, blocks } of lives(250)) {
    const bytes = stored(key);
    const known = reference.decode(bytes, COLUMNS);
    expect(plain(known)).toEqual(rowsOf(key));
    for (const block of blocks) {
      expect(() => reference.decode(encodeVersion1(block), COLUMNS)).toThrow('malformed');
      expect(plain(reference.decode(stored(block), COLUMNS))).toEqual(rowsOf(block));
      const coded = stored(block, frameIn(bytes));
      expect(plain(reference.decode(coded, COLUMNS, known))).toEqual(rowsOf(block));
      expect(() => reference.decode(coded, COLUMNS)).toThrow('malformed');
    }
  }
});

test('a hostile body with a right checksum is a batch or malformed, and no larger than it may be', () => {
  const random = seededRandom(SEED);
  const whole = (below: number) => Math.floor(random() * below);
  let [malformed, good] = [0, 0];
  for (const { key, blocks } of lives(60)) {
    const frame = frameIn(stored(key));
    const known = reference.decode(stored(key), COLUMNS);
    const bodies = blocks.flatMap((block) => [bodyOf(stored(block, frame)), bodyOf(stored(block))]);
    for (const body of bodies)
      for (let attempt = 0; attempt < 6; attempt++) {
        let hostile = body.slice();
        const at = whole(body.length);
        if (attempt < 3) hostile[at] = whole(256);
        else if (attempt === 3) hostile = hostile.slice(0, at);
        else {
          const other = bodies[whole(bodies.length)] as Uint8Array;
          hostile = Buffer.concat([body.subarray(0, at), other.subarray(whole(other.length))]);
        }
        try {
          const bytes = blockOf(hostile, frame.checksum);
          const batch = read(bytes, frame);
          expect(plain(reference.decode(bytes, COLUMNS, known))).toEqual(rowsOf(batch));
          expect(batch.length).toBeLessThanOrEqual(BLOCK_SAMPLES_MAX);
          expect(fromBatch(batch, (tag) => tagId('d', String(tag)))).toHaveLength(batch.length);
          good++;
        } catch (error) {
          if (!(error instanceof MalformedBlock)) throw error;
          malformed++;
        }
      }
  }
  expect(Math.min(malformed, good)).toBeGreaterThan(100);
});

test('a block with any one byte changed, cut short or lengthened is refused as malformed', () => {
  fc.assert(
    fc.property(anyBatch, fc.nat(), fc.integer({ min: 1, max: 255 }), (batch, place, flip) => {
      const bytes = stored(batch);
      const at = place % bytes.length;
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ flip;
      expect(() => read(changed)).toThrow(MalformedBlock);
      expect(() => read(bytes.slice(0, at))).toThrow(MalformedBlock);
      expect(() => read(Uint8Array.of(...bytes, flip))).toThrow(MalformedBlock);
    }),
    settings,
  );
});

test('data in another row, or in one whose columns have changed, is refused as malformed', () => {
  const changes: readonly Partial<SealedColumns>[] = [
    ...[{ seq: 179 }, { class: 1 }, { committed_at: 1_767_000_000_124 }, { samples: 81 }],
    ...[{ key: 144 }, { gap: '{"reason":"thinned"}' }],
  ];
  for (const { key, blocks } of lives(20)) {
    const bytes = stored(key);
    const [frame, known] = [frameIn(bytes), reference.decode(bytes, COLUMNS)];
    for (const change of changes) {
      const row = { ...ROW, ...change };
      const [seal, columns] = [blockSeal(row), Object.values(row)];
      for (const block of blocks) {
        const coded = stored(block, frame);
        expect(() => decodeBlock(coded, seal, frame)).toThrow('wrong checksum');
        expect(() => reference.decode(coded, columns, known)).toThrow('checksum');
      }
      expect(() => keyFrameOf(bytes, seal)).toThrow('wrong checksum');
    }
    // A summary is bound to its id and its last block.
    const summary = sealed(encodeBlock(key), summarySeal(2 ** 48 + 5, 36));
    expect(bitsOf(decodeBlock(summary, summarySeal(2 ** 48 + 5, 36)))).toEqual(bitsOf(key));
    expect(plain(reference.decode(summary, [2 ** 48 + 5, 36]))).toEqual(rowsOf(key));
    for (const seal of [summarySeal(2 ** 48 + 6, 36), summarySeal(2 ** 48 + 5, 37), SEAL])
      expect(() => decodeBlock(summary, seal)).toThrow('wrong checksum');
  }
});

interface Reference {
  decode(
    block: Uint8Array,
    sealed: readonly unknown[],
    key?: unknown,
  ): {
    readonly rows: readonly {
      readonly tag: number;
      readonly time: number;
      readonly value: unknown;
      readonly quality: string;
      readonly basis: string;
    }[];
  };
}

/** Keys of sites, each with a few blocks that follow. */
function* lives(count: number) {
  for (let life = 0; life < count; life++) {
    const next = randomSite(seededRandom(SEED + life));
    yield { key: next(), blocks: [next(), next(), next()] };
  }
}

function bodyOf(bytes: Uint8Array): Uint8Array {
  const body = bytes.slice(needsKey(bytes) ? 6 : 2, -4);
  return ((bytes[1] as number) & 1) === 0 ? body : zstdDecompressSync(body);
}

/** A dependent block of this body, every other one packed. */
function blockOf(body: Uint8Array, checksum: number): Uint8Array {
  const isPacked = body.length % 2 === 1;
  const head = Buffer.alloc(6);
  head[0] = 2;
  head[1] = isPacked ? 3 : 2;
  head.writeUInt32LE(checksum, 2);
  const content = Buffer.concat([head, isPacked ? zstdCompressSync(body) : body]);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(crc32(SEAL, crc32(content)));
  return Buffer.concat([content, tail]);
}
