/**
 * The kind `cell`: a machine in the place of a worker. What it does, how many parts it makes, what it loses and why, and
 * what wears. It only looks: nothing here ever writes. The meaning of everything stands in SEMANTICS-cell.md.
 */
import type { EngineMs } from '../../effect.ts';
import type { Maybe, Truth } from '../../expression.ts';
import { attendedBy, isReset, isSign } from './cell-attendance.ts';
import { seen as seenIn, settledNow, settlesAt } from './cell-dwell.ts';
import { type Figures, figuresSoFar } from './cell-figures.ts';
import { type Handshake, shaken } from './cell-handshake.ts';
import { lampsSeen } from './cell-lamps.ts';
import { type Batch, type CellState, countedThings } from './cell-memory.ts';
import { type PartsInput, textOf, withPartsOf } from './cell-parts.ts';
import { batchRecord, type CellRecord } from './cell-records.ts';
import {
  advanced,
  BLIND_SHIFT,
  type CellRule,
  type CellTime,
  nextChange,
  withDwelt,
  withFlush,
} from './cell-shift.ts';
import {
  type CellSignals,
  type Condition,
  conditionOf,
  isProducing,
  reasonOf,
  type StateNumbers,
  stateNumbers,
} from './cell-state.ts';
import { newTally, type Tally } from './cell-tally.ts';
import { type Wear, worn } from './cell-wear.ts';

/** What a cell sees in one evaluation. */
export interface CellInput extends CellTime, PartsInput {
  readonly signals: CellSignals;
  readonly faultCode: Maybe;
  readonly order: Maybe;
  readonly product: Maybe;
  /** In the order of the configuration. */
  readonly handshakes: readonly { readonly after: Truth; readonly expect: Truth }[];
  readonly wear: readonly (number | undefined)[];
  /** All that was learnt about wear is forgotten. */
  readonly relearn: Truth;
}

/** An alarm of the cell becomes active or clears. */
export interface CellTurn {
  readonly of: 'handshake' | 'wear' | 'wear-limit';
  /** Its place in the configuration. */
  readonly index: number;
  readonly turn: 'active' | 'cleared';
}

export interface CellStep {
  readonly state: CellState;
  readonly records: readonly CellRecord[];
  readonly turns: readonly CellTurn[];
  readonly wake: EngineMs | undefined;
}

/** One evaluation: time goes on, parts are counted, then everything else is looked at. */
export function cellStep(before: CellState, input: CellInput, rule: CellRule): CellStep {
  const { config } = rule;
  const { now } = input;
  const past = advanced(before, input, rule);
  const records = [...past.records];
  const lamps = lampsSeen(past.state.lamps, input.signals, now, config.blink);
  const { signals } = lamps;
  const isFailed = failedIn(signals);
  const parts = withPartsOf(past.state, { time: input, input, isFailed }, rule, records);
  const named = withBatch({ ...parts.state, lamps: lamps.lamps }, input, rule, records);
  const looked = withCondition(named, input, signals, rule, records);
  const attended = withAttendance(looked, before.dwell.settled, signals, now, rule);
  const { state: shook, turns: shakes } = withHandshakes(attended, input, rule);
  const { state, turns } = withWear(shook, input, parts.done !== undefined, rule);
  return {
    state: { ...state, at: now, utc: input.utc, isSynced: input.isSynced },
    records,
    turns: [...shakes, ...turns],
    wake: wakeOf(state, input, lamps.wake, rule),
  };
}

/** What a cell is now, for people and for tags. */
export interface CellView {
  readonly condition: Condition;
  readonly reason: string;
  readonly numbers: StateNumbers;
  /** Of the shift so far. */
  readonly figures: Figures;
}

export function cellView({ dwell, faultCode, tally }: CellState, { config }: CellRule): CellView {
  return {
    condition: dwell.settled,
    reason: reasonOf(dwell.settled, faultCode),
    numbers: stateNumbers(dwell.settled),
    figures: figuresSoFar(tally, countedThings(config)),
  };
}

const failedIn = (signals: CellSignals): boolean =>
  ('fault' in signals ? signals.fault : signals.red) === true || signals.estopOk === false;

/** The condition that is seen from now on, and the code of the fault. */
function withCondition(
  before: CellState,
  { now, utc, faultCode }: CellInput,
  signals: CellSignals,
  rule: CellRule,
  records: CellRecord[],
): CellState {
  const isPlanned = signals.planned === true;
  const planned =
    isPlanned === before.isPlanned ? before : { ...withFlush(before, rule, records), isPlanned };
  const condition = conditionOf(signals);
  const looked = withDwelt(planned, seenIn(planned.dwell, condition, now, utc), rule, records);
  const isDue = settlesAt(looked.dwell, rule.config.dwell) <= now;
  const state = isDue ? withDwelt(looked, settledNow(looked.dwell), rule, records) : looked;
  const code = codeOf(faultCode);
  const isFault = condition.situation === 'fault' || state.dwell.settled.situation === 'fault';
  return { ...state, faultCode: isFault ? (code ?? state.faultCode) : null };
}

