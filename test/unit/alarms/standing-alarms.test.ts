import { describe, expect, it } from 'vitest';
import { alarmDesk } from '../../../gateway/alarms/alarm-desk.ts';
import { withAlarmEvents } from '../../../gateway/alarms/alarm-event.ts';
import { MOST_STANDING, StandingAlarms } from '../../../gateway/alarms/standing-alarms.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { type Kept, memoryStateStore, type StateStore } from '../../../gateway/host/state-store.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { AlarmReport } from '../../../gateway/model/alarm.ts';
import { deviceName, type Sample } from '../../../gateway/model/sample.ts';
import { minutes, seconds, utcMs } from '../../../gateway/model/units.ts';
import type { FieldBus } from '../../../gateway/poll/bus-facts.ts';
import { tag } from '../../support/forward-fixture.ts';

const START = Date.UTC(2026, 0, 1);
const PRESS = deviceName('press');
const ROBOT = deviceName('robot');

interface Set {
  readonly limit?: number;
  readonly state?: StateStore;
  readonly devices?: readonly (typeof PRESS)[];
  readonly clock?: VirtualClock;
}

function keeping(set: Set = {}) {
  const { state = memoryStateStore(), devices = [PRESS, ROBOT], limit } = set;
  const { clock = virtualClock(utcMs(START)) } = set;
  const stored: Sample[] = [];
  const warned: string[] = [];
  const alarms = new StandingAlarms({
    devices,
    clock,
    log: { ...silentLog, warn: (event) => void warned.push(event) },
    state,
    store: (events) => stored.push(...events),
    ...(limit !== undefined && { limit }),
  });
  const report = (id: string, say: Partial<AlarmReport> = {}): AlarmReport => ({
    id,
    about: 'Axis 3',
    condition: 'OverTemperature',
    severity: 500,
    message: 'too hot',
    isActive: true,
    isAcknowledged: false,
    time: clock.utc(),
    timeBasis: 'source',
    ...say,
  });
  return {
    clock,
    alarms,
    state,
    stored,
    warned,
    report,
    /** One second later. */
    async tell(id: string, say: Partial<AlarmReport> = {}, device = PRESS) {
      await clock.advance(seconds(1));
      alarms.apply(device, report(id, say));
    },
    story: () => stored.map(({ value }) => JSON.parse(String(value))),
    states: () => stored.map(({ value }) => JSON.parse(String(value)).state),
    ids: () => alarms.list().map(({ id }) => id),
  };
}
const ACKNOWLEDGED = { isAcknowledged: true };
const RETURNED = { isActive: false };
const CLEARED = { isActive: false, isAcknowledged: true };

