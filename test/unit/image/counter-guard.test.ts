import { describe, expect, it } from 'vitest';
import {
  type CounterRules,
  declared,
  eventText,
  judge,
  NEW_COUNTER,
  type Verdict,
} from '../../../gateway/image/counter-guard.ts';
import type { Decimal, Value } from '../../../gateway/model/sample.ts';
import { monoMs } from '../../../gateway/model/units.ts';

const exactly = (text: string): Decimal => {
  const [whole = '', fraction = ''] = text.split('.');
  return { unscaled: BigInt(whole + fraction), decimals: fraction.length };
};
const rules = (
  modulus: string | undefined,
  maxRatePerHour: number | undefined,
  decimals?: number,
): CounterRules => ({
  modulus: modulus === undefined ? undefined : exactly(modulus),
  maxRatePerHour,
  decimals,
});

/** Readings ten seconds apart; a pair carries its own time in seconds. */
type Readings = readonly (Value | readonly [number, Value])[];

function verdicts(by: CounterRules, readings: Readings, from = NEW_COUNTER): Verdict[] {
  let state = from;
  return readings.map((reading, i) => {
    const [at, value] = Array.isArray(reading)
      ? (reading as [number, Value])
      : [i * 10, reading as Value];
    const verdict = judge(state, by, value, monoMs(at * 1000));
    state = verdict.state;
    return verdict;
  });
}

/** One word a reading: what the guard made of it. */
const story = (by: CounterRules, readings: Readings): string[] =>
  verdicts(by, readings).map(({ isSuspect, event, isGlitchOver }) => {
    const said = event ? eventText(event, by.decimals) : isSuspect ? 'suspect' : 'good';
    return isGlitchOver ? `${said}, glitch over` : said;
  });

/** 2/s */
const COUNTS = 7200;

