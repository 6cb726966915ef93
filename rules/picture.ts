/**
 * What the rules see: the latest sample of every tag that any rule uses, and the moment. One picture for all
 * rules of a moment. Columns by slot, because every sample of a site passes here.
 */
import { isBad, type Quality } from '../gateway/model/quality.ts';
import type { TagId } from '../gateway/model/sample.ts';
import type { EngineMs } from './effect.ts';
import type { Maybe } from './expression.ts';

/** What time-of-day functions see of the wall clock, in the zone of the site. */
export interface LocalTime {
  readonly hour: number;
  readonly minute: number;
  /** Monday 1 … Sunday 7. */
  readonly weekday: number;
  readonly day: number;
  readonly month: number;
}

export interface Picture {
  /** The time of the moment. */
  now: EngineMs;
  /** Number of the moment, rising by one. */
  moment: number;
  /** Looked up once a moment, when somebody asks. */
  localTime(): LocalTime;
  /** Undefined: no slot, because no rule uses the tag. */
  slotOf(tag: TagId): number | undefined;
  /** By slot. Undefined while the latest sample is bad or there was none. */
  readonly values: Maybe[];
  readonly qualities: Quality[];
  /** When the latest sample arrived; NaN: there was none. */
  readonly arrivals: number[];
  /** The latest sample with a value, when it arrived (NaN: none), and the value of the one before it. */
  readonly lastValues: Maybe[];
  readonly valueArrivals: number[];
  readonly previousValues: Maybe[];
  /** When the sample of previousValues arrived. */
  readonly previousArrivals: number[];
  /** In which moment the latest sample came. */
  readonly arrivalMoments: number[];
  /** In which moment a sample with a value last differed from the one with a value before it. */
  readonly changeMoments: number[];
  /** The samples of the tags that have windows. */
  readonly histories: (History | undefined)[];
}

/** The samples of one tag, oldest first, as far back as its longest window and one more. */
export interface History {
  readonly length: number;
  arrival(index: number): EngineMs;
  /** Undefined: a bad sample. */
  value(index: number): Maybe;
  /** Index of the first sample that arrived after `at`; `length` when none did. */
  after(at: EngineMs): number;
}

export { isBad };
