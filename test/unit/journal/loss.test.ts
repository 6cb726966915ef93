import { expect, test } from 'vitest';
import { gapOf } from '../../../gateway/journal/blocks/loss.ts';
import { decodeBlock, encodeBlock } from '../../../gateway/journal/codec/block-codec.ts';
import type { BlockRow } from '../../../gateway/journal/file/journal-rows.ts';
import { type Gap, seqOf } from '../../../gateway/journal/journal.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { batchOf, numbered, T0 } from '../../support/journal-samples.ts';

const decoded = ({ data }: BlockRow) => decodeBlock(data ?? new Uint8Array(), '');

const dataRow = (seq: number, data = encodeBlock(batchOf(numbered(seq)))): BlockRow => ({
  seq: seqOf(seq),
  class: 'telemetry',
  committedAt: utcMs(T0 + 1e6 + seq),
  samples: 3,
  gap: undefined,
  data,
  key: undefined,
  seal: '',
});

const gapRow = (seq: number, gap: Partial<Gap>): BlockRow => ({
  seq: seqOf(seq),
  class: 'telemetry',
  committedAt: utcMs(T0),
  samples: 0,
  gap: {
    reason: 'retention',
    class: 'telemetry',
    count: 10,
    seqs: { from: seqOf(2), to: seqOf(5) },
    from: utcMs(T0 - 5000),
    to: utcMs(T0 - 4000),
    ...gap,
  },
  data: undefined,
  key: undefined,
  seal: '',
});

test('a gap names the seqs, the count and the times of the samples that went', () => {
  expect(gapOf([dataRow(7), dataRow(9)], 'telemetry', decoded)).toEqual({
    reason: 'retention',
    class: 'telemetry',
    count: 6,
    seqs: { from: 7, to: 9 },
    from: T0 + 7000,
    to: T0 + 9002,
  });
});

test('a gap that goes hands its range, its count and its times on', () => {
  expect(gapOf([dataRow(7), gapRow(8, {}), dataRow(9)], 'telemetry', decoded)).toMatchObject({
    count: 16,
    seqs: { from: 2, to: 9 },
    from: T0 - 5000,
    to: T0 + 9002,
  });
});

test('with a loss nobody counted the sum is unknown', () => {
  expect(
    gapOf([gapRow(8, { count: undefined }), dataRow(9)], 'telemetry', decoded).count,
  ).toBeUndefined();
});

test('a block that cannot be read any more counts with the time of its commit', () => {
  expect(gapOf([dataRow(7, new Uint8Array(20))], 'telemetry', decoded)).toMatchObject({
    count: 3,
    from: T0 + 1e6 + 7,
    to: T0 + 1e6 + 7,
  });
});
