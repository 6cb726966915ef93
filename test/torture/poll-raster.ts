/** How late polls were, seen from the device: reads of one address come in a raster, whatever its phase. Pure. */
import { median } from '../bench/figure.ts';
import type { FieldRead } from './watched-field.ts';

export interface Lateness {
  /** One for each read: ms off the raster, early or late. */
  readonly offMs: readonly number[];
  /** Places of the raster at which no read came. */
  readonly missed: number;
}

/** By first tag, when the raster of its reads began, ms: the median, so that one late read moves nothing. */
export type Raster = ReadonlyMap<number, number>;

/** Of reads while nothing disturbs. */
export function rasterOf(reads: readonly FieldRead[], periodMs: number): Raster {
  const byTag = grouped(reads);
  return new Map(
    [...byTag].map(([tag, times]): [number, number] => {
      const [first = 0] = times;
      const phases = times.map((at) => at - first - periodMs * Math.round((at - first) / periodMs));
      return [tag, first + median(phases)];
    }),
  );
}

export function latenessOf(
  reads: readonly FieldRead[],
  raster: Raster,
  periodMs: number,
): Lateness {
  const offMs: number[] = [];
  let missed = 0;
  for (const [tag, times] of grouped(reads)) {
    const from = raster.get(tag);
    if (from === undefined) continue;
    let before: number | undefined;
    for (const at of times) {
      const place = Math.round((at - from) / periodMs);
      offMs.push(Math.abs(at - from - place * periodMs));
      if (before !== undefined) missed += Math.max(0, place - before - 1);
      before = place;
    }
  }
  return { offMs, missed };
}

function grouped(reads: readonly FieldRead[]): ReadonlyMap<number, number[]> {
  const byTag = new Map<number, number[]>();
  for (const [tag, , at] of reads) {
    const times = byTag.get(tag);
    if (times) times.push(at);
    else byTag.set(tag, [at]);
  }
  return byTag;
}

/** Cumulative counts of a histogram in the Prometheus text format, by upper bound. */
export type Buckets = readonly (readonly [bound: number, count: number])[];

export const bucketsOf = (metrics: string, name: string): Buckets =>
  [...metrics.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\d+)`, 'gm'))].map(
    ([, bound, count]) => [
      bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      Number(count),
    ],
  );

/** The bound below which the share `q` of what was observed between the two lies; 0 of nothing. */
export function quantileBetween(before: Buckets, after: Buckets, q: number): number {
  const counts = after.map(([bound, count], i) => [bound, count - (before[i]?.[1] ?? 0)] as const);
  const total = counts.at(-1)?.[1] ?? 0;
  return total === 0 ? 0 : (counts.find(([, count]) => count >= q * total)?.[0] ?? 0);
}
