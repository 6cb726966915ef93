/**
 * What follows from the readings when time passes: records are opened, become better, are made and closed; meters that were
 * missed are asked again. Pure.
 */

import { difference } from '../../../gateway/model/decimal.ts';
import { estimated, type Item, MISSING } from './alignment.ts';
import { type Balance, type BalancePart, balanced } from './balance.ts';
import { NIGHT, withWatched } from './book-watch.ts';
import { type DayTally, MOST_TALLIES, profiled } from './estimate.ts';
import { exact, exactOf, shortText } from './exact-number.ts';
import type { Finding } from './finding.ts';
import {
  begunWith,
  closesFor,
  firstDue,
  isFinal,
  type OpenRecord,
  openRecord,
  openUntil,
  realigned,
  startsOf,
} from './open-record.ts';
import { type Ask, type Book, meterBook, StandingList, withMeter } from './reading-book.ts';
import type { Calendar, PeriodKind } from './reading-periods.ts';
import { madeRecord, type ReadingRecord } from './reading-record.ts';
import type { GroupSetup, MeterSetup } from './reading-setup.ts';
import { asksDue, nextAsk } from './record-asks.ts';
import { pruned } from './series-state.ts';

export interface Turn {
  readonly book: Book;
  readonly records: readonly ReadingRecord[];
  readonly findings: readonly Finding[];
  readonly asks: readonly Ask[];
  /** When something is due next, whatever happens; later than now. */
  readonly wake: number;
}

/** Periods that are made up for at most, when the gateway was off. */
const MOST_MADE_UP: Readonly<Record<PeriodKind, number>> = { interval: 96, day: 62, month: 12 };

const NEXT_ASKS = 10_000;

/** Everything that is due by now. To be called after readings, and at `wake`. */
export function turned(before: Book, setup: GroupSetup, calendar: Calendar, now: number): Turn {
  const opened = withOpened(before, setup, calendar, now);
  const aligned = withAligned(opened, setup, calendar, now);
  const tallied = withTallies(aligned, calendar);
  const made = withMade(tallied, setup, calendar, now);
  const watched = withWatched(made.book, setup, calendar, now);
  const closed = withClosed(watched.book, setup, now);
  const asks = asksDue(closed, setup, calendar, now);
  const book = withPruned(asks.book, setup, calendar, now);
  return {
    book,
    records: made.records,
    findings: [...made.findings, ...watched.findings],
    asks: asks.asks,
    wake: wakeOf(book, setup, calendar, now),
  };
}

/** A record for each period that ended. At the very first time none has. */
function withOpened(book: Book, setup: GroupSetup, calendar: Calendar, now: number): Book {
  let next = book;
  for (const kind of calendar.kinds) {
    const seen = next.seen[kind];
    const { start } = calendar.at(kind, now);
    if (seen !== undefined && start <= seen) continue;
    const periods = seen === undefined ? [] : calendar.ended(kind, seen, now, MOST_MADE_UP[kind]);
    const open = periods.map((period) =>
      openRecord(period, setup.meters, now, calendar.nextClock(period.end, MORNING_HOUR, 0)),
    );
    next = { ...next, open: [...next.open, ...open], seen: { ...next.seen, [kind]: start } };
  }
  return next;
}

/** Until then missed meters are asked every half hour. */
const MORNING_HOUR = 6;

function withAligned(book: Book, setup: GroupSetup, calendar: Calendar, now: number): Book {
  if (book.open.length === 0) return book;
  const seriesOf = (name: string) => meterBook(book, name).series;
  const ends = new Map<PeriodKind, OpenRecord>();
  const open = book.open.map((record) => {
    const { kind, start } = record.period;
    const better = realigned(record, setup.meters, setup.window, seriesOf, (meter) =>
      guessed(book, record, meter, calendar, now),
    );
    const before = ends.get(kind);
    const tail = book.tails[kind];
    const starts =
      before?.period.end === start ? startsOf(before) : tail?.end === start ? tail.starts : {};
    const all = setup.meters.map(({ name }) => [name, starts[name] ?? null]);
    const begun = begunWith(better, Object.fromEntries(all));
    ends.set(kind, begun);
    return begun;
  });
  return { ...book, open };
}

/** From days like this one, once the morning came and the meter was not read. */
function guessed(
  book: Book,
  { period, morning }: OpenRecord,
  { name, rules }: MeterSetup,
  calendar: Calendar,
  now: number,
): Item {
  if (period.kind === 'interval' || now < morning) return MISSING;
  const { series, tallies } = meterBook(book, name);
  const last = series.points.findLast(({ time }) => time <= period.end);
  if (last === undefined) return MISSING;
  const days: { start: number; end: number; weekday: number }[] = [];
  for (
    let day = calendar.at('day', last.time);
    day.start < period.end;
    day = calendar.at('day', day.end)
  ) {
    if (days.push({ ...day, weekday: calendar.weekday(day.start) }) > MOST_MADE_UP.day)
      return MISSING;
  }
  const guess = profiled(last, period.end, days, tallies, rules);
  return guess === undefined ? MISSING : estimated(guess, guess.method);
}

