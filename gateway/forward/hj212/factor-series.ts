/**
 * One factor as it stood, minute by minute. A sample stands from its own time until the next one of its tag, and no longer
 * than `maxAge`; a time in which nothing stands is flagged B. Pure but for what it holds.
 */
import type { Hj212Factor } from '../../../config/site.ts';
import type { Decimal } from '../../model/sample.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { DataFlag } from './data-flag.ts';
import { joinFlagSpans, NO_SPAN, product, type Span } from './figures.ts';

/** A sample of one of the factor's tags, as far as it counts here. */
export interface Point {
  readonly time: UtcMs;
  /** Undefined where there is none that can be told. */
  readonly value: Decimal | undefined;
  /** Of the value's tag: what its quality stands for. Of the flag's tag: what it says. */
  readonly flag: DataFlag;
}

export type Role = 'value' | 'flag' | 'total';

/** What is said of one moment. */
export interface Standing {
  readonly flag: DataFlag;
  readonly value: Decimal | undefined;
}

const ROLES: readonly Role[] = ['value', 'flag', 'total'];
type Points = Record<Role, Point[]>;

export class FactorSeries {
  readonly #factor: Hj212Factor;
  readonly #ages: Readonly<Record<Role, number>>;
  /** By role, ascending; the first may be older than what is open, and stands at its beginning. */
  readonly #points: Points = { value: [], flag: [], total: [] };

  constructor(factor: Hj212Factor) {
    const { maxAge, flag, total } = factor;
    this.#factor = factor;
    this.#ages = { value: maxAge, flag: flag?.maxAge ?? 0, total: total?.maxAge ?? 0 };
  }

  add(role: Role, point: Point): void {
    const points = this.#points[role];
    const at = points.findLastIndex(({ time }) => time <= point.time) + 1;
    points.splice(at, 0, point);
  }

  /** What stands at `time`, of all that was added. */
  standingAt(time: UtcMs): Standing {
    const own = this.#fresh('value', time) ?? NOTHING;
    if (this.#factor.flag === undefined) return own;
    const told = this.#fresh('flag', time)?.flag ?? 'B';
    return { flag: told === 'N' ? own.flag : told, value: own.value };
  }

  /** The time from `from` to `to`; what was before `to` is forgotten, but for what still stands then. */
  take(from: UtcMs, to: UtcMs): Span {
    const flags = new Map<DataFlag, typeof NO_SPAN>();
    const cuts = this.#cuts(from, to);
    for (const [index, at] of cuts.entries()) {
      const ms = (cuts[index + 1] ?? to) - at;
      const { flag, value } = this.standingAt(utcMs(at));
      const valued = value && { valuedMs: ms, sum: product(value, ms), min: value, max: value };
      const span = { ...NO_SPAN, ms, ...valued };
      flags.set(flag, joinFlagSpans(flags.get(flag) ?? NO_SPAN, span));
    }
    const span = {
      flags,
      totalFrom: this.#fresh('total', from)?.value,
      totalTo: this.#fresh('total', to)?.value,
    };
    this.forgetBefore(to);
    return span;
  }

  /** Every moment in [from, to) at which something else may stand. */
  #cuts(from: number, to: number): readonly number[] {
    const times = (['value', 'flag'] as const).flatMap((role) =>
      this.#points[role].flatMap(({ time }) => [time, time + this.#ages[role] + 1]),
    );
    const inside = times.filter((time) => time > from && time < to);
    return [...new Set([from, ...inside])].sort((a, b) => a - b);
  }

  /** The newest point of this role, where it still stands. */
  #fresh(role: Role, time: UtcMs): Point | undefined {
    const point = this.#latest(role, time);
    return point && time - point.time <= this.#ages[role] ? point : undefined;
  }

  #latest(role: Role, time: UtcMs): Point | undefined {
    return this.#points[role].findLast((point) => point.time <= time);
  }

  /** All but what stands at this moment. */
  forgetBefore(time: UtcMs): void {
    for (const role of ROLES) {
      const points = this.#points[role];
      points.splice(
        0,
        Math.max(
          0,
          points.findLastIndex((point) => point.time <= time),
        ),
      );
    }
  }
}

const NOTHING: Standing = { flag: 'B', value: undefined };
