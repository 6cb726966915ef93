/** Who has a tag, for how long, and what follows. */
import { describe, expect, it } from 'vitest';
import { tagId } from '../../../gateway/model/sample.ts';
import { millis, minutes, seconds } from '../../../gateway/model/units.ts';
import {
  command,
  type DeskFixture,
  deskFixture,
  endOf,
  local,
  OFF,
  owner,
  pump,
  release,
  remote,
  safe,
  writable,
  wrote,
} from '../../support/command-fixture.ts';

const PUMP = tagId('press', 'pump');

describe('a claim', () => {
  it('of a rule ends by its own release, and not by another rule’s', async () => {
    const fixture = deskFixture();
    await endOf(fixture, command({ value: 1 }));
    expect(await endOf(fixture, release({ by: 'cold' }))).toMatchObject({ outcome: 'written' });
    expect(owner(fixture)).toBe('rule');
    expect(await endOf(fixture, release())).toMatchObject({ outcome: 'written' });
    expect(owner(fixture)).toBeUndefined();
    expect(wrote(fixture)).toEqual([1]);
  });

  it('of a person ends by any person’s release, and at its time', async () => {
    const fixture = deskFixture();
    await endOf(fixture, local(1, minutes(60)));
    await endOf(fixture, release({ origin: 'local', by: 'wang' }));
    expect(owner(fixture)).toBeUndefined();
    await endOf(fixture, local(2, seconds(30)));
    expect(owner(fixture)).toBe('local');
    await fixture.clock.advance(seconds(21));
    expect(owner(fixture)).toBeUndefined();
  });

  it('of a remote sender is renewed by each further command', async () => {
    const fixture = deskFixture(pump(safe('silent')));
    for (let i = 1; i <= 3; i++) await endOf(fixture, remote(i, seconds(15)));
    expect(wrote(fixture)).toEqual([1, 2, 3]);
    await fixture.clock.advance(seconds(10));
    expect(wrote(fixture)).toEqual([1, 2, 3, OFF]);
  });

  it('is shown with its end on the clock of the wall', async () => {
    const fixture = deskFixture();
    const { clock, desk } = fixture;
    const until = clock.utc() + 60_000;
    await endOf(fixture, local(1, minutes(1)));
    expect(desk.owners().get(PUMP)).toMatchObject({ by: 'li', value: 1, until });
  });

  it('of a remote sender or a person is over with a command that did not get there; of a rule it stays', async () => {
    for (const origin of ['remote', 'local', 'rule'] as const) {
      const fixture = deskFixture();
      fixture.field.fates = [{ isDown: true }];
      await endOf(fixture, command({ origin, hold: minutes(5) }));
      expect(owner(fixture)).toBe(origin === 'rule' ? 'rule' : undefined);
    }
  });

  it('that is over takes what waits for it along, and says why', async () => {
    for (const [how, expected] of [
      ['release', ['rejected', 'command.released']],
      ['time', ['expired', 'command.expired']],
      ['another', ['rejected', 'command.superseded']],
    ] as const) {
      const fixture = deskFixture(pump({ minInterval: minutes(5) }));
      const { desk, clock } = fixture;
      await endOf(fixture, local(0, millis(0)));
      const waits = desk.submit(command({ value: 1, hold: seconds(30) }));
      await clock.advance(seconds(1));
      if (how === 'release') void desk.submit(release());
      if (how === 'another') void desk.submit(command({ value: 2 }));
      await clock.advance(minutes(1));
      const { outcome, reason } = await waits;
      expect([outcome, reason?.code]).toEqual(expected);
    }
  });

  it('ends the earlier one of its origin also by a command that claims nothing', async () => {
    const fixture = deskFixture();
    await endOf(fixture, local(1, minutes(5)));
    await endOf(fixture, local(2, millis(0)));
    expect(owner(fixture)).toBeUndefined();
  });
});

