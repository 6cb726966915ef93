/** The calendar of a cell's records, from its options; pure. */
import type { CalendarConfig } from '../kinds/cell/cell-calendar.ts';
import type { RuleScope } from './build-scope.ts';
import type { CalendarOptions } from './options-cell.ts';
import { type TimeOfDay, WEEKDAYS } from './options-value.ts';

/** Of a cell that says nothing about shifts: a day is one. */
const WHOLE_DAYS: CalendarConfig = {
  shifts: ['00:00'],
  breaks: [],
  daysOff: [],
  datesOff: [],
  datesOn: [],
};

type Weekdays = CalendarOptions['days'];

export function calendarOf(scope: RuleScope, options: CalendarOptions | undefined): CalendarConfig {
  if (options === undefined) return WHOLE_DAYS;
  const { breaks = [], days, holidays = [], workdays = [] } = options;
  const shifts = options.shifts.map(timeText);
  for (const [index, time] of shifts.entries())
    if (shifts.indexOf(time) < index)
      scope.find(['record', 'shifts', index], 'rules.cell-shift-twice', { time });
  return {
    shifts,
    breaks: breaks.map(({ from, to, days }, index) => {
      const time = timeText(from);
      if (time === timeText(to))
        scope.find(['record', 'breaks', index], 'rules.cell-break-empty', { time });
      const on = numbersOf(days);
      return { from: time, to: timeText(to), ...(on && { days: on }) };
    }),
    daysOff: days === undefined ? [] : EVERY_DAY.filter((day) => !numbersOf(days)?.includes(day)),
    datesOff: holidays,
    datesOn: workdays,
  };
}

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

/** Monday 1 … Sunday 7. */
const numbersOf = (days: Weekdays): readonly number[] | undefined =>
  days?.map((day) => WEEKDAYS.indexOf(day) + 1);

const timeText = ({ hour, minute }: TimeOfDay): string =>
  [hour, minute].map((part) => String(part).padStart(2, '0')).join(':');
