/** The embedded broker under a real client. */
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { type Broker, QUEUE_LIMIT_BYTES, startBroker } from '../../firmware-sim/broker.ts';
import { until } from '../support/waiting.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const setUp = async (): Promise<Broker> => {
  const broker = await startBroker();
  cleanups.push(() => broker.stop());
  return broker;
};

const dial = async (broker: Broker, options: IClientOptions): Promise<MqttClient> => {
  const client = await connectAsync(broker.url, { reconnectPeriod: 0, ...options });
  cleanups.push(() => client.endAsync(true));
  return client;
};

/** Resolves when the connection is gone, with or without an error before. */
const closeOf = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => {
    client.once('error', () => {});
    client.once('close', () => resolve());
  });

/** Payloads as they come, and a way to wait until there are so many. */
const inboxOf = (client: MqttClient) => {
  const texts: string[] = [];
  client.on('message', (_topic, payload) => texts.push(payload.toString()));
  return async (count: number) => {
    while (texts.length < count) await new Promise((resolve) => client.once('message', resolve));
    return texts;
  };
};

const keep: Record<4 | 5, IClientOptions> = {
  4: { protocolVersion: 4, clean: false },
  5: { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 3_600 } },
};

test.each([4, 5] as const)(
  'MQTT version %s: a cut breaks every connection and refuses new ones until the broker is back on its port',
  async (protocolVersion) => {
    const broker = await setUp();
    const client = await dial(broker, { protocolVersion });
    await client.publishAsync('a', 'x', { qos: 1 });
    expect(broker.stats()).toMatchObject({ connections: 1, published: 1, dropped: 0 });
    const closed = closeOf(client);
    await broker.cut();
    await closed;
    await expect(dial(broker, { protocolVersion })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const port = broker.port;
    await broker.restore();
    expect(broker.port).toBe(port);
    await (await dial(broker, { protocolVersion })).publishAsync('a', 'y', { qos: 1 });
  },
);

test.each([4, 5] as const)(
  'MQTT version %s: a subscriber with a session gets what was published while it was away',
  async (version) => {
    const broker = await setUp();
    const session = { clientId: 'receiver', ...keep[version] };
    const subscriber = await dial(broker, session);
    await subscriber.subscribeAsync('data/#', { qos: 1 });
    const closed = closeOf(subscriber);
    await broker.cut();
    await closed;
    await broker.restore();
    const publisher = await dial(broker, { protocolVersion: version });
    for (const text of ['1', '2', '3']) await publisher.publishAsync('data/a', text, { qos: 1 });
    const back = await connectLater(broker, session);
    expect(await back.inbox(3)).toEqual(['1', '2', '3']);
    await publisher.publishAsync('data/a', '4', { qos: 1 });
    expect(await back.inbox(4)).toEqual(['1', '2', '3', '4']);
  },
);

/** A client whose listener stands before the first queued message can come. */
const connectLater = async (broker: Broker, options: IClientOptions) => {
  const client = connect(broker.url, { reconnectPeriod: 0, ...options });
  cleanups.push(() => client.endAsync(true));
  const inbox = inboxOf(client);
  await new Promise((resolve) => client.once('connect', resolve));
  return { inbox };
};

test('what waits for an absent subscriber is bounded, and what was dropped is counted', async () => {
  const broker = await setUp();
  const subscriber = await dial(broker, { clientId: 'receiver', ...keep[5] });
  await subscriber.subscribeAsync('data', { qos: 1 });
  await subscriber.endAsync();
  const publisher = await dial(broker, { protocolVersion: 5 });
  const size = 3 * 1024 * 1024;
  const fit = Math.floor(QUEUE_LIMIT_BYTES / size);
  for (let n = 0; n < fit + 2; n++)
    await publisher.publishAsync('data', Buffer.alloc(size), { qos: 1 });
  expect(broker.stats()).toMatchObject({ queuedBytes: fit * size, dropped: 2 });
  const back = await connectLater(broker, { clientId: 'receiver', ...keep[5] });
  expect(await back.inbox(fit)).toHaveLength(fit);
  await until('everything acknowledged', () => broker.stats().queuedBytes === 0);
});

test('retained messages and a session survive several cuts, stopping twice is once', async () => {
  const broker = await setUp();
  const publisher = await dial(broker, { protocolVersion: 5 });
  await publisher.publishAsync('status', 'online', { qos: 1, retain: true });
  for (let round = 0; round < 3; round++) {
    await broker.cut();
    await broker.cut();
    await broker.restore();
    await broker.restore();
  }
  const reader = await dial(broker, { protocolVersion: 4 });
  const inbox = inboxOf(reader);
  await reader.subscribeAsync('status', { qos: 1 });
  expect(await inbox(1)).toEqual(['online']);
  await broker.stop();
  await broker.stop();
});
