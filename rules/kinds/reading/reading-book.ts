/**
 * All that a combined reading knows: the account of each register, the records that are open, what stands wrong. What comes
 * in is taken here; what follows from it when time passes is in book-turn.ts. Pure; JSON as it is.
 */
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';
import { minutes } from '../../../gateway/model/units.ts';
import type { DayTally } from './estimate.ts';
import { type Finding, found, type Standing } from './finding.ts';
import { type FlowState, flowSeen, meanFlow, NEW_FLOW } from './flow-watch.ts';
import { type MeterFacts, NEW_STATUS, type StatusState, statusSeen } from './meter-status.ts';
import type { OpenRecord, Start } from './open-record.ts';
import type { PeriodKind } from './reading-periods.ts';
import type { MeterSetup } from './reading-setup.ts';
import { taken } from './register-series.ts';
import { type DeclaredSwap, type SwapAnswer, swapDeclared } from './register-swap.ts';
import { stated } from './register-unit.ts';
import { asked, type Failure, failed, isAnswer, NO_ATTEMPTS } from './reread-plan.ts';
import type { SeriesEvent } from './series-event.ts';
import {
  NEW_SERIES,
  type Outcome,
  type Reading,
  refused,
  type SeriesState,
} from './series-state.ts';

export type MeterBook = {
  readonly series: SeriesState;
  readonly flow: FlowState;
  readonly status: StatusState;
  readonly standing: Standing;
  /** Whole days, the oldest first. */
  readonly tallies: readonly DayTally[];
  /** Readings in a row that could not be accepted. */
  readonly unsettled: number;
  /** It does not answer: it is asked for one record at a time. */
  readonly isSilent: boolean;
  /** When it last said something, if only that it refuses; 0: never. */
  readonly heardAt: number;
  /** When it was last asked for a record; 0: never. */
  readonly askedAt: number;
  /** The end of the last night that was looked at; 0: none. */
  readonly night: number;
  readonly clockOff: number | null;
  /** What it last said of itself, for records. */
  readonly said: Readonly<Record<string, boolean | number | string>>;
};

export type Tail = {
  /** The end of the latest record that was closed. */
  readonly end: number;
  readonly starts: Readonly<Record<string, Start>>;
};

export type Book = {
  readonly meters: Readonly<Record<string, MeterBook>>;
  /** In each kind in the order of time. */
  readonly open: readonly OpenRecord[];
  /** Of each kind: what the oldest open record begins with. */
  readonly tails: Readonly<Partial<Record<PeriodKind, Tail>>>;
  /** Of each kind: the end of the latest period that was opened. */
  readonly seen: Readonly<Partial<Record<PeriodKind, number>>>;
  readonly balance: Standing;
};

export const NEW_METER: MeterBook = {
  series: NEW_SERIES,
  flow: NEW_FLOW,
  status: NEW_STATUS,
  standing: {},
  tallies: [],
  unsettled: 0,
  isSilent: false,
  heardAt: 0,
  askedAt: 0,
  night: 0,
  clockOff: null,
  said: {},
};

export const NEW_BOOK: Book = { meters: {}, open: [], tails: {}, seen: {}, balance: {} };

/**
 * A meter is asked for something: what it shows now, or what it kept `last` days (settlement days) ago, 1 the
 * latest.
 */
export interface Ask {
  readonly meter: string;
  readonly what: 'current' | 'day_freeze' | 'month_freeze';
  readonly last: number;
  /** The record that it is for; undefined: a suspicion is to be confirmed. */
  readonly key: string | undefined;
}

/** What came of a reading, a word of the meter or a word of a person. */
export interface BookStep {
  readonly book: Book;
  readonly outcome: Outcome | undefined;
  readonly events: readonly (SeriesEvent & { readonly meter: string })[];
  readonly findings: readonly Finding[];
  readonly asks: readonly Ask[];
}

/** Readings in a row that cannot be right, and are told. */
const TELLING = 3;
/** A reading from the future would make all that follow late, and one of the last century none. */
const LARGEST_LEAD = minutes(1);
const OLDEST = minutes(400 * 24 * 60);

