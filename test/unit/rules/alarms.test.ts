import { describe, expect, it } from 'vitest';
import type { Kept } from '../../../gateway/host/state-store.ts';
import { minutes, seconds, utcMs } from '../../../gateway/model/units.ts';
import { AlarmBook } from '../../../rules/alarms/alarm-book.ts';
import { type AlarmRule, NO_CAUSES } from '../../../rules/alarms/alarm-entry.ts';
import { FLOOD_RULE } from '../../../rules/alarms/alarm-flood.ts';
import { LONGEST_SHELF, SHORTEST_SHELF } from '../../../rules/alarms/alarm-outcome.ts';
import { MOST_NAMES } from '../../../rules/alarms/last-numbers.ts';
import type { AlarmEffect, Causes } from '../../../rules/effect.ts';
import type { AlarmConfig } from '../../../rules/rule.ts';

const START = Date.UTC(2026, 0, 1);
const FLOOD = { most: 4, within: minutes(1) };
const HOUR = minutes(60);
const LI = { by: 'li', comment: 'on my way' };
const WANG = { by: 'wang' };

const alarm = (
  name: string,
  config: Partial<AlarmConfig> = {},
  more: Partial<AlarmRule> = {},
): AlarmRule => ({
  name,
  isShadow: false,
  fingerprint: 'f',
  config: {
    severity: 500,
    message: { en: [], zh: [] },
    latch: false,
    realarm: undefined,
    firstOut: undefined,
    suppressWhen: undefined,
    ...config,
  },
  ...more,
});
const why = (after: string): Causes => ({ ...NO_CAUSES, after });

/** A book, and a telling of what it says: `12 hot#1 active`. */
function telling(...rules: AlarmRule[]) {
  let book = new AlarmBook({ rules, flood: FLOOD });
  let at = 0;
  const told: AlarmEffect[] = [];
  const now = () => ({ at, time: utcMs(START + at) });
  const note = (effects: readonly AlarmEffect[]) => void told.push(...effects);
  const words = (text: string) => ({ en: text, zh: `中 ${text}` });
  const self = {
    told,
    get book() {
      return book;
    },
    now,
    /** Whole seconds since the beginning. */
    at(second: number) {
      for (let wake = book.wake; wake !== undefined && wake <= second * 1_000; wake = book.wake) {
        at = Math.max(at, wake);
        note(book.due(now()));
      }
      at = second * 1_000;
      return self;
    },
    on(...names: string[]) {
      for (const name of names) note(book.turn(name, 'active', words(name), why('on'), now()));
      return self;
    },
    off(...names: string[]) {
      for (const name of names) note(book.turn(name, 'cleared', undefined, why('off'), now()));
      return self;
    },
    suppress(name: string, is: boolean | undefined) {
      note(book.suppress(name, is, now()));
      return self;
    },
    ack(name: string, act: { by: string; comment?: string; id?: string } = LI) {
      const { effects, ...result } = book.acknowledge(name, act, now());
      note(effects);
      return result;
    },
    shelve(name: string, length: number = HOUR) {
      const { effects, outcome } = book.shelve(name, length, WANG, now());
      note(effects);
      return outcome;
    },
    unshelve(name: string) {
      const { effects, outcome } = book.unshelve(name, LI, now());
      note(effects);
      return outcome;
    },
    replace(...next: AlarmRule[]) {
      note(book.replace(next, FLOOD, now()));
      return self;
    },
    restart(...next: AlarmRule[]) {
      const kept = JSON.parse(JSON.stringify(book.save())) as Kept;
      book = new AlarmBook({ rules: next, flood: FLOOD });
      note(book.restore(kept, now()));
      return self;
    },
    story: () => told.map((each) => `${each.at / 1_000} ${each.id} ${each.to}`),
    last: () => told.at(-1) as AlarmEffect,
  };
  return self;
}

