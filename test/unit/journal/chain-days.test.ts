import { describe, expect, it } from 'vitest';
import { utcMs } from '../../../gateway/model/units.ts';
import { hours, JournalLife } from '../../support/journal-life.ts';
import { tamper } from '../../support/proven-journal.ts';

describe('a day that is over', () => {
  const EVENING = Date.UTC(2026, 10, 29, 20);
  const daysIn = (path: string) => {
    let days: unknown[] = [];
    tamper(path, (database) => {
      days = database.prepare('SELECT day, first, last FROM day ORDER BY last').all();
    });
    return days;
  };

  it('has its row with the first block of a later day, over restarts', async () => {
    const life = new JournalLife(EVENING);
    await life.append(2);
    await life.reopen();
    await life.append(1);
    await life.clock.advance(hours(6));
    expect(life.journal.lastDay).toBeUndefined();
    await life.append(1);
    expect(life.journal.lastDay).toMatchObject({ day: '2026-11-29', first: 1, last: 3 });
    await life.clock.advance(hours(72));
    await life.reopen();
    expect(life.journal.stats().lastDay).toEqual(life.journal.lastDay);
    await life.append(1);
    expect(life.journal.lastDay?.day).toBe('2026-11-30');
    expect(await life.proof()).toMatchObject({
      breaks: 0,
      days: { proven: 2, last: '2026-11-30' },
    });
    expect(daysIn(life.path)).toEqual([
      { day: '2026-11-29', first: 1, last: 3 },
      { day: '2026-11-30', first: 4, last: 4 },
    ]);
  });

  it('comes once and in order when the clock is set back', async () => {
    const life = new JournalLife(EVENING);
    await life.append(1);
    await life.clock.advance(hours(6));
    await life.append(1);
    life.clock.stepWallClock(utcMs(EVENING));
    await life.append(1);
    await life.reopen();
    await life.append(1);
    await life.clock.advance(hours(6));
    await life.append(1);
    await life.clock.advance(hours(24));
    await life.append(1);
    expect(await life.proof()).toMatchObject({ breaks: 0, days: { proven: 2 } });
    expect(daysIn(life.path)).toEqual([
      { day: '2026-11-29', first: 1, last: 1 },
      { day: '2026-11-30', first: 2, last: 5 },
    ]);
  });

  it('is not held up by a clock that was years ahead', async () => {
    const life = new JournalLife(EVENING);
    await life.append(1);
    life.clock.stepWallClock(utcMs(Date.UTC(2099, 0, 1)));
    await life.append(1);
    life.clock.stepWallClock(utcMs(EVENING + 6 * 3_600_000));
    await life.append(1);
    await life.reopen();
    await life.clock.advance(hours(24));
    await life.append(1);
    expect(await life.proof()).toMatchObject({ breaks: 0, days: { proven: 2 } });
    expect(daysIn(life.path)).toEqual([
      { day: '2026-11-29', first: 1, last: 1 },
      { day: '2026-11-30', first: 2, last: 3 },
    ]);
  });
});
