/** The way of one command, step by step as COMMANDS.md has it. */
import { describe, expect, it, test } from 'vitest';
import { sleep } from '../../../gateway/host/clock.ts';
import type { Command, CommandEnd, WritePolicy } from '../../../gateway/model/command.ts';
import { type TagId, tagId, type Value } from '../../../gateway/model/sample.ts';
import { later, millis, minutes, seconds } from '../../../gateway/model/units.ts';
import {
  command,
  type DeskFixture,
  deskFixture,
  release,
  writable,
} from '../../support/command-fixture.ts';

const PUMP = tagId('press', 'pump');

/** Submits, lets a while pass, and looks what it has come to. */
async function endOf(
  { desk, clock }: DeskFixture,
  given: Command,
  wait = seconds(10),
): Promise<CommandEnd | undefined> {
  let end: CommandEnd | undefined;
  void desk.submit(given).then((found) => {
    end = found;
  });
  await clock.advance(wait);
  return end;
}
const code = (end: CommandEnd | undefined) => end && [end.outcome, end.reason?.code];
const local = (over: Partial<Command> & { readonly value?: Value } = {}) =>
  command({ origin: 'local', ...over });
const remote = (over: Partial<Command> & { readonly value?: Value } = {}) =>
  command({ origin: 'remote', ...over });
const pump = (policy: Partial<WritePolicy>, isRead?: boolean) => [writable('pump', policy, isRead)];

describe('admission', () => {
  test.each<[string, Partial<WritePolicy>, Partial<Command> & { readonly value?: Value }, string]>([
    ['a tag that nobody knows', {}, { tag: 'press.pumP' as TagId }, 'command.tag-unknown'],
    ['a look-alike of its name', {}, { tag: 'press.рump' as TagId }, 'command.tag-unknown'],
    ['an origin that may not', { by: ['local'] }, {}, 'command.origin'],
    ['somebody who says to be an interlock', {}, { origin: 'interlock' }, 'command.origin'],
    ['a value of another type', { type: 'flag' }, { value: 1 }, 'command.value-type'],
    ['a value out of range', { type: 'number', max: 5 }, { value: 6 }, 'command.value-range'],
  ])('refuses %s, with one audit entry and no intent', async (_, policy, over, expected) => {
    const fixture = deskFixture(pump(policy));
    expect(code(await endOf(fixture, command(over)))).toEqual(['rejected', expected]);
    expect(fixture.field.sent).toEqual([]);
    expect(fixture.ledger.disk.entries.size).toBe(0);
    expect(fixture.ledger.audited()).toMatchObject([{ state: 'ended', code: expected }]);
    expect(fixture.desk.facts()).toMatchObject({ outcomes: { rejected: 1 }, open: 0 });
  });

  it('refuses what is too old, and everything before a start and after a stop', async () => {
    const fixture = deskFixture(undefined, { isStarted: false });
    const { desk, clock } = fixture;
    expect(code(await endOf(fixture, command()))).toEqual(['rejected', 'command.closed']);
    desk.start();
    const old = command({ expires: clock.mono() });
    expect(code(await endOf(fixture, old))).toEqual(['expired', 'command.expired']);
    await desk.stop();
    expect(code(await endOf(fixture, command()))).toEqual(['rejected', 'command.closed']);
    expect(fixture.field.sent).toEqual([]);
  });
});

