import { describe, expect, it, test } from 'vitest';
import { limitReason, valueReason } from '../../../gateway/command/limits.ts';
import {
  MOST_COUNTED,
  NO_WRITES,
  type WriteHistory,
  withDoubt,
  withObserved,
  withWrite,
} from '../../../gateway/command/write-history.ts';
import type { WritePolicy } from '../../../gateway/model/command.ts';
import { type Decimal, tagId, type Value } from '../../../gateway/model/sample.ts';
import { minutes, monoMs, seconds } from '../../../gateway/model/units.ts';
import { FREE } from '../../support/command-fixture.ts';

const TAG = tagId('press', 'speed');
const policy = (over: Partial<WritePolicy>): WritePolicy => ({ ...FREE, type: 'number', ...over });
const decimal = (unscaled: bigint, decimals: number): Decimal => ({ unscaled, decimals });
const HUGE = 2n ** 63n;

describe('a value that a tag takes, or does not', () => {
  test.each<[string, Partial<WritePolicy>, Value, string | undefined]>([
    ['a flag for a flag', { type: 'flag' }, true, undefined],
    ['a number for a flag', { type: 'flag' }, 1, 'command.value-type'],
    ['a text for a flag', { type: 'flag' }, 'true', 'command.value-type'],
    ['a number', {}, 1.5, undefined],
    ['minus zero', { min: 0 }, -0, undefined],
    ['a flag for a number', {}, true, 'command.value-type'],
    ['a text for a number', {}, '5', 'command.value-type'],
    ['what is no number', {}, Number.NaN, 'command.value-type'],
    ['infinity', {}, Number.POSITIVE_INFINITY, 'command.value-type'],
    ['infinity for anything', { type: 'any' }, Number.NEGATIVE_INFINITY, 'command.value-type'],
    ['a text', { type: 'text' }, 'auto', undefined],
    ['a number for a text', { type: 'text' }, 5, 'command.value-type'],
    ['a decimal with half a digit', {}, decimal(1n, 0.5), 'command.value-type'],
    ['anything for any', { type: 'any' }, 'auto', undefined],
    ['the lower bound', { min: 10, max: 60 }, 10, undefined],
    ['the upper bound', { min: 10, max: 60 }, 60, undefined],
    ['a little less', { min: 10 }, 9.999999999999, 'command.value-range'],
    [
      'a decimal below by its last digit',
      { min: 0.1 },
      decimal(99999999999999999n, 18),
      'command.value-range',
    ],
    ['a decimal that is the bound', { max: 0.1 }, decimal(100000000000000000n, 18), undefined],
    [
      'an integer beyond what a double tells apart',
      { max: 2 ** 53 },
      2n ** 53n + 1n,
      'command.value-range',
    ],
    ['the bound as an integer', { max: 2 ** 53 }, 2n ** 53n, undefined],
    ['a bound of texts', { type: 'any', min: 5 }, 'auto', undefined],
    ['a listed value', { values: [0, 50, 100] }, 50, undefined],
    ['a listed value of another make', { values: [0, 50] }, decimal(500n, 1), undefined],
    ['an unlisted value', { values: [0, 50] }, 49, 'command.value-unlisted'],
    [
      'a listed text, byte for byte',
      { type: 'text', values: ['auto'] },
      'Auto',
      'command.value-unlisted',
    ],
  ])('%s', (_, over, value, code) => {
    expect(valueReason(TAG, policy(over), value)?.code).toBe(code);
  });
});

/** Values and when they were written, in seconds. */
const history = (...writes: readonly (readonly [number, Value])[]): WriteHistory =>
  writes.reduce(
    (so, [at, value]) => withWrite(so, { value, at: monoMs(at * 1000), wasTaken: true }, 100),
    NO_WRITES,
  );

interface Case {
  readonly over: Partial<WritePolicy>;
  readonly writes?: readonly (readonly [number, Value])[];
  readonly present?: Value | undefined;
  readonly isReadable?: boolean;
  /** Seconds. */
  readonly now: number;
  readonly value: Value;
}
const judge = ({ over, writes = [], present, isReadable = true, now, value }: Case) => {
  const found = limitReason(
    {
      ...{ tag: TAG, policy: policy(over), history: history(...writes) },
      ...{ present, isReadable, now: monoMs(now * 1000) },
    },
    value,
  );
  return found && [found.code, found.allowedAt === undefined ? undefined : found.allowedAt / 1000];
};

