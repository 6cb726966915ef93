/**
 * The options of the kind `cell`, and of the calendar of its records, each declared once. A cell has what it has: every
 * signal may be left out, from a whole robot controller down to three lamps.
 */
import {
  byForm,
  duration,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  optional,
  parsedText,
  text,
  type Words,
} from '../../gateway/host/schema.ts';
import { MOST_LEARNT, MOST_OF_M, MOST_OVER } from '../kinds/cell/cell-wear.ts';
import { everyRule, severity } from './options-parts.ts';
import { BARE_NAME, expression, type OptionValue, timeOfDay, WEEKDAYS } from './options-value.ts';

export const MOST_HANDSHAKES = 32;
export const MOST_WEAR = 16;
export const MOST_PART_VALUES = 32;
const MOST_SHIFTS = 12;
const MOST_BREAKS = 24;
const MOST_DATES = 400;

/** A tag's part before the last dot. */
const TAG_PREFIX = {
  max: 64,
  pattern: /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/,
  code: 'rules.derived-name-form',
} as const;

const maybe = (doc: string, example?: string) =>
  optional(expression({ doc, ...(example !== undefined && { example }) }));

export const cycleOptions = object({
  count: maybe(
    'A counter of the machine that goes on with each part. The best there is: nothing is missed.',
    'plc.cycle_count',
  ),
  active: maybe('True while a cycle runs; the part is ready when it ends.', 'plc.in_cycle'),
  start: maybe('Becomes true when a cycle begins.', 'plc.cycle_start'),
  end: maybe('Becomes true when a cycle ends.', 'plc.cycle_end'),
  ideal: maybe(
    'What a part takes when all goes well: a length of time, or an expression in seconds or the unit of its tag.',
    '12s',
  ),
  time: maybe(
    'What the machine itself says the last cycle took, in seconds, or in the unit of its tag.',
    'plc.cycle_time',
  ),
  modulus: optional(
    integer({
      doc: "Where the counter begins again at 0; when left out, what the tag's `counter:` says.",
      min: 2,
      max: Number.MAX_SAFE_INTEGER,
      example: 65536,
    }),
  ),
});

export const handshakeOptions = object({
  name: optional(text({ ...BARE_NAME, doc: 'Names its alarm; its number when left out.' })),
  after: expression({ doc: 'When this becomes true …', example: 'robot.gripper_closed' }),
  expect: expression({ doc: '… this has to follow.', example: 'press.part_clear' }),
  within: duration({ doc: 'In so long.', min: '100ms', max: '1h', example: '3s' }),
  severity: severity('Of its alarm.', 'medium'),
});

const SO_MANY_OF = /^(\d{1,2}) of (\d{1,2})$/;

/** `3 of 5`: more than half, so that it cannot be so and not so at once. */
const soManyOf = (words: Words<string>) =>
  parsedText(
    (written) => {
      const [, n, m] = SO_MANY_OF.exec(written)?.map(Number) ?? [];
      const isRight = n !== undefined && m !== undefined && n <= m && n * 2 > m && m <= MOST_OF_M;
      return isRight
        ? { value: { n, m } }
        : { code: 'rules.so-many-of', details: { max: MOST_OF_M } };
    },
    { ...words, wrongType: 'rules.so-many-of' },
  );

const PER_CENT = /^(\d{1,4}(?:\.\d{1,3})?)%$/;

const threshold = (doc: string, example: string) =>
  byForm(
    {
      text: parsedText((written) => {
        const percent = Number(PER_CENT.exec(written)?.[1] ?? 0);
        return percent > 0 ? { value: { percent } } : { code: 'rules.threshold' };
      }),
      number: number({ min: 0 }),
      map: object({ at: number({ doc: 'A value, whatever was learnt.' }) }),
    },
    { doc, kind: 'threshold', code: 'rules.threshold', example },
  );

export const wearOptions = object({
  value: maybe(
    'What wear shows in: a time, a pressure, a current. When left out, the time of the last cycle in seconds.',
    'plc.vacuum_time',
  ),
  warn: threshold(
    'How far from what was learnt it warns: `20%`, an amount as a number, or `{ at: 80 }`.',
    '20%',
  ),
  limit: optional(threshold('Where it is worn out, in the same forms.', '50%')),
  toward: oneOf(['up', 'down', 'both'], { doc: 'Which way it wears.', default: 'both' }),
  learn: integer({
    doc: 'Samples that are learnt from; of each product for itself.',
    default: 50,
    min: 3,
    max: MOST_LEARNT,
  }),
  over: integer({
    doc: 'The median of so many samples is compared.',
    default: 10,
    min: 1,
    max: MOST_OVER,
  }),
  confirm: soManyOf({
    doc: 'So many of the last so many medians have to be too far.',
    default: '3 of 5',
  }),
  every: optional(
    duration({
      doc: 'How often there is a sample; with each cycle when left out.',
      min: '1s',
      max: '1d',
      example: '1m',
    }),
  ),
  warm_up: duration({
    doc: 'After it stood for so long, nothing counts until it has run for so long.',
    default: '10m',
    min: '0ms',
    max: '1d',
  }),
  trend: duration({
    doc: 'How far back the line is drawn that tells when the limit will be reached.',
    default: '30d',
    min: '1h',
    max: '365d',
  }),
  ahead: duration({
    doc: 'It warns, too, when the limit will be reached in so long.',
    default: '7d',
    min: '0ms',
    max: '365d',
  }),
  severity: severity('Of its warning.', 'low'),
  limit_severity: severity('Of its alarm at the limit.', 'high'),
});

