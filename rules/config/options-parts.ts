/** What rules of several kinds may say: actions, alarms, and what every rule has. Each option is declared once. */
import {
  byForm,
  duration,
  flag,
  integer,
  list,
  map,
  object,
  oneKeyOf,
  oneOf,
  optional,
  text,
} from '../../gateway/host/schema.ts';
import { testOptions } from './options-test.ts';
import {
  BARE_NAME,
  expression,
  message,
  type OptionValue,
  RULE_NAME,
  tagReference,
} from './options-value.ts';

export const MOST_ACTIONS = 64;
export const MOST_TESTS = 100;
export const MOST_VALUES = 64;
export const LONGEST_DELAY = '30d';

export const delay = (doc: string) =>
  duration({ doc, default: '0s', min: '0ms', max: LONGEST_DELAY });

export const recordValues = map(BARE_NAME, expression({}), {
  doc: `The values of the record, by name; at most ${MOST_VALUES}.`,
});

export const actionOptions = oneKeyOf({
  write: object({
    write: tagReference({ doc: 'The tag that is written.', example: 'press.pump' }),
    value: expression({
      doc: 'What is written: a value, or a text that is an expression; a text as a value has quotes of its own: "\'auto\'".',
      example: 'press.speed * 0.5',
    }),
    hold: optional(
      duration({
        doc: 'How long the rule claims the tag; when left out, until it releases it.',
        min: '1s',
        max: LONGEST_DELAY,
        example: '10m',
      }),
    ),
  }),
  release: object({
    release: tagReference({
      doc: 'The tag that the rule gives up: another origin may have it from now on.',
      example: 'press.pump',
    }),
  }),
  record: object({
    record: text({ ...RULE_NAME, doc: 'The name of the record.', example: 'peak' }),
    values: recordValues,
  }),
});

export const actions = (doc: string) => list(actionOptions, { doc, max: MOST_ACTIONS });

export const SEVERITIES = { low: 200, medium: 500, high: 700, urgent: 900 } as const;

export const severity = (doc: string, fallback: keyof typeof SEVERITIES) =>
  byForm(
    {
      text: oneOf(['low', 'medium', 'high', 'urgent']),
      number: integer({ min: 1, max: 1_000 }),
    },
    { doc, default: fallback, kind: 'severity', code: 'rules.severity' },
  );
export const severityOf = (written: keyof typeof SEVERITIES | number): number =>
  typeof written === 'number' ? written : SEVERITIES[written];

export const alarmOptions = object({
  severity: severity(
    'low (200), medium (500), high (700), urgent (900), or a number from 1 to 1000 (OPC 10000-9 §5.5.2).',
    'medium',
  ),
  message: message({
    doc: 'What people read, as one text or as { zh, en }. {expression} is its value, {expression:1} with one digit behind the point; {{ and }} are braces.',
    example: 'oil at {press.oil_temp:1} °C',
  }),
  latch: flag({
    doc: 'Whether the alarm stands after the condition cleared until somebody acknowledges it.',
    default: false,
  }),
  realarm: optional(
    duration({
      doc: 'Acknowledged and still active after so long, the alarm becomes unacknowledged again.',
      min: '1s',
      max: LONGEST_DELAY,
      example: '30m',
    }),
  ),
  first_out: optional(
    text({
      ...RULE_NAME,
      doc: 'A group of alarms; the first of it that became active is marked.',
      example: 'press',
    }),
  ),
  suppress_when: optional(
    expression({
      doc: 'While it is true the alarm is suppressed.',
      example: 'press.maintenance',
    }),
  ),
});

/** What every rule may say. */
export const everyRule = {
  description: optional(text({ doc: 'What the rule is for.' })),
  mode: oneOf(['active', 'shadow', 'off'], {
    doc: 'shadow: evaluated and shown, but writes and alarms stay inside. off: not evaluated.',
    default: 'active',
  }),
  tick: optional(
    duration({
      doc: 'How often the rule is evaluated without a new sample, where it looks at time; 1s when left out. A window of days needs no second hand.',
      min: '1s',
      max: '1h',
      example: '1m',
    }),
  ),
  tests: optional(
    list(testOptions, {
      doc: 'What the rule does with given series; a site with a red test does not load.',
      max: MOST_TESTS,
    }),
  ),
};

export const everyRuleOptions = object(everyRule);

export type ActionOptions = OptionValue<typeof actionOptions>;
export type AlarmOptions = OptionValue<typeof alarmOptions>;
