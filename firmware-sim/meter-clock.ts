/**
 * The calendar clock in a meter: it knows no zone and follows nobody until it is set. Its times are
 * written here as the UTC milliseconds of the same calendar reading.
 */
import type { Clock } from '../gateway/host/clock.ts';
import { type Millis, type MonoMs, minutes, monoMs } from '../gateway/model/units.ts';

export interface MeterClock {
  /** What the clock shows, or would have shown at another moment. */
  calendarAt(moment: MonoMs): number;
  /** When it showed that. */
  momentOf(calendar: number): MonoMs;
  set(calendar: number, now: MonoMs): void;
}

export const CHINA: Millis = minutes(8 * 60);

/** @param offset from UTC: its zone, and what it is wrong by */
export function meterClock(clock: Clock, offset: Millis = CHINA): MeterClock {
  let ahead = clock.utc() - clock.mono() + offset;
  return {
    calendarAt: (moment) => moment + ahead,
    momentOf: (calendar) => monoMs(calendar - ahead),
    set(calendar, now) {
      ahead = calendar - now;
    },
  };
}

/** The parts of a calendar time that BCD fields show; the year has four digits, Sunday is 0. */
export interface CalendarParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export function partsOf(calendar: number): CalendarParts {
  const date = new Date(calendar);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** A calendar time of parts; months and days beyond their range run on. */
export const calendarOf = (
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): number => Date.UTC(year, month - 1, day, hour, minute, second);

/** Two digits a part, in one byte each. */
export const bcdBytes = (...parts: readonly number[]): Uint8Array =>
  Uint8Array.from(parts, (part) => Number.parseInt(String(part % 100).padStart(2, '0'), 16));

/** The parts that BCD bytes show; undefined where one is no number of two digits. */
export function partsFromBcd(bytes: Uint8Array): readonly number[] | undefined {
  const parts = [...bytes].map((byte) => Number(byte.toString(16)));
  return parts.every(Number.isInteger) ? parts : undefined;
}
