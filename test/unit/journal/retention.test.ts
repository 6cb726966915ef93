import { describe, expect, test } from 'vitest';
import type { BlockClass } from '../../../gateway/journal/journal.ts';
import {
  type BlockFacts,
  nextRetentionStep,
  type RetentionFacts,
} from '../../../gateway/journal/retention.ts';
import { bytes, millis, utcMs } from '../../../gateway/model/units.ts';

const block = (seq: number, size = 100, isGap = false, isNeeded = false): BlockFacts => ({
  seq,
  committedAt: utcMs(seq * 1000),
  bytes: size,
  isGap,
  isNeeded,
});

const key = (seq: number): BlockFacts => block(seq, 100, false, true);

const stepOf = (
  facts: Partial<RetentionFacts>,
  unacknowledged: Partial<Record<BlockClass, BlockFacts[]>> = {},
) =>
  nextRetentionStep({
    now: utcMs(100_000),
    keep: millis(90_000),
    used: bytes(0),
    target: bytes(1000),
    acknowledged: [],
    unacknowledged: (blockClass) => unacknowledged[blockClass] ?? [],
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
    });
  });

  test('then sacrifices telemetry, then alarms, then records', () => {
    const all = {
      telemetry: [block(7), block(8)],
      alarm: [block(5)],
      record: [block(3)],
    };
    const used = bytes(1050);
    expect(stepOf({ used }, all)).toEqual({ remove: [7], lost: 'telemetry' });
    expect(stepOf({ used }, { ...all, telemetry: [] })).toEqual({ remove: [5], lost: 'alarm' });
    expect(stepOf({ used }, { record: all.record })).toEqual({ remove: [3], lost: 'record' });
    expect(stepOf({ used })).toBeUndefined();
  });

  test('does not replace one gap by another, but several by one', () => {
    const used = bytes(1050);
    const gap = block(7, 0, true);
    expect(stepOf({ used }, { telemetry: [gap], alarm: [block(5)] })?.lost).toBe('alarm');
    expect(stepOf({ used }, { telemetry: [gap, block(8, 0, true)] })?.remove).toEqual([7, 8]);
  });
});
