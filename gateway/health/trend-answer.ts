/** A tag over time: the answer to the question `trend`. It survives JSON. */
import { byLikeness } from '../host/likeness.ts';
import {
  TREND_POINTS_MAX,
  type TrendAnswer,
  type TrendPoint,
  type TrendQuestion,
} from '../journal/trend-question.ts';
import type { TagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import { utcMs } from '../model/units.ts';

/** Times are UTC ms. */
export interface AskedTrend {
  readonly tag: string;
  readonly from: number;
  readonly to: number;
  /** 1 to 10,000. */
  readonly points: number;
}

export type ToldTrend =
  | {
      readonly found: 'trend';
      readonly tag: string;
      readonly unit?: string;
      /** As the device shows it. */
      readonly decimals?: number;
      readonly points: readonly TrendPoint[];
    }
  /** Neither the site nor the journal knows the tag. */
  | { readonly found: 'nothing'; readonly likely: readonly string[] }
  | { readonly found: 'busy' | 'late' }
  | { readonly found: 'failed'; readonly reason: string };

export interface TrendSources {
  /** All of the site. */
  readonly tags: readonly Pick<Tag, 'id' | 'unit' | 'decimals'>[];
  readonly north: { trend(tag: TagId, question: TrendQuestion): Promise<TrendAnswer> };
}

const LIKELY_TOLD = 5;

/** Throws RangeError for what is no question. */
export async function answerTrend(about: unknown, sources: TrendSources): Promise<ToldTrend> {
  const { tag: id, from, to, points } = (about ?? {}) as Partial<AskedTrend>;
  if (typeof id !== 'string' || !isTime(from) || !isTime(to) || from >= to)
    throw new RangeError('a trend is asked of a tag, from a time to a later one');
  if (!Number.isInteger(points) || points === undefined || points < 1 || points > TREND_POINTS_MAX)
    throw new RangeError(`a trend has 1 to ${TREND_POINTS_MAX} points`);
  const tag = sources.tags.find((each) => each.id === id);
  // The journal may know one that the site had once.
  const answer = await sources.north.trend(tag?.id ?? (id as TagId), {
    ...{ from: utcMs(from), to: utcMs(to), points },
  });
  switch (answer.kind) {
    case 'points':
      return { found: 'trend', ...factsOf(id, tag), points: answer.points };
    case 'unknown-tag': {
      if (tag) return { found: 'trend', ...factsOf(id, tag), points: [] };
      const known = sources.tags.map((each): string => each.id);
      return { found: 'nothing', likely: byLikeness(id, known).slice(0, LIKELY_TOLD) };
    }
    case 'failed':
      return { found: 'failed', reason: answer.reason };
    default:
      return { found: answer.kind };
  }
}

const isTime = (time: unknown): time is number => Number.isFinite(time);

const factsOf = (tag: string, known: TrendSources['tags'][number] | undefined) => ({
  tag,
  ...(known?.unit !== undefined && { unit: known.unit }),
  ...(known?.decimals !== undefined && { decimals: known.decimals }),
});
