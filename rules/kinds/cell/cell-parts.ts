/** The parts that a moment brings: what counters, edges and results say, and what belongs to the part that is ready. */
import type { Maybe, Plain, Truth } from '../../expression.ts';
import { type Counted, counted } from './cell-counters.ts';
import { type CyclesDone, cycledByCount, cycledByEdges } from './cell-cycle.ts';
import {
  type CellState,
  COUNTERS,
  type CounterName,
  NOT_WATCHED,
  type Watched,
} from './cell-memory.ts';
import { type CellRecord, MOST_TEXT, type PartResult, partRecord } from './cell-records.ts';
import type { CellRule, CellTime } from './cell-shift.ts';
import { withParts } from './cell-tally.ts';

export interface PartsInput {
  /** The counters that the cell has; undefined: unknown. */
  readonly counts: { readonly [Name in CounterName]?: number | undefined };
  /** Edges of the cycle, where no counter counts it. */
  readonly start: Truth;
  readonly end: Truth;
  /** What the machine says the last cycle took, in seconds. */
  readonly cycleTime: number | undefined;
  /** In seconds. */
  readonly ideal: number | undefined;
  /** `good`, `reject`, `rework`; or true and false for the first two. */
  readonly result: Maybe;
  readonly serial: Maybe;
  /** In the order of the configuration. */
  readonly partValues: readonly Maybe[];
}

/** `isFailed`: fault or emergency stop, in which a cycle that ends made no part. */
export interface PartsMoment {
  readonly time: CellTime;
  readonly input: PartsInput;
  readonly isFailed: boolean;
}

export interface Gathered {
  readonly state: CellState;
  /** The cycles that ended in this moment. */
  readonly done: CyclesDone | undefined;
}

export function withPartsOf(
  state: CellState,
  moment: PartsMoment,
  rule: CellRule,
  records: CellRecord[],
): Gathered {
  const { config } = rule;
  const { input } = moment;
  const told = secondsIn(input.ideal);
  const ideal = state.ideal ?? told;
  const counts = countsOf(state, moment, rule, ideal);
  const isByCount = config.cycle === 'count';
  const { parts, isSeen } = isByCount ? madeBy(counts) : { parts: 0, isSeen: false };
  const { cycle, done } = cycledOf(state, moment, rule, isSeen ? parts : undefined);
  const result = resultOf(input.result, counts, done);
  const produced = isByCount ? parts : (done?.parts ?? 0);
  const isByResult = config.hasResult && !hasSorting(counts);
  const sorted = (name: PartResult) =>
    isByResult ? (result === name ? produced : 0) : (counts[name]?.parts ?? 0);
  const made = {
    produced,
    good: sorted('good'),
    reject: sorted('reject'),
    rework: sorted('rework'),
    share: shareOf(state.watched),
    ideal,
    done,
    events: COUNTERS.flatMap((name) => counts[name]?.event ?? []),
  };
  const { batch } = state;
  if (done) records.push(recordOf(state, done, result, moment, rule));
  // A counter that stands still says that the time since its last part may yet be that of the next.
  const isNew = produced > 0 || made.events.some((event) => event !== 'growth');
  const isDoubtful = made.events.includes('jump') || made.events.includes('drop');
  return {
    state: {
      ...state,
      cycle: isDoubtful && isByCount ? { ...cycle, isBlind: true } : cycle,
      counters: {
        total: counts.total?.counter ?? state.counters.total,
        good: counts.good?.counter ?? state.counters.good,
        reject: counts.reject?.counter ?? state.counters.reject,
        rework: counts.rework?.counter ?? state.counters.rework,
      },
      watched: isNew ? NOT_WATCHED : state.watched,
      ideal: told ?? state.ideal,
      tally: withParts(state.tally, made),
      batch: { ...batch, tally: withParts(batch.tally, made) },
    },
    done,
  };
}

type Counts = { readonly [Name in CounterName]?: Counted };

function countsOf(
  { counters }: CellState,
  { time: { now }, input }: PartsMoment,
  { config }: CellRule,
  ideal: number | undefined,
): Counts {
  const counts: { -readonly [Name in CounterName]?: Counted } = {};
  for (const name of COUNTERS) {
    const options = config.counters[name];
    if (options === undefined) continue;
    const look = { now, ideal, modulus: options.modulus };
    counts[name] = counted(counters[name], input.counts[name], look);
  }
  return counts;
}

/** By the counter of all parts; without one the counters of each kind together say it. */
function madeBy(counts: Counts): { readonly parts: number; readonly isSeen: boolean } {
  const { total, good, reject, rework } = counts;
  const saying = total ? [total] : [good, reject, rework].filter((count) => count !== undefined);
  return {
    parts: saying.reduce((sum, { parts }) => sum + parts, 0),
    isSeen: saying.some(({ event }) => event !== undefined),
  };
}

const hasSorting = ({ good, reject, rework }: Counts): boolean => !!(good || reject || rework);

function cycledOf(
  { cycle }: CellState,
  { time: { now, utc }, input, isFailed }: PartsMoment,
  { config }: CellRule,
  parts: number | undefined,
) {
  const moment = { now, utc, told: secondsIn(input.cycleTime) };
  if (config.cycle === 'count') return cycledByCount(cycle, parts, moment);
  return cycledByEdges(cycle, { start: input.start, end: input.end }, isFailed, moment);
}

/** Parts are made in production, or while nobody knows; a time of unknown length is all there was. */
function shareOf({ known, unknown, isLost }: Watched): number {
  if (isLost) return 0;
  return unknown === 0 ? 1 : known / (known + unknown);
}

function resultOf(
  told: Maybe,
  counts: Counts,
  done: CyclesDone | undefined,
): PartResult | undefined {
  if (told === true || told === 'good') return 'good';
  if (told === false || told === 'reject') return 'reject';
  if (told === 'rework') return 'rework';
  if (done?.parts !== 1) return undefined;
  const sorted = (['reject', 'rework', 'good'] as const).filter((name) => counts[name]?.parts);
  return sorted.length === 1 ? sorted[0] : undefined;
}

function recordOf(
  { batch }: CellState,
  { parts, ms, beginUtc }: CyclesDone,
  result: PartResult | undefined,
  { time, input }: PartsMoment,
  { config }: CellRule,
): CellRecord {
  const values: [string, Plain | null][] = config.partValues.map((name, index) => [
    name,
    input.partValues[index] ?? null,
  ]);
  const { order, product } = batch;
  const serial = textOf(input.serial);
  const ready = { parts, ms, beginUtc, endUtc: time.utc, result, serial, order, product };
  return partRecord({ ...ready, values: Object.fromEntries(values) });
}

/** What names something, cut to the longest that is kept; null: unknown. */
export const textOf = (value: Maybe): string | null =>
  value === undefined ? null : String(value).slice(0, MOST_TEXT);

/** In ms; undefined for what is no length of time. */
const secondsIn = (seconds: number | undefined): number | undefined =>
  seconds !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
