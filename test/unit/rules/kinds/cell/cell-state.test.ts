import { describe, expect, it } from 'vitest';
import {
  type CellSignals,
  conditionOf,
  reasonOf,
  stateNumbers,
} from '../../../../../rules/kinds/cell/cell-state.ts';

const T = true;
const F = false;
const U = undefined;

/** Everything is fine and it runs. */
const ROBOT: CellSignals = {
  powered: T,
  estopOk: T,
  fault: F,
  doorClosed: T,
  hold: F,
  cycleActive: F,
  blocked: F,
  starved: F,
  running: T,
  ready: T,
  maintenance: F,
  manual: F,
  setup: F,
};

const TABLE: readonly (readonly [string, CellSignals, string])[] = [
  ['runs', {}, 'execute'],
  ['power off goes before all else', { powered: F, estopOk: F, fault: U }, 'off'],
  ['an emergency stop goes before the fault it causes', { estopOk: F, fault: T }, 'estop'],
  ['a fault goes before an open door', { fault: T, doorClosed: F }, 'fault'],
  ['an open door goes before a cycle', { doorClosed: F, cycleActive: T }, 'hold'],
  ['a hold is one, too', { hold: T }, 'hold'],
  ['a cycle goes before its full outfeed', { cycleActive: T, blocked: T, starved: T }, 'execute'],
  ['blocked goes before starved', { blocked: T, starved: T }, 'blocked'],
  ['starved although the program runs', { starved: T }, 'starved'],
  ['stands, ready', { running: F }, 'idle'],
  ['stands, not ready', { running: F, ready: F }, 'stopped'],
  ['stands, and nobody knows whether it is ready', { running: F, ready: U }, 'stopped'],
  ['an unknown fault is decisive', { fault: U }, 'no_signal'],
  ['an unknown fault does not hide an emergency stop', { fault: U, estopOk: F }, 'estop'],
  [
    'an unknown door is not decisive',
    { doorClosed: U, hold: U, estopOk: U, powered: U },
    'execute',
  ],
  ['unknown places of parts are not', { blocked: U, starved: U }, 'execute'],
  ['an unknown cycle is not where the program is known', { cycleActive: U }, 'execute'],
  ['an unknown program is', { running: U }, 'no_signal'],
  ['an unknown program that waits for parts waits', { running: U, starved: T }, 'starved'],
  ['an unknown mode is decisive, whatever else is known', { manual: U, fault: T }, 'no_signal'],
];

describe('the condition of a robot with all signals', () => {
  it.each(TABLE)('%s', (_name, signals, situation) => {
    expect(conditionOf({ ...ROBOT, ...signals }).situation).toBe(situation);
  });

  it.each([
    [{ maintenance: T, manual: T, setup: T }, 'maintenance'],
    [{ manual: T, setup: T }, 'manual'],
    [{ setup: T }, 'setup'],
    [{}, 'production'],
  ] as const)('%j is in the mode %s, whatever it does', (signals, mode) => {
    expect(conditionOf({ ...ROBOT, ...signals, fault: T })).toEqual({ situation: 'fault', mode });
  });
});

describe('the condition of a machine with few signals', () => {
  it.each([
    ['nothing at all', {}, 'no_signal'],
    ['a cycle alone', { cycleActive: T }, 'execute'],
    ['a cycle alone, between two', { cycleActive: F }, 'stopped'],
    ['a cycle alone, unknown', { cycleActive: U }, 'no_signal'],
    ['green', { red: F, yellow: F, green: T }, 'execute'],
    ['green and yellow', { red: F, yellow: T, green: T }, 'execute'],
    ['yellow', { red: F, yellow: T, green: F }, 'attention'],
    ['red and green', { red: T, yellow: F, green: T }, 'fault'],
    ['dark', { red: F, yellow: F, green: F }, 'stopped'],
    ['a red lamp that nobody sees', { red: U, green: T }, 'no_signal'],
    ['a current instead of the green lamp', { red: F, green: T, running: F }, 'stopped'],
    ['a fault signal instead of the red lamp', { red: T, fault: F, green: T }, 'execute'],
  ] as const)('%s', (_name, signals, situation) => {
    expect(conditionOf(signals).situation).toBe(situation);
  });
});

describe('numbers and reasons', () => {
  it.each([
    ['execute', 'production', [6, 1, 3, 3]],
    ['fault', 'production', [9, 1, 1, 3]],
    ['estop', 'manual', [9, 3, 1, 0]],
    ['hold', 'maintenance', [11, 2, 2, 1]],
    ['starved', 'setup', [5, 4, 2, 2]],
    ['idle', 'production', [4, 1, 2, 3]],
    ['stopped', 'production', [2, 1, 2, 3]],
    ['off', 'production', [2, 1, 0, 3]],
    ['no_signal', 'production', [null, null, null, null]],
    ['gateway_off', 'production', [null, null, null, null]],
  ] as const)('of %s in %s', (situation, mode, numbers) => {
    expect(Object.values(stateNumbers({ situation, mode }))).toEqual(numbers);
  });

  it('a fault has its code, and a mode is a reason of its own', () => {
    expect(reasonOf({ situation: 'fault', mode: 'production' }, 'E7')).toBe('fault:E7');
    expect(reasonOf({ situation: 'fault', mode: 'production' }, null)).toBe('fault');
    expect(reasonOf({ situation: 'fault', mode: 'manual' }, 'E7')).toBe('manual');
    expect(reasonOf({ situation: 'hold', mode: 'production' }, 'E7')).toBe('hold');
  });
});
