import { describe, expect, it } from 'vitest';
import { utcMs } from '../../../../../gateway/model/units.ts';
import { cellStep } from '../../../../../rules/kinds/cell/cell.ts';
import { newCell } from '../../../../../rules/kinds/cell/cell-memory.ts';
import { lengthOf } from '../../../../../rules/kinds/cell/cell-tally.ts';
import { cellRule, inputOf, type Picture, Plant } from '../../../../support/cell-fixture.ts';

const at = (text: string) => utcMs(Date.parse(text));
const RUNNING: Picture = { running: true, starved: false, total: 0, ideal: 12 };

/** Evaluated at engine times, with the wall clock given for each: a clock that drifts is no clock that is set. */
function led(moments: readonly (readonly [now: number, utc: string, isSynced?: boolean])[]) {
  const rule = cellRule();
  let state = newCell(rule.config);
  const shifts: (readonly [now: number, date: unknown, shift: unknown, length: unknown])[] = [];
  let wake: number | undefined;
  for (const [now, utc, isSynced = true] of moments) {
    const step = cellStep(state, inputOf(RUNNING, { now, utc: at(utc), isSynced }, rule), rule);
    state = step.state;
    wake = step.wake;
    for (const { name, values } of step.records)
      if (name === 'shift') shifts.push([now, values.date, values.shift, values.length_s]);
  }
  return { state, shifts, wake };
}

describe('the change of a shift', () => {
  it('is seen though the clock was slewed over it', () => {
    const { shifts, state } = led([
      [0, '2026-03-02T19:59:58+08:00'],
      [1_000, '2026-03-02T19:59:59.500+08:00'],
      [2_000, '2026-03-02T20:00:01.500+08:00'],
    ]);
    // One second before 20:00:01.5 it was past 20:00 by the clock as it is now.
    expect(shifts).toEqual([[2_000, '2026-03-02', 1, 1]]);
    expect(state.shift?.index).toBe(2);
    expect(state.tally.begin).toBe(1_000);
  });

  it('is where it was, however late somebody looks', () => {
    const { shifts, state } = led([
      [0, '2026-03-02T19:59:00+08:00'],
      [100_000, '2026-03-02T20:00:40+08:00'],
    ]);
    expect(shifts).toEqual([[100_000, '2026-03-02', 1, 60]]);
    expect(state.tally.begin).toBe(60_000);
    expect(state.tally.beginUtc).toBe(at('2026-03-02T20:00:00+08:00'));
  });

  it('comes back neither with a clock that is slewed nor with one that is set back', () => {
    const { shifts, state } = led([
      [0, '2026-03-02T20:00:00.500+08:00'],
      [1_000, '2026-03-02T19:59:59.900+08:00'],
      [2_000, '2026-03-01T21:00:00+08:00'],
    ]);
    expect(shifts).toEqual([]);
    expect(state.shift?.date).toBe('2026-03-02');
    expect(state.tally.clockSteps).toBe(1);
  });

  it('is asked for', () => {
    expect(
      led([
        [500, '2026-03-02T19:59:58+08:00'],
        [2_000, '2026-03-02T19:59:59.500+08:00'],
      ]).wake,
    ).toBe(2_500);
  });

  it('comes after a day where nobody believes the clock', () => {
    const { shifts, state, wake } = led([
      [0, '1970-01-01T00:00:00Z', false],
      [1_000, '1970-01-01T00:00:01Z', false],
      [90_000_000, '1970-01-02T01:00:00Z', false],
    ]);
    expect(shifts).toEqual([[90_000_000, null, null, 86_400]]);
    expect(state.tally.begin).toBe(86_400_000);
    expect(wake).toBe(172_800_000);
  });
});

describe('what is pending', () => {
  const plantOf = (breaks: { from: string; to: string }[]) =>
    new Plant({
      rule: cellRule({}, { breaks }),
      begin: at('2026-03-02T11:59:00+08:00'),
      tick: 60_000,
      picture: RUNNING,
    });

  it('belongs before a break to what was settled, and after it to what lasts', () => {
    const plant = plantOf([{ from: '12:00', to: '12:30' }]);
    plant.happen(0, []);
    plant.happen(59_600, [{ kind: 'set', picture: { starved: true } }]);
    plant.happen(120_000, []);
    expect(plant.state.tally.times).toMatchObject({ producing: 60_000, planned: 60_000, micro: 0 });
  });

  it('belongs to the batch that was, when another begins', () => {
    const plant = plantOf([]);
    plant.happen(0, [{ kind: 'set', picture: { product: 'A' } }]);
    plant.happen(10_000, [{ kind: 'set', picture: { starved: true } }]);
    plant.happen(10_400, [{ kind: 'set', picture: { product: 'B' } }]);
    plant.happen(20_000, []);
    const [batch] = plant.records.filter(({ name }) => name === 'batch');
    expect(batch?.values).toMatchObject({ product: 'A', producing_s: 10.4, length_s: 10.4 });
    expect(plant.state.batch.tally.times.micro).toBe(9_600);
    expect(lengthOf(plant.state.tally)).toBe(20_000);
  });
});
