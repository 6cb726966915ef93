/**
 * Every option of a site, declared once: the parser, the editor's schema and the reference are made
 * from here. What a driver adds to devices and tags it declares itself.
 */

import {
  anything,
  decimal,
  duration,
  integer,
  list,
  map,
  number,
  type Option,
  object,
  oneOf,
  openObject,
  optional,
  rate,
  share,
  size,
  text,
} from '../gateway/host/schema.ts';
import { BARE_NAME, RULE_NAME } from '../rules/config/options-value.ts';
import { DEVICE_NAME, PROFILE_ID, QUANTITY_NAME, SITE_NAME, timezone } from './options.ts';
import { ownSettings } from './schema-bus.ts';
import { writeOptions } from './schema-write.ts';
import { SIMULATED_FAULTS } from './site.ts';

type OptionValue<O> = O extends Option<infer T> ? T : never;

export const positionOptions = object(
  {
    latitude: number({ doc: 'Degrees north.', min: -90, max: 90, example: 36.9 }),
    longitude: number({ doc: 'Degrees east.', min: -180, max: 180, example: 122.4 }),
  },
  { doc: 'Where the site is, for sunrise and sunset.' },
);

export const gatewayOptions = object({
  id: text({
    ...SITE_NAME,
    doc: 'The name of this gateway in topics and messages. It stays when the box is replaced.',
    example: 'weihai-3',
  }),
  timezone: timezone({
    doc: 'The IANA time zone of the site, for schedules and pages. Samples are stamped in UTC.',
    default: 'UTC',
    example: 'Asia/Shanghai',
  }),
  position: optional(positionOptions),
  self_tags: oneOf(['on', 'off'], {
    doc: 'Whether the gateway tells of itself by tags of its own, gateway.autonomy and others: docs/self-tags.md.',
    default: 'on',
  }),
});

export type GatewayOptions = OptionValue<typeof gatewayOptions>;

export const journalOptions = object(
  {
    path: text({
      doc: 'The file of the journal, relative to the folder of the site.',
      default: './data/journal.db',
    }),
    loss_window: duration({
      doc: 'The longest a sample waits in memory: what a power cut can cost. Shorter wears flash faster.',
      default: '1s',
      min: '100ms',
      max: '60s',
    }),
    loss_window_max: duration({
      doc: 'How far the loss window may be widened to hold flash_budget. Records and alarms are stored at once all the same.',
      default: '10s',
      min: '100ms',
      max: '60s',
    }),
    flash_budget: optional(
      size({
        doc: 'The most that is to be written to the flash a day. Where more is written, samples wait longer for company, up to loss_window_max; status, log and an alarm say so.',
        min: '1MB',
        max: '10TB',
        example: '500MB',
      }),
    ),
    endurance: optional(
      size({
        doc: 'What the card or disk may take in its life, for the years that are left. The data sheet says TBW (terabytes written): 10 TBW is 10TB. Where it says only program/erase cycles: size × cycles ÷ 4, so 8 GB with 3000 cycles are 6TB; cards of no name: size × 300.',
        min: '1GB',
        max: '100000TB',
        example: '6TB',
      }),
    ),
    max_size: size({
      doc: 'What the journal may take on disk; it takes less where others have left less. Above 90 % the oldest delivered samples go, whatever `keep` says. When nothing delivered is left, the oldest telemetry is thinned to the lowest, highest and last value of each minute, then dropped; alarms and records go last. Every loss is counted in a gap.',
      default: '1GB',
      min: '1MB',
      max: '1TB',
    }),
    keep: duration({
      doc: 'How long delivered samples stay, for trends and for a receiver that asks again; less long where `max_size` is reached first. What is not delivered never goes by age.',
      default: '30d',
      min: '1h',
      max: '3650d',
    }),
  },
  { default: {} },
);

export type JournalOptions = OptionValue<typeof journalOptions>;

export const FASTEST_SCAN = '10ms';
export const SLOWEST_SCAN = '1d';

/** The keys of every device; a driver adds its own. */
export const deviceKeys = {
  bus: text({ doc: 'The name of the bus that the device is on.', example: 'line1' }),
  profile: optional(
    text({
      ...PROFILE_ID,
      doc: 'What model of device it is: protocol, options and tags come from there, and what stands here is laid over them.',
      example: 'eastron/sdm630',
    }),
  ),
  protocol: text({
    doc: 'What the device speaks; with a profile it says that.',
    example: 'modbus',
  }),
  ...ownSettings,
  scan: duration({
    doc: 'How often the tags of the device are read.',
    default: '10s',
    min: FASTEST_SCAN,
    max: SLOWEST_SCAN,
  }),
  only: optional(
    list(text(QUANTITY_NAME), { doc: 'Of the tags of the profile only these are wanted.', min: 1 }),
  ),
  skip: optional(
    list(text(QUANTITY_NAME), { doc: 'Tags of the profile that are not wanted.', min: 1 }),
  ),
  tags: map(QUANTITY_NAME, anything(), {
    doc: 'The values to read, by name; with a profile, what is different from it or not in it.',
  }),
};
export const deviceOptions = openObject(deviceKeys);
export type DeviceOptions = OptionValue<typeof deviceOptions>;

