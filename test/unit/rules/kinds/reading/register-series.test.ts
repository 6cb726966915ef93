import { describe, expect, it } from 'vitest';
import { minutes } from '../../../../../gateway/model/units.ts';
import { taken } from '../../../../../rules/kinds/reading/register-series.ts';
import type { RegisterRules } from '../../../../../rules/kinds/reading/register-step.ts';
import { registerUnit } from '../../../../../rules/kinds/reading/register-unit.ts';
import { seriesEventText } from '../../../../../rules/kinds/reading/series-event.ts';
import {
  NEW_SERIES,
  type Reading,
  type SeriesState,
} from '../../../../../rules/kinds/reading/series-state.ts';
import { number, registerRules } from '../../../../support/reading-fixture.ts';

/** Minutes from the beginning, and what was read; `kept` is what the meter froze then. */
type Step = readonly [minute: number, value: string, more?: Partial<Reading>];

const plain = registerUnit(undefined, '1');
const rules = registerRules({ counts: plain });
const noRate = registerRules({ counts: plain, maxRatePerHour: undefined });
const noWidth = registerRules({ counts: plain, modulus: undefined });
const bare = registerRules({ counts: plain, modulus: undefined, maxRatePerHour: undefined });
const signed = registerRules({ counts: plain, direction: 'both' });
const kept = { origin: 'freeze' } as const;

function played(of: RegisterRules, steps: readonly Step[], gapAfter?: number) {
  let state: SeriesState = NEW_SERIES;
  const events: string[] = [];
  const outcomes: string[] = [];
  const rereads: boolean[] = [];
  for (const [minute, value, more] of steps) {
    const reading = {
      time: minute * 60_000,
      value: number(value),
      origin: 'read',
      ...more,
    } as const;
    const verdict = taken(
      state,
      of,
      reading,
      gapAfter === undefined ? undefined : minutes(gapAfter),
    );
    state = verdict.state;
    const { outcome } = verdict;
    outcomes.push(outcome.kind === 'refused' ? `refused ${outcome.why}` : outcome.kind);
    rereads.push(verdict.wantsReread);
    for (const { kind, from, to, amount, hint } of verdict.events)
      events.push([kind, from, '->', to, amount, hint].filter((part) => part !== null).join(' '));
  }
  return { state, total: state.total, events, outcomes, rereads };
}

