import { describe, expect, it } from 'vitest';
import {
  type Counter,
  type CounterLook,
  counted,
  counterAfterRestart,
} from '../../../../../rules/kinds/cell/cell-counters.ts';

const IDEAL = 12_000;
const at = (value: number, over: Partial<Counter> = {}): Counter => ({
  value,
  since: 0,
  seen: 0,
  ...over,
});
const look = (now: number, over: Partial<CounterLook> = {}): CounterLook => ({
  now,
  ideal: IDEAL,
  modulus: undefined,
  ...over,
});
/** With 2 parts of grace and 10 times the ideal, 12 s allow 12 parts. */
const AFTER_12_S = look(12_000);
const SHORT = look(12_000, { modulus: 65_536 });
const TIMELESS = look(12_000, { ideal: undefined });
const TIMELESS_SHORT = look(12_000, { ideal: undefined, modulus: 65_536 });

describe('a counter', () => {
  it.each([
    ['begins without parts', null, 500, AFTER_12_S, 0, 'first'],
    ['stands still', at(500), 500, AFTER_12_S, 0, 'growth'],
    ['grows', at(500), 503, AFTER_12_S, 3, 'growth'],
    ['grows by the most it can', at(500), 512, AFTER_12_S, 12, 'growth'],
    ['jumps by more', at(500), 513, AFTER_12_S, 0, 'jump'],
    ['grows by anything where nobody knows its ideal', at(500), 90_000, TIMELESS, 89_500, 'growth'],
    ['is reset', at(500), 0, AFTER_12_S, 0, 'reset'],
    ['is reset and has gone on', at(500), 12, AFTER_12_S, 12, 'reset'],
    ['drops to what it cannot have made since', at(500), 13, AFTER_12_S, 0, 'drop'],
    ['is reset to anything where nobody knows its ideal', at(500), 400, TIMELESS, 400, 'reset'],
    ['begins again at its modulus', at(65_530), 6, SHORT, 12, 'rollover'],
    ['does not where that is too much', at(65_530), 7, SHORT, 7, 'reset'],
    [
      'does, within a tenth, without an ideal',
      at(65_000),
      6_017,
      TIMELESS_SHORT,
      6_553,
      'rollover',
    ],
    ['is reset beyond a tenth', at(65_000), 6_018, TIMELESS_SHORT, 6_018, 'reset'],
  ] as const)('%s', (_name, before, value, moment, parts, event) => {
    const result = counted(before, value, moment);
    expect([result.parts, result.event]).toEqual([parts, event]);
    expect(result.counter?.value).toBe(value);
  });

  it.each([undefined, -1, 0.5, Number.NaN, 2 ** 53, 65_536])(
    'passes %s over, which it cannot show',
    (value) => {
      const before = at(7);
      expect(counted(before, value, SHORT)).toEqual({
        counter: before,
        parts: 0,
        event: undefined,
      });
    },
  );

  it('is believed a lump of a quarter of an hour, and no more, after it stood still', () => {
    const still = at(0, { since: 0, seen: 7_200_000 });
    const most = 2 + Math.floor((10 * (901_000 as number)) / IDEAL);
    expect(counted(still, most, look(7_201_000)).event).toBe('growth');
    expect(counted(still, most + 1, look(7_201_000)).event).toBe('jump');
  });

  it('remembers since when it stands still', () => {
    const { counter } = counted(at(5), 5, look(9_000));
    expect(counter).toEqual({ value: 5, since: 0, seen: 9_000 });
    expect(counted(counter, 6, look(9_500)).counter).toEqual({
      value: 6,
      since: 9_500,
      seen: 9_500,
    });
  });

  it('is judged without time after a restart whose length nobody knows', () => {
    const known = counterAfterRestart(at(500), 600_000);
    expect(known).toEqual(at(500));
    const unknown = counterAfterRestart(at(500), 0);
    expect(counted(unknown, 5_000, AFTER_12_S)).toMatchObject({ parts: 4_500, event: 'growth' });
    expect(counted(unknown, 499, AFTER_12_S)).toMatchObject({ parts: 499, event: 'reset' });
    expect(counterAfterRestart(null, 0)).toBeNull();
  });

  it('counts exactly as far as whole numbers go', () => {
    const before = at(2 ** 53 - 3);
    expect(counted(before, 2 ** 53 - 1, AFTER_12_S).parts).toBe(2);
  });
});
