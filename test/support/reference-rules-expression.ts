/**
 * What an expression came to at each evaluation of its rule, found anew from the whole past every time: functions that
 * remember look through all evaluations before, the others through all samples before. Written from
 * rules/SEMANTICS.md; shares nothing with the engine but the parsed expression.
 */
import type { UtcMs } from '../../gateway/model/units.ts';
import type { EngineMs } from '../../rules/effect.ts';
import type { CallExpr, Expr, Maybe } from '../../rules/expression.ts';
import { type Arrived, OF_A_TAG, type TagPast, windowValue } from './reference-rules-history.ts';
import { and, callOfValues, finite, operate, or } from './reference-rules-plain.ts';

/** One evaluation of a rule. */
export interface Evaluation {
  readonly at: EngineMs;
  readonly utc: UtcMs;
  readonly moment: number;
  /** How many samples of the history had arrived. */
  readonly seen: number;
}

export interface Past {
  /** All samples of all tags in the order of their arrival; grows. */
  readonly history: readonly Arrived[];
  /** Of one rule; grows. */
  readonly evaluations: readonly Evaluation[];
  readonly counters: Readonly<Record<string, number>>;
  readonly timezone: string;
}

/** There is no −0. */
const unsigned = (value: Maybe): Maybe => (value === 0 ? 0 : value);

const NEVER: Evaluation = { at: 0, utc: 0 as UtcMs, moment: -1, seen: 0 };

export class PastReader {
  readonly #past: Past;
  /** What was found once does not change: the past does not. */
  readonly #found = new Map<Expr, Map<number, Maybe>>();
  readonly #held = new Map<Expr, readonly Expr[]>();
  readonly #samples = new Map<string, readonly Arrived[]>();

  constructor(past: Past) {
    this.#past = past;
  }