describe('a limit', () => {
  test.each<[string, Case, readonly [string, number | undefined] | undefined]>([
    ['none', { over: {}, writes: [[0, 1]], present: 0, now: 0, value: 1e9 }, undefined],
    [
      'a step of exactly the most',
      { over: { maxStep: 5 }, present: 20, now: 0, value: 25 },
      undefined,
    ],
    [
      'a step too large',
      { over: { maxStep: 5 }, present: 20, now: 0, value: 25.001 },
      ['command.step', undefined],
    ],
    [
      'a step down',
      { over: { maxStep: 5 }, present: 20, now: 0, value: 14 },
      ['command.step', undefined],
    ],
    [
      'tenths that no double holds',
      { over: { maxStep: 0.1 }, present: 0.2, now: 0, value: 0.3 },
      undefined,
    ],
    [
      'a step of large integers',
      { over: { maxStep: 1 }, present: HUGE, now: 0, value: HUGE + 2n },
      ['command.step', undefined],
    ],
    [
      'a float that was read',
      { over: { maxStep: 5, isFloat32: true }, present: Math.fround(30.1), now: 0, value: 25.1 },
      undefined,
    ],
    [
      'a step from nowhere',
      { over: { maxStep: 5 }, now: 0, value: 25 },
      ['command.present-unknown', undefined],
    ],
    [
      'a first step where nobody can look',
      { over: { maxStep: 5 }, isReadable: false, now: 0, value: 25 },
      undefined,
    ],
    [
      'a step from what was written',
      { over: { maxStep: 5 }, isReadable: false, writes: [[0, 10]], now: 9, value: 25 },
      ['command.step', undefined],
    ],
    [
      'a step of a flag',
      { over: { type: 'flag', maxStep: 5 }, present: false, now: 0, value: true },
      undefined,
    ],
    [
      'a slew that is slow enough',
      { over: { slewPerHour: 60 }, writes: [[0, 10]], present: 10, now: 60, value: 11 },
      undefined,
    ],
    [
      'a slew that is too fast',
      { over: { slewPerHour: 60 }, writes: [[0, 10]], present: 10, now: 60, value: 12 },
      ['command.slew', 120],
    ],
    [
      'a slew from what the tag holds',
      { over: { slewPerHour: 60 }, writes: [[0, 10]], present: 11, now: 60, value: 12 },
      undefined,
    ],
    [
      'a slew before any write',
      { over: { slewPerHour: 60 }, present: 10, now: 0, value: 1000 },
      undefined,
    ],
    [
      'a slew from nowhere',
      { over: { slewPerHour: 60 }, writes: [[0, 10]], now: 60, value: 11 },
      ['command.present-unknown', undefined],
    ],
    [
      'an interval that is over',
      { over: { minInterval: seconds(10) }, writes: [[0, 1]], present: 1, now: 10, value: 2 },
      undefined,
    ],
    [
      'an interval',
      { over: { minInterval: seconds(10) }, writes: [[0, 1]], present: 1, now: 9, value: 2 },
      ['command.interval', 10],
    ],
    [
      'an on time',
      { over: { minOn: minutes(1) }, writes: [[0, true]], now: 59, value: false, present: true },
      ['command.on-time', 60],
    ],
    [
      'an on time that is over',
      { over: { minOn: minutes(1) }, writes: [[0, true]], now: 60, value: false, present: true },
      undefined,
    ],
    [
      'another value of what is on',
      { over: { minOn: minutes(1) }, writes: [[0, 5]], now: 1, value: 7, present: 5 },
      undefined,
    ],
    [
      'an on time from its beginning',
      {
        over: { minOn: minutes(1) },
        writes: [
          [0, 5],
          [50, 7],
        ],
        now: 60,
        value: 0,
        present: 7,
      },
      undefined,
    ],
    [
      'an off time',
      {
        over: { minOff: minutes(1) },
        writes: [
          [0, 5],
          [10, 0],
        ],
        now: 69,
        value: 5,
        present: 0,
      },
      ['command.off-time', 70],
    ],
    [
      'off as a decimal',
      {
        over: { minOff: minutes(1) },
        writes: [[10, decimal(0n, 2)]],
        now: 69,
        value: 5,
        present: 0,
      },
      ['command.off-time', 70],
    ],
    [
      'a first write',
      { over: { minOn: minutes(1), minOff: minutes(1) }, now: 0, value: 5, present: 0 },
      undefined,
    ],
    [
      'the second of two an hour',
      { over: { maxPerHour: 2 }, writes: [[0, 1]], now: 1, value: 2, present: 1 },
      undefined,
    ],
    [
      'the third of two an hour',
      {
        over: { maxPerHour: 2 },
        writes: [
          [0, 1],
          [10, 2],
        ],
        now: 20,
        value: 3,
        present: 1,
      },
      ['command.hourly', 3600],
    ],
    [
      'the third, an hour after the first',
      {
        over: { maxPerHour: 2 },
        writes: [
          [0, 1],
          [10, 2],
        ],
        now: 3600,
        value: 3,
        present: 1,
      },
      undefined,
    ],
    [
      'none an hour',
      { over: { maxPerHour: 0 }, now: 0, value: 3, present: 1 },
      ['command.hourly', undefined],
    ],
    [
      'several: the first is named, the last one counts',
      {
        over: { minInterval: seconds(10), maxPerHour: 1 },
        writes: [[0, 1]],
        now: 5,
        value: 3,
        present: 1,
      },
      ['command.interval', 3600],
    ],
    [
      'one that time does not end',
      {
        over: { maxStep: 1, minInterval: seconds(10) },
        writes: [[0, 1]],
        now: 5,
        value: 3,
        present: 1,
      },
      ['command.step', undefined],
    ],
  ])('%s', (_, one, expected) => {
    expect(judge(one)).toEqual(expected);
  });

  it('of slew is over exactly when it says so, and never says now', () => {
    const over = { slewPerHour: 7.3 };
    for (const value of [10.1, 11.7, 23.456789, decimal(1050000001n, 8)]) {
      const writes = [[0, 10]] as const;
      const [, at] = judge({ over, writes, present: 10, now: 0.5, value }) ?? [];
      expect(at).toBeGreaterThan(0.5);
      expect(judge({ over, writes, present: 10, now: Number(at) + 0.002, value })).toBeUndefined();
      expect(judge({ over, writes, present: 10, now: Number(at) - 0.002, value })).toBeDefined();
    }
  });
});

