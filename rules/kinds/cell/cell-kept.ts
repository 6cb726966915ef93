/** A cell after a restart: what was kept is looked at closely, and the time in which nobody looked is unknown. */
import type { Kept } from '../../../gateway/host/state-store.ts';
import { counterAfterRestart } from './cell-counters.ts';
import { MOST_CYCLE_TIMES } from './cell-cycle.ts';
import { handshakeAfterRestart } from './cell-handshake.ts';
import { DARK_LAMPS } from './cell-lamps.ts';
import { type CellConfig, type CellState, newCell } from './cell-memory.ts';
import {
  amount,
  either,
  fields,
  flag,
  listOf,
  mapOf,
  number,
  oneOf,
  orNull,
  pair,
  type Shape,
  text,
} from './cell-shape.ts';
import { MOST_REASONS, newTally } from './cell-tally.ts';
import { MOST_LEARNT, MOST_OF_M, MOST_RECIPES } from './cell-wear.ts';

const condition = fields({
  situation: oneOf(
    'gateway_off',
    'no_signal',
    'off',
    'estop',
    'fault',
    'hold',
    'execute',
    'blocked',
    'starved',
    'attention',
    'idle',
    'stopped',
  ),
  mode: oneOf('production', 'maintenance', 'manual', 'setup'),
});

const dwell = fields({
  settled: condition,
  pending: orNull(
    fields({ condition, since: number, away: number, ms: amount, unattended: amount, utc: number }),
  ),
});

const shift = fields({ begin: number, end: number, index: amount, date: text, isOff: flag });

const stop = fields({
  utc: number,
  ms: amount,
  planned: amount,
  setup: amount,
  unknown: amount,
  isLong: flag,
  cause: text,
});

/** A tally has the fields of a new one, nearly all of them amounts. */
const tally = fields({
  ...Object.fromEntries(Object.keys(newTally(0, 0)).map((key) => [key, amount])),
  begin: number,
  beginUtc: number,
  times: fields(Object.fromEntries(Object.keys(newTally(0, 0).times).map((key) => [key, amount]))),
  open: fields({ fault: amount, held: amount, waiting: amount, off: amount }),
  isLong: flag,
  cycleMin: orNull(amount),
  cycleMax: orNull(amount),
  reasons: mapOf(fields({ ms: amount, times: amount }), MOST_REASONS + 1),
  reason: orNull(text),
  clockStepMs: number,
});

const counter = orNull(fields({ value: amount, since: orNull(number), seen: orNull(number) }));

const lamp = either(oneOf('lit'), orNull(number));

const cycle = fields({
  start: orNull(flag),
  end: orNull(flag),
  begun: orNull(number),
  begunUtc: orNull(number),
  isBlind: flag,
  producing: amount,
  times: listOf(amount, 0, MOST_CYCLE_TIMES),
});

const handshake = fields({
  after: orNull(flag),
  due: orNull(number),
  isBlind: flag,
  isMissed: flag,
});

const recipe = fields({
  recipe: text,
  baseline: orNull(fields({ median: number, mad: amount })),
  samples: listOf(number, 0, MOST_LEARNT),
  marks: listOf(oneOf(0, 1, 2), 0, MOST_OF_M),
  points: listOf(pair(number, number), 0, 32),
  level: oneOf('learning', 'ok', 'warn', 'limit'),
  forecast: orNull(amount),
});

const wear = fields({
  recipes: listOf(recipe, 0, MOST_RECIPES),
  isRunning: flag,
  stopped: orNull(number),
  warmAt: number,
  sampled: orNull(number),
  isRelearning: flag,
  isWarned: flag,
  isAtLimit: flag,
});

const cell = (config: CellConfig): Shape =>
  fields({
    at: orNull(number),
    utc: number,
    isSynced: flag,
    isRestarted: flag,
    dwell,
    lamps: fields({ red: lamp, yellow: lamp, green: lamp }),
    faultCode: orNull(text),
    isPlanned: flag,
    isBreak: flag,
    shift: orNull(shift),
    tally,
    batch: fields({ order: orNull(text), product: orNull(text), tally }),
    stop: orNull(stop),
    failure: orNull(fields({ ms: amount })),
    attendance: fields({ isSigned: flag, until: number }),
    counters: fields({ total: counter, good: counter, reject: counter, rework: counter }),
    watched: fields({ known: amount, unknown: amount, isLost: flag }),
    cycle,
    ideal: orNull(amount),
    handshakes: listOf(handshake, config.handshakes.length, config.handshakes.length),
    wear: listOf(wear, config.wear.length, config.wear.length),
  });

/**
 * The cell as it was kept. `off`: how long nothing ran, 0 where nobody can tell. Undefined: it cannot be used, and
 * everything begins anew.
 */
export function restoredCell(kept: Kept, off: number, config: CellConfig): CellState | undefined {
  if (!isCell(kept, config)) return undefined;
  if (kept.at === null) return newCell(config);
  const { counters, cycle, handshakes, watched } = kept;
  return {
    ...kept,
    isRestarted: true,
    lamps: DARK_LAMPS,
    counters: {
      total: counterAfterRestart(counters.total, off),
      good: counterAfterRestart(counters.good, off),
      reject: counterAfterRestart(counters.reject, off),
      rework: counterAfterRestart(counters.rework, off),
    },
    watched: { ...watched, isLost: watched.isLost || off === 0 },
    cycle: { ...cycle, isBlind: true },
    handshakes: handshakes.map(handshakeAfterRestart),
  };
}

const isCell = (kept: Kept, config: CellConfig): kept is CellState => cell(config)(kept);
