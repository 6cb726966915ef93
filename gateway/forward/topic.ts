/** Topic names from a template; what a name may not hold in a topic is percent-encoded. */
import { GatewayError } from '../model/errors.ts';

export interface TopicFields {
  readonly gateway: string;
  readonly class: string;
  readonly device: string;
  /** Of a message about one tag; empty elsewhere. */
  readonly tag?: string;
}

/** Brokers allow less than the protocol's 65,535 bytes; a topic this long is a mistake. */
const MAX_TOPIC_BYTES = 1024;
/** Devices whose topics are kept; more are no site, but many changes of one. */
const KEPT_DEVICES = 10_000;
/** The device segment of messages about the gateway itself. */
const GATEWAY_SEGMENT = '_gateway';
/**
 * Wildcards, the separator, the mark of system topics, controls (MQTT 5.0 §1.5.4, §4.7) and the
 * escape itself.
 */
const RESERVED = /[+#$%/\p{Cc}]/gu;

/**
 * The topic of `template` with `{gateway}`, `{class}`, `{device}` and `{tag}` filled in; throws when it gets
 * too long.
 */
export function topicOf(template: string, fields: TopicFields): string {
  const topic = template.replace(/\{(gateway|class|device|tag)\}/g, (_, key: keyof TopicFields) =>
    segmentOf(fields[key] ?? ''),
  );
  if (Buffer.byteLength(topic) > MAX_TOPIC_BYTES)
    throw new GatewayError('forward.topic-too-long', {
      topic: topic.slice(0, 80),
      limit: MAX_TOPIC_BYTES,
    });
  return topic;
}

/** `topicOf` for the blocks of one gateway; topics of devices come again and again, and are kept. */
export function blockTopics(template: string, gateway: string) {
  const kept = new Map<string, Map<string, string>>();
  return (of: Omit<TopicFields, 'gateway'>): string => {
    if (of.tag) return topicOf(template, { gateway, ...of });
    const byDevice = kept.get(of.class) ?? new Map<string, string>();
    kept.set(of.class, byDevice);
    let topic = byDevice.get(of.device);
    if (topic === undefined) {
      if (byDevice.size === KEPT_DEVICES) byDevice.clear();
      topic = topicOf(template, { gateway, ...of });
      byDevice.set(of.device, topic);
    }
    return topic;
  };
}

export const statusTopic = (gateway: string): string =>
  topicOf('headgate/v1/{gateway}/status', { gateway, class: '', device: '' });
export const watermarkTopic = (gateway: string): string =>
  topicOf('headgate/v1/{gateway}/watermark', { gateway, class: '', device: '' });

/** Where receivers are told which blocks have nothing for them. */
export const omittedTopic = (gateway: string): string =>
  topicOf('headgate/v1/{gateway}/omitted', { gateway, class: '', device: '' });

/** Where people upstream say that they have seen an alarm, and where the answer goes. */
export const acknowledgeTopic = (gateway: string): string =>
  topicOf('headgate/v1/{gateway}/alarm/ack', { gateway, class: '', device: '' });
export const acknowledgeOutcomeTopic = (gateway: string): string =>
  topicOf('headgate/v1/{gateway}/alarm/ack/outcome', { gateway, class: '', device: '' });

/** Where commands from upstream come in, and where the outcome of one goes. An id is safe in a topic. */
export const commandTopic = (gateway: string): string =>
  topicOf('headgate/v1/{gateway}/cmd', { gateway, class: '', device: '' });
export const commandOutcomeTopic = (gateway: string, id: string): string =>
  `${commandTopic(gateway)}/${id}/outcome`;

/** Where receivers say what they have stored, where they ask for blocks again, and where the answer goes. */
export const confirmationTopic = (gateway: string): string =>
  topicOf('headgate/v1/{gateway}/ack', { gateway, class: '', device: '' });
export const replayTopic = (gateway: string): string =>
  topicOf('headgate/v1/{gateway}/replay', { gateway, class: '', device: '' });
export const replayOutcomeTopic = (gateway: string, id: string): string =>
  `${replayTopic(gateway)}/${id}/outcome`;

const segmentOf = (name: string): string =>
  name === '' ? GATEWAY_SEGMENT : name.replace(RESERVED, encodeURIComponent);
