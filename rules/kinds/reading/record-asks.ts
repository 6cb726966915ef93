/**
 * Which meters are asked for what, for the records that are open. A meter that answers is asked for all that it kept, the
 * oldest first, because that is lost first; one that is silent for the newest record alone. Pure.
 */
import { closesFor, isFinal, keepsPeriod, type OpenRecord } from './open-record.ts';
import { type Ask, type Book, meterBook, withAsked } from './reading-book.ts';
import type { Calendar } from './reading-periods.ts';
import type { GroupSetup, Medium, MeterSetup } from './reading-setup.ts';
import { NO_ATTEMPTS, nextAttempt } from './reread-plan.ts';

/** Of one meter at one time: a bus has others to ask. */
export const MOST_ASKS = 8;

export interface AsksDue {
  readonly book: Book;
  readonly asks: readonly Ask[];
}

/** What is due now; the records know then that it was asked. */
export function asksDue(before: Book, setup: GroupSetup, calendar: Calendar, now: number): AsksDue {
  const asks: Ask[] = [];
  let book = before;
  for (const meter of setup.meters) {
    const due = before.open.filter((record) => {
      const next = nextAsk(before, record, meter, setup);
      return next !== undefined && next <= now && now < closesFor(record, meter, setup);
    });
    const places = new Set<string>();
    const keys = new Set<string>();
    for (const record of due) {
      const ask = askFor(record, meter, calendar, now);
      const place = `${ask.what} ${ask.last}`;
      // A day and a month that end together need one answer; what is shown now serves all.
      if (!places.has(place) && places.size === MOST_ASKS) continue;
      if (!places.has(place)) asks.push(ask);
      places.add(place);
      keys.add(record.period.key);
    }
    if (keys.size > 0) book = withAsked(book, meter.name, keys, now);
  }
  return { book, asks: asks.sort((a, b) => urgency(a, setup) - urgency(b, setup)) };
}

/** What is read within the window goes first, and what the meter keeps can wait. */
function urgency({ what, meter }: Ask, { meters }: GroupSetup): number {
  const medium = meters.find(({ name }) => name === meter)?.medium;
  const order = medium === undefined ? 0 : ORDER.indexOf(medium);
  return what === 'current' ? order : order + ORDER.length;
}

/** Heat first: it is the slowest to answer. */
const ORDER: readonly Medium[] = ['heat', 'cooling', 'water', 'gas', 'electricity'];

/** When a meter is asked next for a record; undefined: it is not. */
export function nextAsk(
  book: Book,
  record: OpenRecord,
  meter: MeterSetup,
  setup: GroupSetup,
): number | undefined {
  if (isFinal(record, meter)) return undefined;
  const { period, morning, attempts } = record;
  const closes = closesFor(record, meter, setup);
  const { isSilent, askedAt } = meterBook(book, meter.name);
  if (isSilent && newestOf(book, meter) !== record) return undefined;
  const next = nextAttempt(
    { kind: period.kind, end: period.end, morning, closes },
    attempts[meter.name] ?? NO_ATTEMPTS,
  );
  if (next === undefined || period.kind !== 'interval' || meter.rest === 0) return next;
  // Behind the window it would be of no use, and the meter rests.
  const rested = Math.max(next, askedAt + meter.rest);
  return rested <= period.end + setup.window.within ? rested : undefined;
}

/** The latest record that a meter is missing in. */
const newestOf = ({ open }: Book, meter: MeterSetup): OpenRecord | undefined =>
  open.reduce<OpenRecord | undefined>(
    (newest, record) =>
      isFinal(record, meter) || (newest !== undefined && newest.period.end >= record.period.end)
        ? newest
        : record,
    undefined,
  );

/** What the meter kept of the period's end where it is near enough; else what it shows now. */
function askFor(record: OpenRecord, meter: MeterSetup, calendar: Calendar, now: number): Ask {
  const { kind, end, key } = record.period;
  const { name, freezeDays, freezeMonths } = meter;
  const current: Ask = { meter: name, what: 'current', last: 0, key };
  if (!keepsPeriod(record, meter)) return current;
  const days = calendar.ended('day', end, now, freezeDays + 1).length + 1;
  if (days <= freezeDays) return { ...current, what: 'day_freeze', last: days };
  if (kind !== 'month') return current;
  const months = calendar.ended('month', end, now, freezeMonths + 1).length + 1;
  return months <= freezeMonths ? { ...current, what: 'month_freeze', last: months } : current;
}
