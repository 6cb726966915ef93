import { describe, expect, it } from 'vitest';
import { sleep, systemClock } from '../../../gateway/host/clock.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { later, millis, monoMs, utcMs } from '../../../gateway/model/units.ts';

const passed = (clock: ReturnType<typeof systemClock>, ms: number, precise: boolean) =>
  new Promise<number>((resolve) => {
    const due = later(clock.mono(), millis(ms));
    clock.at('test', due, () => resolve(clock.mono() - due), { precise });
  });

describe('the system clock', () => {
  it.each([0, 0.3, 1.75, 4.01, 20])(
    'never runs a timer of %s ms early, coarse or precise',
    async (ms) => {
      const clock = systemClock();
      expect(await passed(clock, ms, true)).toBeGreaterThanOrEqual(0);
      expect(await passed(clock, ms, false)).toBeGreaterThanOrEqual(0);
    },
  );

  it('does not run what was cancelled', async () => {
    const clock = systemClock();
    let ran = 0;
    const due = later(clock.mono(), millis(2));
    clock.at('a', due, () => ran++)();
    clock.at('b', due, () => ran++, { precise: true })();
    await passed(clock, 10, false);
    expect(ran).toBe(0);
  });

  it('wakes a sleeper with the reason of the abort', async () => {
    const stop = new AbortController();
    const sleeping = sleep(systemClock(), 'test', millis(60_000), stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await expect(sleep(systemClock(), 'test', millis(1), stop.signal)).rejects.toThrow('enough');
  });
});

describe('the virtual clock', () => {
  it('runs timers in the order of their due times, at their due times', async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    for (const ms of [30, 10, 20])
      clock.at(`t${ms}`, monoMs(ms), () => seen.push(`${ms}@${clock.mono()}`));
    expect(clock.pending()).toEqual(['t10', 't20', 't30']);
    await clock.advance(millis(25));
    expect(seen).toEqual(['10@10', '20@20']);
    expect(clock.mono()).toBe(25);
  });

  it('lets promises between two timers come to their end', async () => {
    const clock = virtualClock();
    const seen: number[] = [];
    const loop = async () => {
      for (let i = 0; i < 5; i++) {
        await sleep(clock, 'loop', millis(10));
        seen.push(clock.mono());
      }
    };
    const running = loop();
    await clock.advance(millis(50));
    await running;
    expect(seen).toEqual([10, 20, 30, 40, 50]);
  });

  it('moves no timer when the wall clock is set', async () => {
    const clock = virtualClock(utcMs(1_000_000));
    let ran = false;
    clock.at('t', monoMs(100), () => {
      ran = true;
    });
    clock.stepWallClock(utcMs(0));
    expect(clock.utc()).toBe(0);
    await clock.advance(millis(99));
    expect(ran).toBe(false);
    await clock.advance(millis(1));
    expect(ran).toBe(true);
    expect(clock.utc()).toBe(100);
  });
});