  /** The value of the expression at the evaluation of that number. */
  value(expr: Expr, at: number): Maybe {
    const found = this.#found.get(expr) ?? new Map<number, Maybe>();
    this.#found.set(expr, found);
    if (!found.has(at)) found.set(at, unsigned(this.#evaluate(expr, at)));
    return found.get(at);
  }

  /** When calls of `held` in the expression turn true by themselves, seen from that evaluation. */
  wakes(expr: Expr, at: number): readonly EngineMs[] {
    const now = this.#evaluation(at).at;
    const calls = this.#held.get(expr) ?? partsOf(expr).filter(isHeld);
    this.#held.set(expr, calls);
    return calls
      .map((held) => this.#trueFrom(argument(held, 0), at) + lengthOf(held))
      .filter((due) => due > now);
  }

  #evaluation(at: number): Evaluation {
    return this.#past.evaluations[at] ?? NEVER;
  }

  #evaluate(expr: Expr, at: number): Maybe {
    switch (expr.kind) {
      case 'literal':
        return expr.value;
      case 'tag':
        return this.#pastOf(expr.tag, at).samples.at(-1)?.value;
      case 'not': {
        const value = this.value(expr.of, at);
        return typeof value === 'boolean' ? !value : undefined;
      }
      case 'negate': {
        const value = this.value(expr.of, at);
        return typeof value === 'number' ? finite(-value) : undefined;
      }
      case 'binary': {
        const a = this.value(expr.left, at);
        const b = this.value(expr.right, at);
        if (expr.op === '&&') return and(a, b);
        return expr.op === '||' ? or(a, b) : operate(expr.op, a, b);
      }
      case 'choose': {
        const which = this.value(expr.when, at);
        if (typeof which !== 'boolean') return undefined;
        return this.value(which ? expr.then : expr.otherwise, at);
      }
      case 'in': {
        const value = this.value(expr.of, at);
        return value === undefined ? undefined : expr.list.includes(value);
      }
      case 'call':
        return this.#call(expr, at);
    }
  }

  #call(call: CallExpr, at: number): Maybe {
    const [first] = call.args;
    if (call.isWindow) {
      const percent = call.name === 'percentile' ? literal(call, 1) : undefined;
      return windowValue(call.name, this.#pastOf(tagOf(call), at), lengthOf(call), percent);
    }
    const ofATag = OF_A_TAG[call.name];
    if (ofATag && first?.kind === 'tag') return ofATag(this.#pastOf(first.tag, at));
    const ofCondition = this.#ofCondition(call, at);
    if (ofCondition) return ofCondition();
    const ofTime = TIME_OF_DAY[call.name];
    if (ofTime) return ofTime(localTime(this.#evaluation(at).utc, this.#past.timezone), call);
    return callOfValues(
      call.name,
      call.args.map((arg) => this.value(arg, at)),
    );
  }

  #ofCondition(call: CallExpr, at: number): (() => Maybe) | undefined {
    const now = this.#evaluation(at).at;
    const [c = call] = call.args;
    switch (call.name) {
      case 'since':
        return () => this.#whileTrue(c, at, (from) => now - from, 0);
      case 'held':
        return () => this.#whileTrue(c, at, (from) => now - from >= lengthOf(call), false);
      case 'rising':
        return () => this.#turned(c, at, true);
      case 'falling':
        return () => this.#turned(c, at, false);
      case 'times': {
        const after = call.args.length > 1 ? now - lengthOf(call) : Number.NEGATIVE_INFINITY;
        return () =>
          this.#until(at).filter((k) => this.#turned(c, k, true) && this.#evaluation(k).at > after)
            .length;
      }
      case 'runtime':
        return () => this.#runtime(c, at, now - lengthOf(call));
      default:
        return undefined;
    }
  }

  #whileTrue(c: Expr, at: number, of: (from: EngineMs) => Maybe, ifFalse: Maybe): Maybe {
    const truth = this.value(c, at);
    if (truth === false) return ifFalse;
    return truth === true ? of(this.#trueFrom(c, at)) : undefined;
  }

  /** The time of the first of the evaluations up to this one that all saw the condition true; NaN: this one did not. */
  #trueFrom(c: Expr, at: number): EngineMs {
    let from = Number.NaN;
    for (let k = at; k >= 0 && this.value(c, k) === true; k--) from = this.#evaluation(k).at;
    return from;
  }

  /** Whether the condition is `to` at this evaluation, and was the opposite when it was last known. */
  #turned(c: Expr, at: number, to: boolean): boolean {
    if (this.value(c, at) !== to) return false;
    for (let k = at - 1; k >= 0; k--) {
      const before = this.value(c, k);
      if (typeof before === 'boolean') return before === !to;
    }
    return false;
  }

  /** How long the condition was true after `begin`: from each evaluation that saw it true to the next one. */
  #runtime(c: Expr, at: number, begin: EngineMs): number {
    let ran = 0;
    for (const k of this.#until(at - 1))
      if (this.value(c, k) === true) {
        const from = Math.max(begin, this.#evaluation(k).at);
        ran += Math.max(0, this.#evaluation(k + 1).at - from);
      }
    return ran;
  }

  #until = (at: number): readonly number[] => Array.from({ length: at + 1 }, (_, k) => k);

  #pastOf(tag: string, at: number): TagPast {
    const { at: now, moment, seen } = this.#evaluation(at);
    const key = `${tag} ${seen}`;
    const samples =
      this.#samples.get(key) ??
      this.#past.history.slice(0, seen).filter((sample) => sample.tag === tag);
    this.#samples.set(key, samples);
    return { samples, now, moment, modulus: this.#past.counters[tag] };
  }
}

/** The expression and everything in it. */
const partsOf = (expr: Expr): readonly Expr[] => [expr, ...childrenOf(expr).flatMap(partsOf)];

/** From left to right. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'not':
    case 'negate':
    case 'in':
      return [expr.of];
    case 'binary':
      return [expr.left, expr.right];
    case 'choose':
      return [expr.when, expr.then, expr.otherwise];
    case 'call':
      return expr.args;
    default:
      return [];
  }
}

const isHeld = (expr: Expr): boolean => expr.kind === 'call' && expr.name === 'held';

function argument(expr: Expr, index: number): Expr {
  const found = expr.kind === 'call' ? expr.args.at(index) : undefined;
  if (!found) throw new Error(`no argument ${index}`);
  return found;
}

function literal(call: Expr, index: number): number {
  const arg = argument(call, index);
  if (arg.kind !== 'literal') throw new Error('no literal');
  return Number(arg.value);
}

/** The length of a window and the like is the last argument. */
const lengthOf = (call: Expr): number => literal(call, -1);

function tagOf(call: Expr): string {
  const tag = argument(call, 0);
  if (tag.kind !== 'tag') throw new Error('no tag');
  return tag.tag;
}

interface LocalTime {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function localTime(utc: UtcMs, timeZone: string): LocalTime {
  const parts = formatOf(timeZone).formatToParts(utc);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  return {
    month: Number(part('month')),
    day: Number(part('day')),
    weekday: WEEKDAYS.indexOf(part('weekday')) + 1,
    hour: Number(part('hour')),
    minute: Number(part('minute')),
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Making one takes a millisecond. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  formats.set(timeZone, format);
  return format;
}

const minuteOfDay = (call: CallExpr, index: number): number => {
  const arg = call.args[index];
  const [hour = 0, minute = 0] =
    arg?.kind === 'literal' ? String(arg.value).split(':').map(Number) : [];
  return hour * 60 + minute;
};

const TIME_OF_DAY: Readonly<Record<string, (local: LocalTime, call: CallExpr) => Maybe>> = {
  hour: ({ hour }) => hour,
  minute: ({ minute }) => minute,
  weekday: ({ weekday }) => weekday,
  day: ({ day }) => day,
  month: ({ month }) => month,
  between({ hour, minute }, call) {
    const now = hour * 60 + minute;
    const from = minuteOfDay(call, 0);
    const to = minuteOfDay(call, 1);
    return from <= to ? from <= now && now < to : now >= from || now < to;
  },
};