export const meterBook = ({ meters }: Book, name: string): MeterBook => meters[name] ?? NEW_METER;

/** A reading of a meter's register, read now or kept by the meter. */
export function readingTaken(
  book: Book,
  meter: MeterSetup,
  reading: Reading,
  now: number,
): BookStep {
  const before = meterBook(book, meter.name);
  const isPossible = reading.time <= now + LARGEST_LEAD && reading.time >= now - OLDEST;
  const verdict = isPossible
    ? taken(before.series, meter.rules, reading, meter.gapAfter)
    : refused(before.series, 'time');
  const { outcome, events } = verdict;
  const isDoubtful = outcome.kind === 'held' || outcome.kind === 'refused';
  const unsettled = isDoubtful ? before.unsettled + 1 : 0;
  const standing = new StandingList(before.standing, meter.name, now);
  standing.tell('implausible', unsettled >= TELLING ? true : isDoubtful ? undefined : false, {
    count: `${unsettled}`,
    value: decimalText(reading.value),
    base: verdict.state.base?.value ?? '',
  });
  const flow = watchedFlow(before, verdict.state, events, meter, standing);
  const after: MeterBook = {
    ...before,
    series: verdict.state,
    flow,
    unsettled,
    isSilent: false,
    heardAt: now,
    standing: standing.standing,
  };
  const awake = before.isSilent ? withNewAttempts(book, meter.name) : book;
  const told = isDoubtful ? withFailure(awake, meter.name, 'implausible', false) : awake;
  const confirm: Ask = { meter: meter.name, what: 'current', last: 0, key: undefined };
  return {
    book: withMeter(told, meter.name, after),
    outcome,
    events: events.map((event) => ({ ...event, meter: meter.name })),
    findings: standing.changes,
    asks: verdict.wantsReread ? [confirm] : [],
  };
}

/** Flow begins anew where the total was put right: what was counted before and is known now is no flow of now. */
function watchedFlow(
  before: MeterBook,
  series: SeriesState,
  events: readonly SeriesEvent[],
  { rules, flow: limits }: MeterSetup,
  standing: StandingList,
): FlowState {
  const { base } = series;
  const isAnew = events.some(({ kind }) => kind === 'withdrawn' || kind === 'revealed');
  if (base === null || (base.time === before.flow.time && !isAnew)) return before.flow;
  const from = isAnew ? { ...NEW_FLOW, nights: before.flow.nights } : before.flow;
  const step = flowSeen(from, base, rules, limits);
  const { flowing, time, bursting } = step.state;
  const perHour = (rate: Decimal | undefined): string =>
    rate ? `${stated(rate, RATE_DIGITS, rules.counts)}/h` : '';
  standing.tell('leak', step.leak, {
    hours: `${Math.floor(((time ?? 0) - (flowing ?? time ?? 0)) / 3_600_000)}`,
    rate: perHour(meanFlow(step.state)),
  });
  standing.tell('burst', step.burst, {
    minutes: `${Math.floor(((time ?? 0) - (bursting ?? time ?? 0)) / 60_000)}`,
    rate: perHour(step.rate),
  });
  const back = events.find(({ kind }) => kind === 'back');
  const hasMoved = step.state.moved === base.time;
  const isForward = hasMoved && before.status.isReverse !== true ? false : undefined;
  standing.tell('reverse', back ? true : isForward, { sign: back?.amount ?? '' });
  return step.state;
}

const RATE_DIGITS = 4;

/** A meter could not be read. `what` as it was asked; a scan is `current`. */
export function readingFailed(
  book: Book,
  meter: string,
  failure: Failure,
  now: number,
  what: Ask['what'] = 'current',
): Book {
  const told = withFailure(book, meter, failure, what !== 'current');
  const before = meterBook(told, meter);
  const isSilent = !isAnswer(failure);
  if (isSilent) return before.isSilent ? told : withMeter(told, meter, { ...before, isSilent });
  const next = before.isSilent ? withNewAttempts(told, meter) : told;
  return withMeter(next, meter, { ...before, isSilent, heardAt: now });
}

