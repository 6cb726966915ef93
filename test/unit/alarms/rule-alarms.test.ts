import { describe, expect, it } from 'vitest';
import { alarmDesk } from '../../../gateway/alarms/alarm-desk.ts';
import { alarmingDevices, withAlarmEvents } from '../../../gateway/alarms/alarm-event.ts';
import { boundedCauses, LONGEST_CAUSES } from '../../../gateway/alarms/event-causes.ts';
import { type RuleAlarmControl, ruleAlarms } from '../../../gateway/alarms/rule-alarms.ts';
import { keyOf, StandingAlarms } from '../../../gateway/alarms/standing-alarms.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { memoryStateStore, type StateStore } from '../../../gateway/host/state-store.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { RULES_DEVICE } from '../../../gateway/model/event-tag.ts';
import { deviceName, type Sample } from '../../../gateway/model/sample.ts';
import { minutes, utcMs } from '../../../gateway/model/units.ts';
import { AlarmBook } from '../../../rules/alarms/alarm-book.ts';
import { type AlarmRule, NO_CAUSES } from '../../../rules/alarms/alarm-entry.ts';
import type { AlarmEffect, Causes } from '../../../rules/effect.ts';
import { tag } from '../../support/forward-fixture.ts';

const START = Date.UTC(2026, 0, 1);

const rule = (name: string, more: Partial<AlarmRule> = {}): AlarmRule => ({
  name,
  isShadow: false,
  fingerprint: '',
  config: {
    severity: 500,
    message: { en: [], zh: [] },
    latch: true,
    realarm: undefined,
    firstOut: undefined,
    suppressWhen: undefined,
  },
  ...more,
});

/** Alarms of rules from the book to the journal, with a person at the desk. */
function ruled(rules: readonly AlarmRule[], state: StateStore = memoryStateStore()) {
  const clock = virtualClock(utcMs(START));
  const stored: Sample[] = [];
  const standing = new StandingAlarms({
    devices: [RULES_DEVICE],
    clock,
    log: silentLog,
    state,
    store: (events) => void stored.push(...events),
  });
  const book = new AlarmBook({ rules, flood: { most: 2, within: minutes(1) } });
  const adapter = ruleAlarms(standing, clock);
  const now = () => ({ at: clock.mono(), time: clock.utc() });
  const take = (effects: readonly AlarmEffect[]) => {
    for (const effect of effects) adapter.take(effect);
  };
  const taking = <R extends { readonly effects: readonly AlarmEffect[] }>(result: R): R => {
    take(result.effects);
    return result;
  };
  const control: RuleAlarmControl = {
    acknowledge: (name, act) => taking(book.acknowledge(name, act, now())),
    shelve: (name, length, act) => taking(book.shelve(name, length, act, now())),
    unshelve: (name, act) => taking(book.unshelve(name, act, now())),
    states: () => book.states(),
  };
  return {
    clock,
    book,
    adapter,
    standing,
    stored,
    desk: alarmDesk(standing, [], control),
    turn(name: string, to: 'active' | 'cleared', causes: Causes = NO_CAUSES) {
      const message = { en: `${name} is hot`, zh: `${name} 过热` };
      take(book.turn(name, to, message, causes, now()));
    },
    events: () => stored.map(({ value }) => JSON.parse(String(value))),
    key: (name: string) => keyOf(RULES_DEVICE, name),
  };
}

const BY = { comment: 'fan replaced', by: 'li' };

