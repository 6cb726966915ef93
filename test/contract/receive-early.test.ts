/** A broker that sends before it answers the subscription: NATS does, with all that is retained. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqlite } from '../../gateway/receive/sqlite-db.ts';
import { disposals } from '../support/disposals.ts';
import { mqttConfig } from '../support/forward-fixture.ts';
import { partFields, topicOf } from '../support/heard.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { ownReceiver } from '../support/receive-fixture.ts';
import { scriptedBroker } from '../support/scripted-broker.ts';
import { until } from '../support/waiting.ts';

const dispose = disposals();
/** More than may wait for their commit. */
const MESSAGES = 300;

it('stores what comes before the answer to its subscription, and confirms it with its own QoS', async () => {
  const early = Array.from({ length: MESSAGES }, (_, index) =>
    publishOf(topicOf('telemetry/press'), JSON.stringify(partFields(index + 1))),
  );
  const broker = dispose(
    await scriptedBroker({ onSubscribe: ({ socket }) => socket.write(Buffer.concat(early)) }),
    (part) => part.close(),
  );
  const config = mqttConfig({ url: broker.url, version: 4 });
  const receiver = dispose(
    await ownReceiver(broker.url, openSqlite(join(temporaryDirectory(), 'received.db')), {
      config,
      qos: 0,
    }),
    (part) => part.stop(),
  );
  await until('all of it in the store', () => receiver.facts().parts === MESSAGES);
  await until('a confirmation', () => broker.published.length > 0);
  expect(broker.published[0]).toMatchObject({ topic: topicOf('ack'), qos: 0 });
});

/** MQTT 3.1.1 §3.3, QoS 0. */
function publishOf(topic: string, payload: string): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.concat([Buffer.from([0, name.length]), name, Buffer.from(payload)]);
  return Buffer.concat([Buffer.from([0x30, 0x80 | (body.length & 0x7f), body.length >> 7]), body]);
}
