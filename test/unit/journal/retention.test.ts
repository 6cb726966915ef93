import { describe, expect, test } from 'vitest';
import {
  type BlockFacts,
  nextRetentionStep,
  type RetentionFacts,
} from '../../../gateway/journal/blocks/retention.ts';
import type { BlockClass } from '../../../gateway/journal/journal.ts';
import { bytes, millis, utcMs } from '../../../gateway/model/units.ts';

const block = (seq: number, size = 100, isGap = false, isNeeded = false): BlockFacts => ({
  seq,
  committedAt: utcMs(seq * 1000),
  bytes: size,
  samples: 10,
  isGap,
  isNeeded,
});

const key = (seq: number): BlockFacts => block(seq, 100, false, true);

const stepOf = (
  facts: Partial<RetentionFacts>,
  unacknowledged: Partial<Record<BlockClass, BlockFacts[]>> = {},
) =>
  nextRetentionStep({
    ageOf: ({ committedAt }) => 100_000 - committedAt,
    keep: millis(90_000),
    used: bytes(0),
    target: bytes(1000),
    lossTarget: facts.target ?? bytes(1000),
    acknowledged: [],
    unacknowledged: (blockClass) => unacknowledged[blockClass] ?? [],
    thinnable: () => [],
    isSqueezed: false,
    ...facts,
  });

describe('retention', () => {
  test('does nothing while there is room and nothing is old', () => {
    expect(
      stepOf({ acknowledged: [block(10), block(11)] }, { telemetry: [block(1)] }),
    ).toBeUndefined();
  });

  test('leaves a block that others refer to until they are gone', () => {
    expect(stepOf({ acknowledged: [key(7), block(8), block(9)] })?.remove).toEqual([8, 9]);
    const full = { used: bytes(1500) };
    expect(stepOf({ ...full, acknowledged: [key(97), block(98)] })?.remove).toEqual([98]);
    expect(stepOf(full, { telemetry: [key(97), block(98)] })?.remove).toEqual([98]);
  });

  test('removes what is acknowledged and older than keep', () => {
    expect(stepOf({ acknowledged: [block(8), block(9), block(10)] })).toEqual({
      remove: [8, 9],
      lost: undefined,
      isThinning: false,
    });
  });

  test('never removes by age what is not acknowledged', () => {
    expect(stepOf({}, { telemetry: [block(1)] })).toBeUndefined();
  });

  test('above the target removes the oldest acknowledged blocks that make up for the excess', () => {
    const acknowledged = [block(50), block(51), block(52)];
    expect(stepOf({ used: bytes(1150), acknowledged }, { telemetry: [block(1)] })).toEqual({
      remove: [50, 51],
      lost: undefined,
      isThinning: false,
    });
  });

  test('then sacrifices telemetry, then alarms, then records', () => {
    const all = {
      telemetry: [block(7), block(8)],
      alarm: [block(5)],
      record: [block(3)],
    };
    const used = bytes(1050);
    expect(stepOf({ used }, all)).toMatchObject({ remove: [7], lost: 'telemetry' });
    expect(stepOf({ used }, { ...all, telemetry: [] })).toMatchObject({
      remove: [5],
      lost: 'alarm',
    });
    expect(stepOf({ used }, { record: all.record })).toMatchObject({ remove: [3], lost: 'record' });
    expect(stepOf({ used })).toBeUndefined();
  });

  test('while others have the disk, alarms and records stay', () => {
    const squeezed = { used: bytes(1050), isSqueezed: true };
    expect(stepOf(squeezed, { telemetry: [block(7)], alarm: [block(5)] })?.lost).toBe('telemetry');
    expect(stepOf(squeezed, { alarm: [block(5)], record: [block(3)] })).toBeUndefined();
  });

  test('does not replace one gap by another, but several by one', () => {
    const used = bytes(1050);
    const gap = block(7, 0, true);
    expect(stepOf({ used }, { telemetry: [gap], alarm: [block(5)] })?.lost).toBe('alarm');
    expect(stepOf({ used }, { telemetry: [gap, block(8, 0, true)] })?.remove).toEqual([7, 8]);
  });

  test('thins the oldest telemetry before any is lost, a whole step of it', () => {
    const whole = Array.from({ length: 64 }, (_, i) => block(i + 1));
    const all = { telemetry: whole, alarm: [block(200)] };
    const full = { used: bytes(1_000_050), target: bytes(900_000), lossTarget: bytes(1_000_000) };
    const seqs = whole.map(({ seq }) => seq);
    const thinnable = () => whole;
    expect(stepOf({ ...full, thinnable }, all)).toEqual({
      ...{ remove: seqs, lost: 'telemetry' },
      isThinning: true,
    });
    expect(stepOf({ ...full, thinnable: () => whole.slice(1) }, all)).toMatchObject({
      isThinning: false,
      lost: 'telemetry',
    });
    expect(stepOf({ ...full, thinnable, used: bytes(1_000_000) }, all)).toBeUndefined();
  });

  test('thins no more at once than three hundredths of the room, nor 50,000 samples', () => {
    const full = { used: bytes(10_050), target: bytes(9_000), lossTarget: bytes(10_000) };
    const blocks = Array.from({ length: 64 }, (_, i) => block(i + 1));
    expect(stepOf({ ...full, thinnable: () => blocks })?.remove).toEqual([1, 2, 3]);
    const large = blocks.map((each) => ({ ...each, bytes: 0, samples: 20_000 }));
    expect(stepOf({ ...full, thinnable: () => large })?.remove).toEqual([1, 2]);
  });

  test('leaves a key when it thins, as long as others refer to it', () => {
    const full = { used: bytes(10_050), target: bytes(9_000), lossTarget: bytes(10_000) };
    const blocks = [key(1), ...Array.from({ length: 63 }, (_, i) => block(i + 2))];
    expect(stepOf({ ...full, thinnable: () => blocks })?.remove).toEqual([2, 3, 4]);
  });

  test('what is acknowledged goes before anything is thinned', () => {
    const blocks = Array.from({ length: 64 }, (_, i) => block(i + 20));
    const full = { used: bytes(10_050), target: bytes(9_000), lossTarget: bytes(10_000) };
    const acknowledged = [block(50), block(51)];
    expect(stepOf({ ...full, acknowledged, thinnable: () => blocks })).toMatchObject({
      ...{ remove: [50, 51], lost: undefined },
    });
  });
});
