/**
 * Readings that come late: what a meter kept of an earlier moment, read behind newer values. They take their place between
 * the readings around them and count nothing twice. Beside a break they may show what was counted unseen. Pure and exact.
 */
import { difference, sum } from '../../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';
import { compared, exact, negated, product, shortText } from './exact-number.ts';
import { confirmedStep, type RegisterRules, type Shown, unseenSince } from './register-step.ts';
import { eventOf, type SeriesEvent } from './series-event.ts';
import {
  MOST_POINTS,
  type Point,
  type Reading,
  refused,
  type SeriesState,
  shifted,
  type Taken,
} from './series-state.ts';

/** A reading older than the newest point. */
export function lateTaken(state: SeriesState, rules: RegisterRules, reading: Reading): Taken {
  const { points } = state;
  if (reading.serial !== undefined && state.serial !== null && reading.serial !== state.serial)
    return refused(state, 'conflict');
  const index = points.findIndex(({ time }) => time > reading.time);
  const [before, after] = [points[index - 1], points[index]];
  if (after === undefined) return refused(state, 'conflict');
  if (before?.time === reading.time) {
    const isSame = compared(exact(before.value), reading.value) === 0;
    if (isSame) return known(state, index - 1, reading);
    if (before.origin !== 'read') return refused(state, 'conflict');
  }
  const place: Place = { index, after, reading };
  if (before === undefined) return inFront(state, rules, place);
  return before.segment === after.segment
    ? amid(state, rules, place, before)
    : besideBreak(state, rules, place, before);
}

interface Place {
  /** Of the point behind it. */
  readonly index: number;
  readonly after: Point;
  readonly reading: Reading;
}

/** Before everything that is kept: the series grows backwards, as long as it is the same one. */
function inFront(state: SeriesState, rules: RegisterRules, place: Place): Taken {
  const { after, reading } = place;
  const isSameSeries =
    after.segment === state.segment
      ? state.segment === 0 || reading.time >= state.began
      : after.segment === 0;
  if (!isSameSeries) return refused(state, 'before-break');
  const step = way(rules, reading, pointed(after));
  if (step === undefined) return refused(state, 'conflict');
  const total = sum(exact(after.total), negated(product(step.amount, rules.counts.scale)));
  return inserted(state, place, { ...after, total: shortText(total) }, step.events);
}

/** Between two points of one series: what lies on both sides is what was counted between them. */
function amid(state: SeriesState, rules: RegisterRules, place: Place, before: Point): Taken {
  const { after, reading } = place;
  const here = way(rules, pointed(before), reading);
  const there = way(rules, reading, pointed(after));
  if (here === undefined || there === undefined) return refused(state, 'conflict');
  const { scale } = rules.counts;
  const counted = difference(exact(after.total), exact(before.total));
  if (compared(product(sum(here.amount, there.amount), scale), counted) !== 0)
    return refused(state, 'conflict');
  const total = sum(exact(before.total), product(here.amount, scale));
  // A rollover between the two points has been told already.
  return inserted(state, place, { ...before, total: shortText(total) }, []);
}

/** Between the last reading before a break and the first one behind it. */
function besideBreak(state: SeriesState, rules: RegisterRules, place: Place, before: Point): Taken {
  const { after, reading } = place;
  const { turn } = state;
  if (turn === null || turn.at !== after.time) return refused(state, 'before-break');
  const { scale } = rules.counts;
  const here = way(rules, pointed(before), reading);
  if (here !== undefined) {
    const unseen = product(here.amount, scale);
    const moved = shifted(state, unseen, reading.time);
    const total = shortText(sum(exact(before.total), unseen));
    const events = revealed(before, reading, here.amount);
    return inserted(moved, place, { ...before, total }, [...here.events, ...events]);
  }
  const there = way(rules, reading, pointed(after));
  if (there === undefined) return refused(state, 'conflict');
  const began = { ...state, began: state.segment === after.segment ? reading.time : state.began };
  const earlier = { ...began, turn: { ...turn, at: reading.time } };
  const unseen = product(there.amount, scale);
  // Behind a reset everything from zero on is counted already.
  if (turn.kind === 'reset') {
    const total = shortText(sum(exact(after.total), negated(unseen)));
    return inserted(earlier, place, { ...after, total }, there.events);
  }
  const events = [...there.events, ...revealed(before, reading, there.amount)];
  return inserted(shifted(earlier, unseen, reading.time), place, after, events);
}

const revealed = (before: Point, { time, value }: Reading, amount: Decimal): SeriesEvent[] =>
  amount.unscaled === 0n
    ? []
    : [eventOf('revealed', time, before.value, decimalText(value), amount)];

/** What was counted between two values, if growth and one rollover can explain it. */
function way(
  rules: RegisterRules,
  from: Shown,
  to: Shown,
): { readonly amount: Decimal; readonly events: readonly SeriesEvent[] } | undefined {
  const stand = { ...from, since: unseenSince(from.time) };
  const { course, amount } = confirmedStep(stand, to, rules);
  if (course === 'growth') return { amount, events: [] };
  if (course !== 'rollover') return undefined;
  const [one, other] = [decimalText(from.value), decimalText(to.value)];
  return { amount, events: [eventOf('rollover', to.time, one, other, amount)] };
}

const pointed = ({ time, value }: Point): Shown => ({ time, value: exact(value) });

/** In its place, with total, segment and doubts of `like`. */
function inserted(
  state: SeriesState,
  { index, reading }: Place,
  like: Point,
  events: readonly SeriesEvent[],
): Taken {
  const { time, value, origin } = reading;
  const point: Point = { ...like, time, value: decimalText(value), origin };
  const points = [...state.points.slice(0, index), point, ...state.points.slice(index)];
  return {
    state: { ...state, points: points.slice(-MOST_POINTS) },
    outcome: { kind: 'late' },
    events,
    wantsReread: false,
  };
}

/** The same reading once more; where the meter itself kept it, that is told. */
function known(state: SeriesState, index: number, { origin }: Reading): Taken {
  const found = state.points[index];
  const outcome = { kind: 'known' } as const;
  if (found === undefined || found.origin !== 'read' || origin === 'read')
    return { state, outcome, events: [], wantsReread: false };
  const points = state.points.with(index, { ...found, origin });
  return { state: { ...state, points }, outcome, events: [], wantsReread: false };
}
