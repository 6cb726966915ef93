/** The options of a combined reading: its meters, its moments, what is watched and balanced. Each is declared once. */
import {
  byForm,
  decimal,
  duration,
  flag,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  optional,
  rate,
  share,
  text,
} from '../../gateway/host/schema.ts';
import { FINDING_KEYS } from '../kinds/reading/finding.ts';
import {
  MEDIA,
  MOST_FREEZE_DAYS,
  MOST_FREEZE_MONTHS,
  MOST_METERS,
} from '../kinds/reading/reading-setup.ts';
import { everyRule, type SEVERITIES } from './options-parts.ts';
import {
  expression,
  type OptionValue,
  RULE_NAME,
  tagReference,
  timeOfDay,
} from './options-value.ts';

export const MOST_TARIFFS = 8;

const word = (doc: string, example: string) => optional(expression({ doc, example }));

/** A list, or one text with a star for the numbers. */
const numbered = ({ doc, example, max }: { doc: string; example: string; max: number }) =>
  optional(
    byForm(
      {
        text: tagReference({}),
        list: list(tagReference({}), { min: 1, max }),
      },
      { doc, example, kind: 'tags', code: 'rules.reading-tags' },
    ),
  );

export const frozenOptions = object({
  days: numbered({
    doc: 'The tags of what the meter kept at the end of each day, the latest day first: a list, or one name in which * stands for 1, 2, 3 and so on. At most 62.',
    example: 'em_1203.day_*',
    max: MOST_FREEZE_DAYS,
  }),
  months: numbered({
    doc: 'The same of each month (settlement day). At most 12.',
    example: 'em_1203.month_*',
    max: MOST_FREEZE_MONTHS,
  }),
  instant: optional(
    tagReference({
      doc: 'The tag of what the meter keeps when freeze_command is sent.',
      example: 'em_1203.frozen_now',
    }),
  ),
});

export const statusOptions = object({
  battery: word('True while the battery is low.', 'wm_1203.battery_low'),
  valve: word('A text: open, closed or abnormal.', 'wm_1203.valve'),
  cover: word(
    'True while the cover is open, or how often it was opened.',
    'em_1203.cover_openings',
  ),
  magnetic: word('True while a magnet is held to it, or how often one was.', 'wm_1203.magnet'),
  reverse: word('True while it flows backwards.', 'wm_1203.reverse'),
  no_water: word('True while the pipe is empty.', 'wm_1203.empty_pipe'),
  reverse_total: optional(
    tagReference({
      doc: 'The register of what flowed backwards, where nothing should.',
      example: 'em_1203.export_energy',
    }),
  ),
  clock: optional(
    tagReference({
      doc: 'The clock of the meter as text, 2024-11-15T08:30:00 in the time zone of the site.',
      example: 'em_1203.clock',
    }),
  ),
  clock_limit: duration({
    doc: 'A clock that is further off is told.',
    default: '5m',
    min: '1s',
    max: '1d',
  }),
});

export const heatOptions = object({
  supply: expression({
    doc: 'The supply temperature in °C.',
    example: 'hm_1203.supply_temperature',
  }),
  return: expression({
    doc: 'The return temperature in °C.',
    example: 'hm_1203.return_temperature',
  }),
  flow: expression({ doc: 'The flow, in any unit.', example: 'hm_1203.flow' }),
  low_below: number({
    doc: 'Less between supply and return, in K, while it flows, is told.',
    default: 5,
    min: 0,
  }),
  low_after: duration({
    doc: 'When it lasted so long.',
    default: '60m',
    min: '1m',
    max: '7d',
  }),
});

export const flowOptions = object({
  leak: optional(
    decimal({
      doc: 'More than so, without a standstill for leak_after, is a leak; in m³/h or kW.',
      example: 0.002,
    }),
  ),
  leak_after: duration({ doc: 'See leak.', default: '24h', min: '1h', max: '30d' }),
  burst: optional(
    decimal({ doc: 'More than so for burst_after is a burst; in m³/h or kW.', example: 2 }),
  ),
  burst_after: duration({ doc: 'See burst.', default: '30m', min: '1m', max: '1d' }),
  night: optional(
    integer({
      doc: 'More between 02:00 and 04:00 than so many times the median of the last 14 nights is told.',
      min: 2,
      max: 1_000,
      example: 3,
    }),
  ),
});