const counterOptions = object({
  modulus: optional(
    decimal({
      doc: 'The value at which it begins again at 0, in the unit of the tag; more than 15 digits need quotes.',
      example: 4_294_967_296,
    }),
  ),
  max_rate: optional(
    rate({
      doc: 'The most it can grow: a number per s, m, h or d; a jump beyond it is marked.',
      min: '0.001/d',
      example: '2/s',
    }),
  ),
});

/** The keys of every tag; a driver adds its own, the address above all. */
export const tagKeys = {
  unit: optional(text({ doc: 'The unit of the value, as it is shown.', max: 32, example: '°C' })),
  decimals: optional(
    integer({ doc: 'Digits behind the decimal point, as the device shows them.', min: 0, max: 15 }),
  ),
  deadband: optional(
    number({
      doc: 'A change of this much or less is not stored; 0 drops only equals. Without it every sample is stored.',
      min: 0,
      example: 0.2,
    }),
  ),
  heartbeat: optional(
    duration({
      doc: 'The longest time without a stored sample, whatever the deadband says.',
      min: '1s',
      max: '30d',
      example: '5m',
    }),
  ),
  scan: optional(
    duration({
      doc: "How often this tag is read; the device's scan when left out.",
      min: FASTEST_SCAN,
      max: SLOWEST_SCAN,
    }),
  ),
  access: oneOf(['read', 'write', 'read-write'], {
    doc: 'What may be done with the tag; one that is only written is never polled.',
    default: 'read',
  }),
  wear: optional(
    oneOf(['eeprom'], {
      doc: 'Each write wears the memory of the device, which takes some 100,000 of them.',
    }),
  ),
  counter: optional(counterOptions),
  write: optional(writeOptions),
};
export const tagOptions = openObject(tagKeys);
export type TagOptions = OptionValue<typeof tagOptions>;

const signalOptions = object({
  shape: oneOf(['sine', 'ramp', 'counter', 'square', 'walk', 'constant'], {
    doc: 'How the signal moves.',
    default: 'sine',
  }),
  min: number({ doc: 'The lowest value.', default: 0 }),
  max: number({ doc: 'The highest value.', default: 100 }),
  period: duration({
    doc: 'The time of one repetition.',
    default: '60s',
    min: '100ms',
    max: '30d',
  }),
});

const simulatedDeviceOptions = object({
  turnaround: duration({
    doc: 'From the last byte of a request to the first of the reply.',
    default: '5ms',
    min: '0ms',
    max: '60s',
  }),
  fault: optional(oneOf(SIMULATED_FAULTS, { doc: 'How the device misbehaves.' })),
  fault_share: share({ doc: 'The share of requests that meet the fault.', default: '100%' }),
  signals: map(QUANTITY_NAME, signalOptions, {
    doc: 'How the tags of the device move, by name; the others move plausibly.',
    default: {},
  }),
});

const traceOptions = object({
  time: text({
    doc: 'The column with the time: ISO 8601, or YYYY-MM-DD HH:MM:SS, which is UTC.',
    example: 'datetime',
  }),
  separator: oneOf([';', ','], { doc: 'Between two columns.', default: ';' }),
  columns: map({}, text({ max: 130 }), {
    doc: 'Which tag each column is, by the title of the column. Columns that are not named are not read.',
  }),
});

export const simulationOptions = object({
  devices: map(DEVICE_NAME, simulatedDeviceOptions, {
    doc: 'How demo and sim play these devices; the others behave well.',
    default: {},
  }),
  trace: optional(traceOptions),
});
export type SimulationOptions = OptionValue<typeof simulationOptions>;

/**
 * The sections of a site. What they hold is checked entry by entry, so that one mistake hides no
 * other.
 */
export const outline = object({
  gateway: anything('The gateway itself.'),
  journal: optional(anything('The durable log on disk.')),
  uplinks: map(SITE_NAME, anything(), {
    doc: 'Where samples are delivered, by name.',
    default: {},
  }),
  buses: map(SITE_NAME, anything(), {
    doc: 'The lines and connections that devices are on, by name.',
    default: {},
  }),
  devices: map(DEVICE_NAME, anything(), {
    doc: 'The devices, by name. A tag is called by its device and its own name: press.oil_temp.',
    default: {},
  }),
  constants: map(BARE_NAME, anything(), {
    doc: `Values by name, for the expressions of rules; elsewhere in rules \${name} stands for one.`,
    default: {},
  }),
  templates: map(RULE_NAME, anything(), {
    doc: 'Rules with parameters, by name, of which others are made.',
    default: {},
  }),
  rules: map(RULE_NAME, anything(), {
    doc: 'What the gateway decides by itself, by name. The key that only one kind has says which kind it is.',
    default: {},
  }),
  alarms: optional(anything('What the alarms of rules have in common.')),
  commands: optional(anything('What is wanted of commands from upstream.')),
  simulation: optional(
    anything('How demo and sim play the field. A gateway in service ignores it.'),
  ),
});
