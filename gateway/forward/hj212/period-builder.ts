/**
 * Minute, hour and day data out of the journal's blocks, in order. What a period holds depends on the blocks alone: a sample
 * counts where its block was stored before the period was closed, `settle` after its end, so that the same blocks give
 * the same data again, after a restart and for a request.
 */
import type { Hj212Config } from '../../../config/site.ts';
import type { TagId } from '../../model/sample.ts';
import { type Millis, type UtcMs, utcMs } from '../../model/units.ts';
import { FactorSet } from './factor-set.ts';
import { type Figure, figureOf, joinSpans, type Span } from './figures.ts';
import { FUTURE_MS, type Reading } from './reading.ts';
import { MINUTE_MS, type PeriodKind, type Zone } from './zone.ts';

export const PERIOD_KINDS: readonly PeriodKind[] = ['minute', 'hour', 'day'];

/** One finished period. */
export interface PeriodRecord {
  readonly kind: PeriodKind;
  readonly start: UtcMs;
  readonly end: UtcMs;
  readonly figures: readonly (Figure & { readonly code: string })[];
}

/** Of each kind that is wanted: when its next period begins. */
export type PeriodStarts = Readonly<Partial<Record<PeriodKind, UtcMs>>>;

export interface PeriodOptions {
  readonly config: Pick<Hj212Config, 'factors' | 'settle'>;
  readonly zone: Zone;
  /** Asked at each end of a minute: the host may change it. A divisor of the hour. */
  readonly minuteInterval: () => Millis;
  /** Digits behind the point that a tag declares. */
  readonly decimalsOf: (tag: TagId) => number | undefined;
}

interface Open {
  readonly kind: PeriodKind;
  start: UtcMs;
  readonly spans: (Span | undefined)[];
}

export class PeriodBuilder {
  readonly #options: PeriodOptions;
  readonly #factors: FactorSet;
  readonly #open: readonly Open[];
  /** Where the minute begins that is closed next. */
  #minute: UtcMs;
  #late = 0;

  constructor(options: PeriodOptions, starts: PeriodStarts) {
    this.#options = options;
    this.#factors = new FactorSet(options.config.factors);
    this.#open = PERIOD_KINDS.flatMap((kind) => {
      const start = starts[kind];
      return start === undefined ? [] : [{ kind, start, spans: [] }];
    });
    this.#minute = utcMs(Math.min(...this.#open.map(({ start }) => start)));
  }

  /** Everything before this is closed. */
  get minute(): UtcMs {
    return this.#minute;
  }

  /** Samples that came after their minute was closed, or from the future. */
  get late(): number {
    return this.#late;
  }

  /** The samples of one block, which was stored at `storedAt`. What is over by then is to be closed first. */
  take(readings: readonly Reading[], storedAt: UtcMs): void {
    for (const reading of readings) {
      const isFuture = reading.time > storedAt + FUTURE_MS && reading.timeBasis !== 'corrected';
      if (isFuture || (reading.time < this.#minute && storedAt >= this.#minute)) this.#late++;
      if (!isFuture) this.#factors.add(reading);
    }
  }

  /** The periods that are over for good at this moment, the oldest first. */
  *close(now: UtcMs): Generator<PeriodRecord> {
    const { settle } = this.#options.config;
    while (this.#minute + MINUTE_MS + settle <= now) yield* this.#closeMinute();
  }

  *#closeMinute(): Generator<PeriodRecord> {
    const { zone, minuteInterval } = this.#options;
    const from = this.#minute;
    const to = utcMs(from + MINUTE_MS);
    const spans = this.#factors.take(from, to);
    this.#minute = to;
    for (const open of this.#open) {
      if (from < open.start) continue;
      for (const [index, span] of spans.entries())
        open.spans[index] = joinSpans(open.spans[index], span);
      if (!zone.isBoundary(open.kind, to, minuteInterval())) continue;
      yield { kind: open.kind, start: open.start, end: to, figures: this.#figures(open.spans) };
      open.start = to;
      open.spans.length = 0;
    }
  }

  #figures(spans: Open['spans']): PeriodRecord['figures'] {
    const { config, decimalsOf } = this.#options;
    return config.factors.flatMap(({ code, tag }, index) => {
      const span = spans[index];
      return span ? [{ code, ...figureOf(span, decimalsOf(tag)) }] : [];
    });
  }
}
