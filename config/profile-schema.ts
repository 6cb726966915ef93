/** Every option of a profile, declared once: what a model of device offers, as data. */
import {
  anything,
  duration,
  integer,
  list,
  map,
  type Option,
  object,
  openObject,
  optional,
  parsedText,
  text,
} from '../gateway/host/schema.ts';
import { PROFILE_ID, QUANTITY_NAME } from './options.ts';
import { FASTEST_SCAN, SLOWEST_SCAN, tagKeys } from './schema.ts';
import { ownSettings } from './schema-bus.ts';

type OptionValue<O> = O extends Option<infer T> ? T : never;

const words = (doc: string) =>
  object({ en: text({ doc: `${doc} in English.` }), zh: text({ doc: `${doc} in Chinese.` }) });

const frame = (doc: string) =>
  parsedText(
    (written) => {
      const isWhole = /^(?:[0-9a-f]{2} ?)+$/i.test(written);
      const bytes: Uint8Array = Buffer.from(written.replaceAll(' ', ''), 'hex');
      return isWhole ? { value: bytes } : { code: 'profile.frame-form' };
    },
    { doc, max: LONGEST_FRAME, example: '01 04 00 00 00 02 71 CB' },
  );

/** 300 bytes, each with a blank. */
const LONGEST_FRAME = 900;

const golden = object({
  request: frame('The bytes of the request on a serial wire.'),
  response: frame('The bytes of the reply.'),
  expect: map(QUANTITY_NAME, anything(), {
    doc: 'What tags of the profile are then, by name. A plan of these tags makes this request.',
  }),
  device: optional(anything('Options of the device that the frames need: its unit or address.')),
  note: optional(text({ doc: 'Where the frames come from.' })),
});

const MOST_TOLD = 50;

export const profileOptions = object({
  profile: text({
    ...PROFILE_ID,
    doc: 'The id that a device names: maker and model.',
    example: 'eastron/sdm630',
  }),
  name: optional(words('The name of the model')),
  extends: optional(
    text({
      ...PROFILE_ID,
      doc: 'The profile to begin with: what stands here is laid over it, tag by tag.',
    }),
  ),
  protocol: text({ doc: 'What the device speaks.', example: 'modbus' }),
  scan: optional(
    duration({
      doc: 'How often its tags are read, unless the site says otherwise.',
      min: FASTEST_SCAN,
      max: SLOWEST_SCAN,
    }),
  ),
  device: optional(
    anything("The driver's options of the device: limits, time-outs, orders. Not its unit."),
  ),
  factory: optional(
    object({
      unit: optional(integer({ doc: 'The unit (slave) number as delivered.', min: 0, max: 255 })),
      ...ownSettings,
    }),
  ),
  provenance: optional(
    list(
      object({
        source: text({ doc: 'Where the facts come from.' }),
        verified: optional(text({ doc: 'What was seen on a device or in its frames.' })),
        unverified: optional(text({ doc: 'What nobody has checked yet.' })),
      }),
      { max: MOST_TOLD },
    ),
  ),
  quirks: optional(list(words('A trap of the model'), { max: MOST_TOLD })),
  only: optional(
    list(text(QUANTITY_NAME), { doc: 'Of the inherited tags only these are kept.', min: 1 }),
  ),
  skip: optional(list(text(QUANTITY_NAME), { doc: 'Inherited tags to leave out.', min: 1 })),
  tags: map(QUANTITY_NAME, anything(), { doc: 'What the device offers, by name.' }),
  golden: optional(
    list(golden, { doc: 'Frames and what they mean; a test decodes them.', max: MOST_TOLD }),
  ),
});
export type ProfileOptions = OptionValue<typeof profileOptions>;

/** What a profile says of a tag and a site does not. */
const tagFacts = {
  name: optional(words('The name of the value')),
  symbol: optional(
    text({ doc: "The value's sign on the device or in its manual.", max: 16, example: 'U1' }),
  ),
};

export const profileTagKeys = { ...tagKeys, ...tagFacts };
export const profileTagOptions = openObject(profileTagKeys);
export type ProfileTagOptions = OptionValue<typeof profileTagOptions>;