/** No code is 0, and no text. */
function codeOf(code: Maybe): string | null {
  const text = textOf(code);
  return text === null || text === '' || code === 0 || code === false ? null : text;
}

function withAttendance(
  state: CellState,
  settledBefore: Condition,
  signals: CellSignals,
  now: EngineMs,
  { config }: CellRule,
): CellState {
  const sign = { isSigned: isSign(signals), isReset: isReset(settledBefore, state.dwell.settled) };
  const { attendance, isIntervention } = attendedBy(state.attendance, sign, now, config.linger);
  if (!isIntervention) return { ...state, attendance };
  return withTallies({ ...state, attendance }, (tally) => ({
    ...tally,
    interventions: tally.interventions + 1,
    unattendedNow: 0,
  }));
}

const withTallies = (state: CellState, change: (tally: Tally) => Tally): CellState => ({
  ...state,
  tally: change(state.tally),
  batch: { ...state.batch, tally: change(state.batch.tally) },
});

/** A batch ends where another order or product is known; the first that is known names the one that runs. */
function withBatch(
  state: CellState,
  { now, utc, ...input }: CellInput,
  rule: CellRule,
  records: CellRecord[],
): CellState {
  const { batch, cycle } = state;
  const order = textOf(input.order) ?? batch.order;
  const product = textOf(input.product) ?? batch.product;
  if (order === batch.order && product === batch.product) return state;
  const isProductNew = batch.product !== null && product !== batch.product;
  const isOver = isProductNew || (batch.order !== null && order !== batch.order);
  const times = isProductNew ? [] : cycle.times;
  if (!isOver) return { ...state, batch: { ...batch, order, product } };
  const flushed = withFlush(state, rule, records);
  if (isNamed(batch)) records.push(batchRecord(flushed.batch, utc, countedThings(rule.config)));
  const next = { order, product, tally: newTally(now, utc) };
  return { ...flushed, cycle: { ...cycle, times }, batch: next };
}

const isNamed = ({ order, product }: Batch): boolean => !!order || !!product;

interface Turned {
  readonly state: CellState;
  readonly turns: readonly CellTurn[];
}

function withHandshakes(state: CellState, input: CellInput, { config }: CellRule): Turned {
  const turns: CellTurn[] = [];
  const outcomes = { done: 0, missed: 0, unseen: 0 };
  const handshakes: Handshake[] = [];
  for (const [index, before] of state.handshakes.entries()) {
    const pair = input.handshakes[index] ?? { after: undefined, expect: undefined };
    const within = config.handshakes[index]?.within ?? 0;
    const { handshake, outcome, alarm } = shaken(before, pair, input.now, within);
    handshakes.push(handshake);
    if (outcome) outcomes[outcome]++;
    if (alarm) turns.push({ of: 'handshake', index, turn: alarm });
  }
  const { done, missed, unseen } = outcomes;
  if (done + missed + unseen === 0) return { state: { ...state, handshakes }, turns };
  const counted = withTallies({ ...state, handshakes }, (tally) => ({
    ...tally,
    handshakes: tally.handshakes + done,
    handshakesMissed: tally.handshakesMissed + missed,
    handshakesUnseen: tally.handshakesUnseen + unseen,
  }));
  return { state: counted, turns };
}

function withWear(
  state: CellState,
  input: CellInput,
  isCycle: boolean,
  { config }: CellRule,
): Turned {
  const turns: CellTurn[] = [];
  const look = {
    now: input.now,
    isRunning: isProducing(state.dwell.settled),
    isCycle,
    recipe: state.batch.product ?? '',
    relearn: input.relearn === true,
  };
  const wear: Wear[] = [];
  for (const [index, before] of state.wear.entries()) {
    const options = config.wear[index];
    if (options === undefined) continue;
    const next = worn(before, { ...look, value: input.wear[index] }, options);
    wear.push(next.wear);
    if (next.warning) turns.push({ of: 'wear', index, turn: next.warning });
    if (next.limit) turns.push({ of: 'wear-limit', index, turn: next.limit });
  }
  return { state: { ...state, wear }, turns };
}

function wakeOf(
  { dwell, tally, handshakes }: CellState,
  time: CellTime,
  lamps: EngineMs | undefined,
  rule: CellRule,
): EngineMs | undefined {
  const wake = Math.min(
    settlesAt(dwell, rule.config.dwell),
    nextChange(time, rule) ?? tally.begin + BLIND_SHIFT,
    lamps ?? Number.POSITIVE_INFINITY,
    ...handshakes.map(({ due }) => due ?? Number.POSITIVE_INFINITY),
  );
  return Number.isFinite(wake) ? wake : undefined;
}