describe('an id that is known', () => {
  it.each([
    ['while the first is under way', 0],
    ['after the first has ended', 5_000],
  ])('gets the end of the first, %s', async (_, wait) => {
    const { desk, clock, field } = deskFixture();
    const given = remote();
    const first = desk.submit(given);
    await clock.advance(millis(wait));
    const again = desk.submit(given);
    await clock.advance(seconds(5));
    expect(await first).toMatchObject({ outcome: 'verified' });
    expect(await again).toEqual({ ...(await first), isRepeated: true });
    expect(field.sent).toHaveLength(1);
  });

  it('is remembered by the ledger over a restart, also of one that was refused', async () => {
    const before = deskFixture(pump({ minInterval: minutes(5) }));
    const [done, refused] = [remote(), remote({ value: false })];
    expect(await endOf(before, done)).toMatchObject({ outcome: 'verified' });
    expect(code(await endOf(before, refused))).toEqual(['rejected', 'command.interval']);
    const { field, clock } = before;
    await before.desk.stop();
    const { MemoryLedger } = await import('../../support/memory-ledger.ts');
    const ledger = new MemoryLedger(clock, { disk: before.ledger.close() });
    const next = deskFixture(pump({}), { clock, field, ledger });
    const repeated = {
      outcome: 'rejected',
      isRepeated: true,
      reason: { code: 'command.interval' },
    };
    expect(await endOf(next, refused)).toMatchObject(repeated);
    expect(await endOf(next, done)).toMatchObject({ outcome: 'verified', isRepeated: true });
    expect(await next.desk.recall(done.id)).toMatchObject({ outcome: 'verified' });
    expect(await next.desk.recall('nothing-of-that-kind')).toBeUndefined();
    expect(field.sent).toHaveLength(1);
  });

  it('of a rule is audited; of one upstream the door before this one does that', async () => {
    for (const given of [command(), remote()]) {
      const fixture = deskFixture();
      await endOf(fixture, given);
      await endOf(fixture, given);
      const codes = fixture.ledger.audited().map((event) => event.code);
      const expected =
        given.origin === 'rule'
          ? [undefined, undefined, 'command.repeated']
          : [undefined, undefined];
      expect(codes).toEqual(expected);
    }
  });
});

describe('arbitration', () => {
  it('refuses a remote command where somebody higher has the tag, and says who', async () => {
    const fixture = deskFixture();
    await endOf(fixture, command());
    expect(await endOf(fixture, remote({ value: false, hold: seconds(60) }))).toMatchObject({
      outcome: 'rejected',
      reason: { code: 'command.owned', details: { origin: 'rule', originZh: '规则', by: 'hot' } },
      owner: { origin: 'rule', by: 'hot', value: true, until: undefined },
    });
    expect(fixture.field.sent).toHaveLength(1);
  });

  it('lets a rule wait behind a person, and gives it its way when the person’s time is over', async () => {
    const fixture = deskFixture();
    const { desk, field, clock } = fixture;
    await endOf(fixture, local({ value: 1, hold: minutes(1) }));
    const waits: unknown[] = [];
    const rule = desk.submit(command({ value: 2 }), (waiting) => waits.push(waiting));
    await clock.advance(seconds(10));
    expect(waits).toMatchObject([
      { reason: { code: 'command.owned' }, owner: { origin: 'local' } },
    ]);
    expect(desk.facts()).toMatchObject({ waiting: 1, owned: { local: 1, rule: 0 } });
    expect(field.sent.map(({ value }) => value)).toEqual([1]);
    await clock.advance(minutes(1));
    expect(await rule).toMatchObject({ outcome: 'verified', readBack: 2 });
    expect(desk.owners().get(PUMP)).toMatchObject({ origin: 'rule', by: 'hot' });
  });

  it('ends a command that waits when its origin wants something else', async () => {
    const fixture = deskFixture(pump({ minInterval: minutes(1) }));
    await endOf(fixture, command({ value: 1 }));
    const first = fixture.desk.submit(command({ value: 2 }));
    const second = fixture.desk.submit(command({ value: 3, by: 'cold' }));
    await fixture.clock.advance(minutes(2));
    expect(code(await first)).toEqual(['rejected', 'command.superseded']);
    expect(await second).toMatchObject({ outcome: 'verified' });
    expect(fixture.field.sent.map(({ value }) => value)).toEqual([1, 3]);
  });

  it('lets a person write once over a rule that has the tag, without a claim', async () => {
    const fixture = deskFixture();
    await endOf(fixture, command({ value: 1 }));
    expect(await endOf(fixture, local({ value: 2 }))).toMatchObject({ outcome: 'verified' });
    expect(fixture.desk.owners().get(PUMP)).toMatchObject({ origin: 'rule' });
    await fixture.clock.advance(minutes(10));
    expect(fixture.field.sent.map(({ value }) => value)).toEqual([1, 2]);
  });
});

