/** What a cell remembers from one evaluation to the next, all of it plain data of bounded size. */
import type { EngineMs } from '../../effect.ts';
import { type Attendance, NOBODY } from './cell-attendance.ts';
import type { CellShift } from './cell-calendar.ts';
import type { Counter } from './cell-counters.ts';
import { type Cycle, NEW_CYCLE } from './cell-cycle.ts';
import type { Dwell } from './cell-dwell.ts';
import type { CountedThings } from './cell-figures.ts';
import { type Handshake, NEW_HANDSHAKE } from './cell-handshake.ts';
import { DARK_LAMPS, type Lamps } from './cell-lamps.ts';
import { GATEWAY_OFF } from './cell-state.ts';
import type { Failure, Stop } from './cell-stop.ts';
import { newTally, type Tally } from './cell-tally.ts';
import { NEW_WEAR, type Wear, type WearConfig } from './cell-wear.ts';

export const COUNTERS = ['total', 'good', 'reject', 'rework'] as const;
export type CounterName = (typeof COUNTERS)[number];

/** Durations in ms. */
export interface CellConfig {
  /** How long a condition has to last before it counts. */
  readonly dwell: number;
  /** A longer stop is a loss of availability. */
  readonly microStop: number;
  /** How long somebody counts as there after the last sign. */
  readonly linger: number;
  /** How long a lamp counts as lit after it went dark. */
  readonly blink: number;
  /** What tells that cycles end: a counter, or edges of the cycle's signals. */
  readonly cycle: 'count' | 'edges';
  /** The counters that the cell has. */
  readonly counters: { readonly [Name in CounterName]?: { readonly modulus: number | undefined } };
  /** The result of each part is told when its cycle ends. */
  readonly hasResult: boolean;
  readonly partValues: readonly string[];
  readonly handshakes: readonly { readonly name: string; readonly within: number }[];
  readonly wear: readonly WearConfig[];
}

/** What of the parts is counted, by counters or by results. */
export const countedThings = ({ counters, hasResult }: CellConfig): CountedThings => {
  const { good, reject, rework } = counters;
  if (good || reject || rework) return { good: !!good, reject: !!reject, rework: !!rework };
  return { good: hasResult, reject: hasResult, rework: hasResult };
};

/** Since the last part: the time of production, and that of which nobody knows what it was. */
export type Watched = {
  readonly known: number;
  readonly unknown: number;
  /** There was a time of which nobody knows how long it was. */
  readonly isLost: boolean;
};
export const NOT_WATCHED: Watched = { known: 0, unknown: 0, isLost: false };

export type Batch = {
  readonly order: string | null;
  readonly product: string | null;
  readonly tally: Tally;
};

export type CellState = {
  /** The last evaluation; null: there was none. */
  readonly at: EngineMs | null;
  readonly utc: number;
  readonly isSynced: boolean;
  /** Nobody looked between the last evaluation and the next. */
  readonly isRestarted: boolean;
  readonly dwell: Dwell;
  readonly lamps: Lamps;
  readonly faultCode: string | null;
  /** A stop is planned: by a signal, and by the calendar. */
  readonly isPlanned: boolean;
  readonly isBreak: boolean;
  /** Null: nobody knows which one. */
  readonly shift: CellShift | null;
  readonly tally: Tally;
  readonly batch: Batch;
  readonly stop: Stop | null;
  readonly failure: Failure | null;
  readonly attendance: Attendance;
  readonly counters: { readonly [Name in CounterName]: Counter | null };
  readonly watched: Watched;
  readonly cycle: Cycle;
  /** The latest known ideal cycle, in ms. */
  readonly ideal: number | null;
  readonly handshakes: readonly Handshake[];
  readonly wear: readonly Wear[];
};

export function newCell({ handshakes, wear }: CellConfig): CellState {
  return {
    at: null,
    utc: 0,
    isSynced: false,
    isRestarted: false,
    dwell: { settled: GATEWAY_OFF, pending: null },
    lamps: DARK_LAMPS,
    faultCode: null,
    isPlanned: false,
    isBreak: false,
    shift: null,
    tally: newTally(0, 0),
    batch: { order: null, product: null, tally: newTally(0, 0) },
    stop: null,
    failure: null,
    attendance: NOBODY,
    counters: { total: null, good: null, reject: null, rework: null },
    watched: NOT_WATCHED,
    cycle: NEW_CYCLE,
    ideal: null,
    handshakes: handshakes.map(() => NEW_HANDSHAKE),
    wear: wear.map(() => NEW_WEAR),
  };
}
