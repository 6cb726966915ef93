import { describe, expect, it } from 'vitest';
import type { Truth } from '../../../../../rules/expression.ts';
import {
  type Cycle,
  cycledByCount,
  cycledByEdges,
  jitterOf,
  MOST_CYCLE_TIMES,
  NEW_CYCLE,
} from '../../../../../rules/kinds/cell/cell-cycle.ts';

const moment = (now: number, told?: number) => ({ now, utc: now + 1e12, told });

describe('cycles by a counter', () => {
  const begun: Cycle = { ...NEW_CYCLE, begun: 0, begunUtc: 1e12, producing: 9_000 };

  it('take the time of production since the last count', () => {
    const { cycle, done } = cycledByCount(begun, 1, moment(12_000));
    expect(done).toEqual({ parts: 1, ms: 9_000, beginUtc: 1e12 });
    expect(cycle).toMatchObject({ begun: 12_000, producing: 0, times: [9_000] });
  });

  it('share it where several came at once', () => {
    expect(cycledByCount(begun, 3, moment(12_000)).done?.ms).toBe(3_000);
  });

  it('take what the machine says, where it says it', () => {
    expect(cycledByCount(begun, 1, moment(12_000, 8_500)).done?.ms).toBe(8_500);
  });

  it('have no time after nobody could see for a while', () => {
    const { cycle, done } = cycledByCount({ ...begun, isBlind: true }, 1, moment(12_000));
    expect(done).toEqual({ parts: 1, ms: undefined, beginUtc: 1e12 });
    expect(cycle).toMatchObject({ isBlind: false, times: [] });
  });

  it('begin with the first reading, and go on where there is none', () => {
    const { cycle, done } = cycledByCount(NEW_CYCLE, 0, moment(5));
    expect([cycle.begun, done]).toEqual([5, undefined]);
    expect(cycledByCount(cycle, undefined, moment(6)).cycle).toBe(cycle);
    expect(cycledByCount(cycle, 0, moment(7)).cycle).toBe(cycle);
  });

  it('keep the times of the last hundred', () => {
    let cycle = begun;
    for (let count = 1; count <= MOST_CYCLE_TIMES + 5; count++)
      cycle = cycledByCount({ ...cycle, producing: count }, 1, moment(count)).cycle;
    expect(cycle.times).toHaveLength(MOST_CYCLE_TIMES);
    expect(cycle.times[0]).toBe(6);
  });
});

/** A cycle signal that is true while a cycle runs. */
function ledByEdges(trace: readonly (readonly [number, Truth, failed?: boolean])[]) {
  let cycle = NEW_CYCLE;
  return trace.map(([now, active, failed = false]) => {
    const end = active === undefined ? undefined : !active;
    const step = cycledByEdges(cycle, { start: active, end }, failed, moment(now));
    cycle = step.cycle;
    return step.done && [step.done.parts, step.done.ms];
  });
}

describe('cycles by edges', () => {
  it.each([
    [
      'last from edge to edge',
      [
        [0, false],
        [10, true],
        [25, false],
      ],
      [undefined, undefined, [1, 15]],
    ],
    [
      'are counted though nobody saw them begin',
      [
        [0, true],
        [10, false],
      ],
      [undefined, [1, undefined]],
    ],
    [
      'are counted, without a time, through a blind spot',
      [
        [0, false],
        [10, true],
        [12, undefined],
        [25, false],
      ],
      [undefined, undefined, undefined, [1, undefined]],
    ],
    [
      'have no time where nobody saw exactly when they began',
      [
        [0, false],
        [5, undefined],
        [10, true],
        [25, false],
        [30, true],
        [40, false],
      ],
      [undefined, undefined, undefined, [1, undefined], undefined, [1, 10]],
    ],
    [
      'have a time where the blind spot was before them',
      [
        [0, false],
        [5, undefined],
        [6, false],
        [10, true],
        [25, false],
      ],
      [undefined, undefined, undefined, undefined, [1, 15]],
    ],
    [
      'make no part in a fault',
      [
        [0, false],
        [10, true],
        [25, false, true],
      ],
      [undefined, undefined, undefined],
    ],
  ] as const)('%s', (_name, trace, done) => {
    expect(ledByEdges(trace)).toEqual(done);
  });

  it('may end and begin in one moment', () => {
    const busy: Cycle = { ...NEW_CYCLE, start: false, end: false, begun: 3, begunUtc: 3 };
    const { cycle, done } = cycledByEdges(busy, { start: true, end: true }, false, moment(10));
    expect(done?.ms).toBe(7);
    expect(cycle.begun).toBe(10);
  });
});

describe('jitter', () => {
  it('is worked out by hand', () => {
    // Mean 5; squares 9 1 1 1 0 0 4 16 = 32, over 8 is 4.
    expect(jitterOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      mean: 5,
      median: 4.5,
      p95: 9,
      stddev: 2,
      min: 2,
      max: 9,
    });
  });

  it('has as 95th percentile the 95th of a hundred', () => {
    expect(jitterOf(Array.from({ length: 100 }, (_, index) => 100 - index))?.p95).toBe(95);
  });

  it('is nothing of nothing', () => {
    expect(jitterOf([])).toBeNull();
  });
});
