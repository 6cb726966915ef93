/** All factors of an uplink together: a sample finds those that are made of its tag. Pure but for what it holds. */
import type { Hj212Factor } from '../../../config/site.ts';
import type { TagId } from '../../model/sample.ts';
import type { UtcMs } from '../../model/units.ts';
import { FactorSeries, type Role, type Standing } from './factor-series.ts';
import type { Span } from './figures.ts';
import { pointOf, type Reading } from './reading.ts';

interface Place {
  readonly factor: Hj212Factor;
  readonly series: FactorSeries;
  readonly role: Role;
}

export class FactorSet {
  readonly #series: readonly FactorSeries[];
  readonly #places = new Map<TagId, Place[]>();

  constructor(factors: readonly Hj212Factor[]) {
    this.#series = factors.map((factor) => {
      const series = new FactorSeries(factor);
      const { tag, flag, total } = factor;
      this.#place(tag, { factor, series, role: 'value' });
      if (flag) this.#place(flag.tag, { factor, series, role: 'flag' });
      if (total) this.#place(total.tag, { factor, series, role: 'total' });
      return series;
    });
  }

  add(reading: Reading): void {
    for (const { factor, series, role } of this.#places.get(reading.tag) ?? [])
      series.add(role, pointOf(reading, role, factor));
  }

  /** Of each factor, in their order. */
  standingAt(time: UtcMs): readonly Standing[] {
    return this.#series.map((series) => series.standingAt(time));
  }

  /** See FactorSeries. */
  take(from: UtcMs, to: UtcMs): readonly Span[] {
    return this.#series.map((series) => series.take(from, to));
  }

  forgetBefore(time: UtcMs): void {
    for (const series of this.#series) series.forgetBefore(time);
  }

  #place(tag: TagId, place: Place): void {
    this.#places.set(tag, [...(this.#places.get(tag) ?? []), place]);
  }
}
