import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LASTING, REMEDIES, type Recovery, remedyFor } from '../../../drivers/opcua/recovery.ts';
import { RETRY, Retries } from '../../../drivers/opcua/retries.ts';
import { followsOn, isExpected, missingBefore } from '../../../drivers/opcua/sequence.ts';
import { later, millis, monoMs } from '../../../gateway/model/units.ts';

const at = monoMs(1_000_000);

describe('a remedy', () => {
  test('is the smallest one at first', () => {
    expect(remedyFor('subscription', undefined, at)).toBe('resubscribe');
    expect(remedyFor('session', undefined, at)).toBe('session');
    expect(remedyFor('channel', undefined, at)).toBe('client');
  });

  test('that did not last is followed by the next larger one', () => {
    const soon = later(at, millis(LASTING - 1));
    expect(remedyFor('subscription', { remedy: 'resubscribe', at }, soon)).toBe('session');
    expect(remedyFor('subscription', { remedy: 'session', at }, soon)).toBe('client');
    expect(remedyFor('subscription', { remedy: 'client', at }, soon)).toBe('client');
  });

  test('that lasted is forgotten', () => {
    const much = later(at, LASTING);
    expect(remedyFor('subscription', { remedy: 'session', at }, much)).toBe('resubscribe');
  });

  test('is never smaller than what broke', () => {
    for (const remedy of REMEDIES) {
      const last: Recovery = { remedy, at };
      expect(remedyFor('channel', last, at)).toBe('client');
    }
  });
});

describe('the numbers of messages', () => {
  test('begin again at 1 behind the largest', () => {
    expect(followsOn(7)).toBe(8);
    expect(followsOn(0xffff_ffff)).toBe(1);
  });

  test('tell what is missing, across the end of the circle too', () => {
    expect(missingBefore(4, 4)).toEqual([]);
    expect(missingBefore(4, 7)).toEqual([4, 5, 6]);
    expect(missingBefore(0xffff_fffe, 2)).toEqual([0xffff_fffe, 0xffff_ffff, 1]);
    expect(missingBefore(undefined, 9)).toEqual([]);
  });

  test('of old messages are not expected, and nothing is missing before them', () => {
    const number = fc.integer({ min: 1, max: 0xffff_ffff });
    void fc.assert(
      fc.property(number, fc.integer({ min: 1, max: 1_000 }), (next, back) => {
        let old = next;
        for (let i = 0; i < back; i++) old = old === 1 ? 0xffff_ffff : old - 1;
        expect(isExpected(old, next)).toBe(false);
        expect(missingBefore(next, old)).toEqual([]);
        expect(missingBefore(old, next)).toHaveLength(back);
        expect(missingBefore(old, next).at(-1)).toBe(next === 1 ? 0xffff_ffff : next - 1);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});

describe('what failed', () => {
  test('is tried again, ever more slowly, and for itself', () => {
    const retries = new Retries<string>();
    retries.add('a', at);
    expect(retries.due).toBe(at + RETRY.first);
    expect(retries.dueAt(at)).toEqual([]);
    retries.add('b', later(at, millis(1_000)));
    expect(retries.dueAt(later(at, RETRY.first))).toEqual(['a']);
    for (let i = 0; i < 20; i++) retries.add('a', at);
    expect(retries.dueAt(later(at, millis(RETRY.longest - 1)))).toEqual(['b']);
    expect(retries.dueAt(later(at, RETRY.longest))).toEqual(['a', 'b']);
  });

  test('and then did not is forgotten', () => {
    const retries = new Retries<string>();
    retries.add('a', at);
    retries.delete('a');
    expect(retries.due).toBe(Number.POSITIVE_INFINITY);
    expect(retries.size).toBe(0);
  });
});