describe('limits', () => {
  it('make one with a claim wait, and refuse one without, with the time', async () => {
    const fixture = deskFixture(pump({ minInterval: minutes(1) }));
    const { desk, clock, field } = fixture;
    await endOf(fixture, local({ value: 1 }), seconds(1));
    const allowed = clock.utc() + 59_000;
    const refused = await endOf(fixture, local({ value: 2 }), seconds(1));
    expect(code(refused)).toEqual(['rejected', 'command.interval']);
    expect(refused?.allowedAt).toBeGreaterThan(allowed);
    expect(refused?.allowedAt).toBeLessThan(allowed + 1_000);
    let waiting: unknown;
    const rule = desk.submit(command({ value: 3 }), (said) => {
      waiting = said;
    });
    await clock.advance(seconds(30));
    expect(waiting).toMatchObject({
      reason: { code: 'command.interval' },
      allowedAt: refused?.allowedAt,
    });
    expect(desk.state(PUMP)?.waiting?.waiting?.reason.code).toBe('command.interval');
    await clock.advance(seconds(40));
    expect(await rule).toMatchObject({ outcome: 'verified' });
    expect(field.sent.map(({ at }) => Math.round(at / 1_000))).toEqual([0, 60]);
  });

  it('that time does not end are over when the tag shows something else', async () => {
    const fixture = deskFixture(pump({ type: 'number', maxStep: 5 }));
    const { desk, clock, field } = fixture;
    field.registers.set(PUMP, 0);
    field.poll(PUMP);
    const rule = desk.submit(command({ value: 8 }));
    await clock.advance(minutes(5));
    expect(field.sent).toEqual([]);
    field.registers.set(PUMP, 4);
    field.poll(PUMP);
    await clock.advance(seconds(5));
    expect(await rule).toMatchObject({ outcome: 'verified' });
  });

  it('count writes that the device refused, and do not count what did not leave', async () => {
    const fixture = deskFixture(pump({ maxPerHour: 1 }));
    fixture.field.fates = [{ outcome: 'failed' }, { outcome: 'rejected' }];
    expect(code(await endOf(fixture, local({ value: 1 })))).toEqual(['failed', 'command.not-sent']);
    expect(await endOf(fixture, local({ value: 2 }))).toMatchObject({ outcome: 'rejected' });
    expect(code(await endOf(fixture, local({ value: 3 })))).toEqual(['rejected', 'command.hourly']);
  });

  it('expire what waits for them', async () => {
    const fixture = deskFixture(pump({ minInterval: minutes(1) }));
    await endOf(fixture, local({ value: 1 }), seconds(1));
    const expires = later(fixture.clock.mono(), seconds(20));
    const waiting = endOf(fixture, remote({ value: 2, hold: minutes(5), expires }), seconds(30));
    expect(code(await waiting)).toEqual(['expired', 'command.expired']);
    expect(fixture.desk.owners().size).toBe(0);
    expect(fixture.field.sent).toHaveLength(1);
  });
});

describe('a command that waits below another', () => {
  it('expires at its time, while the other is under way', async () => {
    const fixture = deskFixture();
    const { desk, clock, field } = fixture;
    field.fates = [{ queue: 200 }, { queue: 10_000 }];
    const rule = desk.submit(
      command({ hold: millis(0), expires: later(clock.mono(), millis(50)) }),
    );
    const people = [desk.submit(local({ value: 1 })), desk.submit(local({ value: 2 }))];
    await clock.advance(millis(50));
    expect(code(await rule)).toEqual(['expired', 'command.expired']);
    await clock.advance(seconds(30));
    expect((await Promise.all(people)).map(({ outcome }) => outcome)).toEqual([
      'verified',
      'verified',
    ]);
  });

  it('is tried again at its time, though the other is still under way then', async () => {
    const fixture = deskFixture(pump({ minInterval: seconds(10), settle: minutes(5) }));
    const { desk, clock, field } = fixture;
    await endOf(fixture, local({ value: 1 }), seconds(1));
    const rule = desk.submit(command({ value: 2 }));
    await clock.advance(seconds(8));
    field.fates = [{ isTaken: false }, {}];
    await clock.advance(seconds(5));
    void desk.submit(command({ value: 3, by: 'cold' }));
    await clock.advance(minutes(2));
    expect(code(await rule)).toEqual(['written', 'command.read-back-cut']);
    expect(field.sent.map(({ value }) => value)).toEqual([1, 2, 3]);
  });
});

