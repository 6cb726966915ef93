/**
 * What is looked at when time passes, besides records: nights, registers that stand, meters that nobody could
 * read. Pure.
 */
import { isReal, MISSING } from './alignment.ts';
import { exact } from './exact-number.ts';
import type { Finding } from './finding.ts';
import { nightSeen } from './flow-watch.ts';
import { type Book, meterBook, StandingList, withMeter } from './reading-book.ts';
import type { Calendar } from './reading-periods.ts';
import type { GroupSetup } from './reading-setup.ts';
import { stated } from './register-unit.ts';
import { NO_ATTEMPTS } from './reread-plan.ts';

export interface Watched {
  readonly book: Book;
  readonly findings: readonly Finding[];
}

/** Nights that are over, registers that stand, meters that nobody could read by the morning. */
export function withWatched(
  book: Book,
  setup: GroupSetup,
  calendar: Calendar,
  now: number,
): Watched {
  let next = book;
  const findings: Finding[] = [];
  const newest = book.open.findLast(({ period }) => period.kind === 'day');
  for (const meter of setup.meters) {
    const before = meterBook(next, meter.name);
    const list = new StandingList(before.standing, meter.name, now);
    const { base } = before.series;
    const night = nightOf(before.night, base?.time ?? 0, calendar);
    let flow = before.flow;
    if (night !== undefined) {
      const step = nightSeen(flow, before.series, meter.rules, night, meter.flow);
      flow = step.state;
      const { decimals = 3, counts } = meter.rules;
      const shown = (total: string) => (total === '' ? '' : stated(exact(total), decimals, counts));
      list.tell('night_flow', step.isHigh, {
        amount: shown(step.amount),
        median: shown(step.median),
      });
    }
    const stood = base === null ? 0 : base.time - flow.moved;
    const isStuck =
      meter.stuckAfter === undefined || flow.time === null ? undefined : stood >= meter.stuckAfter;
    list.tell('stuck', isStuck, {
      value: `${base?.value ?? ''} ${meter.rules.counts.unit}`,
      days: `${Math.floor(stood / 86_400_000)}`,
    });
    if (newest !== undefined) {
      const isRead = isReal(newest.items[meter.name] ?? MISSING);
      const why = (newest.attempts[meter.name] ?? NO_ATTEMPTS).failure;
      const isUnread = isRead ? false : now >= newest.morning ? true : undefined;
      list.tell('unread', isUnread, { period: newest.period.key, why });
    }
    const ended = night?.end ?? (before.night === 0 && base !== null ? base.time : before.night);
    next = withMeter(next, meter.name, { ...before, flow, night: ended, standing: list.standing });
    findings.push(...list.changes);
  }
  return { book: next, findings };
}

/** On the local clock. */
export const NIGHT = { from: 2, until: 4 } as const;
const DAY = 24 * 3_600_000;

/** The latest night that is over and was not looked at; 02:00 to 04:00 on the local clock. */
function nightOf(done: number, newest: number, calendar: Calendar) {
  if (done === 0 || newest <= done) return undefined;
  let end = calendar.nextClock(Math.max(done, newest - 2 * DAY), NIGHT.until, 0);
  if (end > newest) return undefined;
  for (let later = end; later <= newest; later = calendar.nextClock(later, NIGHT.until, 0))
    end = later;
  return { start: calendar.nextClock(end - DAY / 4, NIGHT.from, 0), end };
}
