/** A device that forgets what was written gets it again; one that refuses it is not pestered. */
import { describe, expect, it } from 'vitest';
import type { WritePolicy } from '../../../gateway/model/command.ts';
import type { Value } from '../../../gateway/model/sample.ts';
import { minutes, seconds } from '../../../gateway/model/units.ts';
import { command, deskFixture, release, writable } from '../../support/command-fixture.ts';

const FOR_EVER = { origin: 'rule', hold: 'released' } as const;

/** A rule has switched the pump on; the register is polled each second. */
async function switchedOn(policy: Partial<WritePolicy>) {
  const pump = writable('pump', { restore: seconds(10), ...policy });
  const { id } = pump.tag;
  const { desk, clock, field } = deskFixture([pump]);
  const shows = async (value: Value | null, times: number) => {
    for (let time = 0; time < times; time++) {
      if (value === null) field.report(id, null);
      else {
        field.registers.set(id, value);
        field.poll(id);
      }
      await clock.advance(seconds(1));
    }
  };
  const end = desk.submit(command({ ...FOR_EVER, id: 'on', value: true }));
  await clock.advance(seconds(5));
  expect((await end).outcome).toBe('verified');
  const writes = () => field.sent.map(({ value }) => value);
  return { desk, clock, field, id, shows, writes };
}

describe('a tag with restore', () => {
  it('is written again when it has shown something else for so long', async () => {
    const { shows, writes, field, id } = await switchedOn({});
    await shows(false, 10);
    expect(writes()).toEqual([true]);
    await shows(false, 1);
    expect(writes()).toEqual([true, true]);
    expect(field.registers.get(id)).toBe(true);
  });

  it('does not count the time in which nobody answers, nor two short glances', async () => {
    const { shows, writes } = await switchedOn({});
    await shows(null, 60);
    for (let times = 0; times < 5; times++) {
      await shows(false, 6);
      await shows(true, 1);
    }
    expect(writes()).toEqual([true]);
  });

  it('is written more and more seldom where it goes on forgetting', async () => {
    const { shows, field } = await switchedOn({});
    await shows(false, 3600);
    const at = field.sent.slice(1).map((sent) => sent.at);
    const pauses = at.slice(1).map((time, index) => Math.round((time - (at[index] ?? 0)) / 1000));
    expect(pauses.length).toBeGreaterThan(6);
    for (const [index, pause] of pauses.entries())
      expect(pause).toBeGreaterThanOrEqual(Math.min(600, 20 * 2 ** index));
    expect(Math.max(...pauses)).toBeLessThan(620);
  });

  it('begins anew when it has stood for ten minutes', async () => {
    const { shows, writes } = await switchedOn({});
    for (let times = 0; times < 3; times++) {
      await shows(false, 11);
      await shows(true, 601);
    }
    expect(writes()).toEqual([true, true, true, true]);
  });

  it('follows its limits and its interlock', async () => {
    const { shows, writes } = await switchedOn({ minInterval: minutes(5) });
    await shows(false, 200);
    expect(writes()).toEqual([true]);
    await shows(false, 120);
    expect(writes()).toEqual([true, true]);
  });

  it('is left alone when nobody claims it, and when its owner wants what it shows', async () => {
    const { desk, clock, shows, writes } = await switchedOn({});
    void desk.submit(command({ ...FOR_EVER, id: 'off', value: false }));
    await clock.advance(seconds(5));
    await shows(false, 60);
    void desk.submit(release({ id: 'let-go' }));
    await clock.advance(seconds(5));
    await shows(true, 60);
    expect(writes()).toEqual([true, false]);
  });

  it('has an end of its own in the audit', async () => {
    const { desk, shows } = await switchedOn({});
    await shows(false, 15);
    const [latest] = desk.recent();
    expect(latest?.command).toMatchObject({ origin: 'rule', wish: { kind: 'write', value: true } });
    expect(latest?.end?.outcome).toBe('verified');
  });
});

it('a tag without restore is not written again', async () => {
  const { shows, writes } = await switchedOn({ restore: undefined });
  await shows(false, 3600);
  expect(writes()).toEqual([true]);
});

it('the safe value of an interlock that is not met is restored, too', async () => {
  const policy = { hasInterlock: true, safe: { value: false, on: ['interlock'] } } as const;
  const pump = writable('pump', { restore: seconds(10), ...policy });
  const { desk, clock, field, permits } = deskFixture([pump]);
  permits.set(pump.tag.id, false);
  desk.interlockChanged(pump.tag.id);
  await clock.advance(seconds(15));
  const before = field.sent.length;
  for (let time = 0; time < 12; time++) {
    field.registers.set(pump.tag.id, true);
    field.poll(pump.tag.id);
    await clock.advance(seconds(1));
  }
  expect(field.sent.slice(before).map(({ value }) => value)).toEqual([false]);
});