describe('an interlock', () => {
  const locked = pump({ hasInterlock: true, safe: { value: false, on: [] } });
  it.each([
    [false, 'command.interlocked'],
    [undefined, 'command.interlock-unknown'],
  ])(
    'that is %s refuses what has no claim and keeps back what has one',
    async (permit, expected) => {
      const fixture = deskFixture(locked);
      const { desk, clock, permits, field } = fixture;
      permits.set(PUMP, permit);
      expect(code(await endOf(fixture, local()))).toEqual(['rejected', expected]);
      const rule = desk.submit(command());
      await clock.advance(minutes(5));
      expect(field.sent).toEqual([]);
      permits.set(PUMP, true);
      desk.interlockChanged(PUMP);
      await clock.advance(seconds(1));
      expect(await rule).toMatchObject({ outcome: 'verified' });
    },
  );

  it('lets the safe value pass', async () => {
    const fixture = deskFixture(locked);
    fixture.permits.set(PUMP, false);
    expect(await endOf(fixture, local({ value: false }))).toMatchObject({ outcome: 'verified' });
  });

  it('is looked at once more at the wire', async () => {
    const fixture = deskFixture(locked);
    const { desk, clock, permits, field } = fixture;
    permits.set(PUMP, true);
    field.fates = [{ queue: 500 }];
    const ended = desk.submit(local());
    await clock.advance(millis(100));
    permits.set(PUMP, false);
    await clock.advance(seconds(1));
    expect(code(await ended)).toEqual(['rejected', 'command.interlocked']);
    expect(field.sent).toEqual([]);
    expect(field.withheld).toMatchObject([{ outcome: 'rejected' }]);
  });
});

