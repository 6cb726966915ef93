/**
 * Time goes on. Engine time says how long everything lasts; the wall clock says which shift it is and nothing else,
 * so a clock that is set makes no time and takes none.
 */
import type { UtcMs } from '../../../gateway/model/units.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import type { EngineMs } from '../../effect.ts';
import { unattendedIn } from './cell-attendance.ts';
import type { CellCalendar, Segment } from './cell-calendar.ts';
import { type Dwelt, flushed, passed, type Stretch, settledNow, settlesAt } from './cell-dwell.ts';
import { type CellConfig, type CellState, countedThings } from './cell-memory.ts';
import { type CellRecord, shiftRecord, stopRecord } from './cell-records.ts';
import { GATEWAY_OFF } from './cell-state.ts';
import { classOf, failureAfter, stopAfter } from './cell-stop.ts';
import { newTally, spent } from './cell-tally.ts';

/** Wall and engine time may differ by so much between two evaluations before the clock counts as set. A guess. */
export const LARGEST_DRIFT = 2_000;
/** A clock that is set back further begins the shift that it shows. */
export const MOST_STEP_BACK = 86_400_000;
/** While nobody believes the clock a shift lasts so long. */
export const BLIND_SHIFT = 86_400_000;

export interface CellTime {
  readonly now: EngineMs;
  readonly utc: UtcMs;
  readonly isSynced: boolean;
}

/** The rule's own, for every moment the same. */
export interface CellRule {
  readonly config: CellConfig;
  readonly calendar: CellCalendar;
}

export interface Advanced {
  readonly state: CellState;
  readonly records: readonly CellRecord[];
}

/** The state at `now`, before anything new is seen; all that was true held until now. */
export function advanced(before: CellState, time: CellTime, rule: CellRule): Advanced {
  const passage = new Passage(before, time, rule);
  passage.run();
  return { state: passage.state, records: passage.records };
}

/** When the calendar will say something else; undefined: nobody believes the clock. */
export function nextChange({ now, utc, isSynced }: CellTime, { calendar }: CellRule) {
  return isSynced ? now + (calendar(utc).until - utc) : undefined;
}

/** A stop is planned, by whomever. */
export const isPlannedIn = ({ isPlanned, isBreak, shift }: CellState): boolean =>
  isPlanned || isBreak || shift?.isOff === true;

/** What is pending counts as the condition that was settled. */
export function withFlush(state: CellState, rule: CellRule, records: CellRecord[]): CellState {
  return withDwelt(state, flushed(state.dwell), rule, records);
}

/** The dwell that follows, and the time that it gave free. */
export function withDwelt(
  state: CellState,
  { dwell, stretch }: Dwelt,
  rule: CellRule,
  records: CellRecord[],
): CellState {
  if (dwell === state.dwell && stretch === undefined) return state;
  const next = { ...state, dwell };
  return stretch === undefined ? next : withStretch(next, stretch, rule, records);
}

function withStretch(
  state: CellState,
  { condition, ms, unattended, utc }: Stretch,
  { config }: CellRule,
  records: CellRecord[],
): CellState {
  const kind = classOf({ condition }, isPlannedIn(state));
  const stretch = { condition, ms, unattended, utc, kind, faultCode: state.faultCode };
  const stop = stopAfter(state.stop, stretch, config.microStop);
  const failure = failureAfter(state.failure, stretch);
  if (stop.ended?.isLong) records.push(stopRecord(stop.ended, utc));
  const use = { stretch, stop, failure, failureBefore: state.failure };
  const { cycle, watched } = state;
  const producing = kind === 'producing' ? ms : 0;
  const unknown = kind === 'unknown' ? ms : 0;
  const isBlind = cycle.isBlind || (unknown > 0 && config.cycle === 'count');
  return {
    ...state,
    cycle: { ...cycle, producing: cycle.producing + producing, isBlind },
    watched: {
      ...watched,
      known: watched.known + producing,
      unknown: watched.unknown + unknown,
    },
    stop: stop.stop,
    failure: failure.failure,
    tally: spent(state.tally, use),
    batch: { ...state.batch, tally: spent(state.batch.tally, use) },
  };
}

/** From one evaluation to the next. A class, because a dozen small steps share the two ends. */
class Passage {
  state: CellState;
  readonly records: CellRecord[] = [];
  readonly #before: CellState;
  readonly #time: CellTime;
  readonly #rule: CellRule;
  readonly #from: EngineMs;
  /** Both ends of the wall clock can be believed, and it went on as engine time did. */
  readonly #isSteady: boolean;