/** The meter answers again: what was missed of it is asked for at once. */
function withNewAttempts(book: Book, meter: string): Book {
  const open = book.open.map((record) => {
    const attempts = record.attempts[meter] ?? NO_ATTEMPTS;
    return { ...record, attempts: { ...record.attempts, [meter]: { ...attempts, count: 0 } } };
  });
  return { ...book, open };
}

/** Why the open records of a meter have no reading; a refusal counts against the one that was asked for latest. */
function withFailure(book: Book, meter: string, failure: Failure, isKept: boolean): Book {
  const latest = Math.max(0, ...book.open.map(({ attempts }) => attempts[meter]?.last ?? 0));
  if (latest === 0) return book;
  const open = book.open.map((record) => {
    const attempts = record.attempts[meter] ?? NO_ATTEMPTS;
    if (attempts.last !== latest) return record;
    return {
      ...record,
      attempts: { ...record.attempts, [meter]: failed(attempts, failure, isKept) },
    };
  });
  return { ...book, open };
}

/** The meter is being asked for a record. */
export function withAsked(book: Book, meter: string, keys: ReadonlySet<string>, now: number): Book {
  const before = meterBook(book, meter);
  const open = book.open.map((record) => {
    if (!keys.has(record.period.key)) return record;
    const attempts = asked(record.attempts[meter] ?? NO_ATTEMPTS, now, before.heardAt);
    return { ...record, attempts: { ...record.attempts, [meter]: attempts } };
  });
  return withMeter({ ...book, open }, meter, { ...before, askedAt: now });
}

/** What a meter says of itself besides its register. */
export function factsNoted(
  book: Book,
  meter: MeterSetup,
  facts: MeterFacts,
  now: number,
): Pick<BookStep, 'book' | 'findings'> {
  const before = meterBook(book, meter.name);
  const { state, findings } = statusSeen(before.status, facts, now, meter.status);
  const standing = new StandingList(before.standing, meter.name, now);
  for (const { key, isActive, details } of findings) standing.tell(key, isActive, details);
  const { supply, return: back, flow, total, tariffs, clockOff, reverseTotal, ...flags } = facts;
  const after: MeterBook = {
    ...before,
    status: state,
    standing: standing.standing,
    clockOff: clockOff ?? before.clockOff,
    said: { ...before.said, ...flags },
  };
  return { book: withMeter(book, meter.name, after), findings: standing.changes };
}

/** A person says that the meter was exchanged. */
export function swapTold(
  book: Book,
  meter: MeterSetup,
  swap: DeclaredSwap,
): { readonly book: Book; readonly answer: SwapAnswer } {
  const before = meterBook(book, meter.name);
  const answer = swapDeclared(before.series, meter.rules, swap);
  if ('refused' in answer) return { book, answer };
  const flow = { ...NEW_FLOW, nights: before.flow.nights };
  return { book: withMeter(book, meter.name, { ...before, series: answer.state, flow }), answer };
}

export const withMeter = (book: Book, name: string, meter: MeterBook): Book => ({
  ...book,
  meters: { ...book.meters, [name]: meter },
});

/** The findings of one meter while something about it is looked at. */
export class StandingList {
  #standing: Standing;
  readonly #meter: string;
  readonly #now: number;
  readonly changes: Finding[] = [];

  constructor(standing: Standing, meter: string, now: number) {
    this.#standing = standing;
    this.#meter = meter;
    this.#now = now;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Undefined leaves the finding as it is. */
  tell(
    key: Finding['key'],
    isActive: boolean | undefined,
    details: Readonly<Record<string, string>> = {},
  ): void {
    const step = found(this.#standing, { key, meter: this.#meter, details }, isActive, this.#now);
    this.#standing = step.standing;
    this.changes.push(...step.changes);
  }
}