describe('the intent', () => {
  it.each(['local', 'remote'] as const)(
    'of %s is durable before anything is sent',
    async (origin) => {
      const fixture = deskFixture();
      fixture.ledger.delay = millis(700);
      await endOf(fixture, command({ origin }), millis(699));
      expect(fixture.field.sent).toEqual([]);
      await fixture.clock.advance(seconds(5));
      expect(fixture.field.sent.map(({ at }) => at)).toEqual([705]);
    },
  );

  it('of a pulse of a rule is, too', async () => {
    const fixture = deskFixture(pump({ kind: 'pulse' }));
    fixture.ledger.set('full');
    expect(code(await endOf(fixture, command()))).toEqual(['failed', 'command.not-stored']);
    expect(fixture.field.sent).toEqual([]);
  });

  it('of a level of a rule is on its way while it acts; that it was not stored is told and counted', async () => {
    const fixture = deskFixture();
    const { field, ledger, clock, desk } = fixture;
    ledger.set('full');
    expect(await endOf(fixture, command())).toMatchObject({ outcome: 'verified' });
    expect(field.sent.map(({ at }) => at)).toEqual([5]);
    expect(desk.facts().unstored).toBe(1);
    ledger.set('works');
    await clock.advance(seconds(1));
    expect(ledger.audited().map(({ state, code: why }) => [state, why])).toEqual([
      ['intent', 'command.not-stored'],
      ['ended', undefined],
    ]);
    expect([...ledger.disk.entries.values()]).toMatchObject([{ outcome: 'verified' }]);
  });

  it.each([
    ['refuses it', 'full', 1],
    ['is silent for two seconds', 'stuck', 2_000],
  ] as const)('that is not stored is the end, where the disk %s', async (_, state, tookMs) => {
    const fixture = deskFixture();
    const { ledger, clock, field } = fixture;
    ledger.set(state);
    const end = await endOf(fixture, local());
    expect(code(end)).toEqual(['failed', 'command.not-stored']);
    expect(end?.tookMs).toBeLessThanOrEqual(tookMs);
    ledger.set('works');
    await clock.advance(seconds(5));
    expect(field.sent).toEqual([]);
    expect([...ledger.disk.entries.values()]).toMatchObject([{ outcome: 'failed' }]);
    expect(ledger.audited().at(-1)).toMatchObject({ state: 'ended', outcome: 'failed' });
  });

  it('that becomes durable too late is the end at the command’s own time', async () => {
    const fixture = deskFixture();
    fixture.ledger.set('stuck');
    const expires = later(fixture.clock.mono(), millis(300));
    const end = await endOf(fixture, remote({ expires }), millis(300));
    expect(code(end)).toEqual(['failed', 'command.not-stored']);
  });

  it('keeps the order of commands for one tag, whatever the ledger does', async () => {
    const fixture = deskFixture();
    const { desk, clock, field, ledger } = fixture;
    const intend = ledger.intend.bind(ledger);
    let isFirst = true;
    ledger.intend = async (...of) => {
      const isLate = isFirst;
      isFirst = false;
      const intended = await intend(...of);
      if (isLate) await sleep(clock, 'test.late', millis(900));
      return intended;
    };
    void desk.submit(local({ value: 1 }));
    void desk.submit(local({ value: 2 }));
    await clock.advance(seconds(5));
    expect(field.sent.map(({ value }) => value)).toEqual([1, 2]);
  });

  it('of a rule that counts again after a loss takes a key of its own, and the level is written', async () => {
    const before = deskFixture();
    const given = command();
    await endOf(before, given);
    await before.desk.stop();
    const { clock, field } = before;
    field.registers.set(PUMP, false);
    const { MemoryLedger } = await import('../../support/memory-ledger.ts');
    const ledger = new MemoryLedger(clock, { disk: before.ledger.close() });
    const next = deskFixture(undefined, { clock, field, ledger });
    const end = await endOf(next, given);
    expect(end).toMatchObject({ outcome: 'verified' });
    expect(end?.isRepeated).toBeUndefined();
    expect(field.sent).toHaveLength(2);
    const keys = [...ledger.disk.entries.keys()].map((key) => key.replace(/~.*/, '~'));
    expect(keys).toEqual([`rule/${given.id}`, `rule/${given.id}~`]);
  });
});

describe('the wire', () => {
  it('is not reached by what expires in the queue of the bus', async () => {
    const fixture = deskFixture();
    fixture.field.fates = [{ queue: 10_000 }];
    const expires = later(fixture.clock.mono(), seconds(2));
    const end = await endOf(fixture, remote({ expires }), seconds(2));
    expect(code(end)).toEqual(['expired', 'command.expired']);
    await fixture.clock.advance(seconds(20));
    expect(fixture.field.sent).toEqual([]);
  });

  it('is not reached by a rule that a person takes over from in the queue; it acts later', async () => {
    const fixture = deskFixture();
    const { desk, clock, field } = fixture;
    field.fates = [{ queue: 500 }, {}];
    const rule = desk.submit(command({ value: 1 }));
    await clock.advance(millis(100));
    const person = await endOf(fixture, local({ value: 2, hold: seconds(30) }), seconds(5));
    expect(person).toMatchObject({ outcome: 'verified' });
    expect(field.sent.map(({ value }) => value)).toEqual([2]);
    await clock.advance(seconds(30));
    expect(await rule).toMatchObject({ outcome: 'verified' });
    expect(field.sent.map(({ value }) => value)).toEqual([2, 1]);
  });

  it('that is never reached, and one that never answers, are an end after a minute', async () => {
    const fixture = deskFixture();
    fixture.field.fates = [{ queue: 1e9 }, { hangs: true, isTaken: false }];
    const [first, second] = [
      fixture.desk.submit(local({ value: 1 })),
      fixture.desk.submit(local({ value: 2 })),
    ];
    await fixture.clock.advance(seconds(60));
    expect(code(await first)).toEqual(['failed', 'command.wire-busy']);
    await fixture.clock.advance(seconds(65));
    expect(code(await second)).toEqual(['unknown', 'command.wire-busy']);
  });

  it('that is down is the end of a command', async () => {
    const fixture = deskFixture();
    fixture.field.fates = [{ isDown: true }];
    expect(code(await endOf(fixture, local()))).toEqual(['failed', 'poll.line-down']);
  });

  it('of a bus that is not there, and of one that throws, is an end, too', async () => {
    const fixture = deskFixture();
    fixture.field.busOf = () => ({ write: () => Promise.reject(new Error('a bug')) });
    expect(code(await endOf(fixture, local()))).toEqual(['failed', 'command.bus-failed']);
    Object.assign(fixture.field, { busOf: () => undefined });
    expect(code(await endOf(fixture, local()))).toEqual(['failed', 'poll.not-writable']);
  });
});

