import { describe, expect, it } from 'vitest';
import { cellView } from '../../../../../rules/kinds/cell/cell.ts';
import type { CellConfig } from '../../../../../rules/kinds/cell/cell-memory.ts';
import { MOST_REASONS } from '../../../../../rules/kinds/cell/cell-tally.ts';
import { cellRule, type Picture, Plant } from '../../../../support/cell-fixture.ts';

const BEGIN = Date.parse('2026-03-02T08:00:00+08:00');
const RUNNING: Picture = { running: true, fault: false, total: 0, ideal: 12 };

function plantOf(config: Partial<CellConfig> = {}, picture: Picture = RUNNING): Plant {
  const plant = new Plant({ rule: cellRule(config), begin: BEGIN, tick: 60_000, picture });
  plant.happen(0, []);
  return plant;
}
const partsOf = (plant: Plant) =>
  plant.records.filter(({ name }) => name === 'part').map(({ values }) => values);

describe('the record of a part', () => {
  it('has its times, its number, its values, and the kind of part that was counted with it', () => {
    const counters = {
      total: { modulus: undefined },
      good: { modulus: undefined },
      reject: { modulus: undefined },
    };
    const plant = plantOf(
      { counters, partValues: ['torque', 'camera'] },
      { ...RUNNING, good: 0, reject: 0, order: 4711, torque: 5.5, camera: null, serial: 'S1' },
    );
    plant.happen(12_000, [{ kind: 'add', to: { total: 1, good: 1 } }]);
    plant.happen(24_000, [
      { kind: 'set', picture: { serial: 'x'.repeat(200) } },
      { kind: 'add', to: { total: 1, reject: 1 } },
    ]);
    plant.happen(40_000, [{ kind: 'add', to: { total: 2, good: 1, reject: 1 } }]);
    expect(partsOf(plant)).toEqual([
      {
        torque: 5.5,
        camera: null,
        parts: 1,
        begin_utc_ms: BEGIN,
        end_utc_ms: BEGIN + 12_000,
        cycle_s: 12,
        result: 'good',
        serial: 'S1',
        order: '4711',
        product: null,
      },
      expect.objectContaining({ result: 'reject', serial: 'x'.repeat(64) }),
      expect.objectContaining({ parts: 2, cycle_s: 8, result: null }),
    ]);
  });

  it('has the result that is told with it', () => {
    const plant = plantOf({ hasResult: true }, { ...RUNNING, result: null });
    for (const [index, result] of [true, false, 'rework', 'good', 'reject', 'odd', null].entries())
      plant.happen(12_000 * (index + 1), [
        { kind: 'set', picture: { result } },
        { kind: 'add', to: { total: 1 } },
      ]);
    expect(partsOf(plant).map(({ result }) => result)).toEqual([
      'good',
      'reject',
      'rework',
      'good',
      'reject',
      null,
      null,
    ]);
    const { good, reject, rework, produced } = plant.state.tally;
    expect([produced, good, reject, rework]).toEqual([7, 2, 2, 1]);
  });
});

describe('a batch', () => {
  const batches = (plant: Plant) =>
    plant.records
      .filter(({ name }) => name === 'batch')
      .map(({ values: { order, product, length_s } }) => [order, product, length_s]);

  it('is named by what is known first, goes on where it is unknown, and ends with another', () => {
    const plant = plantOf({}, { ...RUNNING, order: null, product: null });
    plant.happen(10_000, [{ kind: 'set', picture: { order: 'A1' } }]);
    plant.happen(20_000, [{ kind: 'set', picture: { product: 'P' } }]);
    plant.happen(30_000, [{ kind: 'set', picture: { order: null } }]);
    plant.happen(40_000, [{ kind: 'set', picture: { order: 'A1' } }]);
    expect(batches(plant)).toEqual([]);
    plant.happen(50_000, [{ kind: 'set', picture: { order: 'A2' } }]);
    expect(batches(plant)).toEqual([['A1', 'P', 50]]);
  });

  it('without order and product has no record', () => {
    const plant = plantOf({}, { ...RUNNING, order: '' });
    plant.happen(50_000, [{ kind: 'set', picture: { order: 'A1' } }]);
    plant.happen(60_000, [{ kind: 'set', picture: { order: '' } }]);
    expect(batches(plant)).toEqual([['A1', null, 10]]);
  });
});

describe('alarms', () => {
  it('of a handshake stand by their place in the configuration', () => {
    const plant = plantOf(
      {
        handshakes: [
          { name: 'a', within: 1_000 },
          { name: 'b', within: 3_000 },
        ],
      },
      { ...RUNNING, 'a.after': false, 'a.expect': false, 'b.after': false, 'b.expect': false },
    );
    plant.happen(10_000, [{ kind: 'set', picture: { 'b.after': true } }]);
    plant.happen(20_000, [{ kind: 'set', picture: { 'b.expect': true } }]);
    expect(plant.turns).toEqual([
      { of: 'handshake', index: 1, turn: 'active', at: 13_000 },
      { of: 'handshake', index: 1, turn: 'cleared', at: 20_000 },
    ]);
  });
});

describe('what it is now', () => {
  it('has numbers, a reason, and figures of the shift so far', () => {
    const rule = cellRule();
    const plant = plantOf();
    plant.happen(10_000, [{ kind: 'set', picture: { fault: true, faultCode: 33 } }]);
    plant.happen(20_000, []);
    const view = cellView(plant.state, rule);
    expect(view.reason).toBe('fault:33');
    expect(view.numbers).toEqual({ packmlState: 9, packmlMode: 1, itemState: 1, operationMode: 3 });
    expect(view.figures).toMatchObject({ lengthMs: 20_000, microMs: 10_000, availability: 1 });
  });

  it.each([0, '', false, null])('has no code where the machine shows %j', (faultCode) => {
    const plant = plantOf();
    plant.happen(10_000, [{ kind: 'set', picture: { fault: true, faultCode } }]);
    plant.happen(20_000, []);
    expect(cellView(plant.state, cellRule()).reason).toBe('fault');
  });
});

it('keeps at most so many reasons, and loses none of their time', () => {
  const plant = plantOf();
  for (let code = 1; code <= 100; code++) {
    plant.happen(code * 20_000, [{ kind: 'set', picture: { fault: true, faultCode: code } }]);
    plant.happen(code * 20_000 + 10_000, [{ kind: 'set', picture: { fault: false } }]);
  }
  plant.happen(101 * 20_000, []);
  const { reasons } = plant.state.tally;
  expect(Object.keys(reasons)).toHaveLength(MOST_REASONS + 1);
  expect(reasons.other).toEqual({ ms: (100 - MOST_REASONS) * 10_000, times: 100 - MOST_REASONS });
  expect(Object.values(reasons).reduce((sum, { ms }) => sum + ms, 0)).toBe(1_000_000);
});

it('takes the parts of a moment for those of the shift that begins in it', () => {
  const plant = plantOf();
  plant.happen(12 * 3_600_000, [{ kind: 'add', to: { total: 1 } }]);
  expect(plant.state.tally.produced).toBe(1);
  expect(plant.records[0]?.values.produced).toBe(0);
});