describe('what is counted, and what is told', () => {
  it.each<[string, RegisterRules, readonly Step[], string, readonly string[]]>([
    [
      'growth',
      rules,
      [
        [0, '100'],
        [15, '101.25'],
        [30, '101.25'],
        [45, '102.00'],
      ],
      '102',
      [],
    ],
    [
      'a single zero is left out',
      rules,
      [
        [0, '500'],
        [15, '0'],
        [30, '501'],
      ],
      '501',
      ['glitch 500 -> 0'],
    ],
    [
      'several wrong values that do not agree are left out one by one',
      rules,
      [
        [0, '500'],
        [15, '0'],
        [30, '90000'],
        [45, '300'],
        [60, '501'],
      ],
      '501',
      ['glitch 500 -> 0', 'glitch 500 -> 90000', 'glitch 500 -> 300'],
    ],
    [
      'a rollover is counted through once a second reading agrees',
      rules,
      [
        [0, '999999.50'],
        [15, '0.25'],
        [30, '0.75'],
      ],
      '1000000.75',
      ['rollover 999999.50 -> 0.25 0.75'],
    ],
    [
      'a zero just before the end of the range is no rollover',
      rules,
      [
        [0, '999999.50'],
        [15, '0'],
        [30, '999999.75'],
        [45, '0.10'],
        [60, '0.20'],
      ],
      '1000000.2',
      ['glitch 999999.50 -> 0', 'rollover 999999.75 -> 0.10 0.35'],
    ],
    [
      'a reset counts from zero, and says what it cannot know',
      rules,
      [
        [0, '5000'],
        [15, '0.30'],
        [30, '0.40'],
      ],
      '5000.4',
      ['reset 5000 -> 0.30 0.30'],
    ],
    [
      'a reset is not taken for a rollover where the range is not near',
      rules,
      [
        [0, '999000'],
        [15, '0.30'],
        [30, '0.40'],
      ],
      '999000.4',
      ['reset 999000 -> 0.30 0.30'],
    ],
    [
      'without a rate a rollover leads from the last tenth into the first',
      noRate,
      [
        [0, '950000'],
        [15, '30000'],
        [30, '30000'],
      ],
      '1030000',
      ['rollover 950000 -> 30000 80000'],
    ],
    [
      'without a rate anything beyond a tenth of the range is a reset',
      noRate,
      [
        [0, '890000'],
        [15, '30'],
        [30, '31'],
      ],
      '890031',
      ['reset 890000 -> 30 30'],
    ],
    [
      'without a width a rollover looks like a reset, and the likely range is named',
      noWidth,
      [
        [0, '999999.50'],
        [15, '0.25'],
        [30, '0.75'],
      ],
      '1000000.25',
      ['reset 999999.50 -> 0.25 0.25 1000000'],
    ],
    [
      'without a width 2^32 steps of the last digit are a likely range',
      noWidth,
      [
        [0, '42949672.90'],
        [15, '0.10'],
        [30, '0.20'],
      ],
      '42949673.1',
      ['reset 42949672.90 -> 0.10 0.10 42949672.96'],
    ],
    [
      'with neither width nor rate every rise is believed at once, and every drop at the second reading',
      bare,
      [
        [0, '5'],
        [15, '800000'],
        [30, '800001'],
        [45, '3'],
        [60, '4'],
      ],
      '800005',
      ['reset 800001 -> 3 3'],
    ],
    [
      'a small step back is counted back: the register ran backwards',
      rules,
      [
        [0, '100'],
        [15, '99.90'],
        [30, '99.95'],
      ],
      '99.95',
      ['back 100 -> 99.90 -0.10'],
    ],
    [
      'of backward flow and a reset the one that moved less',
      rules,
      [
        [0, '4'],
        [15, '3.90'],
        [30, '3.95'],
      ],
      '3.95',
      ['back 4 -> 3.90 -0.10'],
    ],
    [
      'and the reset where that moved less',
      rules,
      [
        [0, '4'],
        [15, '0.10'],
        [30, '0.20'],
      ],
      '4.2',
      ['reset 4 -> 0.10 0.10'],
    ],
    [
      'a jump is not counted, and begins a series',
      rules,
      [
        [0, '100'],
        [15, '70000'],
        [30, '70001'],
      ],
      '101',
      ['jump 100 -> 70000'],
    ],
    [
      'a jump down that zero cannot lead to is one as well',
      rules,
      [
        [0, '5000'],
        [15, '400'],
        [30, '401'],
      ],
      '5001',
      ['jump 5000 -> 400'],
    ],
    [
      'zeros of a meter that starts are taken back when it goes on as before',
      rules,
      [
        [0, '5000'],
        [15, '0'],
        [30, '0'],
        [45, '0'],
        [60, '5001'],
        [75, '5001.50'],
      ],
      '5001.5',
      ['reset 5000 -> 0 0', 'withdrawn 0 -> 5001 1 reset'],
    ],
    [
      'so is a rollover that was none',
      rules,
      [
        [0, '999999'],
        [15, '0'],
        [30, '0'],
        [45, '999999.50'],
        [60, '999999.75'],
      ],
      '999999.75',
      ['rollover 999999 -> 0 1', 'withdrawn 0 -> 999999.50 0.50 rollover'],
    ],
    [
      'and nonsense that came twice',
      rules,
      [
        [0, '100'],
        [15, '70000'],
        [30, '70000'],
        [45, '101'],
        [60, '102'],
      ],
      '102',
      ['jump 100 -> 70000', 'withdrawn 70000 -> 101 1 jump'],
    ],
    [
      'however long ago it came',
      rules,
      [
        [0, '100'],
        [15, '70000'],
        [30, '70000'],
        [3000, '400'],
        [3015, '401'],
      ],
      '401',
      ['jump 100 -> 70000', 'withdrawn 70000 -> 400 300 jump'],
    ],
    [
      'but zeros not a day later',
      rules,
      [
        [0, '5000'],
        [15, '0'],
        [30, '0'],
        [1500, '0.10'],
        [1515, '5001'],
        [1530, '5001'],
      ],
      '5000.1',
      ['reset 5000 -> 0 0', 'jump 0.10 -> 5001'],
    ],
    [
      'after so long that it can have turned over unseen the smallest amount is counted and doubted',
      registerRules({ counts: plain, modulus: number('655.36') }),
      [
        [0, '100'],
        [6000, '300'],
      ],
      '300',
      ['doubt 100 -> 300 200'],
    ],
    [
      'a signed register runs both ways at once',
      signed,
      [
        [0, '5'],
        [15, '3.50'],
        [30, '-1'],
        [60, '-4'],
      ],
      '-4',
      [],
    ],
    [
      'a signed register turns over at half of its range',
      signed,
      [
        [0, '499999.50'],
        [15, '-499999.80'],
        [30, '499999.90'],
      ],
      '499999.9',
      ['rollover 499999.50 -> -499999.80 0.70', 'rollover -499999.80 -> 499999.90 -0.30'],
    ],
    [
      'an unsigned value of a signed register is set back to zero like any other',
      signed,
      [
        [0, '400'],
        [15, '0.50'],
        [30, '0.50'],
      ],
      '400.5',
      ['reset 400 -> 0.50 0.50'],
    ],
  ])('%s', (_, of, steps, total, events) => {
    const result = played(of, steps);
    expect(result.events).toEqual(events);
    expect(result.total).toBe(total);
  });

  it('asks to read again once a suspicion, and holds what it cannot believe', () => {
    const { outcomes, rereads } = played(rules, [
      [0, '500'],
      [15, '0'],
      [30, '90000'],
      [45, '501'],
    ]);
    expect(outcomes).toEqual(['first', 'held', 'held', 'counted']);
    expect(rereads).toEqual([false, true, false, false]);
  });

  it('the same sample twice does not agree with itself', () => {
    const { outcomes } = played(rules, [
      [0, '500'],
      [15, '0'],
      [15, '0'],
      [30, '501'],
    ]);
    expect(outcomes).toEqual(['first', 'held', 'held', 'counted']);
  });

  it('a value behind a long pause does not agree with a zero from before it', () => {
    const small = registerRules({ counts: plain, modulus: number('655.36') });
    const { events } = played(small, [
      [0, '500'],
      [15, '0'],
      [800, '40'],
      [815, '41'],
    ]);
    expect(events).toEqual(['glitch 500 -> 0', 'reset 500 -> 40 40']);
  });

  it.each([
    ['beyond the range', rules, '1000000'],
    ['a negative value of a register that only grows', rules, '-0.01'],
    ['beyond half of a signed range', signed, '500000'],
  ] as const)('%s is refused', (_, of, value) => {
    expect(
      played(of, [
        [0, '5'],
        [15, value],
      ]).outcomes,
    ).toEqual(['first', 'refused range']);
  });

  it('what can have flowed is measured from when the value last changed, up to a quarter of an hour', () => {
    // 10 an hour, brought up to date every ten minutes, read every minute.
    const lumps = Array.from(
      { length: 31 },
      (_, i): Step => [i, (100 + Math.floor(i / 10) * 1.66).toFixed(2)],
    );
    expect(played(rules, lumps).events).toEqual([]);
    const suspicious = played(rules, [
      [0, '100'],
      [1, '100'],
      [60, '100'],
      [61, '103'],
    ]);
    expect(suspicious.outcomes).toEqual(['first', 'counted', 'counted', 'held']);
  });

  it('one step of the last digit more than the rate allows is possible, two are not', () => {
    const outcomeOf = (value: string) =>
      played(rules, [
        [0, '100'],
        [15, value],
      ]).outcomes[1];
    expect([outcomeOf('105.01'), outcomeOf('105.02')]).toEqual(['counted', 'held']);
  });

  it('doubts what it cannot know, once each time', () => {
    const { state } = played(rules, [
      [0, '5000'],
      [15, '0.30'],
      [30, '0.40'],
      [45, '70000'],
      [60, '70001'],
    ]);
    expect(state.points.map(({ doubts, segment }) => `${doubts} ${segment}`)).toEqual([
      '0 0',
      '1 1',
      '1 1',
      '2 2',
      '2 2',
    ]);
  });

  it('a value that is held waits while earlier ones come in', () => {
    const { outcomes, events } = played(rules, [
      [0, '5000'],
      [30, '0.20'],
      [15, '5001', kept],
      [45, '0.30'],
    ]);
    expect(outcomes).toEqual(['first', 'held', 'counted', 'counted']);
    expect(events).toEqual(['reset 5001 -> 0.20 0.20']);
  });

  it('tells a pause, and counts all of it', () => {
    const { events, total } = played(
      rules,
      [
        [0, '100'],
        [200, '130'],
      ],
      120,
    );
    expect(events).toEqual(['gap 100 -> 130 30']);
    expect(total).toBe('130');
  });
});

