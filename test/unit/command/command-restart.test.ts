/** What a stop and a crash leave, and what a start makes of it. */
import { describe, expect, it, test } from 'vitest';
import type { Kept } from '../../../gateway/host/state-store.ts';
import type { Command, WritePolicy } from '../../../gateway/model/command.ts';
import { type TagId, tagId } from '../../../gateway/model/sample.ts';
import { type Millis, millis, minutes, seconds, utcMs } from '../../../gateway/model/units.ts';
import {
  command,
  type DeskFixture,
  deskFixture,
  endOf,
  type Fate,
  local,
  OFF,
  owner,
  pump,
  release,
  remote,
  safe,
  TestField,
  writable,
  wrote,
} from '../../support/command-fixture.ts';
import { MemoryLedger } from '../../support/memory-ledger.ts';

const PUMP = tagId('press', 'pump');

interface Again {
  readonly policy?: Partial<WritePolicy>;
  readonly wasCleanStop: boolean;
  /** Between the end and the start. */
  readonly off?: Millis;
  readonly isRead?: boolean;
  readonly fates?: Fate[];
  readonly isStarted?: boolean;
}

/** The next run, on the same device and the same disk. */
async function again(before: DeskFixture, over: Again): Promise<DeskFixture> {
  const { clock } = before;
  if (over.wasCleanStop) {
    const stopped = before.desk.stop();
    await clock.advance(seconds(8));
    await stopped;
  }
  before.field.forget();
  const disk = over.wasCleanStop ? before.ledger.close() : before.ledger.crash();
  await clock.advance(over.off ?? seconds(1));
  const field = new TestField(clock);
  for (const [tag, value] of before.field.registers) field.registers.set(tag, value);
  field.fates = over.fates ?? [{}];
  const ledger = new MemoryLedger(clock, { disk, wasCleanStop: over.wasCleanStop });
  const tags = pump(over.policy ?? {}, over.isRead);
  return deskFixture(tags, { clock, ledger, field, isStarted: over.isStarted ?? true, seed: 8 });
}

describe('a stop', () => {
  it('has the safe value written before it is over, free of limits', async () => {
    const policy = { ...safe('stop'), minInterval: minutes(60) };
    const before = deskFixture(pump(policy));
    await endOf(before, local(1, minutes(60)));
    const next = await again(before, { policy, wasCleanStop: true });
    expect(wrote(before)).toEqual([1, OFF]);
    expect(owner(next)).toBe('local');
    await next.clock.advance(minutes(1));
    expect(wrote(next)).toEqual([]);
  });

  it('ends what a remote sender claims, and has its safe value written where silence asks for it', async () => {
    const before = deskFixture(pump(safe('silent')));
    await endOf(before, remote(1, minutes(60)));
    const next = await again(before, { policy: safe('silent'), wasCleanStop: true });
    expect(wrote(before)).toEqual([1, OFF]);
    await next.clock.advance(minutes(2));
    expect(wrote(next)).toEqual([]);
    expect(next.desk.owners().size).toBe(0);
  });

  it('writes nothing where the site does not ask for it', async () => {
    const before = deskFixture(pump(safe('crash', 'interlock')));
    await endOf(before, remote(1, minutes(60)));
    await again(before, { wasCleanStop: true });
    expect(wrote(before)).toEqual([1]);
  });

  it('ends everything: what waits, what is on its way to the ledger, what is under way', async () => {
    const fixture = deskFixture(pump({ minInterval: minutes(5), settle: minutes(2) }));
    const { desk, clock, field, ledger } = fixture;
    await endOf(fixture, local(0, millis(0)), minutes(6));
    field.fates = [{ isTaken: false }];
    const underWay = desk.submit(command({ value: 1 }));
    await clock.advance(seconds(1));
    const waits = desk.submit(command({ value: 2, by: 'cold' }));
    ledger.delay = millis(500);
    const storing = desk.submit(local(3, minutes(5)));
    await clock.advance(millis(100));
    const stopped = desk.stop();
    expect(desk.stop()).toBe(stopped);
    await clock.advance(seconds(10));
    await stopped;
    expect(await underWay).toMatchObject({
      outcome: 'written',
      reason: { code: 'command.read-back-cut' },
    });
    expect(await waits).toMatchObject({ outcome: 'rejected', reason: { code: 'command.closed' } });
    expect(await storing).toMatchObject({
      outcome: 'rejected',
      reason: { code: 'command.closed' },
    });
    expect(desk.facts().open).toBe(0);
    await clock.advance(seconds(3));
    expect(clock.pending()).toEqual([]);
  });

  it('does not wait for a bus for ever', async () => {
    const fixture = deskFixture(pump(safe('stop')));
    const { desk, clock, field } = fixture;
    field.fates = [{ hangs: true }];
    const underWay = desk.submit(command({ value: 1 }));
    await clock.advance(seconds(1));
    const stopped = desk.stop();
    await clock.advance(seconds(7));
    await stopped;
    expect(await underWay).toMatchObject({
      outcome: 'unknown',
      reason: { code: 'command.closed' },
    });
    expect(desk.facts()).toMatchObject({ open: 0, outcomes: { failed: 1 } });
  });

  it('of a desk that never started is over at once', async () => {
    await deskFixture(undefined, { isStarted: false }).desk.stop();
  });
});

