/** The simulated work of a robot cell over hours, in no time. */
import { describe, expect, it } from 'vitest';
import {
  CellProcess,
  type CellState,
  VACUUM_LOST,
} from '../../../firmware-sim/opcua/cell-process.ts';
import { millis } from '../../../gateway/model/units.ts';

const STEP = 200;
const shift = (seed: number, length: number): readonly CellState[] => {
  const cell = new CellProcess(seed);
  return Array.from({ length: length / STEP }, (_, n) => cell.at(millis(n * STEP)));
};
const HOUR = 3_600_000;
const HOURS = shift(1, 4 * HOUR);

describe('a simulated robot cell', () => {
  it('works the same shift with the same seed, whatever is looked at', () => {
    const looked = new CellProcess(1).at(millis(HOUR));
    expect(looked).toEqual(HOURS[HOUR / STEP]);
    expect(new CellProcess(2).at(millis(HOUR))).not.toEqual(looked);
  });

  it('needs 8 to 12 s for a part, and counts each once', () => {
    const ends = HOURS.filter(({ cycles }, n) => n > 0 && cycles !== HOURS[n - 1]?.cycles);
    expect(ends.length).toBeGreaterThan(1_000);
    for (const [n, state] of HOURS.entries()) {
      expect(state.good + state.rejects).toBe(state.cycles);
      expect(state.cycles - (HOURS[n - 1]?.cycles ?? 0)).toBeOneOf([0, 1]);
    }
    for (const { cycleTime } of ends) {
      expect(cycleTime).toBeGreaterThanOrEqual(8_000);
      expect(cycleTime).toBeLessThanOrEqual(12_000);
    }
  });

  it('stops when the gripper loses its vacuum and when the outfeed is full, now and then', () => {
    const faulty = HOURS.filter(({ fault }) => fault === VACUUM_LOST);
    expect(faulty.length / HOURS.length).toBeGreaterThan(0.01);
    expect(faulty.length / HOURS.length).toBeLessThan(0.1);
    for (const state of faulty) {
      expect(state).toMatchObject({ isRunning: false, isGripping: true });
      expect(state.vacuum).toBeGreaterThan(-15);
      expect(state.axes.every(({ speed }) => speed === 0)).toBe(true);
    }
    const full = HOURS.filter(({ isOutfeedFull }) => isOutfeedFull);
    expect(full.length).toBeGreaterThan(10);
    expect(full.every(({ isRunning }) => !isRunning)).toBe(true);
  });

  it('holds a part with vacuum, between where it comes from and where it goes', () => {
    const [holding, empty] = [true, false].map((wanted) =>
      HOURS.filter(({ isGripping, fault }) => isGripping === wanted && fault === 0),
    );
    expect(holding?.every(({ vacuum }) => vacuum <= -62)).toBe(true);
    expect(empty?.every(({ vacuum }) => vacuum === 0)).toBe(true);
    expect(holding?.some(({ isPartPresent }) => isPartPresent)).toBe(false);
  });

  it('has an axis that gets too hot and cools down, and no alarm that flutters', () => {
    const changes = HOURS.filter(
      ({ isAxis3Hot }, n) => n > 0 && isAxis3Hot !== HOURS[n - 1]?.isAxis3Hot,
    );
    expect(changes.length).toBeGreaterThan(4);
    expect(changes.length).toBeLessThan(100);
    const between = { stays: 0, waits: 0 };
    for (const [n, { axes, isAxis3Hot }] of HOURS.entries()) {
      const temperature = axes[2]?.temperature ?? 0;
      const wasHot = HOURS[n - 1]?.isAxis3Hot ?? false;
      expect(isAxis3Hot).toBe(temperature > (wasHot ? 72 : 78));
      if (temperature > 72 && temperature <= 78) between[wasHot ? 'stays' : 'waits'] += 1;
    }
    expect(between.stays).toBeGreaterThan(10);
    expect(between.waits).toBeGreaterThan(10);
  });
});