describe('the read-back', () => {
  it.each([
    ['is equal in the end', { lag: 2_000 }, ['verified', undefined]],
    [
      'is equal though nobody answered',
      { outcome: 'unknown', isTaken: true },
      ['verified', undefined],
    ],
    ['is equal too late', { lag: 4_000 }, ['unknown', 'command.read-back-differs']],
    [
      'is as before, and nobody answered',
      { outcome: 'unknown' },
      ['unknown', 'command.not-answered'],
    ],
    [
      'is not looked at, where the device refused',
      { outcome: 'rejected' },
      ['rejected', 'command.device-refused'],
    ],
  ] as const)('%s', async (_, fate, expected) => {
    const fixture = deskFixture();
    fixture.field.registers.set(PUMP, false);
    fixture.field.fates = [fate];
    expect(code(await endOf(fixture, local()))).toEqual(expected);
    expect(fixture.field.sent).toHaveLength(1);
  });

  it('asks at once, and more seldom each time, a bounded number of times', async () => {
    const fixture = deskFixture(pump({ settle: seconds(30) }));
    fixture.field.fates = [{ isTaken: false }];
    await endOf(fixture, local(), seconds(60));
    expect(fixture.field.rereads).toBeGreaterThan(10);
    expect(fixture.field.rereads).toBeLessThan(40);
  });

  it('does not end before something was read, where the tag may show nothing else at all', async () => {
    const fixture = deskFixture(pump({ settle: millis(0) }));
    fixture.field.reads = millis(2_000);
    expect(await endOf(fixture, local())).toMatchObject({ outcome: 'verified' });
  });

  it('counts only what was read behind the answer', async () => {
    const fixture = deskFixture(pump({ settle: seconds(2) }));
    fixture.field.fates = [{ answer: 1_000, isTaken: false }];
    const ended = fixture.desk.submit(local({ value: 1 }));
    await fixture.clock.advance(millis(500));
    fixture.field.report(PUMP, 1);
    fixture.field.registers.set(PUMP, 0);
    await fixture.clock.advance(seconds(5));
    expect(code(await ended)).toEqual(['unknown', 'command.read-back-differs']);
  });

  it('without a tag that shows it is none', async () => {
    const fixture = deskFixture(pump({}, false));
    expect(code(await endOf(fixture, local()))).toEqual(['written', undefined]);
    const mute = deskFixture();
    mute.field.reads = undefined;
    expect(code(await endOf(mute, local()))).toEqual(['written', 'command.read-back-missing']);
  });

  it('is that of another tag, where the site says so', async () => {
    const shown = tagId('press', 'position');
    const fixture = deskFixture(pump({ readBack: shown }));
    fixture.field.onSent = ({ value }) => void fixture.field.registers.set(shown, value);
    expect(await endOf(fixture, local())).toMatchObject({ outcome: 'verified' });
  });

  it('is over soon for one that others wait behind', async () => {
    const fixture = deskFixture(pump({ settle: minutes(5) }));
    const { desk, clock, field } = fixture;
    field.registers.set(PUMP, 0);
    field.fates = [{ lag: 60_000 }, {}];
    const open = desk.submit(command({ value: 1 }));
    await clock.advance(seconds(10));
    const close = desk.submit(command({ value: 2 }));
    await clock.advance(seconds(1));
    expect(code(await open)).toEqual(['written', 'command.read-back-cut']);
    await clock.advance(seconds(1));
    expect(await close).toMatchObject({ outcome: 'verified' });
  });
});