describe('the alarm of a rule', () => {
  it('stands in the list, and each change of it is an event with its causes', async () => {
    const { turn, events, stored, desk, key, clock } = ruled([rule('hot')]);
    const causes: Causes = {
      inputs: [{ tag: 'press.oil' as never, value: 80, quality: 'good', age_ms: 0 }],
      expressions: [{ role: 'when', text: 'press.oil > 75', parts: [] }],
      before: 'off',
      after: 'on',
    };
    turn('hot', 'active', causes);
    expect(desk.alarms().alarms).toMatchObject([
      { key: key('hot'), device: 'rules', id: 'hot', state: 'active', isStale: false },
    ]);
    await clock.advance(minutes(1));
    await desk.acknowledge({ alarm: key('hot'), ...BY });
    turn('hot', 'cleared');
    expect(desk.alarms().alarms).toEqual([]);
    expect(stored[0]).toMatchObject({
      tag: 'rules.alarm_event',
      time: START,
      timeBasis: 'gateway',
    });
    expect(events()[0]).toEqual({
      id: 'hot',
      key: key('hot'),
      state: 'active',
      about: 'hot',
      condition: 'Rule',
      severity: 500,
      message: 'hot is hot',
      messages: { en: 'hot is hot', zh: 'hot 过热' },
      time: START,
      since: START,
      activation: 'hot#1',
      change: 'active',
      causes,
    });
    expect(events().slice(1)).toMatchObject([
      { state: 'acknowledged', change: 'acknowledged', time: START + 60_000, ...BY },
      { state: 'cleared', change: 'cleared', ...BY },
    ]);
  });

  it('of a rule in shadow is shown to nobody', () => {
    const { turn, stored, desk } = ruled([rule('hot', { isShadow: true })]);
    turn('hot', 'active');
    expect(stored).toEqual([]);
    expect(desk.alarms().alarms).toEqual([]);
  });

  it('is listed as it is, also where that was not told', () => {
    const { turn, desk, key, standing } = ruled([rule('a'), rule('b'), rule('c')]);
    desk.shelve({ alarm: key('a'), ...BY, for_ms: minutes(5) });
    expect(desk.alarms().alarms).toEqual([]);
    turn('a', 'active');
    desk.shelve({ alarm: key('a'), ...BY, for_ms: minutes(5) });
    turn('a', 'cleared');
    turn('b', 'active');
    turn('c', 'active');
    expect(standing.list().find(({ id }) => id === 'a')?.isActive).toBe(true);
    expect(desk.alarms().alarms.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'alarm-flood active',
      'a returned',
      'b active',
      'c active',
    ]);
    expect(desk.alarms().alarms.filter(({ isHeldBack }) => isHeldBack)).toMatchObject([
      { id: 'c' },
    ]);
    expect(desk.alarms().alarms[1]).toMatchObject({
      isShelved: true,
      shelvedUntil: START + 300_000,
      ...BY,
    });
  });

  it('that is shelved and not active stays in the list, so that it is not forgotten', () => {
    const { turn, desk, key, standing, events } = ruled([rule('a')]);
    turn('a', 'active');
    desk.shelve({ alarm: key('a'), ...BY, for_ms: minutes(5) });
    turn('a', 'cleared');
    expect(desk.shelve({ alarm: key('a'), ...BY })).toMatchObject({ outcome: 'unshelved' });
    expect(events().map(({ change, state, shelved }) => [change, state, shelved])).toEqual([
      ['active', 'active', undefined],
      ['shelved', 'active', true],
      ['unshelved', 'returned', undefined],
      ['cleared', 'returned', undefined],
    ]);
    expect(standing.list()).toMatchObject([{ isActive: false, isAcknowledged: false }]);
  });

  it('is forgotten with its rule', () => {
    const state = memoryStateStore();
    ruled([rule('gone')], state).turn('gone', 'active');
    const { standing, adapter, book, events } = ruled([rule('hot')], state);
    expect(standing.list()).toHaveLength(1);
    adapter.reconcile(book.states());
    expect(standing.list()).toEqual([]);
    expect(events()).toMatchObject([{ id: 'gone', state: 'cleared' }]);
  });

  it('outlives a restart with all its marks', () => {
    const state = memoryStateStore();
    const before = ruled([rule('hot')], state);
    before.turn('hot', 'active');
    before.desk.shelve({ alarm: before.key('hot'), ...BY, for_ms: minutes(5) });
    expect(ruled([rule('hot')], state).standing.list()).toEqual(before.standing.list());
  });
});

