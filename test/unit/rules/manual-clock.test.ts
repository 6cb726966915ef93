import { expect, it } from 'vitest';
import { monoMs, utcMs } from '../../../gateway/model/units.ts';
import { manualClock } from '../../../rules/tests/manual-clock.ts';

it('runs timers in order of their times, then of their making, and those that timers make', () => {
  const clock = manualClock(utcMs(1_000));
  const ran: string[] = [];
  const at = (name: string, due: number, then = () => {}) =>
    clock.at(name, monoMs(due), () => {
      ran.push(`${name} ${clock.mono()} ${clock.utc()}`);
      then();
    });
  at('late', 20);
  at('first', 10);
  at('second', 10, () => at('made', 5));
  at('never', 31);
  at('cancelled', 15)();
  clock.moveTo(monoMs(30));
  expect(ran).toEqual(['first 10 1010', 'second 10 1010', 'made 10 1010', 'late 20 1020']);
  expect([clock.mono(), clock.utc()]).toEqual([30, 1_030]);
  clock.moveTo(monoMs(10));
  expect(clock.mono()).toBe(30);
});