describe('the history of writes', () => {
  const at = monoMs(5);
  it('counts a write that the device refused, and not its value', () => {
    const before = withWrite(NO_WRITES, { value: 1, at: monoMs(1), wasTaken: true }, 9);
    const after = withWrite(before, { value: 0, at, wasTaken: false }, 9);
    expect(after).toEqual({ ...before, left: [1, 5] });
  });

  it('keeps no more than limits count', () => {
    let so = NO_WRITES;
    for (let i = 0; i < 10; i++) so = withWrite(so, { value: i, at: monoMs(i), wasTaken: true }, 3);
    expect(so.left).toEqual([7, 8, 9]);
    const many = withWrite(
      { ...so, left: Array(9_999).fill(at) },
      { value: 1, at, wasTaken: true },
      1e9,
    );
    expect(many.left).toHaveLength(MOST_COUNTED);
  });

  it('sees a tag go on by somebody else’s hand, and is the same where nothing changed', () => {
    const off = withWrite(NO_WRITES, { value: 0, at: monoMs(1), wasTaken: true }, 9);
    expect(withObserved(off, false, at)).toBe(off);
    expect(withObserved(off, 3, at).state).toMatchObject({ isOn: true, since: 5 });
    expect(withObserved(off, 3, at).left).toBe(off.left);
  });

  it('takes a tag that is seen first for one that has been so for ever', () => {
    expect(withObserved(NO_WRITES, 'auto', at).state?.since).toBe(Number.NEGATIVE_INFINITY);
  });

  it('counts anew from a second write where the first may have had no effect', () => {
    const on = withWrite(NO_WRITES, { value: 1, at: monoMs(1), wasTaken: true }, 9);
    const again = { value: 2, at, wasTaken: true };
    expect(withWrite(on, again, 9).state?.since).toBe(1);
    expect(withWrite(withDoubt(on), again, 9).state?.since).toBe(5);
    expect(withWrite(withObserved(withDoubt(on), 1, at), again, 9).state?.since).toBe(1);
    expect(withDoubt(NO_WRITES)).toBe(NO_WRITES);
  });
});