describe('a counter', () => {
  it.each<[string, CounterRules, Readings, string[]]>([
    [
      'begins with what it shows and grows as fast as it can, and by one step more',
      rules('4294967296', COUNTS, 0),
      [1000, 1020, 1041, 1041],
      ['good', 'good', 'good', 'good'],
    ],
    [
      'cannot jump further than its rate allows',
      rules(undefined, COUNTS, 0),
      [1000, 1022],
      ['good', 'suspect'],
    ],
    ['rolls over at 16 bits', rules('65536', COUNTS), [65530, 4], ['good', 'rollover 65530 -> 4']],
    [
      'rolls over at 32 bits',
      rules('4294967296', COUNTS),
      [4294967290, 5],
      ['good', 'rollover 4294967290 -> 5'],
    ],
    [
      'rolls over from its last value to 0',
      rules('65536', COUNTS),
      [65535, 0],
      ['good', 'rollover 65535 -> 0'],
    ],
    [
      'rolls over at a decimal modulus, digit by digit',
      rules('1000000.00', 3600, 2),
      [999999.98, 0.03],
      ['good', 'rollover 999999.98 -> 0.03'],
    ],
    [
      'of 23 bits with a tenth as its unit rolls over at 838860.8',
      rules('838860.8', 3600, 1),
      [838860.7, 0.1],
      ['good', 'rollover 838860.7 -> 0.1'],
    ],
    [
      'does not roll over where its rate forbids it',
      rules('65536', COUNTS),
      [60000, 4],
      ['good', 'suspect'],
    ],
    [
      'without a rate rolls over only near its modulus',
      rules('65536', undefined),
      [60000, 500, 70, 65000, 66000],
      ['good', 'rollover 60000 -> 500', 'suspect', 'good, glitch over', 'suspect'],
    ],
    [
      'without a rate may jump forward as far as it likes, and never back',
      rules(undefined, undefined),
      [10, 1e9, 1e9 - 1],
      ['good', 'good', 'suspect'],
    ],
    [
      'never shows its modulus or more',
      rules('65536', undefined),
      [65000, 65536, 65535],
      ['good', 'suspect', 'good, glitch over'],
    ],
    [
      'that shows 0 once is back on its base',
      rules('1000000.00', 3600, 2),
      [1234.5, 0, 1234.6],
      ['good', 'suspect', 'good, glitch over'],
    ],
    [
      'that shows 0 twice is back on its base',
      rules('1000000.00', 3600, 2),
      [1234.5, 0, 0, 1234.6],
      ['good', 'suspect', 'suspect', 'good, glitch over'],
    ],
    [
      'that was replaced is believed after two more readings that continue the first',
      rules('1000000.00', 3600, 2),
      [1234.5, 0.18, 0.19, 0.2, 0.21],
      ['good', 'suspect', 'suspect', 'swap 1234.50 -> 0.20', 'good'],
    ],
    [
      'that was replaced by one with a higher total as well',
      rules(undefined, 3600, 0),
      [100, 5000, 5000, 5001],
      ['good', 'suspect', 'suspect', 'swap 100 -> 5001'],
    ],
    [
      'torn between its two registers is not believed, high half first',
      rules('4294967296', COUNTS, 0),
      [0x0001ffff, 0x0002ffff, 0x00020001],
      ['good', 'suspect', 'good, glitch over'],
    ],
    [
      'torn between its two registers is not believed, low half first',
      rules('4294967296', COUNTS, 0),
      [0x0001ffff, 0x00010000, 0x00020001],
      ['good', 'suspect', 'good, glitch over'],
    ],
    [
      'that shows nothing twice the same is never believed',
      rules(undefined, 3600, 0),
      [5000, 7, 3, 900_000, 5, 5001],
      [
        'good',
        'suspect',
        'suspect, glitch over',
        'suspect, glitch over',
        'suspect, glitch over',
        'good, glitch over',
      ],
    ],
    [
      'may have grown as long as nobody looked',
      rules(undefined, COUNTS, 0),
      [
        [0, 1000],
        [3 * 86_400, 1000 + 2 * 3 * 86_400],
      ],
      ['good', 'good'],
    ],
    [
      'may bring what it counted in a lump, when its value stood still meanwhile',
      rules(undefined, COUNTS, 0),
      [1000, 1000, 1000, 1060],
      ['good', 'good', 'good', 'good'],
    ],
    [
      'that stood still for a day brings a quarter of an hour at most',
      rules(undefined, COUNTS, 0),
      [
        [0, 1000],
        [86_400, 1000],
        [86_410, 1000 + 2 * 910 + 2],
      ],
      ['good', 'good', 'suspect'],
    ],
    [
      'is exact beyond 2^53',
      rules(String(2n ** 64n), COUNTS, 0),
      [2n ** 64n - 3n, 2n ** 64n - 2n, 4n, 3n],
      ['good', 'good', 'rollover 18446744073709551614 -> 4', 'suspect'],
    ],
    [
      'is exact with four decimals and nineteen digits',
      rules('1000000000000000.0000', 0.36, 4),
      [exactly('999999999999999.9995'), exactly('0.0006'), exactly('0.0005')],
      ['good', 'rollover 999999999999999.9995 -> 0.0006', 'suspect'],
    ],
    [
      'compares a number with an exact decimal digit by digit',
      rules(undefined, undefined, 2),
      [0.29, exactly('0.29'), 0.3, exactly('0.29')],
      ['good', 'good', 'good', 'suspect'],
    ],
    [
      'that is no number is suspect and leaves no trace',
      rules(undefined, undefined),
      [5, Number.NaN, 6, Number.POSITIVE_INFINITY, 'E', true, 7],
      ['good', 'suspect', 'good', 'suspect', 'suspect', 'suspect', 'good'],
    ],
  ])('%s', (_what, by, readings, expected) => {
    expect(story(by, readings)).toEqual(expected);
  });

  it('asks to be read again once for a whole chain of suspects', () => {
    const made = verdicts(rules(undefined, 3600, 0), [5000, 7, 3, 900_000, 5001, 2]);
    expect(made.map(({ wantsReread }) => wantsReread)).toEqual([
      false,
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  it('counts on from the confirming value, never from a suspect', () => {
    const [, , , swap] = verdicts(rules(undefined, 3600, 0), [5000, 1, 2, 3]);
    expect(swap?.state.base?.value).toEqual(exactly('3'));
    const [, , suspected] = verdicts(rules(undefined, 3600, 0), [5000, 1, 2]);
    expect(suspected?.state.base?.value).toEqual(exactly('5000'));
  });

  it('takes the next value after a declared swap, whatever it is, and says who said so', () => {
    const by = rules('1000000.00', 3600, 2);
    const [before] = verdicts(by, [1234.5]);
    const [swap, next] = verdicts(by, [0.2, 0.21], declared(before?.state ?? NEW_COUNTER));
    expect(swap).toMatchObject({ isSuspect: false });
    expect(swap?.event && eventText(swap.event, 2)).toBe('swap 1234.50 -> 0.20 declared');
    expect(next).toMatchObject({ isSuspect: false, event: undefined });
    const [first] = verdicts(by, [7], declared(NEW_COUNTER));
    expect(first?.event && eventText(first.event, 2)).toBe('swap unknown -> 7.00 declared');
  });
});