describe('a level that the tag holds already', () => {
  it('is not written again by a rule, and is by a person', async () => {
    const fixture = deskFixture();
    await endOf(fixture, command());
    expect(await endOf(fixture, command())).toMatchObject({ outcome: 'verified', readBack: true });
    expect(fixture.field.sent).toHaveLength(1);
    await endOf(fixture, local());
    expect(fixture.field.sent).toHaveLength(2);
  });

  it('is written where nobody saw the last write come about, or somebody changed it', async () => {
    const fixture = deskFixture();
    const { field, clock } = fixture;
    field.registers.set(PUMP, false);
    field.fates = [{ outcome: 'unknown', isTaken: false }, {}];
    await endOf(fixture, command());
    await endOf(fixture, command({ value: false }));
    expect(field.sent.map(({ value }) => value)).toEqual([true, false]);
    field.registers.set(PUMP, true);
    field.poll(PUMP);
    await endOf(fixture, command({ value: false }));
    expect(field.sent).toHaveLength(3);
    await clock.advance(seconds(1));
  });

  it('is written each time where it is a pulse', async () => {
    const fixture = deskFixture(pump({ kind: 'pulse' }));
    await endOf(fixture, command());
    await endOf(fixture, command());
    expect(fixture.field.sent).toHaveLength(2);
  });
});

describe('a crowd', () => {
  it('of commands for one tag is bounded, and ends all the same', async () => {
    const fixture = deskFixture();
    const { desk, clock, field } = fixture;
    const all = Array.from({ length: 30 }, (_, i) => desk.submit(local({ value: i })));
    const many = Array.from({ length: 10 }, (_, i) => desk.submit(remote({ value: i })));
    await clock.advance(minutes(2));
    const codes = (await Promise.all([...all, ...many])).map((end) => end.reason?.code);
    expect(codes.filter((one) => one === undefined)).toHaveLength(8);
    expect(codes.filter((one) => one === 'command.too-many')).toHaveLength(32);
    expect(field.sent).toHaveLength(8);
    expect(fixture.ledger.disk.entries.size).toBe(18);
  });

  it('over all tags is bounded, too', async () => {
    const tags = Array.from({ length: 60 }, (_, i) => writable(`t${i}`));
    const { desk, clock } = deskFixture(tags);
    const all = tags.flatMap(({ tag }) =>
      Array.from({ length: 6 }, (_, value) => desk.submit(local({ tag: tag.id, value }))),
    );
    await clock.advance(minutes(2));
    const ends = await Promise.all(all);
    expect(ends.filter(({ outcome }) => outcome === 'verified')).toHaveLength(256);
    expect(desk.facts().reasons).toEqual({ 'command.too-many': 104 });
  });

  it('of rules that change their mind ends one by one', async () => {
    const fixture = deskFixture(pump({ minInterval: minutes(1) }));
    const all = Array.from({ length: 50 }, (_, value) => fixture.desk.submit(command({ value })));
    await fixture.clock.advance(minutes(2));
    const ends = await Promise.all(all);
    expect(ends.filter(({ outcome }) => outcome === 'rejected').length).toBeGreaterThanOrEqual(48);
    expect(ends.at(-1)?.outcome).toBe('verified');
    expect(fixture.desk.recent().length).toBe(50);
    expect(await endOf(fixture, release())).toMatchObject({ outcome: 'written' });
  });
});
