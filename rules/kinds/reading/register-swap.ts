/**
 * A new meter that a person tells of, at once or days later: the old series ends with the value on the old meter, the new
 * one begins with that on the new, and what was counted meanwhile is put right. Pure and exact.
 */
import { difference, sum } from '../../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';
import { compared, exact, magnitude, product, shortText } from './exact-number.ts';
import { isInRange, type RegisterRules, shortest } from './register-step.ts';
import { eventOf, type SeriesEvent } from './series-event.ts';
import { begun, extended, type Point, type SeriesState, shifted } from './series-state.ts';

/** What a person knows of it; values in the register's unit. */
export interface DeclaredSwap {
  /** UTC in milliseconds. */
  readonly time: number;
  /** What the old meter showed at the end; undefined: its last reading is taken. */
  readonly final?: Decimal;
  /** What the new one showed when it was put in; undefined: its first reading is taken. */
  readonly initial?: Decimal;
  readonly serial?: string;
}

export type SwapAnswer =
  | { readonly state: SeriesState; readonly events: readonly SeriesEvent[] }
  /**
   * The final value is below the last reading, the initial one above the next; or nobody knows that time any more.
   */
  | { readonly refused: 'final-below' | 'initial-above' | 'range' | 'too-old' };

/** Takes a declared swap into the account. Before the first reading it says nothing but the serial number. */
export function swapDeclared(
  before: SeriesState,
  rules: RegisterRules,
  swap: DeclaredSwap,
): SwapAnswer {
  const { final, initial } = swap;
  const isOutside = [final, initial].some((value) => value && !isInRange(value, rules));
  if (isOutside) return { refused: 'range' };
  const state = { ...before, serial: swap.serial ?? before.serial };
  const last = state.points.at(-1);
  if (last === undefined) return { state, events: [] };
  return swap.time >= last.time ? ahead(state, rules, swap, last) : amended(state, rules, swap);
}

/** Told before the new meter was read. */
function ahead(
  state: SeriesState,
  rules: RegisterRules,
  swap: DeclaredSwap,
  last: Point,
): SwapAnswer {
  const { time, final, initial } = swap;
  const shown = exact(last.value);
  const end = final ?? shown;
  const rest = rise(shown, end, rules);
  if (rest === undefined) return { refused: 'final-below' };
  const total = sum(exact(last.total), product(rest.amount, rules.counts.scale));
  const closing: Point = {
    ...last,
    time,
    value: decimalText(end),
    total: shortText(total),
    origin: 'declared',
  };
  const closed = final === undefined ? state : extended(state, closing, time);
  const next: SeriesState = {
    ...closed,
    base: null,
    segment: last.segment + 1,
    doubts: last.doubts + doubtOf(swap),
    held: null,
    turn: { kind: 'swap', from: closing, since: time, at: time },
    began: time,
  };
  return {
    state: initial === undefined ? next : begun(next, { time, value: initial, origin: 'declared' }),
    events: [...turnOf(rest, time, shown, end), eventOfSwap(swap, decimalText(end), null)],
  };
}

/** Told after the new meter was read, which was taken for growth, or for a reset or a jump. */
function amended(state: SeriesState, rules: RegisterRules, swap: DeclaredSwap): SwapAnswer {
  const { points, turn } = state;
  const index = points.findIndex((point) => point.time > swap.time);
  const [last, first] = [points[index - 1], points[index]];
  if (last === undefined || first === undefined) return { refused: 'too-old' };
  const [old, fresh] = [exact(last.value), exact(first.value)];
  const { final = old, initial = fresh } = swap;
  const [rest, start] = [rise(old, final, rules), rise(initial, fresh, rules)];
  if (rest === undefined) return { refused: 'final-below' };
  if (start === undefined) return { refused: 'initial-above' };
  const counted = difference(exact(first.total), exact(last.total));
  const by = difference(product(sum(rest.amount, start.amount), rules.counts.scale), counted);
  const isBroken = last.segment !== first.segment;
  const doubts = doubtOf(swap) - (first.doubts > last.doubts ? 1 : 0);
  const moved = shifted(state, by, swap.time);
  const behind = (point: Point): Point =>
    point.time <= swap.time
      ? point
      : { ...point, segment: point.segment + (isBroken ? 0 : 1), doubts: point.doubts + doubts };
  const isLatest = state.segment === first.segment;
  const later = moved.turn && { ...moved.turn, from: behind(moved.turn.from) };
  return {
    state: {
      ...moved,
      base: moved.base && behind(moved.base),
      segment: state.segment + (isBroken ? 0 : 1),
      doubts: state.doubts + doubts,
      points: moved.points.map(behind),
      turn: isLatest ? { kind: 'swap', from: last, since: last.time, at: first.time } : later,
      began: isLatest ? first.time : state.began,
    },
    events: [
      ...turnOf(rest, swap.time, old, final),
      ...turnOf(start, first.time, initial, fresh),
      eventOfSwap(swap, decimalText(final), turn?.at === first.time ? turn.kind : null),
    ],
  };
}

/** What was counted from one value to the other, over one turn of the register at most; undefined: it went back. */
function rise(
  from: Decimal,
  to: Decimal,
  { modulus, direction }: RegisterRules,
): { readonly amount: Decimal; readonly hasTurned: boolean } | undefined {
  const straight = difference(to, from);
  const turned = modulus && shortest(straight, modulus);
  const isNear = turned && modulus && compared(product(magnitude(turned), TEN), modulus) <= 0;
  if (straight.unscaled >= 0n && direction === 'forward')
    return { amount: straight, hasTurned: false };
  if (isNear && (direction === 'both' || turned.unscaled >= 0n))
    return { amount: turned, hasTurned: compared(turned, straight) !== 0 };
  return direction === 'both' ? { amount: straight, hasTurned: false } : undefined;
}

/** A person's numbers turn over where they lie in the last and first tenth of the range. */
const TEN: Decimal = { unscaled: 10n, decimals: 0 };

function turnOf(
  { hasTurned, amount }: { readonly hasTurned: boolean; readonly amount: Decimal },
  time: number,
  from: Decimal,
  to: Decimal,
): readonly SeriesEvent[] {
  if (!hasTurned) return [];
  return [eventOf('rollover', time, decimalText(from), decimalText(to), amount)];
}

const doubtOf = ({ final, initial }: DeclaredSwap): number =>
  final === undefined || initial === undefined ? 1 : 0;

const eventOfSwap = (
  { time, initial }: DeclaredSwap,
  final: string,
  explains: string | null,
): SeriesEvent => ({
  ...eventOf('swap', time, final, initial ? decimalText(initial) : null),
  isDeclared: true,
  hint: explains,
});
