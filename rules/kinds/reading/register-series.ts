/**
 * The accounting of one register through the life of its meters. Its total is a coordinate that never breaks: rollovers,
 * resets and new meters are steps in it, each told by one event. What cannot follow is held until a second reading agrees.
 * Nothing is rounded. Pure.
 */
import { sum } from '../../../gateway/model/decimal.ts';
import { decimalText } from '../../../gateway/model/sample.ts';
import { type Millis, minutes } from '../../../gateway/model/units.ts';
import { compared, exact, product, shortText } from './exact-number.ts';
import { lateTaken } from './late-reading.ts';
import {
  confirmedStep,
  isInRange,
  isSoon,
  likelyModulus,
  plainStep,
  type RegisterRules,
  type RegisterStep,
  type Stand,
} from './register-step.ts';
import { inUnit } from './register-unit.ts';
import { eventOf, type SeriesEvent } from './series-event.ts';
import {
  aloneAt,
  begun,
  extended,
  type Held,
  type Origin,
  type Outcome,
  type Point,
  type Reading,
  refused,
  type SeriesState,
  standOf,
  type Taken,
  type Turn,
} from './series-state.ts';

/**
 * So long after a rollover or reset the register may come back to where it was, which makes it none: a meter that shows
 * zeros while it starts. A guess; later the way from there would be believed whatever came.
 */
const LONGEST_REGRET = minutes(24 * 60);

/** Judges one reading. A reading older than the newest changes no order, see late-reading.ts. */
export function taken(
  before: SeriesState,
  rules: RegisterRules,
  given: Reading,
  gapAfter?: Millis,
): Taken {
  const { counts } = rules;
  const unit = given.unit ?? counts.unit;
  const value = inUnit(given.value, unit, counts.unit);
  if (value === undefined) return refused(before, 'unit');
  if (!isInRange(value, rules)) return refused(before, 'range');
  const reading = { ...given, value, unit };
  const newest = before.points.at(-1);
  if (newest !== undefined && reading.time < newest.time) return lateTaken(before, rules, reading);
  const state = { ...before, serial: reading.serial ?? before.serial };
  const { base } = state;
  if (base === null) return opened(state, rules, reading);
  if (before.serial !== null && state.serial !== before.serial)
    return swapped(state, base, reading);
  if (reading.time === base.time && compared(value, exact(base.value)) === 0)
    return asKnown(state, base, reading.origin);
  const step =
    unit === state.unit ? plainStep(standOf(state, base), value, reading.time, rules) : undefined;
  if (step === undefined) return suspected(state, base, rules, reading);
  const next = counted(state, base, rules, reading, step);
  // A value that is held for a later time than this one's still waits.
  const held = state.held !== null && state.held.time > reading.time ? state.held : null;
  const isGap = gapAfter !== undefined && reading.time - base.time > gapAfter;
  const gap = isGap
    ? [eventOf('gap', reading.time, base.value, decimalText(value), step.amount)]
    : [];
  const glitch = held === null ? glitchOf(state, base) : [];
  return told({ ...next.state, held }, 'counted', [...glitch, ...next.events, ...gap]);
}

const told = (
  state: SeriesState,
  kind: Exclude<Outcome['kind'], 'refused'>,
  events: readonly SeriesEvent[],
): Taken => ({ state, outcome: { kind }, events, wantsReread: false });

/** What was held is given up: nothing agreed with it. */
const glitchOf = ({ held }: SeriesState, base: Point): readonly SeriesEvent[] =>
  held ? [eventOf('glitch', held.time, base.value, held.value)] : [];

type Given = Reading & { readonly unit: string };

/** A value that cannot follow: held, or believed where it agrees with the one that is held. */
function suspected(state: SeriesState, base: Point, rules: RegisterRules, reading: Given): Taken {
  const { held } = state;
  const { time, value, origin, unit } = reading;
  const here: Held = { time, value: decimalText(value), unit, origin };
  const [first, second] = held !== null && held.time > time ? [here, held] : [held ?? here, here];
  const stand = aloneAt(first);
  // The same moment once more is another reading only where the meter was asked again for what it keeps.
  const isOther = held !== null && (held.time !== time || origin !== 'read');
  const isPair = isOther && held.unit === unit && isSoon(stand, second.time, rules);
  const step = isPair ? plainStep(stand, exact(second.value), second.time, rules) : undefined;
  if (step === undefined)
    return {
      ...told({ ...state, held: here }, 'held', glitchOf(state, base)),
      wantsReread: held === null,
    };
  const settled = believed(state, base, rules, [first, second]);
  const newest = settled.state.base ?? base;
  const after = counted(settled.state, newest, rules, readingOf(second), step);
  const changes = unit === state.unit ? [] : [eventOf('unit', first.time, state.unit, unit)];
  const events = [...changes, ...settled.events, ...after.events];
  return told({ ...after.state, held: null, unit }, 'counted', events);
}

const readingOf = ({ time, value, origin }: Held): Reading => ({
  time,
  value: exact(value),
  origin,
});

interface Advance {
  readonly state: SeriesState;
  readonly events: readonly SeriesEvent[];
}