describe('another serial number', () => {
  it('ends one series and begins another, however plausible the value', () => {
    const { events, total, state } = played(rules, [
      [0, '100', { serial: 'A' }],
      [15, '101', { serial: 'A' }],
      [30, '102', { serial: 'B' }],
      [45, '103', { serial: 'B' }],
    ]);
    expect(events).toEqual(['swap 101 -> 102']);
    expect(total).toBe('102');
    expect(state).toMatchObject({ serial: 'B', segment: 1, doubts: 1 });
  });
});

describe('another unit', () => {
  it('is believed at the second reading, and nothing is lost', () => {
    const of = registerRules({ modulus: undefined });
    const { events, total, outcomes } = played(of, [
      [0, '100'],
      [15, '101000', { unit: 'Wh' }],
      [30, '102000', { unit: 'Wh' }],
    ]);
    expect(outcomes).toEqual(['first', 'held', 'counted']);
    expect(events).toEqual(['unit kWh -> Wh']);
    expect(total).toBe('367200000');
  });

  it('that measures something else, or cannot be converted exactly, is refused', () => {
    expect(played(registerRules(), [[0, '1', { unit: 'm³' }]]).outcomes).toEqual(['refused unit']);
    expect(played(registerRules(), [[0, '1', { unit: 'GJ' }]]).outcomes).toEqual(['refused unit']);
  });
});