describe('when the owner’s claim is over', () => {
  it('the next highest claim gets its way, under the limits', async () => {
    const fixture = deskFixture(pump({ minInterval: minutes(1) }));
    const { clock, desk, ledger } = fixture;
    await endOf(fixture, command({ value: 1 }), minutes(2));
    await endOf(fixture, local(2, seconds(20)));
    await clock.advance(seconds(30));
    expect(wrote(fixture)).toEqual([1, 2]);
    expect(desk.state(PUMP)?.waiting?.command).toMatchObject({ origin: 'rule', by: 'hot' });
    await clock.advance(seconds(30));
    expect(wrote(fixture)).toEqual([1, 2, 1]);
    expect(owner(fixture)).toBe('rule');
    expect(ledger.audited().at(-1)).toMatchObject({
      origin: 'rule',
      rule: 'hot',
      outcome: 'verified',
    });
  });

  it('a release ends as what is written because of it', async () => {
    const fixture = deskFixture(pump(safe('silent')));
    await endOf(fixture, command({ value: 1 }));
    fixture.field.fates = [{ outcome: 'unknown', isTaken: false }];
    expect(await endOf(fixture, release())).toMatchObject({
      outcome: 'unknown',
      reason: { code: 'command.not-answered' },
      readBack: 1,
    });
  });

  it('a release does not wait for what waits', async () => {
    const fixture = deskFixture(pump({ minInterval: minutes(5) }));
    await endOf(fixture, local(1, minutes(60)));
    void fixture.desk.submit(command({ value: 2 }));
    await fixture.clock.advance(seconds(1));
    const end = await endOf(fixture, release({ origin: 'local' }));
    expect(end).toMatchObject({ outcome: 'written' });
    await fixture.clock.advance(minutes(5));
    expect(wrote(fixture)).toEqual([1, 2]);
  });

  it('a pulse of the next is not done again', async () => {
    const fixture = deskFixture(pump({ kind: 'pulse' }));
    await endOf(fixture, command({ value: 1 }));
    await endOf(fixture, local(2, seconds(20)), minutes(1));
    expect(wrote(fixture)).toEqual([1, 2]);
  });

  it('nothing follows from a command of its origin that takes over', async () => {
    const fixture = deskFixture(pump(safe('silent')));
    await endOf(fixture, command({ value: 1 }));
    await endOf(fixture, command({ value: 2, by: 'cold' }));
    expect(wrote(fixture)).toEqual([1, 2]);
  });
});

describe('silence', () => {
  it('has the safe value written, free of limits and where the interlock is not met', async () => {
    const policy = {
      ...safe('silent'),
      minInterval: minutes(60),
      maxPerHour: 1,
      hasInterlock: true,
    };
    const fixture = deskFixture(pump(policy));
    fixture.permits.set(PUMP, true);
    await endOf(fixture, remote(1, seconds(30)));
    fixture.permits.set(PUMP, false);
    await fixture.clock.advance(seconds(30));
    expect(wrote(fixture)).toEqual([1, OFF]);
  });

  it('is none where nobody claimed, where no write left, and where the site does not ask for it', async () => {
    const unclaimed = deskFixture(pump(safe('silent')));
    await endOf(unclaimed, local(1, millis(0)), minutes(5));
    expect(wrote(unclaimed)).toEqual([1]);
    const unsent = deskFixture(pump(safe('silent')));
    unsent.field.fates = [{ isDown: true }];
    await endOf(unsent, remote(1, seconds(30)), minutes(5));
    expect(wrote(unsent)).toEqual([]);
    const other = deskFixture(pump(safe('stop', 'crash', 'interlock')));
    await endOf(other, remote(1, seconds(30)), minutes(5));
    expect(wrote(other)).toEqual([1]);
  });

  it('waits for a line that is down, and is over when somebody claims the tag', async () => {
    const fixture = deskFixture(pump(safe('silent')));
    const { field, clock } = fixture;
    await endOf(fixture, remote(1, seconds(20)));
    field.fates = [{ isDown: true }];
    await clock.advance(minutes(2));
    expect(fixture.desk.state(PUMP)?.waiting?.waiting?.reason.code).toBe('poll.line-down');
    field.fates = [{}];
    await clock.advance(seconds(11));
    expect(wrote(fixture)).toEqual([1, OFF]);
    await endOf(fixture, remote(2, seconds(20)));
    field.fates = [{ isDown: true }];
    await clock.advance(seconds(15));
    field.fates = [{}];
    await endOf(fixture, command({ value: 3 }));
    expect(wrote(fixture)).toEqual([1, OFF, 2, 3]);
  });
});

