/**
 * Combined readings beside the displays of their meters. What was read, late or frozen is what the meter showed at that
 * moment, to the last digit, by the registers of the simulator and not by what was published; what was used for sure is the
 * difference of two of them. Pure.
 */
import type { ReadingRecord, RecordItem } from '../../../rules/kinds/reading/reading-record.ts';
import type { TagId } from '../../model/sample.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { StoryEvent } from './arrivals.ts';
import type { Shown } from './moving-plant.ts';

/** What the device of a tag showed at a moment; undefined where nobody can look. */
export type Showed = (tag: TagId, time: UtcMs) => Shown | undefined;

/** A reading has its time when it has come: on a slow line its digits left the display up to so long before. */
const ON_ITS_WAY = 2_000;
const NEAR = 1e-6;

/** One line for each that is not true. */
export function untrueReadings(events: readonly StoryEvent[], showed: Showed): readonly string[] {
  const records = events.flatMap((event) =>
    event.kind === 'record' && event.record === 'reading' ? [event.values as ReadingRecord] : [],
  );
  const latest = new Map<string, ReadingRecord>();
  for (const record of records) latest.set(placeOf(record, record.period_end), record);
  const untrue = records.flatMap(({ id, items }) =>
    items.flatMap((item) => {
      const shown = shownFor(item, showed);
      const isTrue = shown.length === 0 || shown.some((one) => isSame(one, item.raw));
      return isTrue ? [] : [`${id}: ${item.meter} is ${item.raw}, its display showed ${shown[0]}`];
    }),
  );
  const miscounted = [...latest.values()].flatMap((record) => {
    const before = latest.get(placeOf(record, record.period_start));
    return record.items.flatMap((item) => {
      const start = before?.items.find(({ meter }) => meter === item.meter);
      if (item.delta_quality !== 'good' || start === undefined || isUsed(item, start)) return [];
      return [
        `${record.id}: ${item.meter} used ${item.delta}, from ${start.value} to ${item.value}`,
      ];
    });
  });
  return [...untrue, ...miscounted];
}

const placeOf = ({ group, kind }: ReadingRecord, end: string) => `${group} ${kind} ${end}`;

/** What may stand there: what was shown then, or when the reply set out. */
function shownFor({ source, register, sample_time }: RecordItem, showed: Showed): readonly Shown[] {
  if (sample_time === null || source === 'estimated' || source === 'missing') return [];
  const time = Date.parse(sample_time);
  const moments = source === 'frozen' ? [time] : [time, time - ON_ITS_WAY];
  return moments.flatMap((at) => showed(register as TagId, utcMs(at)) ?? []);
}

const isSame = (a: Shown, b: Shown | string | null): boolean =>
  b !== null && Math.abs(Number(a) - Number(b)) < NEAR;

/** The difference of both, where a register turned over a power of ten more. */
function isUsed({ delta, value, factor }: RecordItem, start: RecordItem): boolean {
  const more = (Number(delta) - Number(value) + Number(start.value)) / Number(factor);
  return isSame(more, 0) || /^10{4,}$/.test(`${Math.round(more)}`);
}