describe('an alarm', () => {
  it('is told when it becomes active and when it clears, once', () => {
    const { at, story, told } = telling(alarm('hot'));
    at(1).on('hot').on('hot').at(5).off('hot').off('hot').at(6).on('hot');
    expect(story()).toEqual(['1 hot#1 active', '5 hot#1 cleared', '6 hot#2 active']);
    expect(told[0]).toEqual({
      kind: 'alarm',
      rule: 'hot',
      at: 1_000,
      time: START + 1_000,
      id: 'hot#1',
      to: 'active',
      since: START + 1_000,
      severity: 500,
      message: { en: 'hot', zh: '中 hot' },
      isActive: true,
      isAcknowledged: false,
      isShelved: false,
      isSuppressed: false,
      isFirstOut: false,
      causes: why('on'),
    });
    expect(told[1]).toMatchObject({
      isActive: false,
      since: START + 1_000,
      message: { en: 'hot' },
      causes: why('off'),
    });
  });

  it('needs nobody once it is over, unless it is latched', () => {
    const { on, last, off, book } = telling(alarm('hot'), alarm('stuck', { latch: true }));
    on('hot', 'stuck').off('hot');
    expect(last()).toMatchObject({ isActive: false, isAcknowledged: true });
    off('stuck');
    expect(last()).toMatchObject({ to: 'cleared', isActive: false, isAcknowledged: false });
    expect(book.states().map(({ rule }) => rule)).toEqual(['stuck']);
  });

  it('of a rule without one is nothing', () => {
    const { on, ack, shelve, unshelve, told, book } = telling();
    on('none').suppress('none', true);
    expect([ack('none').outcome, shelve('none'), unshelve('none')]).toEqual(
      Array(3).fill('unknown'),
    );
    expect(told).toEqual([]);
    expect(book.stateOf('none')).toBeUndefined();
    expect(book.wake).toBeUndefined();
  });
});

describe('acknowledging', () => {
  it('says who has seen it, and that is told with what follows', () => {
    const { on, ack, off, last, book } = telling(alarm('hot', { latch: true }));
    on('hot').at(3);
    expect(ack('hot')).toEqual({ outcome: 'acknowledged', id: 'hot#1' });
    expect(last()).toMatchObject({
      to: 'acknowledged',
      isActive: true,
      isAcknowledged: true,
      ...LI,
    });
    expect(book.stateOf('hot')).toMatchObject({ isAcknowledged: true, ...LI });
    off('hot');
    expect(last()).toMatchObject({ to: 'cleared', isAcknowledged: true, ...LI });
    expect(book.states()).toEqual([]);
  });

  it('ends a latched alarm that is over', () => {
    const { on, ack, book } = telling(alarm('hot', { latch: true }));
    on('hot').off('hot');
    expect(ack('hot').outcome).toBe('acknowledged');
    expect(book.states()).toEqual([]);
  });

  it('comes second: who was first is named', () => {
    const { on, at, ack, off, told } = telling(alarm('hot'));
    on('hot').at(3);
    ack('hot');
    const already = { outcome: 'already', id: 'hot#1', by: 'li', time: START + 3_000 };
    expect(at(4).ack('hot', WANG)).toEqual(already);
    off('hot');
    expect(ack('hot', { ...WANG, id: 'hot#1' })).toEqual(already);
    expect(told.filter(({ to }) => to === 'acknowledged')).toHaveLength(1);
  });

  it.each([
    ['an earlier activation', 'hot#1', { outcome: 'stale', id: 'hot#2' }],
    ['one that is still to come', 'hot#3', { outcome: 'unknown' }],
    ['one of another rule', 'cold#2', { outcome: 'unknown' }],
    ['what is no id', 'hot#2x', { outcome: 'unknown' }],
    ['the present one', 'hot#2', { outcome: 'acknowledged', id: 'hot#2' }],
  ])('means %s', (_, id, outcome) => {
    const { on, ack } = telling(alarm('hot'));
    on('hot').off('hot').on('hot');
    expect(ack('hot', { ...LI, id })).toEqual(outcome);
  });

  it('comes too late for one that is over and needs nobody, and too early for one that never was', () => {
    const { on, ack } = telling(alarm('hot'));
    expect(ack('hot')).toEqual({ outcome: 'unknown' });
    on('hot').off('hot');
    expect(ack('hot')).toEqual({ outcome: 'stale', id: 'hot#1' });
  });

  it('wears off after the time of re-alarm, for as long as the alarm is active', () => {
    const { on, at, ack, story, last, book } = telling(alarm('hot', { realarm: minutes(1) }));
    on('hot').at(10);
    ack('hot');
    expect(book.wake).toBe(70_000);
    at(70);
    expect(last()).toMatchObject({ to: 'realarmed', id: 'hot#1', isAcknowledged: false });
    expect(last()).not.toHaveProperty('by');
    expect(at(200).ack('hot', WANG).outcome).toBe('acknowledged');
    at(210).off('hot').at(500);
    expect(story().slice(1)).toEqual([
      '10 hot#1 acknowledged',
      '70 hot#1 realarmed',
      '200 hot#1 acknowledged',
      '210 hot#1 cleared',
    ]);
  });
});