describe('acknowledging the alarm of a rule', () => {
  it('means an activation, and says who was first', async () => {
    const { turn, desk, key } = ruled([rule('hot')]);
    const alarm = key('hot');
    const ask = async (activation?: string, by?: string) =>
      (
        await desk.acknowledge({
          alarm,
          comment: '',
          user: 'pi',
          ...(by !== undefined && { by }),
          ...(activation !== undefined && { activation }),
        })
      ).ruled;
    expect(await ask()).toBeUndefined();
    expect(await ask('hot#1')).toEqual({ outcome: 'unknown', effects: [] });
    turn('hot', 'active');
    turn('hot', 'cleared');
    turn('hot', 'active');
    expect(await ask('hot#1')).toMatchObject({ outcome: 'stale', id: 'hot#2' });
    expect(await ask('hot#2')).toMatchObject({ outcome: 'acknowledged' });
    expect(await ask(undefined, 'li')).toMatchObject({ outcome: 'already', by: 'pi', time: START });
    turn('hot', 'cleared');
    expect(desk.alarms().alarms).toEqual([]);
    expect(await ask('hot#2', 'li')).toMatchObject({ outcome: 'already', by: 'pi' });
    expect(await ask('cold#2', 'li')).toBeUndefined();
  });
});

describe('shelving', () => {
  it('is for alarms of rules alone', () => {
    const { standing, desk, clock } = ruled([]);
    standing.apply(deviceName('press'), {
      id: 'x',
      about: 'Axis',
      condition: 'Hot',
      severity: 1,
      message: '',
      isActive: true,
      isAcknowledged: false,
      time: clock.utc(),
      timeBasis: 'source',
    });
    const alarm = keyOf(deviceName('press'), 'x');
    expect(desk.shelve({ alarm, ...BY, for_ms: minutes(5) })).toMatchObject({
      outcome: 'not-ours',
    });
    expect(desk.shelve({ alarm: 'ffffffff', ...BY })).toEqual({ matches: [] });
  });

  it('has its limits', () => {
    const { turn, desk, key } = ruled([rule('hot')]);
    turn('hot', 'active');
    const outcome = (for_ms?: number) =>
      desk.shelve({ alarm: key('hot'), ...BY, ...(for_ms !== undefined && { for_ms }) }).outcome;
    expect([outcome(), outcome(1), outcome(minutes(1441)), outcome(minutes(1))]).toEqual([
      'not-shelved',
      'too-short',
      'too-long',
      'shelved',
    ]);
  });
});

describe('the causes in an event', () => {
  const input = (i: number) => ({ tag: `press.tag_${i}`, value: i, quality: 'good', age_ms: 1 });
  const expression = (parts: number) => ({
    role: 'when',
    text: 'a',
    parts: Array.from({ length: parts }, (_, i) => ({ text: `part ${i}`, value: i })),
  });

  it('are whole where there is room', () => {
    const causes = { inputs: [input(1)], expressions: [expression(3)], before: 'off', after: 'on' };
    expect(boundedCauses(causes)).toEqual(causes);
  });

  it.each([
    [1_000, 0],
    [0, 1_000],
    [40, 1_000],
  ])('with %d inputs and %d parts are cut, which is counted', (inputs, parts) => {
    const causes = boundedCauses({
      inputs: Array.from({ length: inputs }, (_, i) => input(i)),
      expressions: [expression(parts), expression(parts)],
      before: 'x'.repeat(10_000),
      after: '中'.repeat(10_000),
    });
    expect(Buffer.byteLength(JSON.stringify(causes))).toBeLessThanOrEqual(LONGEST_CAUSES);
    expect(causes.before).toHaveLength(401);
    const taken = causes.expressions.reduce((sum, { parts: kept }) => sum + kept.length, 0);
    const lost = Math.max(0, 2 - causes.expressions.length) * Number(inputs > 0 || parts > 0);
    expect(causes.left_out).toBeGreaterThanOrEqual(
      inputs + 2 * parts - causes.inputs.length - taken,
    );
    expect(causes.left_out).toBeLessThanOrEqual(
      inputs + 2 * parts - causes.inputs.length - taken + lost,
    );
  });
});

it('a site with rules has a tag for their alarms, without a device', () => {
  const devices = [{ name: deviceName('press'), raisesAlarms: true as const }];
  const site = (...rules: readonly string[]) => ({
    tags: [tag('press.oil')],
    devices,
    rules: { rules },
  });
  expect(withAlarmEvents(site('hot')).tags.map(({ id, index }) => [id, index])).toEqual([
    ['press.oil', 0],
    ['press.alarm_event', 1],
    ['rules.alarm_event', 2],
    ['gateway.alarm_event', 3],
  ]);
  expect(alarmingDevices(site())).toEqual(['press', 'gateway']);
});
