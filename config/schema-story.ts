/**
 * The story of a kit, `story/day.yaml`: how its plant moves on one day, what happens to it, and what has to come of it.
 * A gateway in service reads nothing of it.
 */
import {
  byForm,
  duration,
  flag,
  list,
  map,
  number,
  type Option,
  object,
  oneKeyOf,
  oneOf,
  optional,
  text,
} from '../gateway/host/schema.ts';
import { SIMULATED_FAULTS } from './site.ts';

/** Local time on the day, to the millisecond at will; hours go on counting behind midnight, 25:30. */
const TIME = { pattern: /^\d{1,2}:[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?$/, max: 12 } as const;
const time = (doc: string) => text({ ...TIME, doc, example: '06:30' });
const words = (doc: string) => object({ en: text({ doc }), zh: text({ doc }) });
const name = (doc: string) => text({ max: 200, doc });

type PlainValue = number | boolean | string;
/** Of what a plant shows. */
const level: Option<number | boolean> = byForm(
  { number: number(), flag: flag() },
  { code: 'config.not-number' },
);
const value: Option<PlainValue> = byForm(
  { number: number(), flag: flag(), text: text() },
  { code: 'config.text-form' },
);

const effectOptions = object({
  of: name('The output that does it, as its device holds it.'),
  adds: number({
    doc: 'What it adds in the end while the output is on; of a number, while it is `full`.',
  }),
  full: number({ doc: 'The value of the output that counts as on.', default: 1 }),
  within: duration({ doc: 'How long it takes to come, to 95 %.' }),
  fades: optional(duration({ doc: 'How long it takes to go again; as `within`.' })),
});

const movedOptions = object({
  at: map(TIME, number(), {
    doc: 'Its value at times of the day, or of a round where it repeats, with straight lines between them.',
  }),
  repeats: optional(duration({ doc: 'How long a round is; the first begins with the story.' })),
  noise: number({ doc: 'How far it wanders from that, at most.', default: 0, min: 0 }),
  text: optional(
    text({
      doc: 'What it shows, of what holds text: a run of # in it is the value, whole, with zeros before it.',
      example: 'A7-######',
    }),
  ),
  effects: optional(list(effectOptions, { doc: 'What outputs do to it.' })),
});

const actOptions = object({
  at: time('When it happens.'),
  say: optional(words('What is told to who watches.')),
  set: optional(map({ max: 200 }, value, { doc: 'Tags that show this from now on.' })),
  free: optional(list(name('Tags that move by themselves again.'))),
  fault: optional(object({ device: name('Who has it.'), kind: oneOf(SIMULATED_FAULTS) })),
  heal: optional(name('A device that has no fault any more.')),
  cut: optional(name('A bus or an uplink over which nothing comes.')),
  restore: optional(name('The same, over which all comes again.')),
  power: optional(
    oneOf(['off', 'on'], { doc: 'Of the whole cabinet: the gateway and its Modbus devices.' }),
  ),
  send: optional(
    object({ tag: name('What is to be written.'), value, by: text({ default: 'dispatch' }) }),
  ),
  write: optional(
    object({ tag: name('What a person writes.'), value, by: text({ default: 'Li' }) }),
  ),
  swap: optional(name('The counter of which a person says that its meter was replaced.')),
  acknowledge: optional(name('The rule whose alarm a person acknowledges.')),
});

/** `at` alone means the minute that begins then; left out: any time behind the one before. */
const when = {
  at: optional(time('Not before.')),
  until: optional(time('Before.')),
};

const rangeOptions = object({ min: optional(number()), max: optional(number()) });

const expectOptions = oneKeyOf({
  alarm: object({
    ...when,
    alarm: name('The rule.'),
    to: text({ doc: 'What happens to it: active, cleared, …' }),
    message: optional(text({ doc: 'What it says, in English.' })),
  }),
  write: object({
    ...when,
    write: name('The tag.'),
    value,
    outcome: optional(
      oneOf(['verified', 'written', 'rejected', 'expired', 'failed', 'unknown'], {
        doc: 'Left out: verified or written.',
      }),
    ),
    origin: optional(oneOf(['interlock', 'local', 'rule', 'remote'], { doc: 'Who wanted it.' })),
    code: optional(text({ doc: 'Why it is not better.' })),
  }),
  record: object({
    ...when,
    record: name('Its name.'),
    values: map(
      { max: 100 },
      byForm(
        { number: number(), flag: flag(), text: text(), map: rangeOptions },
        { code: 'config.text-form' },
      ),
      { doc: 'Some of its values, each itself or from where to where.', default: {} },
    ),
  }),
  tag: object({
    at: time('At this time …'),
    tag: name('… this tag, as it arrived upstream, …'),
    is: optional(value),
    min: optional(number({ doc: '… is this or more.' })),
    max: optional(number({ doc: '… is this or less.' })),
    since: optional(
      time('… and has been what it is since exactly this time, of the first sample that says so.'),
    ),
  }),
  field: object({
    at: time('At this time …'),
    field: name('… the device of this tag …'),
    shows: level,
  }),
});

export const storyOptions = object({
  title: words('What the day is about.'),
  day: text({ pattern: /^\d{4}-\d\d-\d\d$/, doc: 'Its date.', example: '2026-04-18' }),
  from: time('When the gateway starts.'),
  to: time('When it is over.'),
  plant: map(
    { max: 200 },
    byForm(
      { number: number(), flag: flag(), text: text(), map: movedOptions },
      { code: 'config.not-map' },
    ),
    {
      doc: 'How the tags move, by tag. What can be written begins at 0 where nothing is said.',
      default: {},
    },
  ),
  acts: list(actOptions, { doc: 'What happens, in the order of time.' }),
  expect: list(expectOptions, {
    doc: 'What has to come of it, in the order of time. Alarms that are not named here must not come, nor commands that fail.',
    min: 1,
  }),
});

type OptionValue<O> = O extends Option<infer T> ? T : never;
export type StoryOptions = OptionValue<typeof storyOptions>;