describe('shelving', () => {
  it('keeps changes quiet for its time, and then tells what is', () => {
    const { at, shelve, story, told, book } = telling(alarm('hot'));
    expect(shelve('hot', minutes(2))).toBe('shelved');
    expect(told[0]).toMatchObject({ id: 'hot#0', isShelved: true, isActive: false, ...WANG });
    expect(book.states()).toMatchObject([{ rule: 'hot', shelvedUntil: START + 120_000 }]);
    at(10).on('hot').off('hot').at(20).on('hot');
    expect(book.stateOf('hot')).toMatchObject({ id: 'hot#2', isActive: true, isShelved: true });
    at(300).off('hot');
    expect(story()).toEqual([
      '0 hot#0 shelved',
      '120 hot#2 unshelved',
      '120 hot#2 active',
      '300 hot#2 cleared',
    ]);
    expect(told[2]).toMatchObject({ since: START + 20_000, time: START + 120_000 });
  });

  it('ends early where somebody says so, who is named', () => {
    const { on, at, shelve, unshelve, last, story, told } = telling(alarm('hot'));
    on('hot');
    shelve('hot');
    at(5);
    expect(unshelve('hot')).toBe('unshelved');
    expect(unshelve('hot')).toBe('not-shelved');
    expect(told.at(-2)).toMatchObject({ to: 'unshelved', ...LI });
    expect(last()).toMatchObject({ to: 'active', id: 'hot#1' });
    at(5_000);
    expect(story()).toHaveLength(4);
  });

  it('tells at its end that what was told before has cleared meanwhile', () => {
    const { on, at, shelve, story, book } = telling(
      alarm('hot'),
      alarm('stuck', { latch: true }),
      alarm('fresh', { latch: true }),
    );
    on('hot', 'stuck');
    for (const name of ['hot', 'stuck', 'fresh']) shelve(name, minutes(1));
    at(10).on('fresh').off('hot', 'stuck', 'fresh').at(60);
    expect(story().slice(5)).toEqual([
      '60 hot#1 unshelved',
      '60 hot#1 cleared',
      '60 stuck#1 unshelved',
      '60 stuck#1 cleared',
      '60 fresh#1 unshelved',
    ]);
    expect(book.states().map(({ rule }) => rule)).toEqual(['stuck']);
  });

  it('does not take it from anybody to look at a latched alarm of before', () => {
    const { on, shelve, at, book } = telling(alarm('hot', { latch: true }));
    on('hot').off('hot');
    shelve('hot', minutes(1));
    at(10).on('hot').off('hot').at(60);
    expect(book.stateOf('hot')).toMatchObject({ isActive: false, isAcknowledged: false });
  });

  it('does not hinder anybody from acknowledging: what nobody was told of is told first', () => {
    const { shelve, on, ack, at, story } = telling(alarm('hot'));
    shelve('hot', minutes(1));
    on('hot').at(9);
    expect(ack('hot').outcome).toBe('acknowledged');
    at(60);
    expect(story().slice(1)).toEqual([
      '9 hot#1 active',
      '9 hot#1 acknowledged',
      '60 hot#1 unshelved',
      '60 hot#1 active',
    ]);
  });

  it.each([
    ['too-short', SHORTEST_SHELF - 1],
    ['too-short', Number.NaN],
    ['shelved', SHORTEST_SHELF],
    ['shelved', LONGEST_SHELF],
    ['too-long', LONGEST_SHELF + 1],
  ])('is %s for %d ms', (outcome, length) => {
    const { shelve, book } = telling(alarm('hot'));
    expect(shelve('hot', length)).toBe(outcome);
    expect(book.stateOf('hot')?.isShelved).toBe(outcome === 'shelved');
  });
});

