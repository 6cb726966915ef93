import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type SampleBatch, toBatch } from '../../../gateway/journal/batch.ts';
import { decodeBlock, encodeBlock } from '../../../gateway/journal/codec/block-codec.ts';
import { blockSeal, sealed } from '../../../gateway/journal/codec/block-seal.ts';
import { MalformedBlock } from '../../../gateway/journal/codec/byte-stream.ts';
import type { Sample, TagId, Value } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { batchOf, sampleOf, T0 } from '../../support/journal-samples.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const SEAL = blockSeal({
  ...{ seq: 7, class: 2, committed_at: T0, samples: 2, key: null, gap: null },
});
const POLLED_PAIR = batchOf([sampleOf(74.2, 0, 1000), sampleOf(-3, 1, 1000)]);

test('version 1 on disk: a polled pair of numbers is read from these bytes', () => {
  const bytes = [
    '01', // version
    '00', // plain
    '1b', // 27 bytes of body
    '02', // rows
    '0100', // tags: one step of 0,
    '0102', // one step of +1
    '00', // times: delta runs
    '01d00f', // one step of 1000
    '0100', // one step of 0
    '000201', // kinds: a run of two numbers
    '000200', // qualities: a run of two good
    '000200', // time bases: a run of two from the gateway
    '010100', // classes of the numbers: one decimal, none
    'cc0b', // 742
    '05', // -3
    '00', // no strings
    '2259f224', // CRC-32
  ].join('');
  expect(decodeBlock(Buffer.from(bytes, 'hex'), SEAL)).toEqual(POLLED_PAIR);
});

describe('version 2 on disk', () => {
  test('a polled pair of numbers is these bytes', () => {
    expect(hex(sealed(encodeBlock(POLLED_PAIR), SEAL))).toBe(
      [
        '02', // version
        '00', // neither packed nor with a key
        '02', // rows
        '00', // tags and times in steps
        '8208', // tags, in 2 bits: 0, +1
        '8bd00700', // times, in 11 bits: 1000, 0
        '80', // facts: all as expected
        '8314', // classes in 3 bits: one decimal, none
        '8bcc2d00', // in 11 bits: 742, -3
        '03de2857', // CRC-32, on over "7,2,1767225600000,2,,"
      ].join(''),
    );
  });

  test('each other version, packing and form is refused', () => {
    const good = encodeBlock(batchOf([sampleOf(1)]));
    for (const place of [0, 1]) {
      const other = good.slice();
      other[place] = 9;
      expect(() => decodeBlock(withChecksum(other), SEAL)).toThrow(MalformedBlock);
    }
    expect(decodeBlock(withChecksum(good), SEAL).length).toBe(1);
  });
});

describe('a block of 1,000 samples takes at most', () => {
  const row = (index: number) => Math.imul(index, 0x9e3779b1) >>> 0;
  const sizeOf = (value: (index: number) => Value) => encodeBlock(polled(value)).length;

  test.each<[string, number, (index: number) => Value]>([
    ['100 bytes of equal numbers', 100, () => 21.5],
    ['150 bytes of bits', 150, (index) => row(index) % 2 === 0],
    [
      '2800 bytes of decimals with one to three places',
      2800,
      (index) => Math.round(5000 + (row(index) % 90_000)) / 10 ** (1 + (index % 3)),
    ],
    [
      '2100 bytes of float32 registers that show one place',
      2100,
      (index) => Math.fround((row(index) % 9000) / 10),
    ],
    ['4100 bytes of arbitrary float32', 4100, (index) => Math.fround(row(index) / 7919)],
    ['7800 bytes of arbitrary float64', 7800, (index) => Math.sqrt(row(index))],
    ['2600 bytes of 16-bit registers', 2600, (index) => row(index) % 65_536],
    [
      '500 bytes of a few words',
      500,
      (index) => ['run', 'stop', 'fault'][row(index) % 3] as string,
    ],
  ])('%s', (_what, limit, value) => {
    expect(sizeOf(value)).toBeLessThan(limit);
  });
});

/** With the checksum it should have. */
function withChecksum(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(crc32(copy.subarray(0, -4)), copy.length - 4);
  return sealed(copy, SEAL);
}

/** One poll of 1,000 tags in groups of a hundred. */
function polled(value: (index: number) => Value): SampleBatch {
  const samples: Sample[] = Array.from({ length: 1000 }, (_, index) => ({
    tag: String(index) as TagId,
    value: value(index),
    quality: 'good',
    time: utcMs(T0 + Math.floor(index / 100) * 7),
    timeBasis: 'gateway',
  }));
  return toBatch(samples, Number);
}
