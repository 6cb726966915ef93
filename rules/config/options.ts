/**
 * Every option of a rule, declared once: the parser, the editor's schema and the reference are made from here. The
 * kind of a rule is told by the one key that only this kind has.
 */
import {
  duration,
  flag,
  integer,
  list,
  map,
  number,
  object,
  oneKeyOf,
  oneOf,
  optional,
  text,
} from '../../gateway/host/schema.ts';
import { cellOptions } from './options-cell.ts';
import { actions, alarmOptions, delay, everyRule, LONGEST_DELAY } from './options-parts.ts';
import { combinedReadingOptions } from './options-reading.ts';
import {
  BARE_NAME,
  derivedTag,
  expression,
  literal,
  type OptionValue,
  RULE_NAME,
  signedDuration,
  tagReference,
  timeOfDay,
  WEEKDAYS,
} from './options-value.ts';

export const MOST_STEPS_OF_SEQUENCE = 32;

export const conditionOptions = object({
  ...everyRule,
  when: expression({
    doc: 'The condition. It never turns on while a value it needs is bad.',
    example: 'press.oil_temp > 75',
  }),
  clear_when: optional(
    expression({
      doc: 'What ends it; when left out: that `when` is false.',
      example: 'press.oil_temp < 70',
    }),
  ),
  deadband: optional(
    number({
      doc: 'Instead of clear_when, where `when` is one comparison: how far the value has to go back.',
      min: 0,
      example: 5,
    }),
  ),
  on_delay: delay('How long `when` has to be true without a break.'),
  off_delay: delay('How long the end has to last without a break.'),
  latch: flag({
    doc: 'Whether the condition stays on until reset_when, or, without one, until its alarm is acknowledged.',
    default: false,
  }),
  reset_when: optional(
    expression({ doc: 'Lets a latched condition end.', example: 'press.reset' }),
  ),
  alarm: optional(alarmOptions),
  do: optional(actions('What is done when the condition turns on.')),
  on_clear: optional(actions('What is done when it ends.')),
});

