/**
 * Sentences of rules/SEMANTICS.md as cases, worked out by hand: the naive evaluator, which the engine is held against,
 * has to keep them by itself; the engine keeps them too.
 */
import { describe, expect, it } from 'vitest';
import type { RuleConfig } from '../../../rules/rule.ts';
import { engineEffects } from '../../support/random-rules-life.ts';
import { type Act, referenceEffects } from '../../support/reference-rules.ts';
import type { ReferenceEffect } from '../../support/reference-rules-rule.ts';
import {
  type Batch,
  conditionOf,
  deriveOf,
  START,
  samplesOf,
  setOf,
} from '../../support/rules-fixture.ts';

/** What happens, by time; a text acknowledges the alarm of the rule of that name. */
type Happenings = readonly (readonly [at: number, what: Batch | string])[];
type Case = readonly [sentence: string, RuleConfig[], Happenings, end: number, told: string[]];

const told = (effect: ReferenceEffect): string => {
  const { at } = effect;
  if (effect.kind === 'alarm') return `${at} ${effect.to}`;
  if (effect.kind === 'record') return `${at} ${effect.name}`;
  const quality = effect.kind === 'derive' ? ` ${effect.quality}` : '';
  return `${at} ${effect.value}${quality}`;
};

const value = (text: string, decimals?: number): RuleConfig[] => [deriveOf('d.x', text, decimals)];
const flag = (text: string): RuleConfig[] => [deriveOf('d.flag', text)];
const hot = { name: 'hot', when: 'a.x > 5', alarm: true } as const;

const VALUES: readonly Case[] = [
  ['a tag that never had a sample is waiting', value('a.x'), [], 1000, ['1000 null bad:waiting']],
  [
    'a bad sample has no value',
    value('a.x + 1'),
    [[0, { 'a.x': 'bad:comm' }]],
    0,
    ['0 null bad:comm'],
  ],
  [
    'an uncertain sample has one, and lends its quality',
    value('a.x + a.y'),
    [[0, { 'a.y': 2, 'a.x': [1, 'uncertain:range'] }]],
    0,
    ['0 3 uncertain:range'],
  ],
  [
    'one false is enough for &&, whatever the other is',
    flag('a.flag && b.flag'),
    [[0, { 'a.flag': false, 'b.flag': 'bad:comm' }]],
    0,
    ['0 false uncertain:last-usable'],
  ],
  [
    'a true beside an unknown is unknown for &&',
    flag('a.flag && b.flag'),
    [[0, { 'a.flag': true, 'b.flag': 'bad:device' }]],
    0,
    ['0 null bad:device'],
  ],
  [
    'division by zero is unknown, and no tag is to blame',
    value('a.x / 0'),
    [[0, { 'a.x': 1 }]],
    0,
    ['0 null bad:no-value'],
  ],
  [
    'the chosen branch alone counts',
    value('a.flag ? a.x : a.x / 0'),
    [[0, { 'a.flag': true, 'a.x': 4 }]],
    0,
    ['0 4 good'],
  ],
  [
    'fallback stands in for what is unknown',
    value('fallback(a.x, 7)'),
    [[0, { 'a.x': 'bad:comm' }]],
    0,
    ['0 7 good'],
  ],
  [
    'a half is a half as people read it, and goes away from zero',
    value('-a.x', 2),
    [[0, { 'a.x': 1.005 }]],
    0,
    ['0 -1.01 good'],
  ],
  [
    'the same again is given where a sample came, and at no tick',
    value('max(a.x, "2s")'),
    [
      [0, { 'a.x': 4 }],
      [2500, { 'a.x': 4 }],
    ],
    4000,
    ['0 4 good', '2500 4 good'],
  ],
  [
    'a rule sees a derived sample in the moment in which it came',
    [deriveOf('d.x', 'a.x * 2'), deriveOf('d.y', 'd.x + 1')],
    [[10, { 'a.x': 4 }]],
    10,
    ['10 8 good', '10 9 good'],
  ],
];

const TAGS: readonly Case[] = [
  [
    'changed is true in the moment of another value, once',
    flag('changed(a.x)'),
    [
      [0, { 'a.x': 4 }],
      [1, { 'a.x': 4 }],
      [2, { 'a.x': 'bad:comm' }],
      [3, { 'a.x': 5 }],
    ],
    3,
    ['0 false good', '1 false good', '2 false uncertain:last-usable', '3 true good'],
  ],
  [
    'previous passes over bad samples',
    value('previous(a.x)'),
    [
      [0, { 'a.x': 4 }],
      [1, { 'a.x': 'bad:comm' }],
      [2, { 'a.x': 5 }],
    ],
    2,
    ['0 null bad:no-value', '1 null bad:comm', '2 4 good'],
  ],
  [
    'age is looked at on the tick, and goes on while the tag is bad',
    flag('age(a.x) >= "2s"'),
    [
      [500, { 'a.x': 4 }],
      [900, { 'a.x': 'bad:comm' }],
    ],
    3000,
    ['500 false good', '900 false good', '3000 true good'],
  ],
  [
    'rate is by engine time between the last two values',
    value('rate(a.x)'),
    [
      [0, { 'a.x': 4 }],
      [500, { 'a.x': 5 }],
      [500, { 'a.x': 6 }],
    ],
    500,
    ['0 null bad:no-value', '500 2 good', '500 null bad:no-value'],
  ],
];

