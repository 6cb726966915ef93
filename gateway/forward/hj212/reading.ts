/** The samples of a block that an uplink has a use for, and what each means for a factor. Pure. */
import type { Hj212Config, Hj212Factor } from '../../../config/site.ts';
import { fromBatch } from '../../journal/batch.ts';
import type { Block } from '../../journal/journal.ts';
import { plainValue, type Sample, type TagId } from '../../model/sample.ts';
import { utcMs } from '../../model/units.ts';
import { type DataFlag, FLAG_OF_QUALITY } from './data-flag.ts';
import type { Point, Role } from './factor-series.ts';
import { toldDecimal } from './figures.ts';

/** Of a tag that a factor is made of; its time is a whole millisecond, and by a clock that was set. */
export type Reading = Sample;

type Factors = Pick<Hj212Config, 'factors'>;

/** The tags that the factors are made of. */
export const tagsOf = ({ factors }: Factors): ReadonlySet<TagId> =>
  new Set(
    factors.flatMap(({ tag, flag, total }) => [
      tag,
      ...(flag ? [flag.tag] : []),
      ...(total ? [total.tag] : []),
    ]),
  );

/** In the order of the block. What an unset clock stamped belongs to no period. */
export function readingsOf({ samples, tagOf }: Block, tags: ReadonlySet<TagId>): Reading[] {
  if (![...new Set(samples.tags)].some((number) => tags.has(tagOf(number)))) return [];
  return fromBatch(samples, tagOf)
    .filter(({ tag, timeBasis }) => tags.has(tag) && timeBasis !== 'unsynced')
    .map((sample) => ({ ...sample, time: utcMs(Math.round(sample.time)) }));
}

/** Times further ahead of their block are of a clock that is wrong. */
export const FUTURE_MS = 60_000;

/** How long before a moment a block may have been stored of which something counts at that moment. */
export const reachOf = ({ factors }: Factors): number =>
  Math.max(
    ...factors.flatMap(({ maxAge, flag, total }) => [
      maxAge,
      flag?.maxAge ?? 0,
      total?.maxAge ?? 0,
    ]),
  ) + FUTURE_MS;

export function pointOf({ value, quality, time }: Reading, role: Role, factor: Hj212Factor): Point {
  const own = FLAG_OF_QUALITY[quality];
  if (role === 'flag') return { time, value: undefined, flag: stateFlag(value, own, factor) };
  const told = toldDecimal(value);
  return { time, value: told, flag: told === undefined && own === 'N' ? 'D' : own };
}

/** What the tag for the state says: a value that nobody gave a flag is a fault, not normal. */
function stateFlag(value: Sample['value'], own: DataFlag, { flag }: Hj212Factor): DataFlag {
  if (value === null) return own;
  return flag?.values.get(String(plainValue(value))) ?? 'D';
}