describe('suppression', () => {
  it('keeps changes quiet while it is known to be wanted', () => {
    const { suppress, off, at, story, last } = telling(alarm('hot'));
    suppress('hot', undefined).suppress('hot', true).on('hot').off('hot').on('hot');
    expect(last()).toMatchObject({ to: 'suppressed', isSuppressed: true });
    at(5).suppress('hot', undefined).at(6).suppress('hot', false).at(7);
    off('hot');
    expect(story()).toEqual([
      '0 hot#0 suppressed',
      '6 hot#2 unsuppressed',
      '6 hot#2 active',
      '7 hot#2 cleared',
    ]);
  });

  it('and shelving both have to be over', () => {
    const { suppress, shelve, story } = telling(alarm('hot'));
    shelve('hot', minutes(1));
    suppress('hot', true).on('hot').at(60).at(70).suppress('hot', false);
    expect(story().slice(2)).toEqual([
      '60 hot#1 unshelved',
      '70 hot#1 unsuppressed',
      '70 hot#1 active',
    ]);
  });

  it('puts re-alarms off: their time begins at its end', () => {
    const { on, ack, suppress, story } = telling(alarm('hot', { realarm: minutes(1) }));
    on('hot');
    ack('hot');
    suppress('hot', true).at(100).suppress('hot', false).at(200);
    expect(story().slice(3)).toEqual([
      '100 hot#1 unsuppressed',
      '100 hot#1 active',
      '160 hot#1 realarmed',
    ]);
  });
});

