/** Every option of writes, declared once: what may be done to a tag, and what is wanted of commands from upstream. */
import {
  anything,
  byForm,
  duration,
  flag,
  integer,
  list,
  map,
  number,
  type Option,
  object,
  oneOf,
  optional,
  rate,
  text,
} from '../gateway/host/schema.ts';
import { COMMAND_ORIGINS, SAFE_OCCASIONS } from '../gateway/model/command.ts';
import { LONGEST_EXPRESSION, literal } from '../rules/config/options-value.ts';
import { publicKey, SITE_NAME } from './options.ts';

type OptionValue<O> = O extends Option<infer T> ? T : never;

const WRITERS = COMMAND_ORIGINS.filter((origin) => origin !== 'interlock');
const MOST_VALUES = 100;
/** One write a second all the time; the ledger of commands is not made for more. */
const MOST_PER_HOUR = 3_600;
const SMALLEST_STEP = 1e-9;
const LONGEST_PAUSE = '30d';

export const rangeOptions = object(
  {
    min: optional(number({ doc: 'The lowest.', example: 20 })),
    max: optional(number({ doc: 'The highest.', example: 80 })),
  },
  { doc: 'The values that may be written, of a number.' },
);

export const safeOptions = object({
  value: literal({ doc: 'The value that is safe.', example: '0' }),
  on: optional(
    list(oneOf(SAFE_OCCASIONS), {
      doc: 'When it is written. silent: nobody has a say about the tag any more. stop: the gateway stops. crash: it starts after it had died. interlock: the interlock is not met. All of them when left out.',
      min: 1,
    }),
  ),
});

/** Of a tag whose access is write or read-write. */
export const writeOptions = object(
  {
    by: optional(
      list(oneOf(WRITERS), {
        doc: 'Who may write it: a person at the box (local), rules (rule), messages from upstream (remote). local and rule when left out.',
        min: 1,
      }),
    ),
    range: optional(rangeOptions),
    values: optional(
      list(literal(), {
        doc: 'The only values that may be written.',
        min: 1,
        max: MOST_VALUES,
      }),
    ),
    max_step: optional(
      number({
        doc: 'The most that one write may differ from what the tag holds.',
        min: SMALLEST_STEP,
        example: 5,
      }),
    ),
    slew: optional(
      rate({
        doc: 'The most that the value may change, by the time since the last write: a number per s, min, h or d.',
        min: '0.001/d',
        example: '5/min',
      }),
    ),
    min_interval: optional(
      duration({
        doc: 'The shortest time between two writes; none when left out.',
        max: LONGEST_PAUSE,
        example: '10s',
      }),
    ),
    min_on: optional(
      duration({
        doc: 'How long a value other than 0 or false stays at least.',
        max: LONGEST_PAUSE,
        example: '2m',
      }),
    ),
    min_off: optional(
      duration({
        doc: 'How long 0 or false stays at least.',
        max: LONGEST_PAUSE,
        example: '3m',
      }),
    ),
    max_per_hour: optional(
      integer({
        doc: 'The most writes in any 60 minutes; 2 when left out and wear is eeprom, else as many as there are.',
        min: 1,
        max: MOST_PER_HOUR,
        example: 12,
      }),
    ),
    interlock: optional(
      text({
        doc: 'A condition in CEL that has to be true at the moment of the write. Where it is false or unknown only the safe value is written.',
        max: LONGEST_EXPRESSION,
        example: 'tank.level > 20',
      }),
    ),
    safe: optional(
      byForm(
        { text: text(), number: number(), flag: flag(), map: safeOptions },
        {
          doc: 'The value that is safe, and when it is written: alone, whenever nobody has a say about the tag, at a stop, after a crash, and while the interlock is not met.',
          kind: 'safe',
          code: 'rules.not-plain',
          example: '0',
        },
      ),
    ),
    hold: optional(
      duration({
        doc: 'How long a remote command holds the tag where it does not say; 60s when left out and there is a safe value, else 0s.',
        max: LONGEST_PAUSE,
        example: '60s',
      }),
    ),
    settle: duration({
      doc: 'How long a read-back may differ from what was written.',
      default: '3s',
      max: '10m',
    }),
    tolerance: optional(
      number({
        doc: 'By how much a read-back may differ; half a step of the address, or a millionth of the value, when left out.',
        min: 0,
        example: 0.5,
      }),
    ),
    restore: optional(
      duration({
        doc: 'How long the tag may show something other than its owner wants before that is written again, under all limits, and twice as long each time, up to 10m; never when left out. For devices that forget without power; not for those that people switch by hand.',
        min: '1s',
        max: LONGEST_PAUSE,
        example: '10s',
      }),
    ),
    read_back: optional(
      text({
        doc: 'What shows what became of a write: another tag, by its id or, on the same device, by its own name, or none. The tag itself when left out, where it is a level and can be read.',
        max: 130,
        example: 'speed_actual',
      }),
    ),
    kind: oneOf(['level', 'pulse'], {
      doc: 'pulse: each write does something, whether or not it is equal to the one before. level: an equal one changes nothing.',
      default: 'level',
    }),
  },
  { doc: 'What may be written, by whom, how often, and what is safe.' },
);
export type WriteOptions = OptionValue<typeof writeOptions>;
export type Literal = OptionValue<ReturnType<typeof literal>>;

export const operatorOptions = object({
  key: publicKey({
    doc: 'The public key (Ed25519), 32 bytes in Base64, or a reference to a file with it.',
    example: `\${file:/etc/headgate/dispatch.pub}`,
  }),
  tags: optional(
    list(text({ max: 130 }), {
      doc: 'What the operator may write: ids of tags, and press.* for all of a device; all that remote may when left out.',
      min: 1,
    }),
  ),
});

export type OperatorOptions = OptionValue<typeof operatorOptions>;

/** The section `commands` of a site; each operator is checked by itself. */
export const commandsOptions = object(
  {
    max_age: duration({
      doc: 'The longest time that a command may be meant for, from issued to expires.',
      default: '60s',
      min: '1s',
      max: '12h',
    }),
    operators: map(SITE_NAME, anything(), {
      doc: 'Who may sign commands, by name. With any, commands that are not signed are refused.',
      default: {},
    }),
  },
  { default: {} },
);
export type CommandsOptions = OptionValue<typeof commandsOptions>;