  constructor(before: CellState, time: CellTime, rule: CellRule) {
    this.state = before;
    this.#before = before;
    this.#time = time;
    this.#rule = rule;
    this.#from = before.at ?? time.now;
    const drift = time.utc - before.utc - (time.now - this.#from);
    const isBelieved = before.isSynced && time.isSynced;
    this.#isSteady = isBelieved && Math.abs(drift) <= LARGEST_DRIFT;
    if (before.at === null) this.#begin();
    else if (before.isRestarted) this.#afterRestart();
    else if (isBelieved && !this.#isSteady) this.#count({ clockSteps: 1, clockStepMs: drift });
  }

  run(): void {
    const { now, utc, isSynced } = this.#time;
    const { calendar } = this.#rule;
    if (this.#before.at !== null) {
      let at = this.#from;
      if (this.#isSteady) at = this.#look(at);
      for (;;) {
        const change = this.#isSteady
          ? now - (utc - calendar(this.#wall(at)).until)
          : Number.POSITIVE_INFINITY;
        const blindEnd = isSynced ? Number.POSITIVE_INFINITY : this.state.tally.begin + BLIND_SHIFT;
        const settle = settlesAt(this.state.dwell, this.#rule.config.dwell);
        const next = Math.max(at, Math.min(now, change, blindEnd, settle));
        this.#pass(at, next);
        at = next;
        if (settle <= at) this.#give(settledNow(this.state.dwell));
        else if (change <= at) at = this.#look(at);
        else if (blindEnd <= at) this.#newShift(at, undefined, 0);
        else break;
      }
    }
    if (!this.#isSteady && isSynced) this.#look(now);
  }

  #wall(at: EngineMs): UtcMs {
    const { now, utc } = this.#time;
    const { utc: utcBefore } = this.#before;
    return utcMs(this.#isSteady ? utc - (now - at) : utcBefore + (at - this.#from));
  }

  #begin(): void {
    const { now, utc } = this.#time;
    const { batch } = this.state;
    const tally = newTally(now, utc);
    this.state = { ...this.state, at: now, utc, tally, batch: { ...batch, tally } };
  }

  /** Nobody knows what was since the last evaluation. */
  #afterRestart(): void {
    this.state = withFlush(this.state, this.#rule, this.records);
    this.state = {
      ...this.state,
      isRestarted: false,
      dwell: { settled: GATEWAY_OFF, pending: null },
    };
    this.#count({ restarts: 1 });
  }

  #count(add: Partial<Record<'restarts' | 'clockSteps' | 'clockStepMs', number>>): void {
    const { tally, batch } = this.state;
    const counted = (of: CellState['tally']) => ({
      ...of,
      restarts: of.restarts + (add.restarts ?? 0),
      clockSteps: of.clockSteps + (add.clockSteps ?? 0),
      clockStepMs: of.clockStepMs + (add.clockStepMs ?? 0),
    });
    this.state = {
      ...this.state,
      tally: counted(tally),
      batch: { ...batch, tally: counted(batch.tally) },
    };
  }

  #give(dwelt: Dwelt): void {
    this.state = withDwelt(this.state, dwelt, this.#rule, this.records);
  }

  #pass(from: EngineMs, to: EngineMs): void {
    if (to <= from) return;
    const ms = to - from;
    const { dwell, attendance } = this.state;
    const unattended = unattendedIn(attendance, from, to);
    this.#give(passed(dwell, { ms, unattended, utc: this.#wall(from) }));
  }

  /** What the wall clock says at `at`; returns where time goes on from there. */
  #look(at: EngineMs): EngineMs {
    const wall = this.#isSteady ? this.#wall(at) : this.#time.utc;
    const segment = this.#rule.calendar(wall);
    const { shift, tally } = this.state;
    if (
      shift === null ? wall - (at - tally.begin) < segment.shift.begin : isOther(segment, shift)
    ) {
      const resumed = this.#skipped(at, segment);
      this.#newShift(resumed, segment, resumed - at);
      return resumed;
    }
    if (shift === null) this.state = { ...this.state, shift: segment.shift };
    this.#setBreak(segment.isBreak);
    return at;
  }

  /** After a restart, shifts in which nothing ran are passed over; their time is the batch's alone. */
  #skipped(at: EngineMs, { shift }: Segment): EngineMs {
    const { now, utc } = this.#time;
    const present = this.#rule.calendar(utc).shift.begin;
    if (!this.#before.isRestarted || !this.#isSteady || present <= shift.begin) return at;
    return now - (utc - present);
  }

  #newShift(resumed: EngineMs, segment: Segment | undefined, missed: number): void {
    this.state = withFlush(this.state, this.#rule, this.records);
    const at = resumed - missed;
    const { shift, tally, cycle } = this.state;
    this.records.push(
      shiftRecord({
        shift,
        tally,
        endUtc: this.#shown(at),
        times: cycle.times,
        counted: countedThings(this.#rule.config),
      }),
    );
    this.#pass(at, resumed);
    const wall = this.#shown(resumed);
    const here = segment && this.#rule.calendar(utcMs(wall));
    this.state = {
      ...this.state,
      shift: here?.shift ?? null,
      isBreak: here?.isBreak ?? false,
      tally: newTally(resumed, wall, missed),
    };
  }

  /** The wall clock at a change of shift: what it shows now where it was set meanwhile. */
  #shown(at: EngineMs): number {
    const { now, utc, isSynced } = this.#time;
    return !this.#isSteady && isSynced && at === now ? utc : this.#wall(at);
  }

  #setBreak(isBreak: boolean): void {
    if (isBreak === this.state.isBreak) return;
    this.state = withFlush(this.state, this.#rule, this.records);
    this.state = { ...this.state, isBreak };
  }
}

/** A clock that is set back by a day or less does not bring a shift back. */
const isOther = ({ shift }: Segment, present: { readonly begin: number }): boolean =>
  shift.begin > present.begin || present.begin - shift.begin > MOST_STEP_BACK;