const STEPS: Happenings = [
  [0, { 'a.x': 1 }],
  [1500, { 'a.x': 4 }],
  [2500, { 'a.x': 'bad:comm' }],
  [3000, { 'a.x': 2, 'a.y': 0 }],
];
/** The tag that is good last. */
const window = (text: string): RuleConfig[] => value(`a.y == 0 ? ${text} : 0 / 0`);
const last = (result: string): string => `3000 ${result} good`;

const WINDOWS: readonly (readonly [sentence: string, text: string, result: string])[] = [
  ['avg weighs by length and leaves the time without value out', 'avg(a.x, "2s")', '3'],
  ['integral counts seconds', 'integral(a.x, "2s")', '4.5'],
  ['min has the value in force when the window began', 'min(a.x, "2s")', '1'],
  ['max has the newest too, whatever its length', 'max(a.x, "400ms")', '2'],
  [
    'a window that a sample without value was in force in has the newest alone',
    'avg(a.x, "400ms")',
    '2',
  ],
  ['first is the value in force at the beginning', 'first(a.x, "2s")', '1'],
  ['first is the oldest inside where none was in force', 'first(a.x, "4s")', '1'],
  ['a sample that came when the window began was in force', 'first(a.x, "1500ms")', '4'],
  ['delta is last less first', 'delta(a.x, "1500ms")', '-2'],
  ['rate is delta by the time since the beginning', 'rate(a.x, "2s")', '0.5'],
  ['sum is over the samples that arrived inside', 'sum(a.x, "2s")', '6'],
  ['count does not count bad ones', 'count(a.x, "2s")', '2'],
  ['coverage is the part with a value', 'coverage(a.x, "2s")', '0.75'],
  ['percentile is the first value whose length reaches it', 'percentile(a.x, 50, "2s")', '4'],
  ['stddev weighs too', 'round(stddev(a.x, "2s"), 9)', '1.414213562'],
];

const MEMORIES: readonly Case[] = [
  [
    'held turns true at the very time',
    flag('held(a.flag, "700ms")'),
    [[100, { 'a.flag': true }]],
    2000,
    ['100 false good', '800 true good'],
  ],
  [
    'unknown breaks held',
    flag('held(a.flag, "700ms")'),
    [
      [100, { 'a.flag': true }],
      [200, { 'a.flag': 'bad:comm' }],
      [300, { 'a.flag': true }],
    ],
    2000,
    ['100 false good', '200 null bad:comm', '300 false good', '1000 true good'],
  ],
  [
    'the first known truth is no edge, and unknown between makes none',
    flag('rising(a.flag)'),
    [
      [0, { 'a.flag': true }],
      [1, { 'a.flag': false }],
      [2, { 'a.flag': 'bad:comm' }],
      [3, { 'a.flag': true }],
      [4, { 'a.flag': true }],
    ],
    4,
    [
      '0 false good',
      '1 false good',
      '2 false uncertain:last-usable',
      '3 true good',
      '4 false good',
    ],
  ],
  [
    'a memory follows its condition where && does not need it',
    value('b.flag && times(a.flag) > 0 ? times(a.flag) : 0'),
    [
      [0, { 'a.flag': false, 'b.flag': false }],
      [1, { 'a.flag': true }],
      [2, { 'a.flag': false }],
      [3, { 'a.flag': true }],
      [4, { 'b.flag': true }],
    ],
    4,
    ['0 0 good', '1 0 good', '2 0 good', '3 0 good', '4 2 good'],
  ],
  [
    'since is engine time, 0 while false',
    flag('since(a.flag) >= "1s"'),
    [
      [400, { 'a.flag': true }],
      [2500, { 'a.flag': false }],
    ],
    2500,
    ['400 false good', '2000 true good', '2500 false good'],
  ],
  [
    'runtime counts what was true within the time',
    flag('runtime(a.flag, "2s") == "1500ms"'),
    [
      [0, { 'a.flag': true }],
      [1500, { 'a.flag': false }],
    ],
    3000,
    ['0 false good', '1500 true good', '3000 false good'],
  ],
];