describe('the alarms that stand', () => {
  it('are told and stored as they change', async () => {
    const { tell, alarms, stored, story, states } = keeping();
    await tell('a');
    await tell('a', { ...ACKNOWLEDGED, comment: 'on my way' });
    await tell('a', { ...RETURNED, isAcknowledged: false });
    await tell('a', { severity: 900 });
    await tell('a', CLEARED);
    expect(states()).toEqual(['active', 'acknowledged', 'returned', 'active', 'cleared']);
    expect(stored[1]).toMatchObject({
      tag: 'press.alarm_event',
      quality: 'good',
      time: START + 2_000,
      timeBasis: 'source',
    });
    expect(story()[1]).toEqual({
      id: 'a',
      key: expect.stringMatching(/^[\da-f]{8}$/),
      state: 'acknowledged',
      about: 'Axis 3',
      condition: 'OverTemperature',
      severity: 500,
      message: 'too hot',
      time: START + 2_000,
      since: START + 1_000,
      comment: 'on my way',
    });
    expect(alarms.list()).toEqual([]);
  });

  it('stand until they are over and somebody has seen them', async () => {
    const { tell, ids, alarms } = keeping();
    await tell('a', RETURNED);
    await tell('b', ACKNOWLEDGED);
    await tell('c', CLEARED);
    expect(ids().sort()).toEqual(['a', 'b']);
    expect(alarms.facts()).toEqual({
      standing: 2,
      unacknowledged: 1,
      mostSevere: 500,
      events: 2,
      dropped: 0,
    });
  });

  it('are not told twice: a source tells all of them again after each connection', async () => {
    const { tell, stored, alarms, clock } = keeping();
    await tell('a');
    await tell('a');
    await tell('a', { message: 'it is 81.3 °C now' });
    expect(stored).toHaveLength(1);
    expect(alarms.list()).toMatchObject([
      { message: 'it is 81.3 °C now', time: START + 1_000, since: START + 1_000 },
    ]);
    expect(clock.utc()).toBe(START + 3_000);
  });

  it('count how often they came again', async () => {
    const { tell, alarms } = keeping();
    await tell('a');
    for (let i = 0; i < 3; i++) {
      await tell('a', RETURNED);
      await tell('a');
    }
    expect(alarms.list()).toMatchObject([{ repeats: 3, since: START + 1_000 }]);
  });

  it('tell of a change of severity, and of being put aside', async () => {
    const { tell, story } = keeping();
    await tell('a');
    await tell('a', { severity: 900 });
    await tell('a', { severity: 900, isShelved: true });
    await tell('a', { severity: 900 });
    expect(story().map(({ severity, shelved = false }) => [severity, shelved])).toEqual([
      [500, false],
      [900, false],
      [900, true],
      [900, false],
    ]);
  });

  it('get the time of the gateway where the source did not stamp a change', async () => {
    const { tell, stored, clock } = keeping();
    const time = utcMs(START - 5_000);
    await tell('a', { time });
    clock.setSynced(false);
    await tell('a', { time, ...ACKNOWLEDGED });
    expect(stored.map((sample) => [sample.time, sample.timeBasis])).toEqual([
      [START - 5_000, 'source'],
      [START + 2_000, 'unsynced'],
    ]);
  });

  it('have cleared when their source does not name them any more, and those of others have not', async () => {
    const { tell, alarms, ids, story, clock } = keeping();
    for (const id of 'abc') await tell(id);
    await tell('a', {}, ROBOT);
    await clock.advance(minutes(1));
    alarms.standing(PRESS, ['b', 'z']);
    expect(alarms.list().map(({ device, id }) => `${device} ${id}`)).toEqual([
      'robot a',
      'press b',
    ]);
    expect(story().slice(4)).toMatchObject([
      { id: 'a', state: 'cleared', time: START + 64_000 },
      { id: 'c', state: 'cleared', time: START + 64_000 },
    ]);
    alarms.standing(PRESS, []);
    alarms.standing(ROBOT, ['a']);
    expect(ids()).toEqual(['a']);
  });

  it('are listed with the most severe first, then the newest', async () => {
    const { tell, ids } = keeping();
    await tell('old', { severity: 700 });
    await tell('mild', { severity: 1 });
    await tell('worst', { severity: 1000 });
    await tell('new', { severity: 700 });
    expect(ids()).toEqual(['worst', 'new', 'old', 'mild']);
  });

  it('make room, the acknowledged ones first', async () => {
    const { tell, ids, alarms, warned } = keeping({ limit: 3 });
    await tell('a');
    await tell('b', ACKNOWLEDGED);
    await tell('c');
    await tell('d');
    expect(ids()).toEqual(['d', 'c', 'a']);
    await tell('e');
    expect(ids()).toEqual(['e', 'd', 'c']);
    expect(alarms.facts().dropped).toBe(2);
    expect(warned).toEqual(['alarms.dropped']);
    await tell('c', CLEARED);
    await tell('f');
    await tell('g');
    expect(warned).toHaveLength(2);
    expect(MOST_STANDING).toBe(2_000);
  });

  it('keep their keys, which differ between devices', async () => {
    const { tell, alarms } = keeping();
    await tell('a');
    await tell('a', {}, ROBOT);
    const keys = alarms.list().map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
    const other = keeping();
    await other.tell('a');
    expect(keys).toContain(other.alarms.list()[0]?.key);
  });
});