export const partOptions = object({
  serial: maybe('The serial number of the part.', 'plc.serial'),
  values: map(BARE_NAME, expression({}), {
    doc: `What else belongs to the part, by name, as it is when the cycle ends; at most ${MOST_PART_VALUES}.`,
    default: {},
  }),
});

export const cellParts = object({
  running: maybe('The program runs. Without it the cycle tells, and else the green lamp.'),
  fault: maybe(
    'Something is broken; it stands until somebody resets it. Without it the red lamp tells.',
    'robot.fault_code != 0',
  ),
  fault_code: maybe('Which one, for the reason of a stop.', 'robot.fault_code'),
  powered: maybe('The machine has power.', 'ct.current > 0.2'),
  estop_ok: maybe('A copy of the emergency stop, true while it is not pressed; for information.'),
  door_closed: maybe('A copy of the guard, true while it is closed; for information.'),
  hold: maybe('Somebody holds the machine.'),
  blocked: maybe('It cannot give its parts away.', 'conveyor.full'),
  starved: maybe('It has no parts to work on.', '!infeed.part_present'),
  ready: maybe('It stands where it can begin.', 'robot.in_home'),
  maintenance: maybe('Maintenance works on it.'),
  manual: maybe('It is moved by hand.'),
  setup: maybe('It is set up for other parts.'),
  planned: maybe('A stop now is planned, beside the breaks of the calendar.'),
  reset: maybe('Somebody presses reset.'),
  red: maybe('The red lamp of the tower, for a cell without `fault`.'),
  yellow: maybe('The yellow lamp: somebody is wanted.'),
  green: maybe('The green lamp, for a cell that has neither `running` nor a cycle signal.'),
  cycle: optional(cycleOptions),
  good: maybe('The counter of good parts.', 'plc.good_count'),
  reject: maybe('The counter of rejected parts.', 'plc.reject_count'),
  rework: maybe('The counter of parts to be worked on again.'),
  result: maybe(
    "Of a part when its cycle ends: 'good', 'reject', 'rework', or true and false for the first two.",
    'plc.part_ok',
  ),
  order: maybe('The number of the order; another one ends a batch.', 'plc.order_no'),
  product: maybe('What is made; another one ends a batch.', 'plc.recipe'),
  part: optional(partOptions),
  handshakes: optional(
    list(handshakeOptions, { doc: 'What has to follow what, in time.', max: MOST_HANDSHAKES }),
  ),
  wear: map(BARE_NAME, wearOptions, {
    doc: `What tells of wear, by name; at most ${MOST_WEAR}.`,
    default: {},
  }),
  relearn: maybe('When this becomes true all that was learnt of wear is forgotten.'),
  dwell: duration({
    doc: 'How long a state has to last before it counts.',
    default: '1s',
    min: '0ms',
    max: '1m',
  }),
  micro_stop: duration({
    doc: 'A stop up to so long is a micro-stop: it costs effectiveness, not availability.',
    default: '5m',
    min: '0ms',
    max: '1h',
  }),
  attended_for: duration({
    doc: 'How long somebody counts as there after the last sign of it.',
    default: '60s',
    min: '0ms',
    max: '1h',
  }),
  blink: duration({
    doc: 'How long a lamp counts as lit after it went dark: longer than it is dark when it blinks.',
    default: '2s',
    min: '0ms',
    max: '1m',
  }),
  tags: optional(
    text({
      ...TAG_PREFIX,
      doc: "What stands before the dot of the cell's tags; the name of the rule, with _ for -, when left out.",
      example: 'cell_1',
    }),
  ),
});

const DATE = /^\d{4}-\d\d-\d\d$/;
const date = parsedText(
  (written) => {
    const at = DATE.test(written) ? Date.parse(`${written}T00:00Z`) : Number.NaN;
    const isDay = !Number.isNaN(at) && new Date(at).toISOString().startsWith(written);
    return isDay ? { value: written } : { code: 'rules.date' };
  },
  { wrongType: 'rules.date' },
);

const weekdays = (doc: string) => optional(list(oneOf(WEEKDAYS), { doc, min: 1 }));

export const breakOptions = object({
  from: timeOfDay({ doc: 'When it begins.', example: '12:00' }),
  to: timeOfDay({ doc: 'When it ends; the next day where that is earlier.', example: '12:30' }),
  days: weekdays('On these days it begins; on every day when left out.'),
});

export const calendarOptions = object({
  every: oneOf(['shift'], { doc: 'One record for each shift.', default: 'shift' }),
  shifts: list(timeOfDay({}), {
    doc: 'When each shift begins, in the time zone of the site; it lasts until the next one.',
    min: 1,
    max: MOST_SHIFTS,
  }),
  breaks: optional(
    list(breakOptions, { doc: 'Time in which a stop is planned.', max: MOST_BREAKS }),
  ),
  days: weekdays('The days on which somebody plans to work; all of them when left out.'),
  holidays: optional(
    list(date, { doc: 'Days on which nobody plans to work, as 2026-10-01.', max: MOST_DATES }),
  ),
  workdays: optional(
    list(date, { doc: 'Working days, though their weekday is not one.', max: MOST_DATES }),
  ),
});

export const cellOptions = object({
  ...everyRule,
  cell: cellParts,
  record: optional(calendarOptions),
});

export type CellOptions = OptionValue<typeof cellOptions>;
export type CellParts = CellOptions['cell'];
export type WearOptions = OptionValue<typeof wearOptions>;
export type CalendarOptions = OptionValue<typeof calendarOptions>;
