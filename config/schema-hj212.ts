/** The options of an uplink to a supervising platform that speaks HJ 212, declared once. */
import {
  duration,
  integer,
  list,
  map,
  type Option,
  object,
  oneOf,
  optional,
  parsedText,
  text,
  type Words,
} from '../gateway/host/schema.ts';
import { type Endpoint, endpoint, secret } from './options.ts';
import type { DataFlag, Hj212Data } from './site.ts';

type OptionValue<O> = O extends Option<infer T> ? T : never;

/** `tcp://10.1.2.3:9000` */
const platformUrl = (words: Words<string>): Option<Endpoint> =>
  parsedText((written) => {
    const parsed = endpoint({}).parse(written.replace(/^tcp:\/\//, ''));
    return written.startsWith('tcp://') && parsed.ok
      ? { value: parsed.value }
      : { code: 'config.hj212-url' };
  }, words);

const tagName = (doc: string, example: string) => text({ doc, max: 130, example });

const FLAGS: readonly DataFlag[] = ['N', 'S', 'T', 'M', 'C', 'F', 'D', 'B'];
const DATA: readonly Hj212Data[] = ['realtime', 'minute', 'hour', 'day'];
const MINUTE_PERIODS = [
  '1m',
  '2m',
  '3m',
  '4m',
  '5m',
  '6m',
  '10m',
  '12m',
  '15m',
  '20m',
  '30m',
  '60m',
] as const;

export const hj212StateOptions = object(
  {
    tag: tagName('A tag that says what the analyser is doing.', 'cod.state'),
    values: map({ max: 64 }, oneOf(FLAGS), {
      doc: 'The flag for each of its values, as text. A value that is not listed is D: nobody said that it is normal.',
    }),
  },
  {
    doc: 'Where the state of the analyser comes from: N normal, S set by hand, T over range, M maintenance, C calibration, F stopped, D fault, B not heard. Anything but N goes before what the quality of the value says.',
  },
);

export const hj212FactorOptions = object({
  tag: tagName('The tag with the value.', 'cod.value'),
  total: optional(
    tagName(
      'A counter: -Cou is what it grew by in the period. Without it no -Cou is sent.',
      'flow.total',
    ),
  ),
  flag: optional(hj212StateOptions),
  max_age: optional(
    duration({
      doc: 'How long a sample stands when no other comes; then the factor is B. When left out: three times the scan, or the heartbeat where that is longer; 5m for a tag of a rule.',
      min: '1s',
      max: '7d',
    }),
  ),
});

export const hj212Options = object({
  hj212: platformUrl({
    doc: 'The supervising platform: tcp://host:port. The gateway connects and stays connected.',
    example: 'tcp://10.1.2.3:9000',
  }),
  st: integer({
    doc: 'The code of the system: 21 surface water, 22 air quality, 31 air pollution source, 32 water pollution source, …',
    min: 10,
    max: 99,
    example: 32,
  }),
  mn: text({
    doc: 'The id of the data logger, as the authority gave it: 24 letters and digits, 14 of 2005.',
    max: 24,
    pattern: /^[A-Za-z0-9]+$/,
    code: 'config.hj212-mn',
    example: '010000A8900016F000169DC0',
  }),
  pw: secret({
    doc: `The access password, as a reference: \${file:/path}, \${credential:name} or \${env:NAME}.`,
    example: `\${credential:bureau-pw}`,
  }),
  factors: map(
    { max: 12, pattern: /^[A-Za-z0-9]+$/, code: 'config.hj212-code' },
    hj212FactorOptions,
    {
      doc: 'What is told, by the code of the factor: w01018 COD, w21003 ammonia nitrogen, w00000 flow, a21026 SO2, …',
    },
  ),
  data: optional(
    list(oneOf(DATA), {
      doc: 'What is uploaded: realtime (2011), minute (2051), hour (2061), day (2031); all of it when left out.',
      min: 1,
    }),
  ),
  realtime: duration({
    doc: 'Between two real-time data, until the platform sets another (1062).',
    default: '1m',
    min: '1s',
    max: '1h',
  }),
  minute: oneOf(MINUTE_PERIODS, {
    doc: 'The length of a period of minute data, until the platform sets another (1064).',
    default: '10m',
  }),
  timeout: duration({
    doc: 'How long an acknowledgement is waited for, until the platform sets another (1000); 10s for a mobile network.',
    default: '5s',
    min: '1s',
    max: '20s',
  }),
  retries: integer({
    doc: 'How often a packet is sent again that was not acknowledged, before the connection is made anew; the platform may set another number (1000).',
    default: 3,
    min: 0,
    max: 10,
  }),
  settle: duration({
    doc: 'How long after its end a period is closed and sent. A sample that is stored later is not in it.',
    default: '1m',
    min: '10s',
    max: '10m',
  }),
  backfill: duration({
    doc: 'What ended longer ago is not sent later any more: the journal is not held for a platform that is gone for good.',
    default: '30d',
    min: '1d',
    max: '400d',
  }),
});
export type Hj212Options = OptionValue<typeof hj212Options>;
export type Hj212FactorOptions = OptionValue<typeof hj212FactorOptions>;