/** What whole days had, of those that were read at both ends. */
function withTallies(book: Book, calendar: Calendar): Book {
  let next = book;
  for (const record of book.open) {
    const { kind, start, end } = record.period;
    if (kind !== 'day' || !record.isChanged) continue;
    for (const [name, item] of Object.entries(record.items)) {
      const begun = record.starts[name];
      if (!begun?.isGood || begun.total === null || item.total === null) continue;
      const isGood = item.source === 'frozen' || item.source === 'read';
      if (!isGood || item.doubts !== begun.doubts) continue;
      const amount = difference(exact(item.total), exact(begun.total));
      const tally: DayTally = {
        start,
        end,
        weekday: calendar.weekday(start),
        amount: shortText(amount),
      };
      const meter = meterBook(next, name);
      const others = meter.tallies.filter((one) => one.start !== start);
      const tallies = [...others, tally].sort((a, b) => a.start - b.start).slice(-MOST_TALLIES);
      next = withMeter(next, name, { ...meter, tallies });
    }
  }
  return next;
}

interface Made {
  readonly book: Book;
  readonly records: readonly ReadingRecord[];
  readonly findings: readonly Finding[];
}

function withMade(book: Book, setup: GroupSetup, calendar: Calendar, now: number): Made {
  const records: ReadingRecord[] = [];
  const findings: Finding[] = [];
  let standing = book.balance;
  const open = book.open.map((record) => {
    const isReady =
      setup.meters.every((meter) => isFinal(record, meter)) &&
      now >= record.period.end + setup.window.within;
    if (!record.isChanged || (now < firstDue(record, setup) && !isReady)) return record;
    const made = madeRecord(record, setup, calendar, now, (name) => {
      const { clockOff, said } = meterBook(book, name);
      return { clockOff, status: said };
    });
    const list = new StandingList(standing, setup.balance?.main ?? '', now);
    const balance = balanceOf(made, setup, list);
    standing = list.standing;
    findings.push(...list.changes);
    records.push({ ...made, balance });
    return { ...record, version: record.version + 1, isChanged: false };
  });
  return { book: { ...book, open, balance: standing }, records, findings };
}

/** The finding follows the day's record alone: intervals are too short for losses, months come too late. */
function balanceOf(
  { items, kind }: Omit<ReadingRecord, 'balance'>,
  { balance }: GroupSetup,
  standing: StandingList,
): Balance | null {
  if (balance === undefined) return null;
  const partOf = (name: string): BalancePart => {
    const item = items.find(({ meter }) => meter === name);
    return {
      meter: name,
      delta: (item?.delta && exactOf(item.delta)) || null,
      unit: item?.unit ?? '',
      condition: item?.condition ?? null,
      quality: item?.delta_quality ?? 'bad',
    };
  };
  const verdict = balanced(partOf(balance.main), balance.subs.map(partOf), balance.limits);
  if (kind === 'day') {
    const { loss, unit, share_percent, main, uncertain } = verdict.balance;
    const details = {
      loss: `${loss} ${unit}`.replace('-', ''),
      main: `${main} ${unit}`,
      share: share_percent ?? '',
      doubt: uncertain.length === 0 ? '' : ` (${uncertain.join(', ')}?)`,
    };
    standing.tell('loss', verdict.isLoss, details);
    standing.tell('loss_negative', verdict.isSurplus, details);
  }
  return verdict.balance;
}

const DAY = 24 * 3_600_000;

/**
 * In each kind from the oldest on: a record that waits keeps the later ones open, because they begin with what
 * it ends with.
 */
function withClosed(book: Book, setup: GroupSetup, now: number): Book {
  let tails = book.tails;
  const waiting = new Set<PeriodKind>();
  const open = book.open.filter((record) => {
    const { kind, end } = record.period;
    const isOver = record.version > 0 && openUntil(record, setup) <= now;
    if (waiting.has(kind) || !isOver) {
      waiting.add(kind);
      return true;
    }
    tails = { ...tails, [kind]: { end, starts: startsOf(record) } };
    return false;
  });
  return open.length === book.open.length ? book : { ...book, open, tails };
}

/** The readings around the moments that records still need, and the newest ones. */
function withPruned(book: Book, setup: GroupSetup, calendar: Calendar, now: number): Book {
  const moments = book.open.map(({ period }) => period.end);
  const night = calendar.nextClock(now - DAY, NIGHT.until, 0);
  moments.push(night, calendar.nextClock(night - DAY / 4, NIGHT.from, 0));
  let next = book;
  for (const { name } of setup.meters) {
    const meter = meterBook(next, name);
    const series = pruned(meter.series, moments, setup.window.within);
    if (series !== meter.series) next = withMeter(next, name, { ...meter, series });
  }
  return next;
}

function wakeOf(book: Book, setup: GroupSetup, calendar: Calendar, now: number): number {
  const times = calendar.kinds.map((kind) => calendar.at(kind, now).end);
  for (const record of book.open) {
    times.push(firstDue(record, setup), record.morning);
    for (const meter of setup.meters) {
      if (!isFinal(record, meter)) times.push(closesFor(record, meter, setup));
      const ask = nextAsk(book, record, meter, setup);
      // What was due and had no room goes with the next turn, which comes soon.
      if (ask !== undefined) times.push(ask > now ? ask : now + NEXT_ASKS);
    }
  }
  return Math.min(...times.filter((time) => time > now), now + DAY);
}
