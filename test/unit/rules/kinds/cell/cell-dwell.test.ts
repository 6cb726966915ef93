import { describe, expect, it } from 'vitest';
import {
  type Dwell,
  flushed,
  passed,
  seen,
  settledNow,
  settlesAt,
} from '../../../../../rules/kinds/cell/cell-dwell.ts';
import type { Condition, Situation } from '../../../../../rules/kinds/cell/cell-state.ts';

const DWELL = 1_000;
const of = (situation: Situation): Condition => ({ situation, mode: 'production' });
const begin: Dwell = { settled: of('execute'), pending: null };

/** What is seen from each time on; the stretches that come of it, up to `end`. */
function led(trace: readonly (readonly [at: number, Situation])[], end: number, before = begin) {
  let dwell = before;
  let at = 0;
  const stretches: [Situation, number][] = [];
  const take = (step: ReturnType<typeof passed>) => {
    dwell = step.dwell;
    if (step.stretch) stretches.push([step.stretch.condition.situation, step.stretch.ms]);
  };
  const goOn = (to: number) => {
    for (;;) {
      const next = Math.min(to, settlesAt(dwell, DWELL));
      if (next > at) take(passed(dwell, { ms: next - at, unattended: 0, utc: at }));
      at = Math.max(at, next);
      if (settlesAt(dwell, DWELL) > at) return;
      take(settledNow(dwell));
    }
  };
  for (const [when, situation] of trace) {
    goOn(when);
    take(seen(dwell, of(situation), when, when));
  }
  goOn(end);
  return { dwell, stretches };
}

describe('dwelling', () => {
  it('gives all the time to a condition that lasts, from where the other was left', () => {
    const { stretches } = led([[5_000, 'starved']], 7_000);
    expect(stretches).toEqual([
      ['execute', 5_000],
      ['starved', 1_000],
      ['starved', 1_000],
    ]);
  });

  it('gives it back to the one before when that returns in time', () => {
    const { stretches, dwell } = led(
      [
        [5_000, 'starved'],
        [5_999, 'execute'],
      ],
      7_000,
    );
    expect(stretches).toEqual([
      ['execute', 5_000],
      ['execute', 999],
      ['execute', 1_001],
    ]);
    expect(dwell.pending).toBeNull();
  });

  it('counts a condition that lasts exactly the dwell', () => {
    const { stretches } = led(
      [
        [5_000, 'starved'],
        [6_000, 'execute'],
      ],
      8_000,
    );
    expect(stretches).toEqual([
      ['execute', 5_000],
      ['starved', 1_000],
      ['execute', 1_000],
      ['execute', 1_000],
    ]);
  });

  it('gives what came between to the one that lasts', () => {
    const { stretches } = led(
      [
        [5_000, 'stopped'],
        [5_600, 'fault'],
      ],
      7_000,
    );
    expect(stretches).toEqual([
      ['execute', 5_000],
      ['fault', 1_600],
      ['fault', 400],
    ]);
  });

  it('ends a condition that was left for five dwells, however much the others flicker', () => {
    const flicker = Array.from({ length: 20 }, (_, index): [number, Situation] => [
      5_000 + 500 * index,
      index % 2 === 0 ? 'starved' : 'blocked',
    ]);
    const { stretches } = led(flicker, 12_000);
    expect(stretches.slice(0, 2)).toEqual([
      ['execute', 5_000],
      ['blocked', 5_000],
    ]);
    expect(stretches.slice(2).every(([situation]) => situation === 'blocked')).toBe(true);
  });

  it('is no time where none is wanted', () => {
    const step = seen(begin, of('fault'), 10, 10);
    expect(settlesAt(step.dwell, 0)).toBe(10);
    expect(settledNow(step.dwell)).toEqual({
      dwell: { settled: of('fault'), pending: null },
      stretch: undefined,
    });
  });

  it('has none between two reasons to know nothing', () => {
    const unknown: Dwell = { settled: of('gateway_off'), pending: null };
    const known = seen(unknown, of('fault'), 0, 0).dwell;
    const waited = passed(known, { ms: 300, unattended: 300, utc: 0 }).dwell;
    const step = seen(waited, of('no_signal'), 300, 300);
    expect(step.dwell).toEqual({ settled: of('no_signal'), pending: null });
    expect(step.stretch).toMatchObject({ condition: of('gateway_off'), ms: 300 });
  });

  it('gives pending time to the settled condition when it is asked for it, and goes on waiting', () => {
    const candidate = seen(begin, of('fault'), 5_000, 5_000).dwell;
    const waited = passed(candidate, { ms: 400, unattended: 100, utc: 5_000 }).dwell;
    const step = flushed(waited);
    expect(step.stretch).toEqual({
      condition: of('execute'),
      ms: 400,
      unattended: 100,
      utc: 5_000,
    });
    expect(settlesAt(step.dwell, DWELL)).toBe(6_000);
    const rest = passed(step.dwell, { ms: 600, unattended: 0, utc: 5_400 }).dwell;
    expect(settledNow(rest).stretch).toMatchObject({ condition: of('fault'), ms: 600, utc: 5_400 });
  });
});
