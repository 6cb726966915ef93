import { expect, test } from 'vitest';
import { Nap } from '../../../gateway/host/nap.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, monoMs } from '../../../gateway/model/units.ts';

const never = new AbortController().signal;

test('a nap ends at its time', async () => {
  const clock = virtualClock();
  const sleep = new Nap('test', clock).until(monoMs(100), never);
  await clock.advance(millis(100));
  expect(await sleep).toBe(true);
});

test('it is cut short by whoever wakes it, and leaves no timer behind', async () => {
  const clock = virtualClock();
  const nap = new Nap('test', clock);
  const sleep = nap.until(monoMs(100), never);
  nap.wake();
  expect(await sleep).toBe(false);
  expect(clock.pending()).toEqual([]);
  nap.wake();
});

test('a stop cuts it short, too, and one that came before lets it not begin', async () => {
  const clock = virtualClock();
  const nap = new Nap('test', clock);
  const stop = new AbortController();
  const sleep = nap.until(monoMs(100), stop.signal);
  stop.abort();
  expect(await sleep).toBe(false);
  expect(await nap.until(monoMs(200), stop.signal)).toBe(false);
  expect(clock.pending()).toEqual([]);
});