export const deriveOptions = object({
  ...everyRule,
  derive: object({
    tag: derivedTag({
      doc: 'The id of the new tag. The part before the last dot may be a device or a new name.',
      example: 'press.power',
    }),
    value: expression({ doc: 'Its value.', example: 'press.volts * press.amps / 1000' }),
    unit: optional(text({ doc: 'The unit of the value, as it is shown.', max: 32, example: 'kW' })),
    decimals: optional(
      integer({ doc: 'Digits behind the decimal point; the value is rounded.', min: 0, max: 15 }),
    ),
    deadband: optional(
      number({
        doc: 'A change of this much or less is not stored; 0 drops only equals.',
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
  }),
});

export const scheduleTimeOptions = oneKeyOf({
  cron: object({
    cron: text({
      doc: 'Minute, hour, day, month, weekday, in the time zone of the site.',
      max: 200,
      example: '0 6 * * 1-5',
    }),
  }),
  at: object({
    at: timeOfDay({ doc: 'A time of day.', example: '06:30' }),
    days: optional(
      list(oneOf(WEEKDAYS), { doc: 'On these days; every day when left out.', min: 1 }),
    ),
  }),
  sun: object({
    sun: oneOf(['sunrise', 'sunset'], { doc: 'Needs gateway.position.' }),
    offset: signedDuration({
      doc: 'So long after, or with a minus before. From -12h to 12h.',
      default: '0s',
      example: '-15m',
    }),
  }),
});

export const scheduleOptions = object({
  ...everyRule,
  schedule: scheduleTimeOptions,
  missed: oneOf(['skip', 'run'], {
    doc: 'What becomes of a time that passed while the gateway was off or its clock was wrong.',
    default: 'skip',
  }),
  only_when: optional(
    expression({ doc: 'Nothing is done where it is not true.', example: 'hall.dark' }),
  ),
  do: actions('What is done at these times.'),
});

const control = {
  input: expression({ doc: 'What is controlled.', example: 'room.temp' }),
  setpoint: expression({ doc: 'Where it should be: a number or an expression.', example: '21' }),
  output: tagReference({ doc: 'The tag that is written.', example: 'room.heater' }),
  enabled_when: optional(
    expression({ doc: 'The loop acts while it is true; when left out, always.' }),
  ),
  fallback: optional(
    object({
      value: literal({
        doc: 'Written where input or setpoint have been without value for so long.',
        example: 'false',
      }),
      after: duration({
        doc: 'How long.',
        default: '60s',
        min: '1s',
        max: LONGEST_DELAY,
      }),
    }),
  ),
};

const action = oneOf(['heat', 'cool'], {
  doc: 'heat: more output below the setpoint. cool: more output above it.',
  default: 'heat',
});

export const onOffOptions = object({
  action,
  band: number({
    doc: 'Between switching on and off, in the unit of the input; half of it on each side of the setpoint.',
    min: 0,
  }),
  min_on: delay('The shortest time on.'),
  min_off: delay('The shortest time off.'),
});

export const piOptions = object({
  action,
  gain: number({ doc: 'Output units per input unit.', min: 0 }),
  integral_time: duration({
    doc: 'Reset time of the integral part.',
    min: '1s',
    max: '1d',
    example: '10m',
  }),
  min: number({ doc: 'The least output.', default: 0 }),
  max: number({ doc: 'The most output.', default: 100 }),
  every: duration({
    doc: 'How often the output is computed.',
    default: '10s',
    min: '1s',
    max: '1h',
  }),
  output_deadband: number({
    doc: 'A smaller change of the output is not written.',
    default: 0,
    min: 0,
  }),
});

export const loopControlOptions = oneKeyOf({
  on_off: object({ ...control, on_off: onOffOptions }),
  pi: object({ ...control, pi: piOptions }),
});

export const loopOptions = object({ ...everyRule, loop: loopControlOptions });

export const stepOptions = object({
  name: text({ doc: 'What people call the step.', max: 64, example: 'part clear' }),
  when: expression({ doc: 'The step is seen when it is true.', example: 'press.part_clear' }),
  within: optional(
    duration({
      doc: 'How long it may take after the step before; the first step has no limit.',
      min: '100ms',
      max: LONGEST_DELAY,
      example: '3s',
    }),
  ),
});

export const sequenceOptions = object({
  ...everyRule,
  sequence: object({
    steps: list(stepOptions, {
      doc: 'What is to be seen, in this order.',
      min: 1,
      max: MOST_STEPS_OF_SEQUENCE,
    }),
    abort_when: optional(
      expression({ doc: 'Begins anew, without `else`.', example: 'robot.stopped' }),
    ),
  }),
  alarm: optional(alarmOptions),
  do: optional(actions('What is done when the last step was seen in time.')),
  else: optional(actions('What is done when a step was not.')),
});

export const instanceOptions = object({
  ...everyRule,
  template: text({ ...RULE_NAME, doc: 'The template that the rule is made from.' }),
  arguments: map(BARE_NAME, literal(), {
    doc: "The values of the template's parameters, by name.",
    default: {},
  }),
});

/** A rule of one of the kinds, written out. */
export const writtenRuleOptions = oneKeyOf({
  when: conditionOptions,
  derive: deriveOptions,
  schedule: scheduleOptions,
  loop: loopOptions,
  sequence: sequenceOptions,
  cell: cellOptions,
  combined_reading: combinedReadingOptions,
});

/** A rule, written out or made from a template. */
export const ruleOptions = oneKeyOf({
  when: conditionOptions,
  derive: deriveOptions,
  schedule: scheduleOptions,
  loop: loopOptions,
  sequence: sequenceOptions,
  cell: cellOptions,
  combined_reading: combinedReadingOptions,
  template: instanceOptions,
});

export type ConditionOptions = OptionValue<typeof conditionOptions>;
export type DeriveOptions = OptionValue<typeof deriveOptions>;
export type ScheduleOptions = OptionValue<typeof scheduleOptions>;
export type ScheduleTimeOptions = OptionValue<typeof scheduleTimeOptions>;
export type LoopOptions = OptionValue<typeof loopOptions>;
export type SequenceOptions = OptionValue<typeof sequenceOptions>;
export type InstanceOptions = OptionValue<typeof instanceOptions>;
export type WrittenRuleOptions = OptionValue<typeof writtenRuleOptions>;