describe('a reading that is older than the newest', () => {
  it('takes its place and changes no total', () => {
    const { outcomes, total, state } = played(rules, [
      [0, '100'],
      [30, '102'],
      [15, '101', kept],
    ]);
    expect(outcomes).toEqual(['first', 'counted', 'late']);
    expect(total).toBe('102');
    expect(state.points.map(({ value, total: at, origin }) => `${value} ${at} ${origin}`)).toEqual([
      '100 100 read',
      '101 101 freeze',
      '102 102 read',
    ]);
  });

  it('lies on either side of a rollover', () => {
    const around = (value: string) =>
      played(rules, [
        [0, '999999.50'],
        [15, '0.50'],
        [30, '0.75'],
        [10, value, kept],
      ]).state.points.map(({ total }) => total);
    expect(around('999999.75')).toEqual(['999999.5', '999999.75', '1000000.5', '1000000.75']);
    expect(around('0.25')).toEqual(['999999.5', '1000000.25', '1000000.5', '1000000.75']);
  });

  it('that cannot lie between its neighbours is refused', () => {
    expect(
      played(rules, [
        [0, '100'],
        [30, '102'],
        [15, '103', kept],
      ]).outcomes[2],
    ).toBe('refused conflict');
    expect(
      played(rules, [
        [0, '100'],
        [30, '102'],
        [15, '99', kept],
      ]).outcomes[2],
    ).toBe('refused conflict');
  });

  it('is known when it was read before, and then told to be kept by the meter', () => {
    const { outcomes, state } = played(rules, [
      [0, '100'],
      [30, '102'],
      [60, '103'],
      [30, '102', kept],
      [60, '103', kept],
    ]);
    expect(outcomes.slice(3)).toEqual(['known', 'known']);
    expect(state.points.map(({ origin }) => origin)).toEqual(['read', 'freeze', 'freeze']);
  });

  it('before a reset shows what nobody saw', () => {
    const { events, total, state } = played(rules, [
      [0, '5000'],
      [30, '0.30'],
      [45, '0.40'],
      [15, '5001.25', kept],
    ]);
    expect(events).toEqual(['reset 5000 -> 0.30 0.30', 'revealed 5000 -> 5001.25 1.25']);
    expect(total).toBe('5001.65');
    expect(state.points.map(({ total: at }) => at)).toEqual([
      '5000',
      '5001.25',
      '5001.55',
      '5001.65',
    ]);
  });

  it('of the very time of the last reading before a reset moves that one nowhere', () => {
    const { total, state } = played(rules, [
      [0, '5000'],
      [30, '0.30'],
      [45, '0.40'],
      [0, '5001.25', kept],
    ]);
    expect(total).toBe('5001.65');
    expect(state.points.map(({ total: at }) => at)).toEqual([
      '5000',
      '5001.25',
      '5001.55',
      '5001.65',
    ]);
  });

  it('beside a break that is not the last one is refused', () => {
    const { outcomes } = played(rules, [
      [0, '5000'],
      [30, '0.30'],
      [45, '0.40'],
      [1000, '100'],
      [1015, '0.10'],
      [1030, '0.20'],
      [20, '5001', kept],
    ]);
    expect(outcomes.at(-1)).toBe('refused before-break');
  });

  it('that contradicts what the meter kept of the same time is refused', () => {
    const { outcomes } = played(rules, [
      [0, '100'],
      [30, '102'],
      [15, '101', kept],
      [15, '101.50', kept],
    ]);
    expect(outcomes.slice(2)).toEqual(['late', 'refused conflict']);
  });

  it('behind a reset was counted already, behind a jump not', () => {
    const reset = played(rules, [
      [0, '5000'],
      [30, '0.30'],
      [45, '0.40'],
      [20, '0.10', kept],
    ]);
    expect(reset.total).toBe('5000.4');
    expect(reset.outcomes[3]).toBe('late');
    const jump = played(rules, [
      [0, '100'],
      [30, '70000'],
      [45, '70001'],
      [20, '69999', kept],
    ]);
    expect(jump.events).toEqual(['jump 100 -> 70000', 'revealed 100 -> 69999 1']);
    expect(jump.total).toBe('102');
  });

  it('goes before the first reading, in the same series alone', () => {
    const before = played(rules, [
      [1440, '100'],
      [0, '95', kept],
    ]);
    expect(before.outcomes).toEqual(['first', 'late']);
    expect(before.state.points.map(({ total }) => total)).toEqual(['95', '100']);
    const turned = played(rules, [
      [1440, '0.50'],
      [1425, '999999.50', kept],
    ]);
    expect(turned.events).toEqual(['rollover 999999.50 -> 0.50 1.00']);
  });

  it('older than a held value pairs with it in the right order', () => {
    const { events, total } = played(rules, [
      [0, '999999'],
      [30, '1.50'],
      [20, '1.00', kept],
    ]);
    expect(events).toEqual(['rollover 999999 -> 1.00 2.00']);
    expect(total).toBe('1000001.5');
  });
});

describe('the words', () => {
  it.each(['en', 'zh'] as const)(
    'name the meter, the values and what was counted, in %s',
    (language) => {
      const event = {
        kind: 'reset',
        time: 0,
        from: '999999.50',
        to: '0.25',
        amount: '0.25',
        isDeclared: false,
        hint: '1000000',
      } as const;
      const text = seriesEventText(event, 'water', language);
      for (const part of ['water', '999999.50', '0.25', '1000000', 'modulus'])
        expect(text).toContain(part);
      const swap = seriesEventText(
        { ...event, kind: 'swap', to: null, hint: null },
        'water',
        language,
      );
      expect(swap).toContain(language === 'en' ? 'unknown' : '未知');
    },
  );
});