describe('an interlock with a safe value', () => {
  const policy = { hasInterlock: true, ...safe('interlock') };
  const locked = (permit: boolean | undefined) => {
    const fixture = deskFixture(pump(policy));
    fixture.permits.set(PUMP, permit);
    return fixture;
  };
  const turn = async (fixture: DeskFixture, permit: boolean | undefined) => {
    fixture.permits.set(PUMP, permit);
    fixture.desk.interlockChanged(PUMP);
    await fixture.clock.advance(seconds(1));
  };

  it('claims the tag while it is not met, and gives it back', async () => {
    const fixture = locked(true);
    await endOf(fixture, command({ value: 1 }));
    await turn(fixture, false);
    expect(owner(fixture)).toBe('interlock');
    expect(wrote(fixture)).toEqual([1, OFF]);
    await turn(fixture, undefined);
    expect(wrote(fixture)).toEqual([1, OFF]);
    await turn(fixture, true);
    expect(owner(fixture)).toBe('rule');
    expect(wrote(fixture)).toEqual([1, OFF, 1]);
  });

  it('does not wait for the settling of what is under way', async () => {
    const fixture = deskFixture(pump({ ...policy, settle: minutes(2) }));
    fixture.permits.set(PUMP, true);
    fixture.field.fates = [{ lag: 90_000 }, {}];
    const opening = fixture.desk.submit(command({ value: 1 }));
    await fixture.clock.advance(seconds(1));
    await turn(fixture, false);
    expect(await opening).toMatchObject({
      outcome: 'written',
      reason: { code: 'command.read-back-cut' },
    });
    expect(wrote(fixture)).toEqual([1, OFF]);
  });

  it('keeps a person’s claim waiting, and refuses what is remote', async () => {
    const fixture = locked(true);
    await turn(fixture, false);
    const person = fixture.desk.submit(local(1, minutes(5)));
    expect(await endOf(fixture, remote(1, seconds(60)))).toMatchObject({
      reason: { code: 'command.owned', details: { origin: 'interlock' } },
    });
    await turn(fixture, true);
    expect(await person).toMatchObject({ outcome: 'verified' });
  });

  it('that nobody knows yet after a start is waited for, and then is not met', async () => {
    const fixture = locked(undefined);
    await turn(fixture, undefined);
    expect(wrote(fixture)).toEqual([]);
    await fixture.clock.advance(seconds(10));
    expect(wrote(fixture)).toEqual([OFF]);
  });

  it('that is known not to be met after a start is not waited for', async () => {
    const fixture = locked(undefined);
    await turn(fixture, false);
    expect(wrote(fixture)).toEqual([OFF]);
  });

  it('does not write what the tag holds', async () => {
    const fixture = locked(true);
    fixture.field.registers.set(PUMP, OFF);
    fixture.field.poll(PUMP);
    await turn(fixture, false);
    expect(wrote(fixture)).toEqual([]);
    expect(owner(fixture)).toBe('interlock');
  });

  it('without one for its own case only keeps others away', async () => {
    const fixture = deskFixture(pump({ hasInterlock: true, ...safe('stop') }));
    await turn(fixture, false);
    expect(owner(fixture)).toBeUndefined();
  });
});

describe('rules that are gone', () => {
  it('have no claims, also not those of commands that wait or are on their way', async () => {
    const fixture = deskFixture([writable('pump'), writable('fan', { kind: 'pulse' })]);
    const { desk, clock, ledger } = fixture;
    await endOf(fixture, command({ value: 1 }));
    await endOf(fixture, local(2, minutes(5)));
    void desk.submit(command({ value: 3 }));
    ledger.delay = millis(500);
    const fan = desk.submit(command({ tag: tagId('press', 'fan') }));
    await clock.advance(millis(100));
    desk.releaseRules(new Set(['cold']));
    await clock.advance(seconds(1));
    expect(await fan).toMatchObject({ outcome: 'rejected', reason: { code: 'command.released' } });
    await clock.advance(minutes(10));
    expect(wrote(fixture)).toEqual([1, 2]);
    expect(desk.owners().size).toBe(0);
    expect(desk.facts().open).toBe(0);
  });

  it('does not touch those that are at work', async () => {
    const fixture = deskFixture();
    await endOf(fixture, command({ value: 1 }));
    fixture.desk.releaseRules(new Set(['hot']));
    await fixture.clock.advance(seconds(1));
    expect(owner(fixture)).toBe('rule');
  });
});

describe('a command of the door’s own', () => {
  it('for a person waits for the ledger; where that fails, the person holds the tag all the same', async () => {
    const fixture = deskFixture(pump({ hasInterlock: true, ...safe('interlock') }));
    const { permits, desk, clock, ledger } = fixture;
    permits.set(PUMP, true);
    await endOf(fixture, local(1, minutes(60)));
    permits.set(PUMP, false);
    desk.interlockChanged(PUMP);
    await clock.advance(seconds(5));
    ledger.set('stuck');
    permits.set(PUMP, true);
    desk.interlockChanged(PUMP);
    await clock.advance(seconds(1));
    expect(wrote(fixture)).toEqual([1, OFF]);
    await clock.advance(seconds(2));
    expect(wrote(fixture)).toEqual([1, OFF]);
    expect(owner(fixture)).toBe('local');
    expect(desk.facts().reasons).toMatchObject({ 'command.not-stored': 1 });
  });

  it('does not outlive the claim that it is for', async () => {
    const fixture = deskFixture(pump({ hasInterlock: true, ...safe('interlock') }));
    const { permits, desk, clock, field } = fixture;
    permits.set(PUMP, true);
    await endOf(fixture, command({ value: 1, hold: seconds(60) }));
    permits.set(PUMP, false);
    desk.interlockChanged(PUMP);
    await clock.advance(seconds(49));
    field.fates = [{ queue: 5_000 }];
    permits.set(PUMP, true);
    desk.interlockChanged(PUMP);
    await clock.advance(minutes(1));
    expect(wrote(fixture)).toEqual([1, OFF]);
    expect(desk.facts().outcomes).toMatchObject({ expired: 1 });
  });
});
