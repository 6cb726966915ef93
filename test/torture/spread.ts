/** How measured values lie, in words for a report. */
import { percentile } from '../bench/figure.ts';

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Of no values, zeros. */
export const spreadOf = (values: readonly number[]): Spread =>
  values.length === 0
    ? { p50: 0, p99: 0, max: 0 }
    : {
        p50: percentile(values, 50),
        p99: percentile(values, 99),
        max: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
      };

/** `p50 0.21 s, p99 0.48 s, max 0.6 s`; the values in ms. */
export const inSeconds = ({ p50, p99, max }: Spread): string =>
  `p50 ${seconds(p50)}, p99 ${seconds(p99)}, max ${seconds(max)}`;

/** `p50 0.2 ms, p99 3.1 ms, max 8 ms`. */
export const inMillis = ({ p50, p99, max }: Spread): string =>
  `p50 ${rounded(p50, 1)} ms, p99 ${rounded(p99, 1)} ms, max ${rounded(max, 1)} ms`;

/** With thousands separated: `4,310,000`. */
export const grouped = (value: number): string => value.toLocaleString('en-US');

const seconds = (ms: number): string => `${rounded(ms / 1000, 2)} s`;
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
