import { describe, expect, it } from 'vitest';
import { millis } from '../../../gateway/model/units.ts';
import { conditionOf, deriveOf, engineFixture, START, setOf } from '../../support/rules-fixture.ts';

describe('a rule of kind condition', () => {
  it('switches on after its delay and off when it clears, at the very millisecond', () => {
    const hot = conditionOf({
      name: 'hot',
      when: 'press.oil > 75',
      clearWhen: 'press.oil < 70',
      onDelay: 10_000,
      alarm: true,
      do: { 'press.flag': 'false' },
      onClear: { 'press.flag': 'true' },
    });
    const run = engineFixture([hot]);
    for (let s = 0; s < 35; s++) run.at(s * 1000, { 'press.oil': s < 10 ? 60 : s < 30 ? 80 : 65 });
    expect(run.told).toEqual([
      '20000 hot active',
      '20000 press.flag := false',
      '30000 hot cleared',
      '30000 press.flag := true',
    ]);
  });

  it('never switches on, or off, because it does not know', () => {
    const run = engineFixture([
      conditionOf({ name: 'hot', when: 'a.x > 5', onDelay: 500, alarm: true }),
    ]);
    run.at(0, { 'a.x': 9 }).at(400, { 'a.x': 'bad:comm' }).at(2000, { 'a.x': 9 });
    expect(run.told).toEqual([]);
    run.at(2500).at(3000, { 'a.x': 'bad:comm' }).at(9000, { 'a.x': 3 });
    expect(run.told).toEqual(['2500 hot active', '9000 hot cleared']);
  });

  it('waits off_delay in vain when the condition comes back', () => {
    const run = engineFixture([
      conditionOf({ name: 'hot', when: 'a.x > 5', offDelay: 1000, alarm: true }),
    ]);
    run
      .at(0, { 'a.x': 9 })
      .at(100, { 'a.x': 1 })
      .at(1000, { 'a.x': 9 })
      .at(5000, { 'a.x': 1 })
      .at(9000);
    expect(run.told).toEqual(['0 hot active', '6000 hot cleared']);
  });

  it('latched leaves on when its alarm was acknowledged, or at reset_when', () => {
    const run = engineFixture([
      conditionOf({ name: 'seen', when: 'a.x > 5', latch: true, alarm: true }),
      conditionOf({
        name: 'reset',
        when: 'a.x > 5',
        latch: true,
        resetWhen: 'a.flag',
        do: { 'a.y': '1' },
        onClear: { 'a.y': '0' },
      }),
    ]);
    run.at(0, { 'a.x': 9, 'a.flag': false }).at(100, { 'a.x': 1 }).at(200);
    expect(run.told).toEqual(['0 seen active', '0 a.y := 1']);
    run.engine.acknowledge('seen', { by: 'anna' });
    run.at(300, { 'a.flag': true });
    expect(run.told.slice(2)).toEqual([
      '200 seen acknowledged',
      '200 seen cleared',
      '300 a.y := 0',
    ]);
  });
});

describe('derived tags', () => {
  it('are seen in the same moment by the rules behind them', () => {
    const run = engineFixture([
      deriveOf('a.power', 'a.volts * a.amps', 1),
      deriveOf('a.double', 'a.power * 2'),
      conditionOf({ name: 'much', when: 'a.double > 10', alarm: true }),
    ]);
    run.at(0, { 'a.volts': 2.25, 'a.amps': 1 }).at(10, { 'a.amps': 3 });
    expect(run.told).toEqual([
      '0 a.power = 2.3 good',
      '0 a.double = 4.6 good',
      '10 a.power = 6.8 good',
      '10 a.double = 13.6 good',
      '10 much active',
    ]);
  });

  it('carry the worst quality of what they are made from, and say why there is no value', () => {
    const run = engineFixture([deriveOf('a.r', 'a.x / a.y')]);
    run
      .at(0, { 'a.x': [1, 'uncertain:range'], 'a.y': 2 })
      .at(1, { 'a.y': 0 })
      .at(2, { 'a.y': 'bad:comm' });
    expect(run.told).toEqual([
      '0 a.r = 0.5 uncertain:range',
      '1 a.r = null bad:no-value',
      '2 a.r = null bad:comm',
    ]);
  });

  it('are not repeated by a tick', () => {
    const run = engineFixture([deriveOf('a.mean', 'avg(a.x, "10s")')]);
    run.at(0, { 'a.x': 4 }).at(3500);
    expect(run.told).toEqual(['0 a.mean = 4 good']);
  });
});

