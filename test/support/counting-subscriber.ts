/** A receiver that keeps every message: connects again by itself, asks for a session that outlives the connection. */
import { connect, type IClientOptions } from 'mqtt';
import { decodeEnvelope, type Envelope } from '../../gateway/forward/envelope-reader.ts';
import { until } from './waiting.ts';

export interface Received {
  readonly topic: string;
  readonly retain: boolean;
  readonly text: string;
}

export interface CountingSubscriber {
  readonly received: readonly Received[];
  /** How often each (epoch, seq, part) came. */
  readonly counts: ReadonlyMap<string, number>;
  envelopes(): readonly Envelope[];
  close(): Promise<void>;
}

const TOPICS = 'headgate/v1/#';
const isEnvelope = (topic: string) =>
  !/\/(status|watermark|alarm\/ack|alarm\/ack\/outcome)$/.test(topic);
export const keyOf = ({ epoch, seq, part }: Pick<Envelope, 'epoch' | 'seq' | 'part'>): string =>
  `${epoch}/${seq}/${part}`;

/** Resolves when it is subscribed. */
export async function countingSubscriber(
  url: string,
  options: IClientOptions = {},
): Promise<CountingSubscriber> {
  const received: Received[] = [];
  const counts = new Map<string, number>();
  let subscribed = false;
  const client = connect(url, {
    protocolVersion: 5,
    clientId: 'subscriber',
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    reconnectPeriod: 20,
    resubscribe: false,
    ...options,
  });
  client.on('error', () => {});
  client.on('connect', () =>
    client.subscribe(TOPICS, { qos: 1 }, (error) => {
      subscribed = !error;
    }),
  );
  client.on('message', (topic, payload, { retain }) => {
    const text = payload.toString();
    received.push({ topic, retain, text });
    if (!isEnvelope(topic)) return;
    const key = keyOf(decodeEnvelope(text));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  await until('the subscription', () => subscribed);
  return {
    received,
    counts,
    envelopes: () =>
      received.filter(({ topic }) => isEnvelope(topic)).map(({ text }) => decodeEnvelope(text)),
    close: () => client.endAsync(true),
  };
}
