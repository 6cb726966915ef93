/** When the meters are told to freeze, and when they are asked for what they froze. Pure. */
import { seconds } from '../../gateway/model/units.ts';
import type { CombinedReadingRule } from '../combined-reading-rule.ts';
import { type Ask, type Book, meterBook } from './reading/reading-book.ts';
import type { Calendar } from './reading/reading-periods.ts';
import type { ReadingState } from './reading-state.ts';

/** A freeze that comes later would freeze another moment. */
const LATEST_FREEZE = seconds(20);
/** Behind the instant what was frozen is asked for: the command waits for the disk, and for the line. Guesses. */
const THAWS = [seconds(3), seconds(10), seconds(30)];

type Frozen = Pick<ReadingState, 'frozenAt' | 'thaws'>;

/**
 * A new instant has come. At the first one of all, of which nobody knows how long ago it was, nobody is told; undefined: there
 * is none, or it is too late for it.
 */
export function freezeDue(
  { freezeCommand }: CombinedReadingRule,
  calendar: Calendar,
  { frozenAt }: Frozen,
  utc: number,
): (Frozen & { readonly isToTell: boolean }) | undefined {
  if (freezeCommand === undefined) return undefined;
  const [kind = 'day'] = calendar.kinds;
  const { start } = calendar.at(kind, utc);
  if (frozenAt === 0) return { frozenAt: start, thaws: THAWS.length, isToTell: false };
  const isNew = start > frozenAt && utc - start <= LATEST_FREEZE;
  return isNew ? { frozenAt: start, thaws: 0, isToTell: true } : undefined;
}

/** Who is asked now for what was frozen; undefined: nobody is. */
export function thawDue(
  { inputs, group }: CombinedReadingRule,
  { frozenAt, thaws }: Frozen,
  book: Book,
  utc: number,
): { readonly thaws: number; readonly asks: readonly Ask[] } | undefined {
  const after = THAWS[thaws];
  if (after === undefined || frozenAt === 0 || utc < frozenAt + after) return undefined;
  const { within } = group.window;
  const asks = inputs.flatMap(({ as, meter }): Ask[] => {
    if (as !== 'instant') return [];
    const isThere = meterBook(book, meter).series.points.some(
      ({ time, origin }) => origin === 'freeze' && Math.abs(time - frozenAt) <= within,
    );
    return isThere ? [] : [{ meter, what: 'current', last: 0, key: undefined }];
  });
  return { thaws: thaws + 1, asks };
}

/** When something is due: in the books, or to be asked of what was frozen. */
export function wakeOf({ wake, frozenAt, thaws }: Frozen & Pick<ReadingState, 'wake'>): number {
  const after = THAWS[thaws];
  return after === undefined || frozenAt === 0 ? wake : Math.min(wake, frozenAt + after);
}
