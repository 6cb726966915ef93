import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DayBudget, dayNow } from '../../../gateway/forward/day-budget.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import {
  fileStateStore,
  memoryStateStore,
  type StateStore,
} from '../../../gateway/host/state-store.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { bytes, millis, utcMs } from '../../../gateway/model/units.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

const HOUR_MS = 3_600_000;
/** 06:00 in Shanghai, 22:00 of the day before in UTC. */
const MORNING = utcMs(Date.UTC(2026, 2, 9, 22));

function budgetAt(clock: VirtualClock, state: StateStore = memoryStateStore()) {
  const budget = new DayBudget(bytes(1_000), 'Asia/Shanghai', clock);
  budget.resume(state);
  const hours = (count: number) => clock.advance(millis(count * HOUR_MS));
  return { budget, state, hours };
}

describe('what the backlog may spend in a day', () => {
  it('is there anew at midnight of the site', async () => {
    const { budget, hours } = budgetAt(virtualClock(MORNING));
    budget.spend(999);
    expect(budget.isSpent()).toBe(false);
    budget.spend(1);
    expect(budget.isSpent()).toBe(true);
    await hours(17.9);
    expect(budget.isSpent()).toBe(true);
    await hours(0.1);
    expect(budget.isSpent()).toBe(false);
  });

  it('is the same behind a restart, to the byte, and anew when that takes until the next day', async () => {
    const path = join(temporaryDirectory(), 'mqtt-cloud.json');
    const clock = virtualClock(MORNING);
    const open = async () => budgetAt(clock, await fileStateStore(path, clock, silentLog));
    const first = await open();
    first.budget.spend(600);
    await first.budget.close();
    const second = await open();
    second.budget.spend(399);
    expect(second.budget.isSpent()).toBe(false);
    second.budget.spend(1);
    expect(second.budget.isSpent()).toBe(true);
    await second.budget.close();
    await first.hours(18);
    expect((await open()).budget.isSpent()).toBe(false);
  });

  it('is noted ahead, so that a power cut gives nothing twice, and the flash is spared', () => {
    const clock = virtualClock(MORNING);
    let notes = 0;
    const memory = memoryStateStore();
    const state: StateStore = {
      ...memory,
      set(key, value) {
        notes++;
        memory.set(key, value);
      },
    };
    const { budget } = budgetAt(clock, state);
    for (let spent = 0; spent < 500; spent++) budget.spend(1);
    expect(notes).toBeLessThanOrEqual(50);
    const { budget: after } = budgetAt(clock, state);
    after.spend(500);
    expect(after.isSpent()).toBe(true);
  });

  it('takes what is no note of it for none', () => {
    const state = memoryStateStore();
    for (const kept of ['x', { day: 'x', bytes: -1 }, null, []]) {
      state.set('backlogDay', kept);
      expect(budgetAt(virtualClock(MORNING), state).budget.isSpent()).toBe(false);
    }
  });

  it('lasts 24 hours at a time while nobody knows the time, and goes on when somebody does', async () => {
    const clock = virtualClock(utcMs(0));
    clock.setSynced(false);
    const { budget, hours } = budgetAt(clock);
    budget.spend(1_000);
    await hours(23);
    expect(budget.isSpent()).toBe(true);
    await hours(1);
    expect(budget.isSpent()).toBe(false);
    budget.spend(1_000);
    clock.stepWallClock(MORNING);
    clock.setSynced(true);
    expect(budget.isSpent()).toBe(true);
    await hours(18);
    expect(budget.isSpent()).toBe(false);
  });

  it('is not given twice by a clock that is set back, and not withheld by one that was ahead', () => {
    const spent = { day: 100, bytes: 700 };
    expect(dayNow(spent, 100, false)).toBe(spent);
    expect(dayNow(spent, 99, false)).toBe(spent);
    expect(dayNow(spent, 101, false)).toEqual({ day: 101, bytes: 0 });
    // It had been wrong by years: what was spent counts today, and tomorrow is a new day.
    const ahead = dayNow({ day: 5_000, bytes: 700 }, 100, false);
    expect(ahead).toEqual({ day: 100, bytes: 700 });
    expect(dayNow(ahead, 101, false)).toEqual({ day: 101, bytes: 0 });
    expect(dayNow(spent, undefined, false)).toBe(spent);
  });
});
