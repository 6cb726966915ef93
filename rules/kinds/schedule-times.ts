/**
 * When a schedule has its times. croner finds what fits a pattern on a clock without zones; which moment of UTC that
 * is, also where the clocks are put forward and back, is decided here.
 */
import { Cron } from 'croner';
import type { Language } from '../../gateway/model/errors.ts';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';
import { zoneOffsets } from '../../gateway/model/zone-offsets.ts';
import type { ScheduleTime } from '../rule.ts';
import { nextSun } from './sun.ts';

/** Characters of a cron pattern. */
export const MOST_CRON_CHARACTERS = 200;
const MINUTE = 60_000;
/** Longer than the clocks of a zone were ever put forward or back (a whole day, at the date line). */
const MOST_SHIFT = 26 * 60 * MINUTE;

/** The first time of a schedule after a moment; undefined: there is none. */
export type NextTime = (after: UtcMs) => UtcMs | undefined;

export interface SchedulePlace {
  readonly timezone: string;
  readonly position: { readonly latitude: number; readonly longitude: number } | undefined;
}

/** Of a pattern that has a problem it throws; a sunrise nowhere never comes. */
export function scheduleTimes(at: ScheduleTime, { timezone, position }: SchedulePlace): NextTime {
  if (at.kind === 'cron') return cronTimes(at.cron, timezone);
  if (position === undefined) return () => undefined;
  const place = { event: at.event, offset: at.offset, ...position };
  return (after) => nextSun(place, after);
}

const FIELDS = [
  { en: 'minute', zh: '分钟' },
  { en: 'hour', zh: '小时' },
  { en: 'day of the month', zh: '日' },
  { en: 'month', zh: '月' },
  { en: 'day of the week', zh: '星期' },
] as const;

/** What is wrong with a pattern of five fields, in words for people; undefined: nothing. */
export function cronProblem(text: string, language: Language = 'en'): string | undefined {
  const inWords = (en: string, zh: string) => (language === 'zh' ? zh : en);
  if (text.length > MOST_CRON_CHARACTERS)
    return inWords(
      `longer than ${MOST_CRON_CHARACTERS} characters`,
      `超过 ${MOST_CRON_CHARACTERS} 个字符`,
    );
  const fields = fieldsOf(text);
  if (fields.length === 6)
    return inWords(
      'six fields: a schedule has no seconds, leave the first field out',
      '有六个字段：计划没有秒，请去掉第一个字段',
    );
  if (fields.length !== FIELDS.length)
    return inWords(
      `${count(fields.length)} instead of five: minute hour day month weekday, as in "30 6 * * 1-5"`,
      `应有五个字段（分 时 日 月 星期，例如 "30 6 * * 1-5"），实有 ${fields.length} 个`,
    );
  for (const [index, field] of fields.entries()) {
    const reason = refusal(fields.map((_, other) => (other === index ? field : '*')).join(' '));
    const name = FIELDS[index] ?? { en: '', zh: '' };
    if (reason !== undefined)
      return inWords(
        `the ${name.en} "${field}" is not understood: ${reason}`,
        `第 ${index + 1} 个字段（${name.zh}）"${field}" 无效：${reason}`,
      );
  }
  if (refusal(text) !== undefined) return refusal(text);
  if (wallClock(text)(Date.UTC(2000, 0, 1)) === undefined)
    return inWords('no day of any year fits it', '任何一年都没有符合的日子');
  return undefined;
}

const fieldsOf = (text: string): string[] => text.trim().split(/\s+/).filter(Boolean);
const count = (fields: number): string => (fields === 1 ? 'one field' : `${fields} fields`);

function refusal(pattern: string): string | undefined {
  try {
    wallClock(pattern);
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : `${error}`).replace(/^CronPattern: /, '');
  }
}

/** The first time after the given one that fits, both as shown by a clock that is never put forward or back. */
type WallClock = (after: number) => number | undefined;

/** croner keeps a list of 10,000 years for each pattern, 80 KB: hundreds of rules with one pattern share it. */
const wallClocks = new Map<string, WallClock>();
const MOST_WALL_CLOCKS = 100;

function wallClock(text: string): WallClock {
  const pattern = fieldsOf(text).join(' ');
  const known = wallClocks.get(pattern);
  if (known) return known;
  // Without a function to call, croner never starts a timer.
  const cron = new Cron(pattern, { mode: '5-part', utcOffset: 0 });
  const made: WallClock = (after) => cron.nextRun(new Date(after))?.getTime();
  if (wallClocks.size >= MOST_WALL_CLOCKS) wallClocks.clear();
  wallClocks.set(pattern, made);
  return made;
}

/** What a pattern means where the clocks are put forward and back; the table stands in SEMANTICS.md. */
interface Manner {
  /** A time that is left out is done at the first moment after. */
  readonly makesUp: boolean;
  /** A time that comes twice is done twice. */
  readonly repeats: boolean;
}

function mannerOf(pattern: string): Manner {
  const [minute = '', hour = ''] = fieldsOf(pattern);
  const isEveryHour = hour === '*' || hour === '*/1';
  return { makesUp: !isEveryHour, repeats: isEveryHour || minute.startsWith('*') };
}

function cronTimes(pattern: string, timezone: string): NextTime {
  const nextFit = wallClock(pattern);
  const { makesUp, repeats } = mannerOf(pattern);
  const offsetOf = zoneOffsets(timezone);
  const offset = (utc: number): number => offsetOf(utcMs(utc));

  /** The first moment in (from, to] with another offset than at `from`. */
  const changeIn = (from: number, to: number): number => {
    let before = from;
    let behind = to;
    while (behind - before > MINUTE) {
      const middle = before + Math.floor((behind - before) / (2 * MINUTE)) * MINUTE;
      if (offset(middle) === offset(from)) before = middle;
      else behind = middle;
    }
    // Offsets change on whole minutes.
    return Math.floor(behind / MINUTE) * MINUTE;
  };
  const isSecondTime = (utc: number): boolean => {
    const earlier = utc + offset(utc) - offset(utc - MOST_SHIFT);
    return earlier < utc && offset(earlier) === offset(utc - MOST_SHIFT);
  };

  return (after) => {
    // The local time, and so the offset, of everything up to `at` has been looked at.
    let at: number = after;
    for (;;) {
      const here = offset(at);
      const fit = nextFit(at + here);
      if (fit === undefined) return undefined;
      const due = fit - here;
      const horizon = Math.min(due, at + MOST_SHIFT);
      if (offset(horizon) !== here) {
        const change = changeIn(at, horizon);
        const there = offset(change);
        const isLeftOut = fit < change + there;
        if (isLeftOut && makesUp) return utcMs(change);
        at = change;
        const again = nextFit(change + there - 1);
        if (again === change + there && (repeats || !isSecondTime(change))) return utcMs(change);
      } else if (due > horizon) at = Math.max(horizon, due - 2 * MOST_SHIFT);
      else if (repeats || !isSecondTime(due)) return utcMs(due);
      else at = due;
    }
  };
}