/** Crashes while the write of 1 is under way on a tag that held 0, before its end is durable. */
async function crashed(fate: Fate, over: Partial<Again> = {}, given = command({ value: 1 })) {
  const before = deskFixture(pump(over.policy ?? {}, over.isRead));
  before.field.registers.set(PUMP, 0);
  before.field.poll(PUMP);
  before.field.fates = [fate];
  void before.desk.submit(given);
  await before.clock.advance(millis(30));
  return { before, next: await again(before, { wasCleanStop: false, ...over }), given };
}

describe('a command without an end', () => {
  const hanging = { answer: 1e6 };
  test.each<[string, Fate, string, string | undefined]>([
    [
      'is verified where the tag holds its value',
      { ...hanging, isTaken: true },
      'verified',
      undefined,
    ],
    [
      'has failed where the tag holds what it held before',
      { ...hanging, isTaken: false },
      'failed',
      'command.interrupted-unsent',
    ],
    [
      'has failed where it never came to the wire',
      { queue: 1e6 },
      'failed',
      'command.interrupted-unsent',
    ],
  ])('%s', async (_, fate, outcome, code) => {
    const { next, given } = await crashed(fate);
    await next.clock.advance(seconds(5));
    expect(wrote(next)).toEqual([]);
    const [seen] = next.desk.recent();
    expect(seen).toMatchObject({ command: { id: given.id }, end: { outcome } });
    expect(seen?.end?.reason?.code).toBe(code);
    expect(next.ledger.audited().at(-1)).toMatchObject({ id: given.id, outcome });
    expect([...next.ledger.disk.entries.values()]).toMatchObject([{ outcome }]);
  });

  it('is unknown where the tag holds something else', async () => {
    const { next } = await crashed(hanging, { isStarted: false });
    next.field.registers.set(PUMP, 7);
    next.desk.start();
    await next.clock.advance(seconds(5));
    expect(next.desk.recent()[0]?.end).toMatchObject({ outcome: 'unknown', readBack: 7 });
  });

  it('is unknown where nobody answers for a minute, and nothing is written to the tag until then', async () => {
    const { next } = await crashed(hanging, { isStarted: false });
    next.field.reads = undefined;
    next.desk.start();
    const later = next.desk.submit(command({ value: 5 }));
    await next.clock.advance(seconds(59));
    expect(wrote(next)).toEqual([]);
    await next.clock.advance(seconds(20));
    expect(await later).toMatchObject({ outcome: 'written' });
    expect(wrote(next)).toEqual([5]);
    const ends = next.desk.recent().map(({ end }) => end?.reason?.code);
    expect(ends).toEqual(['command.read-back-missing', 'command.interrupted']);
  });

  it('is unknown at once where nobody can look, or nobody knows the tag', async () => {
    const blind = await crashed(hanging, { isRead: false });
    expect(blind.next.desk.facts().outcomes).toMatchObject({ unknown: 1 });
    const { before } = await crashed(hanging);
    const ledger = new MemoryLedger(before.clock, {
      disk: before.ledger.disk,
      wasCleanStop: false,
    });
    const other = deskFixture([writable('fan')], { clock: before.clock, ledger });
    expect(other.desk.facts().outcomes).toMatchObject({ unknown: 1 });
  });

  it('is waited for as long as the tag may take to settle', async () => {
    const { next } = await crashed(hanging, { policy: { settle: seconds(20) } });
    next.field.registers.set(PUMP, 0);
    await next.clock.advance(seconds(10));
    next.field.registers.set(PUMP, 1);
    await next.clock.advance(seconds(2));
    expect(next.desk.facts().outcomes).toMatchObject({ verified: 1, failed: 0 });
  });

  it('gives its end to who asks for it again meanwhile', async () => {
    const { next, given } = await crashed(hanging, {}, remote(1));
    const asked = next.desk.submit(given);
    await next.clock.advance(seconds(5));
    expect(await asked).toMatchObject({ outcome: 'verified', isRepeated: true });
    expect(wrote(next)).toEqual([]);
  });

  it('that was a release has happened', async () => {
    const before = deskFixture();
    await endOf(before, command({ value: 1 }));
    before.ledger.delay = millis(10);
    void before.desk.submit(release());
    await before.clock.advance(millis(15));
    expect([...before.ledger.disk.entries.values()].at(-1)?.outcome).toBeUndefined();
    const next = await again(before, { wasCleanStop: false });
    expect(next.desk.owners().size).toBe(0);
  });

  it('that is not understood is unknown', async () => {
    const { before } = await crashed(hanging);
    const { disk } = before.ledger;
    for (const [key, entry] of disk.entries)
      disk.entries.set(key, { ...entry, facts: { kind: 'jump' } satisfies Kept });
    const ledger = new MemoryLedger(before.clock, { disk, wasCleanStop: false });
    const next = deskFixture(undefined, { clock: before.clock, ledger });
    expect(next.desk.facts().outcomes).toMatchObject({ unknown: 1 });
  });

  it('stays without one where the gateway stops again before', async () => {
    const { next } = await crashed(hanging, { isStarted: false });
    next.field.reads = undefined;
    const others = next.clock.pending();
    next.desk.start();
    await next.clock.advance(seconds(1));
    await next.desk.stop();
    expect([...next.ledger.disk.entries.values()]).toMatchObject([{ outcome: undefined }]);
    expect(next.clock.pending()).toEqual(others);
  });
});

