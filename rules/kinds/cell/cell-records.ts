/** The records of a cell: a shift, a part, a batch, a stop. Flat, with units in their names, and bounded in size. */
import type { Plain } from '../../expression.ts';
import type { CellShift } from './cell-calendar.ts';
import { jitterOf } from './cell-cycle.ts';
import { type CountedThings, type Figures, figuresOf } from './cell-figures.ts';
import type { Batch } from './cell-memory.ts';
import type { Stop } from './cell-stop.ts';
import { closedStop, type Tally } from './cell-tally.ts';

export type RecordName = 'shift' | 'part' | 'batch' | 'stop';
export interface CellRecord {
  readonly name: RecordName;
  readonly values: Readonly<Record<string, Plain | null>>;
}

/** Reasons that a record names, those with the most time first. */
export const TOP_REASONS = 5;
/** Characters of order and serial numbers, products and fault codes. */
export const MOST_TEXT = 64;

export interface ShiftOver {
  readonly shift: CellShift | null;
  readonly tally: Tally;
  readonly endUtc: number;
  /** Of the last cycles, in ms. */
  readonly times: readonly number[];
  readonly counted: CountedThings;
}

export function shiftRecord({ shift, tally, endUtc, times, counted }: ShiftOver): CellRecord {
  return {
    name: 'shift',
    values: {
      date: shift?.date ?? null,
      shift: shift?.index ?? null,
      planned_begin_utc_ms: shift?.begin ?? null,
      planned_end_utc_ms: shift?.end ?? null,
      ...tallyValues(tally, endUtc, counted),
      ...jitterValues(times),
      missed_s: inSeconds(tally.missed),
    },
  };
}

export const batchRecord = (
  { order, product, tally }: Batch,
  endUtc: number,
  counted: CountedThings,
): CellRecord => ({
  name: 'batch',
  values: { order, product, ...tallyValues(tally, endUtc, counted) },
});

export const stopRecord = (stop: Stop, endUtc: number): CellRecord => ({
  name: 'stop',
  values: {
    reason: stop.cause,
    begin_utc_ms: stop.utc,
    end_utc_ms: endUtc,
    length_s: inSeconds(stop.ms),
    planned_s: inSeconds(stop.planned),
    setup_s: inSeconds(stop.setup),
    unknown_s: inSeconds(stop.unknown),
  },
});

export type PartResult = 'good' | 'reject' | 'rework';

export interface Part {
  readonly parts: number;
  readonly beginUtc: number | undefined;
  readonly endUtc: number;
  readonly ms: number | undefined;
  readonly result: PartResult | undefined;
  readonly serial: string | null;
  readonly order: string | null;
  readonly product: string | null;
  readonly values: Readonly<Record<string, Plain | null>>;
}

export const partRecord = (part: Part): CellRecord => ({
  name: 'part',
  values: {
    ...part.values,
    parts: part.parts,
    begin_utc_ms: part.beginUtc ?? null,
    end_utc_ms: part.endUtc,
    cycle_s: inSeconds(part.ms ?? null),
    result: part.result ?? null,
    serial: part.serial,
    order: part.order,
    product: part.product,
  },
});

type Values = Readonly<Record<string, Plain | null>>;

function tallyValues(open: Tally, endUtc: number, counted: CountedThings): Values {
  const tally = closedStop(open);
  return {
    begin_utc_ms: tally.beginUtc,
    end_utc_ms: endUtc,
    ...figureValues(figuresOf(tally, counted)),
    stops: tally.stops,
    micro_stops: tally.microStops,
    failures: tally.failures,
    repairs: tally.repairs,
    interventions: tally.interventions,
    unattended_s: inSeconds(tally.unattended),
    unattended_longest_s: inSeconds(tally.unattendedLongest),
    cycle_mean_s: tally.cycles === 0 ? null : inSeconds(tally.cycleMs / tally.cycles),
    cycle_min_s: inSeconds(tally.cycleMin),
    cycle_max_s: inSeconds(tally.cycleMax),
    ...reasonValues(tally),
    handshakes: tally.handshakes,
    handshakes_missed: tally.handshakesMissed,
    handshakes_unseen: tally.handshakesUnseen,
    counter_resets: tally.resets,
    counter_rollovers: tally.rollovers,
    counter_doubtful: tally.doubtful,
    restarts: tally.restarts,
    clock_steps: tally.clockSteps,
    clock_step_s: inSeconds(tally.clockStepMs),
  };
}

/** `aptMs` in ms becomes `apt_s` in seconds, `isIdealDoubtful` `ideal_doubtful`. */
export function figureValues(figures: Figures): Values {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]: [string, Plain | null]) => {
      const snake = name
        .replace(/^is(?=[A-Z])/, '')
        .replace(/^[A-Z]/, (letter) => letter.toLowerCase())
        .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (!snake.endsWith('_ms')) return [snake, value];
      return [snake.replace(/_ms$/, '_s'), typeof value === 'number' ? value / 1000 : null];
    }),
  );
}

/** `reason_1`, `reason_1_s`, `reason_1_times`, …; of equals the first in the alphabet. */
function reasonValues({ reasons }: Tally): Values {
  const sorted = Object.entries(reasons)
    .sort(([nameA, a], [nameB, b]) => b.ms - a.ms || (nameA < nameB ? -1 : 1))
    .slice(0, TOP_REASONS);
  return Object.fromEntries(
    sorted.flatMap(([reason, { ms, times }], index) => [
      [`reason_${index + 1}`, reason],
      [`reason_${index + 1}_s`, ms / 1000],
      [`reason_${index + 1}_times`, times],
    ]),
  );
}

function jitterValues(times: readonly number[]): Values {
  const jitter = jitterOf(times);
  return {
    last_cycles: times.length,
    last_cycles_mean_s: inSeconds(jitter?.mean ?? null),
    last_cycles_median_s: inSeconds(jitter?.median ?? null),
    last_cycles_p95_s: inSeconds(jitter?.p95 ?? null),
    last_cycles_stddev_s: inSeconds(jitter?.stddev ?? null),
  };
}

const inSeconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