const CONDITIONS: readonly Case[] = [
  [
    'on_delay ends at its time, off without one at the sample',
    [conditionOf({ ...hot, onDelay: 1500 })],
    [
      [100, { 'a.x': 9 }],
      [5000, { 'a.x': 1 }],
    ],
    6000,
    ['1600 active', '5000 cleared'],
  ],
  [
    'unknown ends the waiting for on, and switches nothing off',
    [conditionOf({ ...hot, onDelay: 1500 })],
    [
      [100, { 'a.x': 9 }],
      [200, { 'a.x': 'bad:comm' }],
      [300, { 'a.x': 9 }],
      [5000, { 'a.x': 'bad:comm' }],
    ],
    9000,
    ['1800 active'],
  ],
  [
    'unknown ends the waiting for off',
    [conditionOf({ ...hot, offDelay: 1000 })],
    [
      [0, { 'a.x': 9 }],
      [100, { 'a.x': 1 }],
      [900, { 'a.x': 'bad:comm' }],
      [2000, { 'a.x': 1 }],
    ],
    9000,
    ['0 active', '3000 cleared'],
  ],
  [
    'while when is true, clear_when counts as not true',
    [conditionOf({ ...hot, clearWhen: 'a.x < 100' })],
    [
      [0, { 'a.x': 9 }],
      [100, { 'a.x': 8 }],
      [200, { 'a.x': 5 }],
    ],
    300,
    ['0 active', '200 cleared'],
  ],
  [
    'at most one row is taken at one evaluation',
    [
      conditionOf({
        name: 'edge',
        when: 'rising(a.flag)',
        do: { 'a.y': '1' },
        onClear: { 'a.y': '0' },
      }),
    ],
    [
      [0, { 'a.flag': false }],
      [1, { 'a.flag': true }],
      [2, { 'a.flag': true }],
    ],
    3000,
    ['1 1', '2 0'],
  ],
  [
    'a latched rule leaves on at reset_when, which does not have to last as long as off_delay',
    [conditionOf({ ...hot, latch: true, resetWhen: 'a.flag', offDelay: 1000 })],
    [
      [0, { 'a.x': 9, 'a.flag': false }],
      [100, { 'a.x': 1 }],
      [200, { 'a.flag': true }],
      [300, { 'a.flag': false }],
    ],
    5000,
    ['0 active', '1200 cleared'],
  ],
  [
    'acknowledging is a moment, in which a latched rule may leave on',
    [conditionOf({ ...hot, latch: true })],
    [
      [0, { 'a.x': 9 }],
      [100, { 'a.x': 1 }],
      [250, 'hot'],
      [260, 'hot'],
    ],
    300,
    ['0 active', '250 acknowledged', '250 cleared'],
  ],
  [
    'acknowledged while it cannot clear yet, it clears as soon as it can',
    [conditionOf({ ...hot, latch: true })],
    [
      [0, { 'a.x': 9 }],
      [250, 'hot'],
      [300, { 'a.x': 1 }],
    ],
    300,
    ['0 active', '250 acknowledged', '300 cleared'],
  ],
  [
    'actions come behind the alarm, in their order, with the values of the moment',
    [conditionOf({ ...hot, do: { 'b.x': 'a.x', 'b.y': 'a.y' } })],
    [[0, { 'a.x': 9 }]],
    0,
    ['0 active', '0 9', '0 null'],
  ],
];

const MOMENTS: readonly Case[] = [
  [
    'the first tick is the first one after the start, and a new rule waits for no sample',
    value('1'),
    [],
    3000,
    ['1000 1 good'],
  ],
  [
    'two batches at one time are two moments, behind the tick of that time',
    value('count(a.x, "1s")'),
    [
      [1000, { 'a.x': 1 }],
      [1000, { 'a.x': 1 }],
    ],
    2000,
    ['1000 0 uncertain:last-usable', '1000 1 good', '1000 2 good', '2000 0 good'],
  ],
  [
    'a rule is not evaluated for tags that it does not use',
    [conditionOf({ ...hot, when: 'rising(a.flag)' })],
    [
      [0, { 'a.flag': false }],
      [1, { 'a.flag': true }],
      [2, { 'a.x': 1 }],
      [9000, { 'a.flag': true }],
    ],
    9000,
    ['1 active', '9000 cleared'],
  ],
];

const groups: readonly (readonly [string, readonly Case[]])[] = [
  ['moments', MOMENTS],
  ['values', VALUES],
  ['functions of a tag', TAGS],
  [
    'windows',
    WINDOWS.map(
      ([sentence, text, result]): Case => [sentence, window(text), STEPS, 3000, [last(result)]],
    ),
  ],
  ['functions that remember', MEMORIES],
  ['conditions', CONDITIONS],
];

describe.each(groups)('%s', (group, cases) => {
  it.each(cases)('%s', (_sentence, rules, happenings, end, expected) => {
    const acts = happenings.map(
      ([at, what]): Act =>
        typeof what === 'string' ? { at, acknowledge: what } : { at, samples: samplesOf(what) },
    );
    const run = { set: setOf(rules), acts, end, utc: START };
    const count = group === 'windows' ? -1 : 0;
    expect(referenceEffects(run).map(told).slice(count)).toEqual(expected);
    expect(engineEffects(run).map(told).slice(count)).toEqual(expected);
  });
});
