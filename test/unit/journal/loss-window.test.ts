import { expect, test } from 'vitest';
import { LossWindow, nextLossWindow } from '../../../gateway/journal/space/loss-window.ts';
import { bytes, millis, monoMs } from '../../../gateway/model/units.ts';

const MB = 1e6;
const DAY_MS = 86_400_000;
const limits = {
  lossWindow: millis(1000),
  lossWindowMax: millis(10_000),
  flashBudget: bytes(100 * MB),
};
const next = (present: number, megabytesADay: number) =>
  nextLossWindow(limits, millis(present), megabytesADay * MB);

test('without a budget the window is as declared, whatever is written', () => {
  expect(nextLossWindow({ ...limits, flashBudget: undefined }, millis(4000), 1e12)).toBe(1000);
});

test('within the budget nothing changes', () => {
  expect(next(1000, 99)).toBe(1000);
  expect(next(1000, 5)).toBe(1000);
  expect(next(4000, 85)).toBe(4000);
});

test('beyond the budget the window grows as much as it takes, and no further than it may', () => {
  expect(next(1000, 360)).toBe(4000);
  expect(next(4000, 101)).toBe(4500);
  expect(next(1000, 5000)).toBe(10_000);
  expect(next(10_000, 5000)).toBe(10_000);
});

test('well within it the window shrinks as far as the budget allows, and no further than declared', () => {
  expect(next(4000, 45)).toBe(2000);
  expect(next(4000, 1)).toBe(1000);
});

test('a widest window below the declared one widens nothing', () => {
  const narrow = { ...limits, lossWindow: millis(20_000) };
  expect(nextLossWindow(narrow, millis(20_000), 1e12)).toBe(20_000);
});

/** Lives for some hours on a site that writes `perCommit` bytes a commit and `fixed` bytes a second besides. */
function live(window: LossWindow, hours: number, perCommit: number, fixed: number, from = 0) {
  let written = 0;
  const changes: number[] = [];
  for (let second = from; second < from + hours * 3600; second++) {
    written += perCommit * (1000 / window.window) + fixed;
    if (window.observe(monoMs(second * 1000), written)) changes.push(window.window);
  }
  return { changes, perDay: (perCommit * (1000 / window.window) + fixed) * (DAY_MS / 1000) };
}

test('settles below the budget within the hour, stays there, and comes back when the site is quiet', () => {
  const window = new LossWindow(limits);
  const busy = live(window, 6, 4096, 50);
  expect(busy.changes.length).toBeLessThanOrEqual(2);
  expect(busy.perDay).toBeLessThanOrEqual(100 * MB);
  expect(window.window).toBeLessThan(5000);
  expect(window.facts()).toMatchObject({ declaredMs: 1000, budget: 100 * MB, isExceeded: false });
  const quiet = live(window, 2, 500, 0, 6 * 3600);
  expect(quiet.changes.at(-1)).toBe(1000);
});

test('says so when even the widest window is not enough', () => {
  const window = new LossWindow(limits);
  live(window, 2, 100_000, 0);
  expect(window.facts()).toMatchObject({ windowMs: 10_000, isExceeded: true });
});

test('a count that began anew is no rate', () => {
  const window = new LossWindow(limits);
  window.observe(monoMs(0), 5e12);
  expect(window.observe(monoMs(3_600_000), 10)).toBe(false);
  expect(window.facts().presentDay).toBeUndefined();
});