describe('of a group', () => {
  const press = { firstOut: 'press' };
  it('the first alarm is marked until all have cleared', () => {
    const { on, off, told, book } = telling(
      alarm('a', press),
      alarm('b', press),
      alarm('c', { firstOut: 'other' }),
    );
    on('b', 'a', 'c').off('b').on('b').off('b');
    expect(told.map(({ rule, isFirstOut }) => [rule, isFirstOut])).toEqual([
      ['b', true],
      ['a', false],
      ['c', true],
      ['b', true],
      ['b', true],
      ['b', true],
    ]);
    off('a');
    expect(book.stateOf('b')?.isFirstOut).toBe(false);
    on('a');
    expect(book.stateOf('a')?.isFirstOut).toBe(true);
  });

  it('a shelved one is not the first, and a shadow is among shadows', () => {
    const { on, shelve, book } = telling(
      alarm('a', press),
      alarm('b', press),
      alarm('s', press, { isShadow: true }),
    );
    shelve('a');
    on('s', 'a', 'b');
    expect(['a', 'b', 's'].map((name) => book.stateOf(name)?.isFirstOut)).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('a flood', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const six = (config: Partial<AlarmConfig> = {}) => names.map((name) => alarm(name, config));

  it('begins with one alarm too many, is an alarm itself, and holds the others back', () => {
    const { on, story, last, book } = telling(...six());
    on(...names);
    expect(story()).toEqual([
      '0 a#1 active',
      '0 b#1 active',
      '0 c#1 active',
      '0 d#1 active',
      '0 alarm-flood#1 active',
    ]);
    expect(last()).toMatchObject({
      severity: 800,
      message: {
        en: 'alarm flood: more than 4 alarms in 1 min; alarms below severity 700 are held back',
        zh: '报警泛滥：1 分钟内超过 4 个报警；严重度低于 700 的报警暂缓通知',
      },
    });
    expect(book.facts()).toEqual({ isFlood: true, heldBack: 2, passed: 0 });
    expect(book.stateOf('e')).toMatchObject({ isActive: true, isHeldBack: true });
  });

  it('is none while the alarms keep their distance', () => {
    const { at, story } = telling(alarm('a'));
    for (let i = 0; i < 20; i++)
      at(i * 15)
        .on('a')
        .off('a');
    expect(story().filter((line) => line.includes('flood'))).toEqual([]);
  });

  it('ends when fewer than half as many lie in the window; what stands is told, the rest is counted', () => {
    const { at, on, story, told, last, book } = telling(...six(), alarm('stuck', { latch: true }));
    on('a', 'b').at(10).on('c', 'd', 'e').at(20).on('f', 'stuck').off('a', 'e', 'stuck');
    at(30).on('e').off('e').at(40).off('d').on('d');
    expect(told.length).toBe(5);
    expect(book.wake).toBe(90_000);
    at(90);
    expect(story().slice(5)).toEqual([
      '90 a#1 cleared',
      '90 d#1 cleared',
      '90 d#2 active',
      '90 f#1 active',
      '90 stuck#1 active',
      '90 stuck#1 cleared',
      '90 alarm-flood#1 cleared',
    ]);
    expect(last().message).toEqual({
      en: 'alarm flood is over; 2 alarms came and went meanwhile without being told',
      zh: '报警泛滥结束；期间有 2 个报警出现后又消失，未逐一通知',
    });
    expect(last().causes).toMatchObject({ before: 'flood', after: 'over; came and went: e 2' });
    expect(told[8]).toMatchObject({ since: START + 20_000, causes: why('on') });
    expect(book.facts()).toEqual({ isFlood: false, heldBack: 0, passed: 2 });
  });

  it('does not hold back what is severe', () => {
    const { on, story } = telling(...six({ severity: 700 }));
    on(...names).off('f');
    expect(story().slice(4)).toEqual([
      '0 alarm-flood#1 active',
      '0 e#1 active',
      '0 f#1 active',
      '0 f#1 cleared',
    ]);
  });

  it('lets people see what is held back: acknowledged, it is told; shelved, it is no longer held', () => {
    const { on, ack, shelve, at, story, book } = telling(...six());
    on(...names);
    ack('e');
    shelve('f');
    expect(story().slice(5)).toEqual(['0 e#1 active', '0 e#1 acknowledged', '0 f#1 shelved']);
    expect(book.facts().heldBack).toBe(0);
    expect(at(60).told.at(-1)).toMatchObject({ rule: FLOOD_RULE, to: 'cleared' });
  });

  it('can be acknowledged and not shelved', () => {
    const { on, ack, shelve } = telling(...six());
    on(...names);
    expect(ack(FLOOD_RULE).outcome).toBe('acknowledged');
    expect(shelve(FLOOD_RULE)).toBe('refused');
  });

  it('is not made of shadows', () => {
    const shadows = names.map((name) => alarm(name, {}, { isShadow: true }));
    const { on, told } = telling(...shadows);
    on(...names);
    expect(told).toHaveLength(names.length);
    expect(told.every(({ isShadow }) => isShadow)).toBe(true);
  });

  it('outlives a restart with its count', () => {
    const { on, restart, last, told } = telling(...six());
    on(...names).off('e');
    restart(...six())
      .off('f')
      .at(60);
    expect(last()).toMatchObject({ rule: FLOOD_RULE, to: 'cleared' });
    expect(last().causes.after).toBe('over; came and went: e 1, f 1');
    expect(told).toHaveLength(6);
  });
});

describe('over a restart', () => {
  it('alarms, shelves and numbers go on', () => {
    const rules = [alarm('hot'), alarm('cold', { latch: true })];
    const { on, shelve, restart, at, ack, story, book, told } = telling(...rules);
    on('hot', 'cold').off('cold');
    shelve('hot', minutes(1));
    const before = book.states();
    const self = restart(...rules);
    expect(self.book.states()).toEqual(before);
    at(60).off('hot').on('hot');
    expect(ack('cold').outcome).toBe('acknowledged');
    expect(story().slice(4)).toEqual([
      '60 hot#1 unshelved',
      '60 hot#1 active',
      '60 hot#1 cleared',
      '60 hot#2 active',
      '60 cold#1 acknowledged',
    ]);
    expect(told[5]).toMatchObject({ message: { zh: '中 hot' }, causes: NO_CAUSES });
  });

  it('the alarm of a changed rule clears, and its numbers are not given again', () => {
    const { on, restart, story, last } = telling(alarm('hot'));
    on('hot');
    restart(alarm('hot', {}, { fingerprint: 'other' }), alarm('new'));
    expect(last()).toMatchObject({ to: 'cleared', causes: { after: 'the rule changed' } });
    on('hot', 'new');
    expect(story().slice(2)).toEqual(['0 hot#2 active', '0 new#1 active']);
  });

  it('a rule that comes again goes on from the number that it had, although it was gone over a restart', () => {
    const { on, ack, replace, restart, story, book } = telling(alarm('hot'), alarm('other'));
    on('hot');
    replace(alarm('other'));
    restart(alarm('other'));
    const self = restart(alarm('other'), alarm('hot'));
    expect(self.book.stateOf('hot')).toMatchObject({ id: 'hot#1', since: 0, isActive: false });
    expect(ack('hot', { ...LI, id: 'hot#1' })).toEqual({ outcome: 'stale', id: 'hot#1' });
    on('hot');
    expect(story()).toEqual(['0 hot#1 active', '0 hot#1 cleared', '0 hot#2 active']);
    replace(alarm('other')).replace(alarm('hot'));
    on('hot');
    expect(story().at(-1)).toBe('0 hot#3 active');
    expect(book.stateOf('other')).toBeDefined();
  });

  it('of the names that are gone those are kept that went last', () => {
    const { replace, book } = telling();
    const names = Array.from({ length: MOST_NAMES + 1 }, (_, i) => `rule-${i}`);
    for (const name of names) replace(alarm(name)).on(name);
    replace();
    expect(JSON.stringify(book.save()).length).toBeLessThan(50 * MOST_NAMES);
    for (const [place, number] of [
      [1, 2],
      [MOST_NAMES, 2],
      [0, 1],
    ]) {
      const name = `rule-${place}`;
      replace(alarm(name)).on(name);
      expect(book.stateOf(name)?.id).toBe(`${name}#${number}`);
    }
  });

  it('what is damaged counts as nothing', () => {
    const gone = [['hot', 'x'], ['hot'], 7, { hot: 7 }, [7, 7]];
    for (const kept of [
      ...[null, 7, [], {}, { alarms: [] }],
      ...[
        { alarms: { hot: 3 }, flood: 3 },
        { alarms: {}, gone },
        { alarms: {}, gone: 7 },
      ],
    ]) {
      const { book, now, on, last } = telling(alarm('hot'));
      expect(book.restore(kept as Kept, now())).toEqual([]);
      on('hot');
      expect(last().id).toBe('hot#1');
    }
  });
});

describe('at a reload', () => {
  it('what did not change goes on, what changed or is gone clears', () => {
    const { on, at, shelve, story, book, last } = telling(
      alarm('same'),
      alarm('changed', { latch: true }),
      alarm('gone'),
      alarm('shadowed'),
    );
    on('same', 'changed', 'gone', 'shadowed').replace(
      alarm('new'),
      alarm('same', { severity: 900 }),
      alarm('changed', { latch: true }, { fingerprint: 'g' }),
      alarm('shadowed', {}, { isShadow: true }),
    );
    expect(story().slice(4)).toEqual([
      '0 changed#1 cleared',
      '0 gone#1 cleared',
      '0 shadowed#1 cleared',
    ]);
    expect(book.states()).toMatchObject([
      { rule: 'same', isActive: true, severity: 900 },
      { rule: 'changed', isActive: false, isAcknowledged: false },
    ]);
    expect(shelve('gone')).toBe('unknown');
    at(61).on('shadowed', 'new');
    expect(last()).toMatchObject({ id: 'new#1' });
    expect(book.stateOf('shadowed')).toMatchObject({ id: 'shadowed#2', isShadow: true });
  });

  it('a changed rule is no longer suppressed, until it says so itself', () => {
    const { suppress, story } = telling(alarm('hot'));
    suppress('hot', true)
      .on('hot')
      .replace(alarm('hot', {}, { fingerprint: 'g' }))
      .on('hot');
    expect(story()).toEqual(['0 hot#0 suppressed', '0 hot#1 unsuppressed', '0 hot#2 active']);
  });

  it('keeps a flood', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const rules = names.map((name) => alarm(name));
    const { on, story } = telling(...rules);
    on(...names)
      .replace(...rules, alarm('new'))
      .at(30)
      .on('new')
      .at(seconds(60) / 1_000);
    expect(story().slice(5)).toEqual([
      '60 e#1 active',
      '60 new#1 active',
      '60 alarm-flood#1 cleared',
    ]);
  });
});
