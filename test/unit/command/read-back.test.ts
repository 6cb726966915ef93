import { describe, expect, test } from 'vitest';
import { endingOf, isShown, type Seen, type Showing } from '../../../gateway/command/read-back.ts';
import type { Decimal, Value } from '../../../gateway/model/sample.ts';
import { millis } from '../../../gateway/model/units.ts';
import { writable } from '../../support/command-fixture.ts';

const tag = (over: Partial<Showing['policy']> = {}, decimals?: number): Showing => ({
  policy: { tolerance: undefined, isFloat32: false, ...over },
  tag: { decimals },
});
const decimal = (unscaled: bigint, decimals: number): Decimal => ({ unscaled, decimals });

describe('a tag shows what was written', () => {
  test.each<[string, Showing, Value, Value, boolean]>([
    ['a flag', tag(), true, true, true],
    ['another flag', tag(), true, false, false],
    ['a flag as 1', tag(), true, 1, true],
    ['a flag as 0', tag(), false, 0, true],
    ['a flag as 2', tag(), true, 2, false],
    ['1 as a flag', tag(), 1, true, true],
    ['a flag as a text', tag(), true, 'true', false],
    ['an integer', tag(), 3_000_000, 3_000_000, true],
    ['an integer that is off by one', tag(), 3_000_000, 3_000_001, false],
    ['a large integer that is off by one', tag(), 2n ** 63n, 2n ** 63n - 1n, false],
    ['a large integer of another make', tag(), 5, 5n, true],
    ['1.50 and 1.5', tag(), decimal(150n, 2), 1.5, true],
    [
      'a decimal that differs in its last digit',
      tag(),
      decimal(12345678901234567890n, 2),
      decimal(12345678901234567891n, 2),
      false,
    ],
    ['a double within a millionth', tag(), 20.1, 20.100001, true],
    ['a double beyond it', tag(), 20.1, 20.1001, false],
    ['a float', tag({ isFloat32: true }), 20.1, Math.fround(20.1), true],
    ['a float of a large number', tag({ isFloat32: true }), 16777217, 16777216, true],
    ['another float', tag({ isFloat32: true }), 20.1, Math.fround(20.2), false],
    ['a float of a decimal', tag({ isFloat32: true }), decimal(201n, 1), Math.fround(20.1), true],
    ['half a step', tag({}, 1), 20.15, 20.1, true],
    ['more than half a step', tag({}, 1), 20.16, 20.1, false],
    ['the tolerance exactly', tag({ tolerance: 0.1 }), 0.3, 0.2, true],
    ['beyond the tolerance', tag({ tolerance: 0.1 }), 0.3, 0.19, false],
    ['a tolerance of 0', tag({ tolerance: 0 }), 20.1, 20.100001, false],
    ['an integer within the tolerance', tag({ tolerance: 2 }), 100, 98, true],
    ['a text with spaces behind', tag(), 'auto', 'auto  ', true],
    ['another text', tag(), 'auto', 'Auto', false],
    ['a text that is a number', tag(), '5', 5, true],
    ['a clock that went on', tag(), '2026-01-01T10:00:00', '2026-01-01T10:00:31', true],
    ['a clock that was not set', tag(), '2026-01-01T10:00:00', '2026-01-01T10:02:00', false],
  ])('%s', (_, showing, wanted, read, expected) => {
    expect(isShown(showing, wanted, read)).toBe(expected);
  });
});

describe('the outcome of a write that left', () => {
  const tagged = writable('pump');
  test.each<[string, 'written' | 'unknown', Seen, string, string | undefined]>([
    ['acknowledged and equal', 'written', { kind: 'equal', value: 1 }, 'verified', undefined],
    ['not answered and equal', 'unknown', { kind: 'equal', value: 1 }, 'verified', undefined],
    [
      'acknowledged and different',
      'written',
      { kind: 'different', value: 0 },
      'unknown',
      'command.read-back-differs',
    ],
    [
      'not answered and different, as before or not',
      'unknown',
      { kind: 'different', value: 0 },
      'unknown',
      'command.not-answered',
    ],
    [
      'acknowledged, and nothing came',
      'written',
      { kind: 'nothing' },
      'written',
      'command.read-back-missing',
    ],
    [
      'not answered, and nothing came',
      'unknown',
      { kind: 'nothing' },
      'unknown',
      'command.not-answered',
    ],
    ['acknowledged, and never readable', 'written', { kind: 'unreadable' }, 'written', undefined],
    [
      'not answered, and never readable',
      'unknown',
      { kind: 'unreadable' },
      'unknown',
      'command.not-answered',
    ],
    [
      'acknowledged, and a newer one came',
      'written',
      { kind: 'cut', value: 0 },
      'written',
      'command.read-back-cut',
    ],
    [
      'not answered, and a newer one came',
      'unknown',
      { kind: 'cut', value: undefined },
      'unknown',
      'command.not-answered',
    ],
  ])('%s', (_, outcome, seen, expected, code) => {
    const ending = endingOf(tagged, 1, { outcome, turnaround: millis(1) }, seen);
    expect(ending.outcome).toBe(expected);
    expect(ending.reason?.code).toBe(code);
    expect(ending.readBack).toBe('value' in seen ? seen.value : undefined);
  });

  test('keeps the reason that the bus gave', () => {
    const refusal = { code: 'poll.line-down', details: { bus: 'a', reason: 'b' } } as const;
    const written = { outcome: 'unknown', refusal, turnaround: undefined } as const;
    expect(endingOf(tagged, 1, written, { kind: 'nothing' }).reason).toBe(refusal);
  });
});