describe('claims over a restart', () => {
  test.each<[string, Command, Millis, boolean, string | undefined]>([
    ['of a rule stand', command({ value: 1 }), minutes(600), true, 'rule'],
    ['of a rule stand after a crash', command({ value: 1 }), minutes(600), false, 'rule'],
    ['of a person stand until their time', local(1, minutes(60)), minutes(50), false, 'local'],
    ['of a person are over at their time', local(1, minutes(60)), minutes(61), true, undefined],
    [
      'of a person stand until they are released',
      local(1, 'released'),
      minutes(6000),
      true,
      'local',
    ],
    ['of a remote sender do not stand', remote(1, minutes(60)), seconds(1), false, undefined],
    ['that nobody made do not stand', local(1, millis(0)), seconds(1), false, undefined],
  ])('%s', async (_, given, off, wasCleanStop, expected) => {
    const before = deskFixture();
    await endOf(before, given);
    const next = await again(before, { wasCleanStop, off });
    expect(owner(next)).toBe(expected);
    await next.clock.advance(minutes(2));
    expect(wrote(next)).toEqual([]);
  });

  it('go on to give the next their way', async () => {
    const before = deskFixture();
    await endOf(before, command({ value: 1 }));
    await endOf(before, local(2, minutes(5)));
    const next = await again(before, { wasCleanStop: false, off: minutes(1) });
    await next.clock.advance(minutes(5));
    expect(wrote(next)).toEqual([1]);
    expect(owner(next)).toBe('rule');
  });

  it('are not longer than they were to be, when the clock was set back', async () => {
    const before = deskFixture();
    await endOf(before, local(1, minutes(5)));
    before.clock.stepWallClock(utcMs(Date.UTC(2025, 0, 1)));
    const next = await again(before, { wasCleanStop: true });
    await next.clock.advance(minutes(4));
    expect(owner(next)).toBe('local');
    await next.clock.advance(minutes(2));
    expect(owner(next)).toBeUndefined();
  });

  it('that were released, or taken over, do not come back', async () => {
    const before = deskFixture();
    await endOf(before, command({ value: 1 }));
    await endOf(before, command({ value: 2, by: 'cold' }));
    await endOf(before, release({ by: 'cold' }));
    expect(owner(await again(before, { wasCleanStop: false }))).toBeUndefined();
  });

  it('of a rule whose command waited stand, and what a person could not write leaves none', async () => {
    const before = deskFixture();
    await endOf(before, local(1, minutes(60)));
    void before.desk.submit(command({ value: 2 }));
    await before.clock.advance(seconds(1));
    const next = await again(before, { wasCleanStop: true });
    await endOf(next, release({ origin: 'local' }));
    expect(wrote(next)).toEqual([2]);
    const down = deskFixture();
    down.field.fates = [{ isDown: true }];
    await endOf(down, local(1, minutes(60)));
    expect(owner(await again(down, { wasCleanStop: true }))).toBeUndefined();
  });
});