const meterShape = {
  total: tagReference({ doc: 'The register.', example: 'wm_1203.volume' }),
  unit: optional(
    text({ doc: 'The unit of the register, where its tag has none.', max: 32, example: 'm³' }),
  ),
  decimals: optional(
    integer({
      doc: "Digits behind its point; those of the tag, else the reading's own, when left out.",
      min: 0,
      max: 9,
    }),
  ),
  modulus: optional(
    decimal({
      doc: 'The value at which it begins again at 0, in its own unit; that of the counter of the tag when left out.',
      example: 100_000,
    }),
  ),
  max_rate: optional(
    rate({
      doc: 'The most it can count, in its own unit; that of the counter of the tag when left out.',
      min: '0.001/d',
      example: '3.1/h',
    }),
  ),
  factor: optional(
    decimal({
      doc: 'The product of the transformer ratios, where the register shows the secondary side.',
      example: 40,
    }),
  ),
  direction: oneOf(['forward', 'both'], {
    doc: 'both: import less export, it may run backwards.',
    default: 'forward',
  }),
  condition: optional(
    oneOf(['working', 'standard'], {
      doc: 'Of gas: the volume as it flowed, or at 20 °C and 101.325 kPa. Both are kept apart.',
    }),
  ),
  serial: word(
    'The serial number; when it changes, the meter was replaced.',
    'em_1203.serial_number',
  ),
  frozen: optional(frozenOptions),
  tariffs: optional(
    list(tagReference({}), {
      doc: 'The registers of the tariffs, read in one request with the total.',
      min: 1,
      max: MOST_TARIFFS,
    }),
  ),
  tariffs_limit: decimal({
    doc: 'So much the sum of the tariffs may differ from the total.',
    default: 0.04,
  }),
  rest: duration({
    doc: 'The least time between two readings that an interval asks for: spares the battery of the meter.',
    default: '0s',
    min: '0s',
    max: '1d',
  }),
  gap_after: optional(
    duration({
      doc: 'A longer pause without readings is told beside the next one.',
      min: '1m',
      max: '90d',
      example: '1d',
    }),
  ),
  stuck_after: optional(
    duration({
      doc: 'A register that stands for so long is told.',
      min: '1h',
      max: '365d',
      example: '30d',
    }),
  ),
  status: optional(statusOptions),
  heat: optional(heatOptions),
  watch: optional(flowOptions),
};

export const meterOptions = object(meterShape);
export const namedMeterOptions = object({
  medium: oneOf(MEDIA, { doc: 'What it measures.' }),
  ...meterShape,
});

const mediumOption = (doc: string, example: string) =>
  optional(
    byForm(
      { text: tagReference({}), map: meterOptions },
      { doc, example, kind: 'meter', code: 'rules.reading-meter' },
    ),
  );

export const balanceOptions = object({
  main: text({ doc: 'The name of the main meter.', example: 'building' }),
  subs: list(text(), {
    doc: 'The names of the meters behind it.',
    min: 1,
    max: MOST_METERS - 1,
  }),
  loss_limit: share({
    doc: 'A larger part of the main meter that is in none of the others is told.',
    default: '5%',
  }),
  surplus_limit: share({
    doc: 'The others may have so much more than the main meter: each has an error of its own.',
    default: '2%',
  }),
});

const severity = byForm(
  {
    text: oneOf(['low', 'medium', 'high', 'urgent', 'off']),
    number: integer({ min: 1, max: 1_000 }),
  },
  { doc: 'A severity as of any alarm, or off.', kind: 'severity', code: 'rules.severity' },
);

export const readingOptions = object({
  premises: optional(
    text({
      doc: 'What the records call the place, for the receiver.',
      max: 100,
      example: '7-1203',
    }),
  ),
  electricity: mediumOption(
    'The electricity meter: its register, or more about it.',
    'em_1203.import_energy',
  ),
  water: mediumOption('The water meter.', 'wm_1203.volume'),
  gas: mediumOption('The gas meter.', 'gm_1203.volume'),
  heat: mediumOption('The heat meter.', 'hm_1203.heat'),
  cooling: mediumOption('The meter of cooling.', 'cm_1203.cooling'),
  meters: map(RULE_NAME, namedMeterOptions, {
    doc: 'Where there are several of a medium: each with a name of its own. At most 64 meters in all.',
    default: {},
  }),
  every: optional(
    duration({
      doc: 'A record of each such interval, counted from the beginning of the day.',
      min: '1m',
      max: '1d',
      example: '15m',
    }),
  ),
  freeze: optional(
    timeOfDay({
      doc: 'When days and months begin; a record of each day, and of each month.',
      example: '00:00',
    }),
  ),
  month: flag({ doc: 'Whether months are recorded, where there is a freeze.', default: true }),
  within: duration({
    doc: 'A reading nearer to the instant than so stands for it.',
    default: '60s',
    min: '1s',
    max: '1h',
  }),
  late_within: duration({
    doc: 'A reading later than that, and no later than so, is taken as late.',
    default: '15m',
    min: '1s',
    max: '1d',
  }),
  keep_open: duration({
    doc: 'So long a record of a day or month can become better where the meter keeps nothing.',
    default: '36h',
    min: '1h',
    max: '62d',
  }),
  freeze_command: optional(
    tagReference({
      doc: 'Written at each instant: the command that freezes the meters of the line. Its tag needs write: { by: [rule], kind: pulse }.',
      example: 'em_1203.freeze_now',
    }),
  ),
  freeze_value: text({ doc: 'What is written.', default: 'now', max: 64 }),
  balance: optional(balanceOptions),
  alarms: map({}, severity, {
    doc: `Other severities, or off, by what is found: ${FINDING_KEYS.join(', ')}.`,
    default: {},
  }),
});

export const combinedReadingOptions = object({ ...everyRule, combined_reading: readingOptions });

export type CombinedReadingOptions = OptionValue<typeof combinedReadingOptions>;
export type ReadingOptions = OptionValue<typeof readingOptions>;
export type MeterOptions = OptionValue<typeof meterOptions>;
export type SeverityOption = keyof typeof SEVERITIES | 'off' | number;
