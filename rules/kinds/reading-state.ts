/**
 * What a combined reading knows between two steps, and what of it stands after a restart or in a rule that was changed: the
 * account of each meter whose register is the same. Pure; JSON as it is.
 */
import type { Kept } from '../../gateway/host/state-store.ts';
import type { CombinedReadingRule } from '../combined-reading-rule.ts';
import { isKeptTime, keptFields } from './kept-shape.ts';
import { keptBook } from './reading/kept-book.ts';
import { type Book, NEW_BOOK } from './reading/reading-book.ts';
import type { Pending } from './reading-input.ts';

/** A type alias: only those are taken for JSON. Times are UTC in milliseconds. */
export type ReadingState = {
  readonly book: Book;
  /** What came since the last step. */
  readonly pending: readonly Pending[];
  /** When something is due. */
  readonly wake: number;
  /** The instant for which the meters were last told to freeze. */
  readonly frozenAt: number;
  /** How often they were asked since then for what they froze. */
  readonly thaws: number;
  /** The clock could not be believed when it was last looked at. */
  readonly isWaiting: boolean;
  /** Alarms of an earlier run that stand for nothing any more are still to be cleared. */
  readonly isRestored: boolean;
  /** What the periods were, and what each register was: what is known of others is of no use. */
  readonly periods: string;
  readonly registers: Readonly<Record<string, string>>;
};

/** By what it is judged whether something kept still means the same. */
export type ReadingMeaning = Pick<ReadingState, 'periods' | 'registers'>;

export function meaningOf({ group, hasMonths }: CombinedReadingRule): ReadingMeaning {
  return {
    periods: JSON.stringify([group.periods, hasMonths]),
    registers: Object.fromEntries(
      group.meters.map(({ name, tag, rules }) => [
        name,
        `${tag} ${rules.counts.unit} ${rules.direction}`,
      ]),
    ),
  };
}

export const newReading = (meaning: ReadingMeaning): ReadingState => ({
  book: NEW_BOOK,
  pending: [],
  wake: 0,
  frozenAt: 0,
  thaws: 0,
  isWaiting: false,
  isRestored: false,
  ...meaning,
});

/** What was kept, as far as it means the same; undefined: it cannot be used. */
export function restoredReading(kept: Kept, meaning: ReadingMeaning): ReadingState | undefined {
  const fresh = newReading(meaning);
  const fields = keptFields(kept, Object.keys(fresh));
  const { frozenAt, thaws, isWaiting, periods, registers } = fields ?? {};
  const book = fields?.book === undefined ? undefined : keptBook(fields.book);
  if (book === undefined || typeof isWaiting !== 'boolean') return undefined;
  if (!isTime(frozenAt) || !isTime(thaws)) return undefined;
  const before = (registers ?? {}) as Readonly<Record<string, Kept>>;
  const ours = <T>(of: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(
      Object.entries(of).filter(([name]) => before[name] === meaning.registers[name]),
    );
  const goesOn = periods === meaning.periods;
  const restored = goesOn ? withoutOthers(book, ours) : { ...NEW_BOOK, meters: ours(book.meters) };
  return { ...fresh, book: restored, frozenAt, thaws, isWaiting, isRestored: true };
}

const isTime = (kept: Kept | undefined): kept is number => kept !== undefined && isKeptTime(kept);

/** The book with what it knows of our meters alone. */
function withoutOthers(
  book: Book,
  ours: <T>(of: Readonly<Record<string, T>>) => Readonly<Record<string, T>>,
): Book {
  const tails = Object.entries(book.tails).map(([kind, { end, starts }]) => [
    kind,
    { end, starts: ours(starts) },
  ]);
  return {
    ...book,
    meters: ours(book.meters),
    open: book.open.map(({ items, starts, attempts, ...record }) => ({
      ...record,
      items: ours(items),
      starts: ours(starts),
      attempts: ours(attempts),
    })),
    tails: Object.fromEntries(tails),
  };
}
