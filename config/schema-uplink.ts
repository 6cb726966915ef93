/** Every option of an uplink, declared once, by the key that says where samples go and in which form. */
import {
  anything,
  duration,
  flag,
  integer,
  list,
  type Option,
  object,
  oneKeyOf,
  oneOf,
  optional,
  size,
  text,
} from '../gateway/host/schema.ts';
import { TAG_PATTERN } from '../gateway/model/tag-pattern.ts';
import { brokerUrl, secret, source, sparkplugId, topic } from './options.ts';
import { hj212Options } from './schema-hj212.ts';

type OptionValue<O> = O extends Option<infer T> ? T : never;

/** How a broker is reached, whatever is said to it. */
const connection = {
  version: oneOf([5, '3.1.1'], { doc: 'The version of MQTT.', default: 5 }),
  client_id: optional(
    text({ doc: 'Unique at the broker; headgate-{gateway}-{uplink} when left out.', max: 128 }),
  ),
  username: optional(source({ doc: 'As it is, or a reference.', example: 'gateway' })),
  password: optional(
    secret({
      doc: `A reference, never the password itself: \${file:/path}, \${credential:name} or \${env:NAME}.`,
      example: `\${credential:broker-password}`,
    }),
  ),
  ca: optional(
    source({
      doc: "PEM file of the authority that signed the broker's certificate; the system's authorities when left out.",
      example: '/etc/headgate/ca.pem',
    }),
  ),
  client_cert: optional(
    source({ doc: "PEM file of this gateway's certificate.", example: `\${credential:gw-cert}` }),
  ),
  client_key: optional(
    source({ doc: 'PEM file of the key to client_cert.', example: `\${credential:gw-key}` }),
  ),
  keepalive: duration({
    doc: 'How long the connection may be silent before its life is checked.',
    default: '30s',
    min: '5s',
    max: '1h',
  }),
};

const commands = oneOf(['accept', 'refuse'], {
  doc: 'Whether commands are taken from it. They reach only tags that let remote write.',
  default: 'refuse',
});

const MOST_FALLBACKS = 8;

const wanted = (doc: string) =>
  optional(list(text({ max: 130, pattern: TAG_PATTERN, example: 'press.*' }), { doc, min: 1 }));

const only = optional(
  object(
    {
      telemetry: wanted(
        'Of the values: tags, * stands for any characters: press.oil_temp, press.*, *.energy',
      ),
      alarm: wanted(
        'Of alarms and of the audit of commands: the tags of their events; rules.alarm_event has those of rules.',
      ),
      record: wanted('Of what rules record: rules.record_event'),
    },
    {
      doc: 'What this uplink gets: patterns of tags by class, telemetry, alarm and record; a class that is not named stays away. Left out: everything. Losses are always told. Example: {telemetry: [press.*, "*.energy"], alarm: ["*"]}.',
    },
  ),
);

