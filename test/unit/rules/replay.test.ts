import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../gateway/host/log.ts';
import type { Sample, TimeBasis } from '../../../gateway/model/sample.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';
import type { Effect } from '../../../rules/effect.ts';
import { Replay } from '../../../rules/replay/replay.ts';
import { LATEST_SAMPLE, LONGEST_SILENCE, replayClock } from '../../../rules/replay/replay-clock.ts';
import {
  DerivedComparison,
  FARTHEST_MOVE,
  type ReplayedEffect,
  replayDifference,
} from '../../../rules/replay/replay-difference.ts';
import { canonicalJson, EffectDigest } from '../../../rules/replay/replay-digest.ts';
import type { RuleConfig } from '../../../rules/rule.ts';
import {
  conditionRule,
  deriveRule,
  ruleSet,
  tagOf,
  write,
} from '../../support/rule-test-fixture.ts';

const T0 = Date.UTC(2026, 0, 1);

const sample = (
  tag: string,
  at: number,
  value: number | null,
  timeBasis: TimeBasis = 'gateway',
): Sample => ({
  tag: tagOf(tag),
  value,
  quality: value === null ? 'bad:comm' : 'good',
  time: utcMs(T0 + at),
  timeBasis,
});

function played(sets: readonly (readonly RuleConfig[])[], blocks: readonly (readonly Sample[])[]) {
  const effects: Effect[][] = sets.map(() => []);
  const replay = new Replay(
    sets.map((rules) => ruleSet(rules)),
    (some, set) => effects[set]?.push(...some),
    silentLog,
  );
  for (const block of blocks) replay.feed(block);
  return { facts: replay.end(), effects };
}

const told = (effects: readonly Effect[] = []) =>
  effects.map((effect) => {
    const at = effect.time - T0;
    if (effect.kind === 'alarm') return `${at} ${effect.rule} ${effect.to}`;
    if (effect.kind === 'command') return `${at} ${effect.tag} = ${effect.value}`;
    if (effect.kind === 'derive') return `${at} ${effect.tag} is ${effect.value}`;
    return `${at} ${effect.kind}`;
  });

const HOT = conditionRule('hot', 'press.t > 75', {
  onDelay: millis(10_000),
  do: [write('press.pump', 'false')],
});

