/** What an uplink leaves out, at a real broker: a receiver knows of every block, and misses none. */
import { connectAsync, type IPublishPacket } from 'mqtt';
import { expect, it, onTestFinished } from 'vitest';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import { seconds } from '../../gateway/model/units.ts';
import { reportOf } from '../../gateway/receive/report.ts';
import { openSqlite, openSqliteToRead } from '../../gateway/receive/sqlite-db.ts';
import { blockOf, sample, uplinkOptions } from '../support/forward-fixture.ts';
import { hastyClock } from '../support/hasty-clock.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { fedGateway, ownReceiver } from '../support/receive-fixture.ts';
import { until } from '../support/waiting.ts';

const mosquitto = async () => {
  const broker = await startMosquitto();
  onTestFinished(() => broker.dispose());
  return broker;
};

describeWith(['mosquitto'], 'an uplink that wants a part', () => {
  it.each(['broker', 'receiver'] as const)('is complete to a receiver, ack: %s', async (ack) => {
    const { url } = await mosquitto();
    const file = `${temporaryDirectory()}/received.db`;
    const receiver = await ownReceiver(url, openSqlite(file));
    onTestFinished(() => receiver.stop());
    const only = { telemetry: ['press.*'] };
    const config = { url, ack, ackWithin: seconds(30), replay: 'accept', only } as const;
    const gateway = await fedGateway(config, hastyClock());
    onTestFinished(() => gateway.stop());
    await gateway.append(4);
    for (let block = 0; block < 5; block++) await gateway.store([sample('oven.x', block)]);
    await gateway.append(2);
    await until('delivered', gateway.isDelivered);
    const db = openSqliteToRead(file);
    onTestFinished(() => db.close());
    const days = async () => (await reportOf(db))[0]?.days ?? [];
    await until('all is known', async () => (await days())[0]?.last === 11);
    await until('nothing is missing', async () => (await days())[0]?.isComplete === true);
    expect(await days()).toMatchObject([
      { stored: 6, omitted: 5, omittedSamples: 12, missing: 0, gone: 0, isComplete: true },
    ]);
    expect(await db.query('SELECT DISTINCT name FROM tags')).toEqual([{ name: 'press.x' }]);
    expect(receiver.facts()).toMatchObject({ rejected: 0, samples: 6 });
    expect(receiver.facts().holes).toMatchObject({ gone: 0, unanswered: 0 });
  });

  it('tells again of what a receiver was not there for', async () => {
    const { url } = await mosquitto();
    const config = { url, replay: 'accept', only: { telemetry: ['press.*'] } } as const;
    const gateway = await fedGateway(config, hastyClock());
    onTestFinished(() => gateway.stop());
    for (let block = 0; block < 3; block++) await gateway.store([sample('oven.x', block)]);
    await gateway.append(1);
    await until('delivered to nobody', gateway.isDelivered);
    const file = `${temporaryDirectory()}/received.db`;
    const receiver = await ownReceiver(url, openSqlite(file));
    onTestFinished(() => receiver.stop());
    const db = openSqliteToRead(file);
    onTestFinished(() => db.close());
    const isComplete = async () => (await reportOf(db))[0]?.days[0]?.isComplete === true;
    await until('all that was asked for', isComplete);
    const [journal] = await reportOf(db);
    expect(journal?.days).toMatchObject([{ stored: 1, omitted: 3, missing: 0 }]);
  });
});

describeWith(['mosquitto'], 'a message that expires', () => {
  it('says so to the broker, where it is new', async () => {
    const { url } = await mosquitto();
    const heard: unknown[] = [];
    const client = await connectAsync(url, { protocolVersion: 5 });
    onTestFinished(() => client.endAsync());
    client.on('message', (_, payload, { properties }: IPublishPacket) => {
      const { value } = JSON.parse(`${payload}`);
      heard.push([value, properties?.messageExpiryInterval]);
    });
    await client.subscribeAsync('headgate/+/press/+', { qos: 1 });
    const topic = 'headgate/{gateway}/{device}/{tag}';
    const uplink = createMqttUplink(
      uplinkOptions({ url, format: 'per-tag', topic, expiry: seconds(3600) }),
    );
    onTestFinished(() => uplink.close());
    await new Promise<void>((up) => uplink.open({ up, down() {} }));
    await uplink.send(blockOf([sample('press.x', 1)]), false);
    await uplink.send(blockOf([sample('press.x', 2)]), true);
    await until('both', () => heard.length === 2);
    expect(heard).toEqual([
      [1, 3600],
      [2, undefined],
    ]);
  });
});