describe('the safe value after a restart', () => {
  const policy = { ...safe('crash', 'silent'), minInterval: minutes(60) };
  it('is written after a crash where nobody claims the tag any more', async () => {
    const before = deskFixture(pump(policy));
    await endOf(before, remote(1, minutes(60)));
    const next = await again(before, { policy, wasCleanStop: false });
    await next.clock.advance(seconds(5));
    expect(wrote(next)).toEqual([OFF]);
    expect(next.ledger.audited().at(-1)).toMatchObject({ origin: 'interlock', by: 'crash' });
  });

  it.each([
    ['after a stop', true, remote(1, minutes(60))],
    ['where a claim stands', false, command({ value: 1 })],
  ])('is not written %s', async (_, wasCleanStop, given) => {
    const before = deskFixture(pump(policy));
    await endOf(before, given);
    const next = await again(before, { policy, wasCleanStop });
    await next.clock.advance(minutes(2));
    expect(wrote(next)).toEqual([]);
  });

  it('is not written where the tag holds it, and waits for a device that boots', async () => {
    const before = deskFixture(pump(policy));
    before.field.registers.set(PUMP, OFF);
    const next = await again(before, { policy, wasCleanStop: false, isStarted: false });
    next.field.reads = undefined;
    next.desk.start();
    await next.clock.advance(seconds(40));
    expect(wrote(next)).toEqual([]);
    next.field.reads = millis(20);
    await next.clock.advance(seconds(5));
    expect(wrote(next)).toEqual([]);
    expect(next.desk.facts().outcomes).toMatchObject({ verified: 1 });
  });

  it('waits for a line that is down for a long time, and gives way to a rule that may act', async () => {
    const before = deskFixture(pump(safe('crash')));
    const next = await again(before, {
      policy: safe('crash'),
      wasCleanStop: false,
      fates: [{ isDown: true }],
    });
    next.field.reads = undefined;
    await next.clock.advance(minutes(10));
    next.field.fates = [{}];
    const end = await endOf(next, command({ value: 1 }));
    expect(end).toMatchObject({ outcome: 'written' });
    expect(wrote(next)).toEqual([1]);
  });

  it('is written for a claim whose time was over while the gateway was off', async () => {
    const before = deskFixture(pump(safe('silent')));
    await endOf(before, local(1, minutes(5)));
    const next = await again(before, {
      policy: safe('silent'),
      wasCleanStop: true,
      off: minutes(10),
    });
    await next.clock.advance(seconds(5));
    expect(wrote(next)).toEqual([OFF]);
    const third = await again(next, { policy: safe('silent'), wasCleanStop: true });
    await third.clock.advance(minutes(5));
    expect(wrote(third)).toEqual([]);
  });
});

describe('the first write of a rule after a crash', () => {
  it('is preceded by a look at the tag, and is none where that holds it', async () => {
    const before = deskFixture();
    const next = await again(before, { wasCleanStop: false });
    next.field.registers.set(PUMP, 1);
    expect(await endOf(next, command({ value: 1 }))).toMatchObject({ outcome: 'verified' });
    expect(wrote(next)).toEqual([]);
  });

  it('is done where the tag holds something else, or says nothing for two seconds', async () => {
    const other = await again(deskFixture(), { wasCleanStop: false });
    other.field.registers.set(PUMP, 0);
    expect(await endOf(other, command({ value: 1 }))).toMatchObject({ outcome: 'verified' });
    expect(wrote(other)).toEqual([1]);
    const mute = await again(deskFixture(), { wasCleanStop: false });
    mute.field.reads = undefined;
    const began = mute.clock.mono();
    await endOf(mute, command({ value: 1 }));
    expect(mute.field.sent.map(({ at }) => at - began)).toEqual([2_005]);
  });

  it('is done at once after a stop', async () => {
    const next = await again(deskFixture(), { wasCleanStop: true });
    const began = next.clock.mono();
    await endOf(next, command({ value: 1 }));
    expect(next.field.sent.map(({ at }) => at - began)).toEqual([5]);
  });
});