describe('a replay', () => {
  it('moves engine time with the samples, and on to the end of the recording', () => {
    const { effects, facts } = played(
      [[HOT]],
      [
        [sample('press.t', 0, 80), sample('other.x', 0, 1)],
        [sample('press.t', 5_000, 80), sample('press.t', 30_000, 70)],
        [sample('press.t', 40_000, 90), sample('other.x', 55_000, 1)],
      ],
    );
    expect(told(effects[0])).toEqual([
      '10000 hot active',
      '10000 press.pump = false',
      '30000 hot cleared',
      '50000 hot active',
      '50000 press.pump = false',
    ]);
    expect(facts).toEqual({ samples: 4, from: T0, to: T0 + 55_000, clockSteps: 0 });
  });

  it('takes samples of one time that follow each other as one batch', () => {
    const rule = conditionRule('both', 'a.x > b.x');
    const { effects } = played(
      [[rule]],
      [
        [sample('a.x', 0, 1), sample('b.x', 0, 2)],
        // One by one this would be an alarm: a moment with a.x = 5 and b.x = 2.
        [sample('a.x', 1_000, 5), sample('b.x', 1_000, 6)],
        [sample('a.x', 2_000, 7)],
      ],
    );
    expect(told(effects[0])).toEqual(['2000 both active']);
  });

  it('computes derived tags again and passes their stored samples over', () => {
    const rules = [deriveRule('p.kw', 'a.x * 2'), conditionRule('much', 'p.kw > 10')];
    const { effects } = played(
      [rules],
      [
        [sample('a.x', 0, 1), sample('p.kw', 0, 999)],
        [sample('p.kw', 500, 999), sample('a.x', 1_000, 6)],
      ],
    );
    expect(told(effects[0])).toEqual(['0 p.kw is 2', '1000 p.kw is 12', '1000 much active']);
  });

  it('never goes back: a late sample is taken at the time that it is already', () => {
    const { effects, facts } = played(
      [[HOT]],
      [
        [sample('press.t', 10_000, 80)],
        [sample('press.t', 9_000, 80), sample('press.t', 20_000, 80)],
      ],
    );
    expect(told(effects[0])).toEqual(['20000 hot active', '20000 press.pump = false']);
    expect(facts.clockSteps).toBe(0);
  });

  it('goes on from where it is where the clock was set back, and wall time follows', () => {
    const back = -3_600_000;
    const { effects, facts } = played(
      [[HOT]],
      [
        [sample('press.t', 0, 80), sample('press.t', 6_000, 80)],
        [sample('press.t', back, 80), sample('press.t', back + 4_000, 80)],
        [sample('press.t', back + 9_000, 60)],
      ],
    );
    // Six seconds before the step and four behind it.
    expect(told(effects[0]).slice(0, 2)).toEqual([
      `${back + 4_000} hot active`,
      `${back + 4_000} press.pump = false`,
    ]);
    expect(effects[0]?.[0]?.at).toBe(10_000);
    expect(facts.clockSteps).toBe(1);
  });

  it('does not take the years between a clock that was never set and one that was for time that passed', () => {
    const from = -50 * 365 * 86_400_000;
    const { effects, facts } = played(
      [[HOT]],
      [
        [sample('press.t', from, 80, 'unsynced'), sample('press.t', from + 9_000, 80, 'unsynced')],
        [sample('press.t', 0, 80), sample('press.t', 1_000, 80)],
      ],
    );
    expect(told(effects[0])).toEqual(['1000 hot active', '1000 press.pump = false']);
    expect(facts.clockSteps).toBe(1);
  });

  it('counts a long silence as a day', () => {
    const clock = replayClock(utcMs(T0));
    clock.follow(utcMs(T0 + 1000), true);
    clock.follow(utcMs(T0 + 30 * 86_400_000), true);
    expect(clock.mono()).toBe(1000 + LONGEST_SILENCE);
    expect(clock.utc()).toBe(T0 + 30 * 86_400_000);
    clock.follow(utcMs(T0 + 30 * 86_400_000 - LATEST_SAMPLE), true);
    expect(clock.utc()).toBe(T0 + 30 * 86_400_000);
    clock.follow(utcMs(T0), true);
    expect(clock.utc()).toBe(T0);
    expect(clock.mono()).toBe(1000 + LONGEST_SILENCE);
  });

  it('plays two sets of rules side by side, each with its own state', () => {
    const faster = { ...HOT, onDelay: millis(2_000) };
    const { effects } = played(
      [[HOT], [faster]],
      [[sample('press.t', 0, 80)], [sample('press.t', 20_000, 80)]],
    );
    expect(told(effects[0])[0]).toBe('10000 hot active');
    expect(told(effects[1])[0]).toBe('2000 hot active');
  });

  it('has nothing to say without samples', () => {
    expect(played([[HOT]], [[], []])).toEqual({
      facts: { samples: 0, from: undefined, to: undefined, clockSteps: 0 },
      effects: [[]],
    });
  });
});

const effect = (
  at: number,
  over: Partial<Extract<ReplayedEffect, { kind: 'alarm' }>> = {},
): ReplayedEffect => ({
  kind: 'alarm',
  rule: 'hot',
  id: 'hot#1',
  at,
  time: utcMs(T0 + at),
  since: utcMs(T0 + at),
  to: 'active',
  severity: 700,
  message: { en: 'hot', zh: '热' },
  isActive: true,
  isAcknowledged: false,
  isShelved: false,
  isSuppressed: false,
  isFirstOut: false,
  ...over,
});

const changesOf = (before: readonly ReplayedEffect[], after: readonly ReplayedEffect[]) => {
  const { rules, totals, isEqual } = replayDifference(before, after, []);
  const changes = rules.flatMap(({ changes }) =>
    changes.map((one) =>
      'by' in one
        ? `${one.change} ${one.before.at}→${one.effect.at} ${one.fields}`
        : `${one.change} ${one.effect.at}`,
    ),
  );
  return { changes: changes.map((text) => text.trim()), unchanged: totals.unchanged, isEqual };
};

