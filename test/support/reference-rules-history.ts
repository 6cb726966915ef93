/**
 * The past as the naive evaluator of rules sees it: one long list of samples that is read again from the beginning for
 * every question. Written from rules/SEMANTICS.md ("Functions of a tag", "Windows") and from nothing else.
 */
import type { Quality } from '../../gateway/model/quality.ts';
import { isDecimal, plainValue, type Value } from '../../gateway/model/sample.ts';
import type { EngineMs } from '../../rules/effect.ts';
import type { Maybe } from '../../rules/expression.ts';

/** A sample, and when it arrived. */
export interface Arrived {
  readonly tag: string;
  readonly at: EngineMs;
  /** Number of the moment in which it came. */
  readonly moment: number;
  /** Undefined: bad. */
  readonly value: Maybe;
  readonly quality: Quality;
}

/** A value as expressions see it: numbers of all kinds are doubles. */
export function seenValue(value: Value | null): Maybe {
  if (value === null) return undefined;
  return typeof value === 'bigint' || isDecimal(value) ? Number(plainValue(value)) : value;
}

/** The samples of one tag up to an evaluation, oldest first, and the evaluation's time and moment. */
export interface TagPast {
  readonly samples: readonly Arrived[];
  readonly now: EngineMs;
  readonly moment: number;
  readonly modulus: number | undefined;
}

const hasValue = (sample: Arrived): boolean => sample.value !== undefined;
/** Flags count as 1 and 0. */
const numberOf = (value: Maybe): number => Number(value);
/** A number that can be one; all others are unknown. */
const finite = (value: number): Maybe => (Number.isFinite(value) ? value : undefined);

export const qualityOf = ({ samples }: TagPast): Quality =>
  samples.at(-1)?.quality ?? 'bad:waiting';

/** The functions of a tag, by name. */
export const OF_A_TAG: Readonly<Record<string, (past: TagPast) => Maybe>> = {
  quality: qualityOf,
  isGood: (past) => qualityOf(past).startsWith('good'),
  isBad: (past) => qualityOf(past).startsWith('bad'),
  age({ samples, now }) {
    const latest = samples.findLast(hasValue);
    return latest && now - latest.at;
  },
  changed({ samples, moment }) {
    const known = samples.filter(hasValue);
    return known.some((sample, i) => {
      const before = known[i - 1];
      return sample.moment === moment && before !== undefined && before.value !== sample.value;
    });
  },
  previous: ({ samples }) => samples.filter(hasValue).at(-2)?.value,
  rate({ samples }) {
    const [before, latest] = samples.filter(hasValue).slice(-2);
    if (samples.at(-1)?.value === undefined) return undefined;
    if (typeof before?.value !== 'number' || typeof latest?.value !== 'number') return undefined;
    const seconds = (latest.at - before.at) / 1000;
    return finite((latest.value - before.value) / seconds);
  },
};

/** A stretch of the window with one value. */
interface Piece {
  readonly value: Maybe;
  readonly length: number;
}

/** What a window looks at. */
interface View {
  /** The sample before the window. */
  readonly inForce: Arrived | undefined;
  readonly inside: readonly Arrived[];
  /** With a value and a length, oldest first. */
  readonly pieces: readonly Piece[];
  /** Values of the one in force and of those inside, oldest first. */
  readonly values: readonly Exclude<Maybe, undefined>[];
  readonly length: number;
  readonly past: TagPast;
}

function viewOf(past: TagPast, length: number): View {
  const begin = past.now - length;
  const inForce = past.samples.findLast(({ at }) => at <= begin);
  const inside = past.samples.filter(({ at }) => at > begin);
  const starts = inForce ? [{ at: begin, value: inForce.value }, ...inside] : inside;
  const pieces = starts
    .map(({ at, value }, i) => ({ value, length: (starts[i + 1]?.at ?? past.now) - at }))
    .filter((piece) => piece.length > 0 && piece.value !== undefined);
  const values = starts.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return { inForce, inside, pieces, values, length, past };
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
const totalLength = ({ pieces }: View): number => total(pieces.map(({ length }) => length));

function average(view: View): number {
  const length = totalLength(view);
  if (length === 0) return numberOf(view.values.at(-1));
  return total(view.pieces.map((piece) => numberOf(piece.value) * piece.length)) / length;
}

function percentile(view: View, percent: number): Maybe {
  const whole = totalLength(view);
  const ascending = view.pieces.toSorted((a, b) => numberOf(a.value) - numberOf(b.value));
  const found = ascending.findIndex((_, i) => {
    const reached = total(ascending.slice(0, i + 1).map(({ length }) => length));
    return reached * 100 >= percent * whole;
  });
  return numberOf((ascending[found] ?? { value: view.values.at(-1) }).value);
}

function delta({ values, past }: View): number {
  const change = numberOf(values.at(-1)) - numberOf(values[0]);
  return change < 0 && past.modulus !== undefined ? change + past.modulus : change;
}

function rateOf(view: View): Maybe {
  const oldest = view.inside.find(hasValue);
  const isInForce = view.inForce?.value !== undefined;
  const since = isInForce ? view.past.now - view.length : (oldest?.at ?? view.past.now);
  return finite(delta(view) / ((view.past.now - since) / 1000));
}

function deviation(view: View): number {
  const middle = average(view);
  const length = totalLength(view);
  if (length === 0) return 0;
  const squares = view.pieces.map((piece) => piece.length * (numberOf(piece.value) - middle) ** 2);
  return Math.sqrt(total(squares) / length);
}

const WITH_A_VALUE: Readonly<Record<string, (view: View, percent: number) => Maybe>> = {
  avg: average,
  integral: ({ pieces }) =>
    total(pieces.map((piece) => numberOf(piece.value) * (piece.length / 1000))),
  stddev: deviation,
  min: ({ values }) => Math.min(...values.map(numberOf)),
  max: ({ values }) => Math.max(...values.map(numberOf)),
  percentile,
  first: ({ values }) => values[0],
  last: ({ values }) => values.at(-1),
  delta,
  rate: rateOf,
};

const ALWAYS_KNOWN: Readonly<Record<string, (view: View) => Maybe>> = {
  sum: ({ inside }) => total(inside.filter(hasValue).map(({ value }) => numberOf(value))),
  count: ({ inside }) => inside.filter(hasValue).length,
  coverage: (view) => totalLength(view) / view.length,
};

const TAKES_TEXTS = ['first', 'last', 'count', 'coverage'];
/** Among numbers a text is as good as no value. */
const withoutText = (sample: Arrived): Arrived =>
  typeof sample.value === 'string' ? { ...sample, value: undefined } : sample;

/** What the window over the tag comes to; `length` in milliseconds, `percent` of a percentile. */
export function windowValue(name: string, past: TagPast, length: number, percent = 50): Maybe {
  const samples = TAKES_TEXTS.includes(name) ? past.samples : past.samples.map(withoutText);
  const view = viewOf({ ...past, samples }, length);
  const always = ALWAYS_KNOWN[name];
  if (always) return onlyFinite(always(view));
  const compute = WITH_A_VALUE[name];
  if (!compute) throw new Error(`no window ${name}`);
  return view.values.length === 0 ? undefined : onlyFinite(compute(view, percent));
}

const onlyFinite = (value: Maybe): Maybe => (typeof value === 'number' ? finite(value) : value);