/** Two readings agree: the first of them takes its place, and is explained. */
function believed(
  state: SeriesState,
  base: Point,
  rules: RegisterRules,
  [held, second]: readonly [Held, Held],
): Advance {
  const { turn } = state;
  const reading = readingOf(held);
  const step = confirmedStep(standOf(state, base), reading, rules, readingOf(second));
  const back = turn === null ? undefined : wayBack(turn, reading, rules);
  // A jump was never likely; of a reset or rollover it is doubted only where nothing else leads there.
  if (turn !== null && back !== undefined && (turn.kind === 'jump' || step.course === 'jump')) {
    const next = counted(withdrawn(state, turn), turn.from, rules, reading, back);
    const event = eventOf('withdrawn', held.time, base.value, held.value, back.amount, turn.kind);
    return { ...next, events: [event, ...next.events] };
  }
  return counted(state, base, rules, reading, step);
}

/** How the register goes on from where it was before it turned; undefined: it does not, or nobody can say. */
function wayBack(
  turn: Turn,
  { time, value }: Reading,
  rules: RegisterRules,
): RegisterStep | undefined {
  // A jump was never likely, however long ago.
  const isFresh =
    turn.kind === 'jump' || (turn.kind !== 'swap' && time - turn.at <= LONGEST_REGRET);
  if (!isFresh || rules.maxRatePerHour === undefined) return undefined;
  const former = { value: exact(turn.from.value), since: turn.since, time: turn.from.time };
  return plainStep(former, value, time, rules);
}

/** As it was before the last turn, which was none. */
function withdrawn(state: SeriesState, { from, since, at }: Turn): SeriesState {
  return {
    ...state,
    base: from,
    since,
    total: from.total,
    segment: from.segment,
    doubts: from.doubts,
    turn: null,
    points: state.points.filter(({ time }) => time < at),
  };
}

/** The register's next point, whatever course it took. */
function counted(
  state: SeriesState,
  base: Point,
  rules: RegisterRules,
  { time, value, origin }: Reading,
  step: RegisterStep,
): Advance {
  const { course, amount, isSure } = step;
  const isBreak = course === 'reset' || course === 'jump';
  const point: Point = {
    time,
    value: decimalText(value),
    total: shortText(sum(exact(state.total), product(amount, rules.counts.scale))),
    segment: state.segment + (isBreak ? 1 : 0),
    doubts: state.doubts + (isSure ? 0 : 1),
    origin,
  };
  const isTurn = isBreak || course === 'rollover';
  const stands = course === 'growth' && amount.unscaled === 0n;
  const next = {
    ...extended(state, point, stands ? state.since : base.time),
    turn: isTurn ? { kind: course, from: base, since: state.since, at: time } : state.turn,
    began: isBreak ? time : state.began,
  };
  return { state: next, events: eventsOf(standOf(state, base), rules, point, step) };
}

function eventsOf(
  base: Stand,
  rules: RegisterRules,
  { time, value }: Point,
  { course, amount, isSure }: RegisterStep,
): readonly SeriesEvent[] {
  const from = decimalText(base.value);
  const doubt = isSure ? [] : [eventOf('doubt', time, from, value, amount)];
  switch (course) {
    case 'growth':
      return doubt;
    case 'rollover':
      return [eventOf('rollover', time, from, value, amount), ...doubt];
    case 'back':
      return [eventOf('back', time, from, value, amount)];
    case 'jump':
      return [eventOf('jump', time, from, value)];
    case 'reset': {
      const range = likelyModulus(base, exact(value), time, rules);
      return [eventOf('reset', time, from, value, amount, range && shortText(range))];
    }
  }
}

/** The first reading of all, where the total begins as the register does; or the first one after a declared swap. */
function opened(state: SeriesState, rules: RegisterRules, reading: Given): Taken {
  const isFirst = state.points.length === 0;
  const total = isFirst ? shortText(product(reading.value, rules.counts.scale)) : state.total;
  const next = { ...begun({ ...state, total }, reading), unit: reading.unit };
  return told(next, isFirst ? 'first' : 'counted', []);
}

/** The serial number is another one: the old meter ends with its last reading, the new one begins with this. */
function swapped(state: SeriesState, base: Point, reading: Given): Taken {
  const closed = { ...state, segment: state.segment + 1, doubts: state.doubts + 1, held: null };
  const turn: Turn = { kind: 'swap', from: base, since: state.since, at: reading.time };
  const event = eventOf('swap', reading.time, base.value, decimalText(reading.value));
  const next = { ...begun(closed, reading), unit: reading.unit, turn };
  return told(next, 'counted', [...glitchOf(state, base), { ...event, isDeclared: true }]);
}

/** The newest point once more; where the meter itself kept it, that is told. */
function asKnown(state: SeriesState, base: Point, origin: Origin): Taken {
  if (base.origin !== 'read' || origin === 'read') return told(state, 'known', []);
  const known = { ...base, origin };
  const points = [...state.points.slice(0, -1), known];
  return told({ ...state, base: known, points }, 'known', []);
}