describe('the difference of two replays', () => {
  it.each<[string, number[], number[], string[], number]>([
    ['equal lists', [1, 2, 3], [1, 2, 3], [], 3],
    ['one more', [1000, 5000], [1000, 3000, 5000], ['added 3000'], 2],
    ['one less', [1000, 3000, 5000], [1000, 5000], ['removed 3000'], 2],
    [
      'all a little later',
      [1000, 50_000],
      [3000, 52_000],
      ['moved 1000→3000', 'moved 50000→52000'],
      0,
    ],
    ['one earlier', [10_000], [2000], ['moved 10000→2000'], 0],
    [
      'the nearer one of two',
      [10_000, 20_000],
      [19_000],
      ['removed 10000', 'moved 20000→19000'],
      0,
    ],
    ['too far apart', [0], [FARTHEST_MOVE + 1], ['removed 0', `added ${FARTHEST_MOVE + 1}`], 0],
    ['nothing before', [], [1], ['added 1'], 0],
    ['nothing after', [1], [], ['removed 1'], 0],
  ])('tells %s', (_, before, after, changes, unchanged) => {
    const found = changesOf(
      before.map((at) => effect(at)),
      after.map((at) => effect(at)),
    );
    expect(found).toEqual({ changes, unchanged, isEqual: changes.length === 0 });
  });

  it('tells what an effect says differently, but not that activations are counted differently', () => {
    const louder = effect(1000, {
      severity: 900,
      id: 'hot#7',
      message: { en: 'hotter', zh: '热' },
    });
    expect(changesOf([effect(1000)], [louder]).changes).toEqual([
      'altered 1000→1000 severity,message',
    ]);
    expect(changesOf([effect(1000)], [effect(1000, { id: 'hot#7' })]).isEqual).toBe(true);
  });

  it('keeps rules and kinds of effects apart', () => {
    const found = replayDifference(
      [effect(1000), effect(2000, { to: 'cleared' }), effect(1000, { rule: 'cold' })],
      [effect(1000), effect(2000, { to: 'acknowledged' })],
      [],
    );
    expect(
      found.rules.map(({ rule, unchanged, changes }) => [
        rule,
        unchanged,
        changes.map(({ change }) => change),
      ]),
    ).toEqual([
      ['cold', 0, ['removed']],
      ['hot', 1, ['removed', 'added']],
    ]);
    expect(found.totals).toEqual({ added: 1, removed: 2, moved: 0, altered: 0, unchanged: 1 });
  });

  it('compares derived values moment by moment', () => {
    const derive = (at: number, value: number) =>
      ({
        kind: 'derive',
        rule: 'r',
        tag: tagOf('p.kw'),
        at,
        time: utcMs(T0 + at),
        value,
        quality: 'good',
      }) as const;
    const comparison = new DerivedComparison();
    for (const [at, old, now] of [
      [0, 1, 1],
      [1000, 2, 3],
      [2000, 4, 4],
    ] as const) {
      comparison.add(derive(at, old), 0);
      comparison.add(derive(at, now), 1);
      comparison.settle();
    }
    comparison.add(derive(3000, 5), 1);
    expect(comparison.end()).toEqual([
      { tag: 'p.kw', before: 3, after: 4, differing: 2, first: T0 + 1000 },
    ]);
    expect(replayDifference([], [], comparison.end()).isEqual).toBe(false);
  });
});

describe('the digest of effects', () => {
  it('does not depend on the order of keys, and on every bit of a number', () => {
    expect(canonicalJson({ b: [1, null], a: { d: 'x', c: true } })).toBe(
      '{"a":{"c":true,"d":"x"},"b":[1,null]}',
    );
    expect(canonicalJson(-0)).toBe('-0');
    expect(canonicalJson(0.1 + 0.2)).toBe('0.30000000000000004');
    expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
    const digestOf = (value: number) => {
      const digest = new EffectDigest();
      digest.add([
        {
          kind: 'derive',
          rule: 'r',
          tag: tagOf('p.kw'),
          at: 0,
          time: utcMs(0),
          value,
          quality: 'good',
        },
      ]);
      return digest.end();
    };
    expect(digestOf(0.3)).not.toBe(digestOf(0.1 + 0.2));
    expect(digestOf(0.3)).toMatch(/^[0-9a-f]{64}$/);
  });
});