describe('limits over a restart', () => {
  it('go on where they were', async () => {
    const policy = { maxPerHour: 2, minOn: minutes(10) };
    const before = deskFixture(pump(policy));
    await endOf(before, local(1, millis(0)));
    await before.clock.advance(minutes(20));
    await endOf(before, local(2, millis(0)));
    const next = await again(before, { policy, wasCleanStop: false, off: minutes(5) });
    expect(await endOf(next, local(3, millis(0)))).toMatchObject({
      reason: { code: 'command.hourly' },
    });
    await next.clock.advance(minutes(35));
    expect(await endOf(next, local(3, millis(0)))).toMatchObject({ outcome: 'verified' });
  });

  it('take what lies in the future for now, when the clock was set back', async () => {
    const policy = { minInterval: minutes(10) };
    const before = deskFixture(pump(policy));
    await endOf(before, local(1, millis(0)));
    before.clock.stepWallClock(utcMs(Date.UTC(2020, 0, 1)));
    const next = await again(before, { policy, wasCleanStop: true });
    expect(await endOf(next, local(2, millis(0)))).toMatchObject({
      reason: { code: 'command.interval' },
    });
    await next.clock.advance(minutes(10));
    expect(await endOf(next, local(2, millis(0)))).toMatchObject({ outcome: 'verified' });
  });

  it('count a write that a crash interrupted, at the start after the next, too', async () => {
    const policy = { minInterval: minutes(10) };
    const { next } = await crashed({ answer: 1e6, isTaken: true }, { policy }, local(1, millis(0)));
    await next.clock.advance(seconds(5));
    const third = await again(next, { policy, wasCleanStop: true });
    expect(await endOf(third, local(2, millis(0)))).toMatchObject({
      reason: { code: 'command.interval' },
    });
  });

  it('count it from the crash, however long before it was intended', async () => {
    const policy = { minInterval: minutes(2) };
    const before = deskFixture(pump(policy));
    await endOf(before, local(1, minutes(5)));
    before.ledger.delay = millis(1);
    void before.desk.submit(command({ value: 2 }));
    await before.clock.advance(minutes(4));
    before.field.fates = [{ answer: 1e6, isTaken: true }];
    await before.clock.advance(minutes(1));
    expect(wrote(before)).toEqual([1, 2]);
    const next = await again(before, { policy, wasCleanStop: false });
    await next.clock.advance(seconds(5));
    expect(await endOf(next, local(3, millis(0)))).toMatchObject({
      reason: { code: 'command.interval' },
    });
  });

  it('do not count one that was found not to have left', async () => {
    const policy = { minInterval: minutes(10) };
    const { next } = await crashed({ queue: 1e6 }, { policy }, local(1, millis(0)));
    await next.clock.advance(seconds(5));
    const third = await again(next, { policy, wasCleanStop: true });
    expect(await endOf(third, local(2, millis(0)))).toMatchObject({ outcome: 'verified' });
  });

  it('know the state of a tag from its last writes', async () => {
    const policy = { minOff: minutes(10) };
    const before = deskFixture(pump(policy));
    await endOf(before, local(true, millis(0)));
    await endOf(before, local(false, millis(0)));
    const next = await again(before, { policy, wasCleanStop: true });
    expect(await endOf(next, local(true, millis(0)))).toMatchObject({
      reason: { code: 'command.off-time' },
    });
  });
});

it('shows what is done now above what was done before, also while its clock is years behind', async () => {
  const before = deskFixture();
  await before.clock.advance(seconds(60));
  const earlier = await endOf(before, local(1, millis(0)));
  expect(earlier).toMatchObject({ outcome: 'verified' });
  const next = await again(before, { wasCleanStop: true });
  next.clock.stepWallClock(utcMs(Date.UTC(2000, 0, 1)));
  await endOf(next, local(2, millis(0)));
  const shown = next.desk.recent().map(({ command: { wish } }) => wish);
  expect(shown).toMatchObject([{ value: 2 }, { value: 1 }]);
});

it('shows what was done before', async () => {
  const before = deskFixture();
  await endOf(before, local(1, millis(0)));
  await endOf(before, command({ tag: 'press.none' as TagId }));
  const next = await again(before, { wasCleanStop: true });
  expect(next.desk.recent()).toMatchObject([
    { command: { origin: 'local' }, end: { outcome: 'verified' } },
  ]);
});
