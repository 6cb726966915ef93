/** What is asked of a tag over time, and what is answered: by the journal, through both threads, to whoever asks. */
import type { UtcMs } from '../model/units.ts';

export interface TrendQuestion {
  readonly from: UtcMs;
  readonly to: UtcMs;
  /** At most so many points, 1 to 10,000; no fewer than a quarter of them where there are samples for more. */
  readonly points: number;
}

export const TREND_POINTS_MAX = 10_000;

/** A stretch of time and what the tag did in it. Stretches without a value have no point. */
export interface TrendPoint {
  /** The earliest and the latest sample, or summary, that is in it. */
  readonly from: UtcMs;
  readonly to: UtcMs;
  readonly low: number;
  readonly high: number;
  readonly last: number;
}

export type TrendAnswer =
  | { readonly kind: 'points'; readonly points: readonly TrendPoint[] }
  /** The journal never had a sample of this tag. */
  | { readonly kind: 'unknown-tag' }
  /** As many as may wait do so already. */
  | { readonly kind: 'busy' }
  /** It took too long. */
  | { readonly kind: 'late' }
  /** The journal is not open, or cannot be read. */
  | { readonly kind: 'failed'; readonly reason: string };
