/**
 * What a cell is doing, from whatever signals it has: a full robot controller or three lamps. The tables stand in
 * SEMANTICS-cell.md. Safety signals are looked at and never acted on.
 */
import type { Truth } from '../../expression.ts';

/** Every signal a cell may have; each is optional. */
export const CELL_SIGNALS = [
  'powered',
  'estopOk',
  'fault',
  'doorClosed',
  'hold',
  'cycleActive',
  'blocked',
  'starved',
  'running',
  'ready',
  'maintenance',
  'manual',
  'setup',
  'red',
  'yellow',
  'green',
  'planned',
  'reset',
] as const;
export type CellSignal = (typeof CELL_SIGNALS)[number];

/** A signal that the cell has not is left out; one that is undefined is unknown. */
export type CellSignals = { readonly [Signal in CellSignal]?: Truth };

/** What is going on, which is also the reason why nothing else is. */
export type Situation =
  | 'gateway_off'
  | 'no_signal'
  | 'off'
  | 'estop'
  | 'fault'
  | 'hold'
  | 'execute'
  | 'blocked'
  | 'starved'
  | 'attention'
  | 'idle'
  | 'stopped';
export type CellMode = 'production' | 'maintenance' | 'manual' | 'setup';

export type Condition = { readonly situation: Situation; readonly mode: CellMode };

export const GATEWAY_OFF: Condition = { situation: 'gateway_off', mode: 'production' };
const NO_SIGNAL: Condition = { situation: 'no_signal', mode: 'production' };

export const isSameCondition = (a: Condition, b: Condition): boolean =>
  a.situation === b.situation && a.mode === b.mode;
/** Nobody knows what the cell does. */
export const isUnknown = ({ situation }: Condition): boolean =>
  situation === 'no_signal' || situation === 'gateway_off';
/** It makes parts. */
export const isProducing = ({ situation, mode }: Condition): boolean =>
  situation === 'execute' && mode === 'production';

/** The state by PackML (ISA-TR88.00.02) and by OPC 40001-1, as numbers; null where nobody knows. */
export interface StateNumbers {
  readonly packmlState: number | null;
  readonly packmlMode: number | null;
  /** MachineryItemState: NotAvailable 0, OutOfService 1, NotExecuting 2, Executing 3. */
  readonly itemState: number | null;
  /** MachineryOperationMode: None 0, Maintenance 1, Setup 2, Processing 3. */
  readonly operationMode: number | null;
}

const UNKNOWN_NUMBERS: StateNumbers = {
  packmlState: null,
  packmlMode: null,
  itemState: null,
  operationMode: null,
};
/** PackML: 2 Stopped, 4 Idle, 5 Suspended, 6 Execute, 9 Aborted, 11 Held. */
const STATES: Readonly<Record<Situation, readonly [packml: number, item: number] | null>> = {
  gateway_off: null,
  no_signal: null,
  off: [2, 0],
  estop: [9, 1],
  fault: [9, 1],
  hold: [11, 2],
  execute: [6, 3],
  blocked: [5, 2],
  starved: [5, 2],
  attention: [11, 2],
  idle: [4, 2],
  stopped: [2, 2],
};
/** PackML modes from 4 on are the user's; 4 is setup here. */
const MODES: Readonly<Record<CellMode, readonly [packml: number, operation: number]>> = {
  production: [1, 3],
  maintenance: [2, 1],
  manual: [3, 0],
  setup: [4, 2],
};

export function stateNumbers({ situation, mode }: Condition): StateNumbers {
  const state = STATES[situation];
  if (state === null) return UNKNOWN_NUMBERS;
  const [packmlState, itemState] = state;
  const [packmlMode, operationMode] = MODES[mode];
  return { packmlState, packmlMode, itemState, operationMode };
}

/** Why the cell makes no parts, as people and records know it. */
export function reasonOf({ situation, mode }: Condition, faultCode: string | null): string {
  if (mode !== 'production') return mode;
  return situation === 'fault' && faultCode !== null ? `fault:${faultCode}` : situation;
}

/** The condition that the signals show now, before any dwell. */
export function conditionOf(signals: CellSignals): Condition {
  const mode = modeOf(signals);
  const situation = mode === undefined ? 'no_signal' : situationOf(signals);
  return mode === undefined || situation === 'no_signal' ? NO_SIGNAL : { situation, mode };
}

/** Undefined: a signal that decides it is unknown. */
function modeOf(signals: CellSignals): CellMode | undefined {
  for (const mode of ['maintenance', 'manual', 'setup'] as const) {
    if (signals[mode] === true) return mode;
    if (mode in signals && signals[mode] === undefined) return undefined;
  }
  return 'production';
}

/** The first row that is true. A row that is unknown is passed over, unless everything depends on it. */
function situationOf(signals: CellSignals): Situation {
  const { powered, estopOk, doorClosed, hold, cycleActive, blocked, starved, ready } = signals;
  const fault = 'fault' in signals ? signals.fault : 'red' in signals ? signals.red : false;
  const running = runningOf(signals);
  if (powered === false) return 'off';
  if (estopOk === false) return 'estop';
  if (fault !== false) return fault === true ? 'fault' : 'no_signal';
  if (doorClosed === false || hold === true) return 'hold';
  if (cycleActive === true) return 'execute';
  if (blocked === true) return 'blocked';
  if (starved === true) return 'starved';
  if (running !== false) return running === true ? 'execute' : 'no_signal';
  if (signals.yellow === true) return 'attention';
  return ready === true ? 'idle' : 'stopped';
}

/** What tells whether the program runs: its own signal, else the cycle, else the green lamp. */
function runningOf(signals: CellSignals): Truth {
  if ('running' in signals) return signals.running;
  return 'cycleActive' in signals ? signals.cycleActive : signals.green;
}
