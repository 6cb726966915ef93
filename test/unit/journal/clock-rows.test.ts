import { describe, expect, test } from 'vitest';
import { type ClockRow, ClockRows } from '../../../gateway/journal/clock/clock-rows.ts';
import type { ClockMoment, ClockTrust } from '../../../gateway/model/clock-mark.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
/** What UTC minus the time since boot really is, of a boot at that hour. */
const truth = (hour: number): number => Date.UTC(2026, 0, 1) + hour * HOUR;

const row = (first: number, boot: string, offset: number, trust: ClockTrust): ClockRow => ({
  ...{ first, boot, offset, trust },
});
const moment = (
  boot: string,
  hours: number,
  offset: number,
  trust: ClockTrust = 'synced',
): ClockMoment => ({ boot, sinceBoot: hours * HOUR, offset, trust });
/** A block that is stored `hours` after the boot, by a clock that is so far off. */
const block = (seq: number, hours: number, offset: number) => ({
  seq,
  committedAt: offset + hours * HOUR,
});

describe('what unsynced times are off by', () => {
  const rows = new ClockRows([
    row(1, 'a', 0, 'unsynced'),
    row(4, 'a', -HOUR, 'unsynced'),
    row(6, 'a', truth(0), 'synced'),
    row(8, 'b', 500, 'unsynced'),
    row(9, 'a', -HOUR, 'unsynced'),
  ]);

  test('is known once the boot was confirmed, whatever came between', () => {
    expect([0, 1, 3, 4, 5, 6, 7, 8, 9].map((seq) => rows.shiftOf(seq))).toEqual([
      ...[undefined, truth(0), truth(0), truth(0) + HOUR, truth(0) + HOUR],
      ...[undefined, undefined, undefined, truth(0) + HOUR],
    ]);
  });

  test('is told by ranges', () => {
    expect(rows.corrections(12)).toEqual([
      { seqs: { from: 1, to: 3 }, shift: truth(0) },
      { seqs: { from: 4, to: 5 }, shift: truth(0) + HOUR },
      { seqs: { from: 9, to: 12 }, shift: truth(0) + HOUR },
    ]);
  });

  test('is not told by a clock that only believes itself', () => {
    const alone = new ClockRows([row(1, 'a', 0, 'unsynced'), row(2, 'a', truth(0), 'holdover')]);
    expect(alone.shiftOf(1)).toBeUndefined();
    expect(alone.corrections(5)).toEqual([]);
  });

  test('joins ranges of one shift, with an empty one between', () => {
    const twice = new ClockRows([row(1, 'a', 0, 'unsynced'), row(5, 'a', 0, 'unsynced')]);
    twice.add(row(9, 'a', truth(0), 'synced'));
    expect(twice.corrections(9)).toEqual([{ seqs: { from: 1, to: 8 }, shift: truth(0) }]);
  });
});

describe('a new row', () => {
  test('comes with another boot, another trust, and a step', () => {
    const rows = new ClockRows([row(1, 'a', 1000, 'synced')]);
    const isNews = (boot: string, offset: number, trust: ClockTrust) =>
      rows.isNews({ boot, offset, trust });
    expect(new ClockRows([]).isNews(row(1, 'a', 0, 'synced'))).toBe(true);
    expect(isNews('a', 1019, 'synced')).toBe(false);
    expect(isNews('a', 1021, 'synced')).toBe(true);
    expect(isNews('a', 1000, 'holdover')).toBe(true);
    expect(isNews('b', 1000, 'synced')).toBe(true);
  });
});

describe('the age of a block', () => {
  test.each([20 * YEAR, -20 * YEAR, HOUR, -1])(
    'is the time that passed, although the clock was set by %i ms',
    (step) => {
      const rows = new ClockRows([
        row(1, 'a', truth(0), 'synced'),
        row(5, 'a', truth(0) + step, 'synced'),
      ]);
      const now = moment('a', 9, truth(0) + step);
      expect(rows.ageOf(block(1, 2, truth(0)), now)).toBe(7 * HOUR);
      expect(rows.ageOf(block(5, 8, truth(0) + step), now)).toBe(HOUR);
    },
  );

  test('over a boot counts the time without power where both clocks are confirmed', () => {
    const rows = new ClockRows(
      [
        row(1, 'a', 0, 'unsynced'),
        row(3, 'a', truth(0), 'synced'),
        row(7, 'b', 0, 'unsynced'),
        row(9, 'b', truth(100), 'synced'),
      ],
      () => block(6, 10, truth(0)),
    );
    expect(rows.ageOf(block(1, 2, 0), moment('b', 1, truth(100)))).toBe(99 * HOUR);
  });

  test('counts what the boots since have lasted where nobody knows the time', () => {
    const last = new Map([
      [4, block(3, 10, 0)],
      [7, block(6, 20, 77)],
      [Number.MAX_SAFE_INTEGER, block(9, 2, 20 * YEAR)],
    ]);
    const rows = new ClockRows(
      [row(1, 'a', 0, 'unsynced'), row(4, 'b', 77, 'unsynced'), row(7, 'c', 20 * YEAR, 'unsynced')],
      (before) => last.get(before),
    );
    const now = moment('c', 5, 20 * YEAR, 'unsynced');
    expect(rows.ageOf(block(1, 2, 0), now)).toBe((8 + 20 + 5) * HOUR);
    expect(rows.ageOf(block(4, 2, 77), now)).toBe((18 + 5) * HOUR);
    // A boot that has no row yet, and a clock that is years behind.
    expect(rows.ageOf(block(4, 2, 77), moment('d', 3, -YEAR))).toBe((18 + 2 + 3) * HOUR);
    rows.add(row(10, 'd', -YEAR, 'unsynced'));
    expect(rows.ageOf(block(4, 2, 77), moment('d', 4, -YEAR))).toBe((18 + 2 + 4) * HOUR);
  });

  test('of a block from before there were rows is what came behind it', () => {
    const rows = new ClockRows([row(5, 'b', truth(0), 'synced')]);
    expect(rows.ageOf(block(2, 2, 0), moment('b', 4, truth(0)))).toBe(4 * HOUR);
  });
});

describe('rows that are done with', () => {
  test('leave, but for what still corrects a block', () => {
    const rows = new ClockRows([
      row(1, 'a', 0, 'synced'),
      row(3, 'b', 1, 'unsynced'),
      row(5, 'b', truth(0), 'synced'),
      row(7, 'b', 1, 'unsynced'),
      row(9, 'b', 2, 'unsynced'),
    ]);
    expect(rows.forget(2)).toEqual([]);
    expect(rows.forget(9).map(({ first }) => first)).toEqual([1]);
    rows.add(row(12, 'c', 2, 'unsynced'));
    expect(rows.forget(9).map(({ first }) => first)).toEqual([3, 7]);
    expect(rows.shiftOf(9)).toBe(truth(0) - 2);
    expect(rows.rows.map(({ first }) => first)).toEqual([5, 9, 12]);
  });

  test('of one boot stay for what was delivered, up to a limit', () => {
    const rows = new ClockRows(
      Array.from({ length: 1_024 }, (_, i) => row(i + 1, 'a', i * 100, 'unsynced')),
    );
    expect(rows.forget(1_000)).toEqual([]);
    rows.add(row(1_025, 'a', truth(0), 'synced'));
    expect(rows.corrections(1_025).length).toBe(1_024);
    expect(rows.forget(1_000).length).toBe(999);
  });
});
