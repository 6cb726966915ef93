/** Data as the items of CP: DataTime first, then one item for each factor. Pure. */
import type { Hj212Factor } from '../../../config/site.ts';
import type { UtcMs } from '../../model/units.ts';
import type { Standing } from './factor-series.ts';
import { digits } from './figures.ts';
import type { Item } from './packet.ts';
import type { PeriodRecord } from './period-builder.ts';
import type { PeriodKind, Zone } from './zone.ts';

export const REALTIME_CN = '2011';
export const PERIOD_CN: Readonly<Record<PeriodKind, string>> = {
  minute: '2051',
  hour: '2061',
  day: '2031',
};

/** DataTime is when the period began. */
export const periodItems = (record: PeriodRecord, zone: Zone): readonly Item[] => [
  [['DataTime', zone.stamp(record.start)]],
  ...record.figures.map(({ code, cou, min, avg, max, flag }) =>
    itemOf(code, { Cou: cou, Min: min, Avg: avg, Max: max, Flag: flag }),
  ),
];

/** DataTime is the moment itself. */
export const realtimeItems = (
  time: UtcMs,
  zone: Zone,
  factors: readonly Hj212Factor[],
  standings: readonly Standing[],
  decimalsOf: (factor: Hj212Factor) => number | undefined,
): readonly Item[] => [
  [['DataTime', zone.stamp(time)]],
  ...factors.map((factor, index) => {
    const { value, flag = 'B' } = standings[index] ?? {};
    return itemOf(factor.code, { Rtd: value && digits(value, decimalsOf(factor)), Flag: flag });
  }),
];

/** What is not known is left out. */
const itemOf = (code: string, parts: Readonly<Record<string, string | undefined>>): Item =>
  Object.entries(parts).flatMap(([suffix, value]) =>
    value === undefined ? [] : [[`${code}-${suffix}`, value] as const],
  );