describe('functions that look at time', () => {
  it.each<[when: string, turnsAt: number]>([
    ['held(a.x > 5, "2500ms")', 2500],
    ['since(a.x > 5) >= "2500ms"', 3000],
    ['age(a.x) > "2s"', 3000],
    ['avg(a.x, "4s") >= 9 && coverage(a.x, "4s") >= 1', 4000],
    ['runtime(a.x > 5, "10s") >= "2s"', 2000],
    ['integral(a.x, "1m") > 26', 3000],
  ])('%s turns at %d ms', (when, turnsAt) => {
    const run = engineFixture([conditionOf({ name: 'r', when, alarm: true })]);
    run.at(0, { 'a.x': 9 }).at(6000);
    expect(run.told).toEqual([`${turnsAt} r active`]);
  });

  it('are looked at in the ticks of their rule', () => {
    const slow = {
      ...conditionOf({ name: 'slow', when: 'age(a.x) > "2s"', alarm: true }),
      tick: millis(60_000),
    };
    const run = engineFixture([
      slow,
      conditionOf({ name: 'usual', when: 'age(a.x) > "2s"', alarm: true }),
    ]);
    run.at(500, { 'a.x': 9 }).at(61_000);
    expect(run.told).toEqual(['3000 usual active', '60000 slow active']);
    expect(run.engine.facts().evaluations).toBe(2 + 61 + 1);
  });

  it('are moved by no step of the wall clock', () => {
    const wall = { now: 0 };
    const run = engineFixture([
      conditionOf({ name: 'r', when: 'a.x > 5', onDelay: 5000, alarm: true }),
    ]);
    const { utc } = run.clock;
    Object.assign(run.clock, { utc: () => utc() + wall.now });
    run.at(0, { 'a.x': 9 });
    wall.now = -3_600_000;
    run.at(4999);
    expect(run.told).toEqual([]);
    expect(run.at(5000).told).toEqual(['5000 r active']);
  });
});

