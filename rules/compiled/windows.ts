/** What windows come to, as SEMANTICS.md says under "Windows". Pure; everything is read again at each call. */
import type { EngineMs } from '../effect.ts';
import type { Maybe } from '../expression.ts';
import type { History } from '../picture.ts';

/** The part of a history that a window looks at: from `first` (in force when it began, or in it) to the end. */
interface View {
  readonly history: History;
  readonly begin: EngineMs;
  readonly now: EngineMs;
  /** Index of the sample in force at the beginning; -1: none. */
  readonly inForce: number;
}

export type WindowFunction = (
  history: History,
  now: EngineMs,
  length: number,
  /** p of a percentile, or the modulus of a counter. */
  parameter: number | undefined,
) => Maybe;

export const WINDOWS: Readonly<Record<string, WindowFunction>> = {
  avg: (history, now, length) => averageOf(viewOf(history, now, length)),

  integral(history, now, length) {
    const view = viewOf(history, now, length);
    if (newestNumber(view) === undefined) return undefined;
    let sum = 0;
    eachPiece(view, (value, piece) => {
      sum += value * (piece / 1000);
    });
    return finite(sum);
  },

  stddev(history, now, length) {
    const view = viewOf(history, now, length);
    const average = averageOf(view);
    if (average === undefined) return undefined;
    let [sum, total] = [0, 0];
    eachPiece(view, (value, piece) => {
      sum += piece * (value - average) ** 2;
      total += piece;
    });
    return total === 0 ? 0 : finite(Math.sqrt(sum / total));
  },

  min: (history, now, length) => extremeOf(viewOf(history, now, length), (a, b) => a < b),
  max: (history, now, length) => extremeOf(viewOf(history, now, length), (a, b) => a > b),

  percentile(history, now, length, percent = 50) {
    const view = viewOf(history, now, length);
    const pieces: (readonly [value: number, length: number])[] = [];
    let total = 0;
    eachPiece(view, (value, piece) => {
      pieces.push([value, piece]);
      total += piece;
    });
    if (total === 0) return newestNumber(view);
    pieces.sort((a, b) => a[0] - b[0]);
    let reached = 0;
    for (const [value, piece] of pieces) {
      reached += piece;
      if (reached * 100 >= percent * total) return value;
    }
    return pieces.at(-1)?.[0];
  },

  first(history, now, length) {
    const view = viewOf(history, now, length);
    const index = firstIndex(view, isKnown);
    return index === undefined ? undefined : history.value(index);
  },

  last: (history, now, length) => newestOf(viewOf(history, now, length), isKnown),
  delta: (history, now, length, modulus) => deltaOf(viewOf(history, now, length), modulus),

  rate(history, now, length, modulus) {
    const view = viewOf(history, now, length);
    const delta = deltaOf(view, modulus);
    const index = firstIndex(view, isNumeric);
    if (delta === undefined || index === undefined) return undefined;
    const since = Math.max(view.begin, history.arrival(index));
    return now === since ? undefined : finite(delta / ((now - since) / 1000));
  },

  sum(history, now, length) {
    let sum = 0;
    for (let i = history.after(now - length); i < history.length; i++)
      sum += numberOf(history.value(i)) ?? 0;
    return finite(sum);
  },

  count(history, now, length) {
    let count = 0;
    for (let i = history.after(now - length); i < history.length; i++)
      if (history.value(i) !== undefined) count++;
    return count;
  },

  coverage(history, now, length) {
    const view = viewOf(history, now, length);
    let total = 0;
    eachStretch(view, (_, piece) => {
      total += piece;
    });
    return total / length;
  },
};

function viewOf(history: History, now: EngineMs, length: number): View {
  const begin = now - length;
  return { history, begin, now, inForce: history.after(begin) - 1 };
}

/** Pieces with a value and a length, the oldest first. */
function eachStretch(
  { history, begin, now, inForce }: View,
  visit: (value: Exclude<Maybe, undefined>, length: number) => void,
): void {
  let from = begin;
  let value: Maybe = inForce < 0 ? undefined : history.value(inForce);
  for (let i = inForce + 1; i <= history.length; i++) {
    const to = i < history.length ? history.arrival(i) : now;
    if (value !== undefined && to > from) visit(value, to - from);
    if (i === history.length) return;
    from = to;
    value = history.value(i);
  }
}

function eachPiece(view: View, visit: (value: number, length: number) => void): void {
  eachStretch(view, (value, length) => {
    const number = numberOf(value);
    if (number !== undefined) visit(number, length);
  });
}

function averageOf(view: View): number | undefined {
  let [sum, total] = [0, 0];
  eachPiece(view, (value, piece) => {
    sum += value * piece;
    total += piece;
  });
  return total === 0 ? newestNumber(view) : finite(sum / total);
}

function extremeOf(
  { history, inForce }: View,
  beats: (a: number, b: number) => boolean,
): number | undefined {
  let found: number | undefined;
  for (let i = Math.max(0, inForce); i < history.length; i++) {
    const value = numberOf(history.value(i));
    if (value !== undefined && (found === undefined || beats(value, found))) found = value;
  }
  return found;
}

/** The sample in force at the beginning, else the oldest with a value that is wanted. */
function firstIndex(
  { history, inForce }: View,
  isWanted: (value: Maybe) => boolean,
): number | undefined {
  for (let i = Math.max(0, inForce); i < history.length; i++)
    if (isWanted(history.value(i))) return i;
  return undefined;
}

function newestOf({ history, inForce }: View, isWanted: (value: Maybe) => boolean): Maybe {
  for (let i = history.length - 1; i >= Math.max(0, inForce); i--) {
    const value = history.value(i);
    if (isWanted(value)) return value;
  }
  return undefined;
}

const newestNumber = (view: View): number | undefined => numberOf(newestOf(view, isNumeric));

function deltaOf(view: View, modulus: number | undefined): number | undefined {
  const index = firstIndex(view, isNumeric);
  const first = index === undefined ? undefined : numberOf(view.history.value(index));
  const last = newestNumber(view);
  if (first === undefined || last === undefined) return undefined;
  const delta = last - first;
  return finite(delta < 0 && modulus !== undefined ? delta + modulus : delta);
}

const isKnown = (value: Maybe): boolean => value !== undefined;
/** A text has no place among numbers: it is as good as no value. */
const isNumeric = (value: Maybe): boolean => numberOf(value) !== undefined;

/** Flags count as 1 and 0. */
function numberOf(value: Maybe): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'boolean' ? Number(value) : undefined;
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