export const mqttOptions = object({
  mqtt: brokerUrl({
    doc: 'The broker: mqtts:// with TLS, mqtt:// without.',
    example: 'mqtts://broker.example:8883',
  }),
  fallback: optional(
    list(brokerUrl(), {
      doc: 'Further brokers, tried in turn while the first one cannot be reached.',
      min: 1,
      max: MOST_FALLBACKS,
    }),
  ),
  ...connection,
  format: oneOf(['envelope', 'thingsboard', 'per-tag', 'influx', 'template'], {
    doc: "What is published: headgate's own envelope, which alone can be proven complete; the telemetry of ThingsBoard's gateway API; a message for each sample; InfluxDB line protocol; JSON as `template` says.",
    default: 'envelope',
  }),
  template: optional(
    anything(
      'With format: template, JSON with placeholders: {gateway} {device} {class} {seq} {hist} {time} {time_iso}, and ' +
        '{tag} {unit} {value} {quality} of each sample, or {values} for all of a device at a time.',
    ),
  ),
  only,
  topic: optional(
    topic({
      doc: 'Where samples are published, made of {gateway}, {class}, {device} and, where a message is about one tag, {tag}. Left out: headgate/v1/{gateway}/{class}/{device} for envelopes, v1/gateway/telemetry for ThingsBoard, headgate/{gateway}/{device}/{tag} per tag, headgate/{gateway}/influx, headgate/{gateway}/{device} for templates.',
      example: 'plant7/{gateway}/{device}',
    }),
  ),
  expiry: optional(
    duration({
      doc: 'How long the broker keeps a new value for a subscriber that is away (MQTT 5 message expiry). What waited from an outage is history and does not expire; nor do envelopes, of which none may be missing.',
      min: '1s',
      max: '365d',
      example: '1h',
    }),
  ),
  compress: oneOf(['none', 'zstd'], {
    doc: 'Whether payloads are packed. Receivers tell by the content type, which needs MQTT 5: application/json+zstd.',
    default: 'none',
  }),
  window: integer({
    doc: 'The most messages on their way at once.',
    default: 64,
    min: 1,
    max: 1_000,
  }),
  unrouted: oneOf(['accept', 'hold'], {
    doc: 'When nobody listens at the broker (MQTT 5): accept counts as delivered, hold waits for a listener.',
    default: 'accept',
  }),
  resend: duration({
    doc: 'What was acknowledged this shortly before a lost connection is sent again; a dying broker may lose it.',
    default: '5s',
    min: '0ms',
    max: '1h',
  }),
  ack: oneOf(['broker', 'receiver'], {
    doc: 'Whose acknowledgement counts as delivery: the broker, or a receiver that says on …/ack that it has stored the block. Only that survives a broker that loses its queue.',
    default: 'broker',
  }),
  ack_within: duration({
    doc: 'With ack: receiver, how long it may take. Then blocks are sent again, one at a time until a receiver answers.',
    default: '30s',
    min: '1s',
    max: '1h',
  }),
  replay: oneOf(['accept', 'refuse'], {
    doc: 'Whether blocks are sent again that somebody asks for on …/replay.',
    default: 'accept',
  }),
  backlog_rate: optional(
    size({
      doc: 'The most bytes a second that what waits from an outage may take; what is new goes first, and without this limit the rest of the line is for the backlog.',
      min: '100B',
      max: '1GB',
      example: '64KB',
    }),
  ),
  backlog_per_day: optional(
    size({
      doc: 'The most bytes that what waits from an outage may take in a day of the site; the rest waits for the next day, over restarts, too. What is new is always sent.',
      min: '1KB',
      max: '10TB',
      example: '200MB',
    }),
  ),
  commands,
});
export type MqttOptions = OptionValue<typeof mqttOptions>;

export const sparkplugOptions = object({
  sparkplug: brokerUrl({
    doc: 'The broker to which the gateway is an edge node of Sparkplug B 3.0: mqtts:// with TLS, mqtt:// without.',
    example: 'mqtts://broker.example:8883',
  }),
  group: sparkplugId({ doc: 'The group id.', example: 'hall-1' }),
  node: optional(
    sparkplugId({
      doc: "The edge node id, unique in its group; the gateway's id when left out.",
      example: 'weihai-3',
    }),
  ),
  primary_host: optional(
    sparkplugId({
      doc: 'The id of the host application that has to be online: while it is not, the gateway keeps what it has to say.',
      example: 'scada',
    }),
  ),
  fallback: optional(
    list(brokerUrl(), {
      doc: 'Further brokers, tried one after the other when one cannot be reached, or the primary host goes offline there.',
      min: 1,
      max: MOST_FALLBACKS,
    }),
  ),
  only,
  aliases: flag({
    doc: 'Whether metrics have numbers in data messages in place of their names: shorter, and harder to read on the line.',
    default: false,
  }),
  ...connection,
  resend: duration({
    doc: 'What was delivered this shortly before a lost connection, or before the primary host went offline, is sent again as history. At least 1.5 times the keepalive of the host: nobody knows earlier that it died.',
    default: '90s',
    min: '0ms',
    max: '1h',
  }),
  commands,
});
export type SparkplugOptions = OptionValue<typeof sparkplugOptions>;

export const uplinkOptions = oneKeyOf({
  mqtt: mqttOptions,
  sparkplug: sparkplugOptions,
  hj212: hj212Options,
});
export type UplinkOptions = OptionValue<typeof uplinkOptions>;
export type BrokerOptions = MqttOptions | SparkplugOptions;

/** Where the broker is, of any kind of uplink that has one. */
export const brokerOf = (options: BrokerOptions): string =>
  'mqtt' in options ? options.mqtt : options.sparkplug;