describe('the engine', () => {
  it('stops a rule that throws, says so, and lets the others run', () => {
    const sound = conditionOf({ name: 'broken', when: 'a.x > 1', do: { 'a.y': '1' } });
    let isTorn = false;
    const broken = Object.create(sound, {
      do: {
        get() {
          if (isTorn) throw new Error('torn');
          return sound.do;
        },
      },
    }) as typeof sound;
    const run = engineFixture([
      broken,
      conditionOf({ name: 'whole', when: 'a.x > 1', alarm: true }),
    ]);
    for (let i = 0; i < 6; i++) {
      isTorn = i === 3;
      run.at(i, { 'a.x': i % 2 === 0 ? 0 : 2 });
    }
    expect(run.told.filter((line) => line.includes('stopped'))).toEqual(['3 broken stopped: torn']);
    expect(run.told.filter((line) => line.includes('whole'))).toHaveLength(5);
    expect(run.engine.facts().faulty).toEqual(['broken']);
  });

  it('goes on after a restart as if nothing had been', () => {
    const rules = [
      deriveOf('a.mean', 'avg(a.x, "10s")'),
      conditionOf({ name: 'r', when: 'a.mean > 5', onDelay: 3000, alarm: true }),
      conditionOf({ name: 'h', when: 'held(a.x > 5, "4s")', alarm: true }),
      conditionOf({ name: 't', when: 'times(a.x > 5) >= 2', alarm: true }),
    ];
    const play = (restarts: readonly number[]) => {
      const run = engineFixture(rules);
      for (let at = 0; at < 20_000; at += 700) {
        run.at(at, { 'a.x': at % 4200 < 2100 && at < 9000 ? 0 : 9 });
        if (restarts.includes(at)) run.restart();
      }
      return run.told;
    };
    expect(play([700, 4200, 9800, 10_500])).toEqual(play([]));
    expect(play([]).length).toBeGreaterThan(5);
  });

  it('decides nothing with samples from before a long time off', () => {
    const rules = [
      conditionOf({ name: 'pending', when: 'a.x > 5', onDelay: 5000, alarm: true }),
      conditionOf({ name: 'on', when: 'a.x > 4', alarm: true }),
      conditionOf({ name: 'asks', when: 'isBad(a.x)', alarm: true }),
    ];
    const toldAfter = (off: number) => {
      const first = engineFixture(rules);
      first.at(0, { 'a.x': 9 }).at(1000);
      const saved = JSON.parse(JSON.stringify(first.engine.save()));
      return engineFixture(rules, { saved, start: START + 1000 + off }).at(9000).told;
    };
    expect(toldAfter(60_000)).toEqual(['65000 pending active']);
    expect(toldAfter(61_000)).toEqual(['62000 asks active']);
    expect(toldAfter(-1000)).toEqual(['1000 asks active']);
  });

  it('keeps the state of unchanged rules over a reload and begins the others anew', () => {
    const slow = (name: string, limit: number) =>
      conditionOf({ name, when: `a.x > ${limit}`, onDelay: 5000, alarm: true });
    const run = engineFixture([slow('same', 5), slow('other', 5), slow('gone', 5)]);
    run.at(0, { 'a.x': 9 }).at(2000);
    const change = run.engine.replace(setOf([slow('same', 5), slow('other', 6), slow('new', 5)]));
    expect(change).toEqual({
      kept: ['same'],
      changed: ['other'],
      added: ['new'],
      removed: ['gone'],
    });
    expect(run.at(5000).told).toEqual(['5000 same active']);
    run.at(9000);
    expect(run.told.slice(1)).toEqual(['8000 other active', '8000 new active']);
  });

  it('never evaluates a rule for tags that it does not use', () => {
    const run = engineFixture([
      conditionOf({ when: 'a.x > 1' }),
      conditionOf({ name: 'b', when: 'b.x > 1' }),
    ]);
    run.at(0, { 'a.x': 1, 'b.x': 1 });
    const before = run.engine.facts().evaluations;
    for (let i = 1; i <= 10; i++) run.at(i, { 'a.x': i, 'c.x': 1 });
    expect(run.engine.facts().evaluations - before).toBe(10);
  });

  it('tells the causes of an effect, part by part', () => {
    const run = engineFixture([
      conditionOf({
        name: 'hot',
        when: 'a.x > 5 && (b.x < 3 || a.flag)',
        onDelay: 1000,
        alarm: true,
      }),
    ]);
    run.at(0, { 'a.x': 9, 'b.x': 'bad:comm', 'a.flag': true }).at(1000);
    const [alarm] = run.effects;
    expect(alarm?.kind === 'alarm' && alarm.causes).toEqual({
      inputs: [
        { tag: 'a.x', value: 9, quality: 'good', age_ms: 1000 },
        { tag: 'b.x', value: null, quality: 'bad:comm', age_ms: 1000 },
        { tag: 'a.flag', value: true, quality: 'good', age_ms: 1000 },
      ],
      expressions: [
        {
          role: 'when',
          text: 'a.x > 5 && (b.x < 3 || a.flag)',
          parts: [
            { text: 'a.x > 5 && (b.x < 3 || a.flag)', value: true },
            { text: 'a.x > 5', value: true },
            { text: 'a.x', value: 9 },
            { text: 'b.x < 3 || a.flag', value: true },
            { text: 'b.x < 3', value: null },
            { text: 'b.x', value: null },
            { text: 'a.flag', value: true },
          ],
        },
      ],
      before: 'on_pending until 1000',
      after: 'on',
    });
  });
});
