/** What has to be so in the end: a rule's claim over a dead line, an output that fades, and a stop that is over. */
import { describe, expect, it } from 'vitest';
import { minutes, seconds } from '../../../gateway/model/units.ts';
import { command, deskFixture, writable } from '../../support/command-fixture.ts';
import { MemoryLedger } from '../../support/memory-ledger.ts';

describe('a write that could not leave', () => {
  it('of a rule is tried again until its line is back', async () => {
    const { desk, clock, field } = deskFixture();
    field.fates = [{ isDown: true }, { isDown: true }, {}];
    const ended = desk.submit(command({ value: false }));
    await clock.advance(seconds(30));
    expect(field.sent.map(({ value }) => value)).toEqual([false]);
    expect((await ended).outcome).toBe('verified');
  });

  it('of a rule is not tried any more when the rule wants something else', async () => {
    const { desk, clock, field } = deskFixture();
    field.fates = [{ isDown: true }, {}];
    const ended = desk.submit(command({ value: 1 }));
    await clock.advance(seconds(0));
    void desk.submit(command({ value: 2 }));
    await clock.advance(seconds(30));
    expect(field.sent.map(({ value }) => value)).toEqual([2]);
    expect(await ended).toMatchObject({
      outcome: 'rejected',
      reason: { code: 'command.superseded' },
    });
  });

  it('of a person is failed, and the person decides', async () => {
    const { desk, clock, field } = deskFixture();
    field.fates = [{ isDown: true }, {}];
    const ended = desk.submit(command({ origin: 'local', hold: minutes(60) }));
    await clock.advance(seconds(30));
    expect((await ended).outcome).toBe('failed');
    expect(field.sent).toEqual([]);
    expect(desk.owners().size).toBe(0);
  });
});

describe('an equal level of a rule', () => {
  it('is not written again', async () => {
    const { desk, clock, field } = deskFixture();
    for (let i = 0; i < 3; i++) {
      void desk.submit(command());
      await clock.advance(seconds(5));
    }
    expect(field.sent.length).toBe(1);
  });

  it('is written again where it holds for a time only', async () => {
    const { desk, clock, field } = deskFixture([writable('pump', { isFading: true })]);
    for (let i = 0; i < 3; i++) {
      void desk.submit(command());
      await clock.advance(seconds(5));
    }
    expect(field.sent.length).toBe(3);
  });
});

it('a door that has stopped waits for nothing, whoever had the tag for how long', async () => {
  const { desk, clock } = deskFixture();
  void desk.submit(command({ origin: 'local', hold: minutes(60) }));
  await clock.advance(seconds(5));
  expect(desk.owners().size).toBe(1);
  const stopped = desk.stop();
  await clock.advance(seconds(10));
  await stopped;
  expect(clock.pending()).toEqual([]);
});

it('what a person holds comes back after an orderly stop that made it safe', async () => {
  const tags = [writable('pump', { safe: { value: 0, on: ['stop'] } })];
  const before = deskFixture(tags);
  void before.desk.submit(command({ origin: 'local', value: 5, hold: minutes(60) }));
  await before.clock.advance(seconds(5));
  const stopped = before.desk.stop();
  await before.clock.advance(seconds(10));
  await stopped;
  expect(before.field.sent.map(({ value }) => value)).toEqual([5, 0]);
  const { clock } = before;
  const ledger = new MemoryLedger(clock, { disk: before.ledger.close() });
  const after = deskFixture(tags, { clock, ledger, seed: 8 });
  await clock.advance(seconds(30));
  expect(after.field.sent.map(({ value }) => value)).toEqual([5]);
  expect([...after.desk.owners().values()]).toMatchObject([{ origin: 'local', value: 5 }]);
});