describe('alarms over a restart', () => {
  it('are known as they were, and told only when they have changed', async () => {
    const before = keeping();
    await before.tell('a', { severity: 900, comment: 'seen', isShelved: true });
    await before.tell('b', ACKNOWLEDGED);
    await before.tell('c');
    await before.tell('c', CLEARED);
    const after = keeping({ state: before.state, clock: before.clock });
    expect(after.alarms.list()).toEqual(before.alarms.list());
    await after.tell('b', ACKNOWLEDGED);
    after.alarms.standing(PRESS, ['b']);
    expect(after.story()).toMatchObject([{ id: 'a', state: 'cleared', comment: 'seen' }]);
  });

  it('are forgotten with their device', async () => {
    const before = keeping();
    await before.tell('a');
    await before.tell('b', {}, ROBOT);
    expect(keeping({ state: before.state, devices: [ROBOT] }).ids()).toEqual(['b']);
  });

  it('are remembered up to a limit, the most severe ones', async () => {
    const before = keeping();
    for (let i = 0; i < 205; i++) await before.tell(`${i}`, { severity: i + 1 });
    const after = keeping({ state: before.state }).ids();
    expect(after).toHaveLength(200);
    expect(after.at(-1)).toBe('5');
  });

  it.each<[string, Kept]>([
    ['nothing', null],
    ['no list', { alarms: [] }],
    ['entries that are none', [null, 3, 'a', [], {}, { device: 'press', id: 'a' }]],
  ])('do not mind %s in the file', (_, kept) => {
    const state = memoryStateStore();
    state.set('alarms', kept);
    expect(keeping({ state }).ids()).toEqual([]);
  });
});

describe('what people ask of alarms', () => {
  const bus = (device: string, state: 'up' | 'down', calls: string[] = []): FieldBus => ({
    name: 'bus',
    start: async () => {},
    stop: async () => {},
    lastProgress: () => 0 as never,
    write: async () => ({ outcome: 'failed', turnaround: undefined }),
    acknowledge: async (...args) => {
      calls.push(args.join('|'));
      return { outcome: 'written', turnaround: undefined };
    },
    reread: () => {},
    facts: () => ({ devices: [{ name: device, state }] }) as never,
  });

  it('is which stand, and which of them are only last known', async () => {
    const { tell, alarms } = keeping();
    await tell('a');
    await tell('b', { severity: 900 }, ROBOT);
    const desk = alarmDesk(alarms, [bus('press', 'up'), bus('robot', 'down')]);
    expect(desk.alarms()).toMatchObject({
      alarms: [
        { id: 'b', state: 'active', isStale: true },
        { id: 'a', state: 'active', isStale: false },
      ],
      dropped: 0,
    });
  });

  it('is to pass on that one was seen, by the beginning of its key', async () => {
    const { tell, alarms } = keeping();
    for (let i = 0; i < 100; i++) await tell(`${i}`, {}, i === 7 ? ROBOT : PRESS);
    const calls: string[] = [];
    const desk = alarmDesk(alarms, [bus('press', 'up'), bus('robot', 'up', calls)]);
    const key = String(alarms.list().find(({ id }) => id === '7')?.key);
    expect(await desk.acknowledge({ alarm: key.toUpperCase(), comment: 'hm' })).toMatchObject({
      matches: [{ id: '7' }],
      written: { outcome: 'written' },
    });
    expect(calls).toEqual(['robot|7|hm']);
    const many = await desk.acknowledge({ alarm: key.slice(0, 1), comment: '' });
    expect(many.matches.length).toBeGreaterThan(1);
    expect(many.written).toBeUndefined();
    const none = await desk.acknowledge({ alarm: 'zzz', comment: '' });
    expect(none).toEqual({ matches: [] });
    expect(calls).toHaveLength(1);
  });

  it('may be to pass on what the source does not take', async () => {
    const { tell, alarms } = keeping();
    await tell('a');
    const { acknowledge: _, ...deaf } = bus('press', 'up');
    const desk = alarmDesk(alarms, [deaf]);
    const key = String(alarms.list()[0]?.key);
    expect(await desk.acknowledge({ alarm: key, comment: '' })).toMatchObject({
      written: { outcome: 'failed', refusal: { code: 'poll.not-writable' } },
    });
  });
});

it('a device with alarms has a tag for them, behind all others', () => {
  const devices = [{ name: PRESS, raisesAlarms: true as const }, { name: ROBOT }];
  const site = withAlarmEvents({ tags: [tag('press.oil')], devices });
  expect(site.tags.map(({ id, index }) => [id, index])).toEqual([
    ['press.oil', 0],
    ['press.alarm_event', 1],
    ['gateway.alarm_event', 2],
  ]);
});
