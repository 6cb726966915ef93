/** The options of a site that its rules share: constants, templates, and what counts as a flood of alarms. */
import {
  anything,
  byForm,
  duration,
  flag,
  integer,
  map,
  number,
  object,
  oneOf,
  optional,
  text,
} from '../../gateway/host/schema.ts';
import { BARE_NAME, literal, type OptionValue } from './options-value.ts';

const UNIT = { doc: 'Its unit.', max: 32, example: '°C' };

export const constantObjectOptions = object({
  value: literal({ doc: 'The value; a text like 30s is a duration.', example: '75' }),
  unit: optional(text(UNIT)),
});

/** A value by itself, or with its unit. */
export const constantOptions = byForm(
  { text: text(), number: number(), flag: flag(), map: constantObjectOptions },
  { code: 'rules.not-plain' },
);

export const PARAMETER_KINDS = ['tag', 'number', 'text', 'flag', 'duration'] as const;

export const parameterOptions = object({
  kind: oneOf(PARAMETER_KINDS, { doc: 'What it stands for.' }),
  unit: optional(text({ ...UNIT, doc: 'The unit of a number.' })),
  default: optional(literal({ doc: 'Its value where the rule gives none.' })),
  doc: optional(text({ doc: 'What it is for.' })),
});

export const templateOptions = object({
  parameters: map(BARE_NAME, parameterOptions, {
    doc: `What differs from rule to rule: bare names in expressions, \${name} elsewhere.`,
    default: {},
  }),
  rule: anything('Any rule.'),
});

export const alarmsOptions = object(
  {
    flood: object(
      {
        most: integer({
          doc: 'More activations than this are a flood (ISA-18.2 §16.5.3).',
          default: 10,
          min: 1,
          max: 10_000,
        }),
        within: duration({ doc: 'In so long.', default: '10m', min: '10s', max: '1d' }),
      },
      { default: {} },
    ),
  },
  { default: {} },
);

export type ConstantOptions = OptionValue<typeof constantOptions>;
export type ParameterOptions = OptionValue<typeof parameterOptions>;
export type TemplateOptions = OptionValue<typeof templateOptions>;
export type ParameterKind = (typeof PARAMETER_KINDS)[number];
