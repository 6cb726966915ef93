import { describe, expect, it } from 'vitest';
import { startWatchdog } from '../../../gateway/health/watchdog.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import type { Notify } from '../../../gateway/host/notify.ts';
import type { Service } from '../../../gateway/host/service.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { monoMs, seconds } from '../../../gateway/model/units.ts';

const WATCHDOG_MS = 30_000;

function watched() {
  const clock = virtualClock();
  let fed = 0;
  let progress = monoMs(0);
  const service: Service = {
    name: 'bus',
    start: async () => {},
    stop: async () => {},
    lastProgress: () => progress,
  };
  const notify: Notify = {
    ready() {},
    stopping() {},
    status() {},
    alive: () => fed++,
    close() {},
    watchdogMs: WATCHDOG_MS,
  };
  const cancel = startWatchdog([service], notify, clock, silentLog);
  return {
    clock,
    cancel,
    fed: () => fed,
    work: () => {
      progress = clock.mono();
    },
  };
}

describe('the watchdog', () => {
  it('is fed three times per interval while every service gets something done', async () => {
    const { clock, fed, work } = watched();
    for (let i = 0; i < 6; i++) {
      await clock.advance(seconds(10));
      work();
    }
    expect(fed()).toBe(7);
  });

  it('goes hungry when a service stands still, although the event loop turns', async () => {
    const { clock, fed } = watched();
    await clock.advance(seconds(31));
    const before = fed();
    await clock.advance(seconds(300));
    expect(fed()).toBe(before);
  });

  it('ends with its cancellation', async () => {
    const { clock, cancel } = watched();
    cancel();
    expect(clock.pending()).toEqual([]);
  });
});
