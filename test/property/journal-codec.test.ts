import { join } from 'node:path';
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../gateway/host/random.ts';
import { fromBatch, type SampleBatch, toBatch } from '../../gateway/journal/batch.ts';
import {
  BLOCK_SAMPLES_MAX,
  decodeBlock,
  decodeKey,
  encodeBlock,
  keyFrameOf,
  needsKey,
} from '../../gateway/journal/codec/block-codec.ts';
import { MalformedBlock } from '../../gateway/journal/codec/byte-stream.ts';
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

test('every batch comes back bit for bit', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      expect(bitsOf(decodeBlock(encodeBlock(batch)))).toEqual(bitsOf(batch));
    }),
    settings,
  );
});

test('every batch comes back bit for bit from a block of version 1', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      expect(bitsOf(decodeBlock(encodeVersion1(batch)))).toEqual(bitsOf(batch));
    }),
    settings,
  );
});

test('every batch comes back bit for bit with its key, and with no other', () => {
  for (const { key, blocks } of lives(150)) {
    const bytes = encodeBlock(key);
    expect(needsKey(bytes)).toBe(false);
    const { batch, frame } = decodeKey(bytes);
    expect(bitsOf(batch)).toEqual(bitsOf(key));
    expect(keyFrameOf(bytes)).toEqual(frame);
    for (const block of blocks) {
      const coded = encodeBlock(block, frame);
      expect(needsKey(coded)).toBe(true);
      expect(bitsOf(decodeBlock(coded, keyFrameOf(bytes)))).toEqual(bitsOf(block));
      const other = keyFrameOf(encodeBlock(block));
      if (other.checksum !== frame.checksum)
        expect(() => decodeBlock(coded, other)).toThrow(MalformedBlock);
      expect(() => decodeBlock(coded)).toThrow(MalformedBlock);
      expect(() => keyFrameOf(coded)).toThrow(MalformedBlock);
    }
  }
});

test('a key that keeps the decimals of an earlier one stands alone', () => {
  for (const { key, blocks } of lives(100)) {
    const scales = keyFrameOf(encodeBlock(key));
    for (const block of blocks) {
      const bytes = encodeBlock(block, undefined, scales);
      expect(bitsOf(decodeBlock(bytes))).toEqual(bitsOf(block));
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
  const key = keyFrameOf(encodeBlock(batch));
  for (const bytes of [encodeBlock(batch), encodeBlock(batch, key)])
    expect([...new BigUint64Array(decodeBlock(bytes, key).numbers.buffer)]).toEqual([...patterns]);
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
    const bytes = encodeBlock(key);
    const known = reference.decode(bytes);
    expect(plain(known)).toEqual(rowsOf(key));
    for (const block of blocks) {
      expect(() => reference.decode(encodeVersion1(block))).toThrow('malformed');
      expect(plain(reference.decode(encodeBlock(block)))).toEqual(rowsOf(block));
      const coded = encodeBlock(block, keyFrameOf(bytes));
      expect(plain(reference.decode(coded, known))).toEqual(rowsOf(block));
      expect(() => reference.decode(coded)).toThrow('malformed');
    }
  }
});

test('a hostile body with a right checksum is a batch or malformed, and no larger than it may be', () => {
  const random = seededRandom(SEED);
  const whole = (below: number) => Math.floor(random() * below);
  let [malformed, read] = [0, 0];
  for (const { key, blocks } of lives(60)) {
    const frame = keyFrameOf(encodeBlock(key));
    const known = reference.decode(encodeBlock(key));
    const bodies = blocks.flatMap((block) => [
      bodyOf(encodeBlock(block, frame)),
      bodyOf(encodeBlock(block)),
    ]);
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
          const bytes = sealed(hostile, frame.checksum);
          const batch = decodeBlock(bytes, frame);
          expect(plain(reference.decode(bytes, known))).toEqual(rowsOf(batch));
          expect(batch.length).toBeLessThanOrEqual(BLOCK_SAMPLES_MAX);
          expect(fromBatch(batch, (tag) => tagId('d', String(tag)))).toHaveLength(batch.length);
          read++;
        } catch (error) {
          if (!(error instanceof MalformedBlock)) throw error;
          malformed++;
        }
      }
  }
  expect(Math.min(malformed, read)).toBeGreaterThan(100);
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

interface Reference {
  decode(
    block: Uint8Array,
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
function sealed(body: Uint8Array, checksum: number): Uint8Array {
  const isPacked = body.length % 2 === 1;
  const head = Buffer.alloc(6);
  head[0] = 2;
  head[1] = isPacked ? 3 : 2;
  head.writeUInt32LE(checksum, 2);
  const content = Buffer.concat([head, isPacked ? zstdCompressSync(body) : body]);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(crc32(content));
  return Buffer.concat([content, tail]);
}
