/** Real gateways, a real broker, real databases: what is stored is all there is, once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import type { MqttConfig } from '../../config/site.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { seconds } from '../../gateway/model/units.ts';
import type { Db } from '../../gateway/receive/db.ts';
import { openLink, RECEIVE_MAXIMUM } from '../../gateway/receive/link.ts';
import { openPostgres } from '../../gateway/receive/postgres-db.ts';
import type { ReceiverOptions } from '../../gateway/receive/receiver.ts';
import { reportOf } from '../../gateway/receive/report.ts';
import { openSqlite, openSqliteToRead } from '../../gateway/receive/sqlite-db.ts';
import { mqttConfig } from '../support/forward-fixture.ts';
import { partFields, topicOf } from '../support/heard.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { type Mosquitto, type MosquittoOptions, startMosquitto } from '../support/mosquitto.ts';
import { POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts';
import { describeWith } from '../support/real-parts.ts';
import {
  DEVICES,
  type FedGateway,
  fedGateway,
  ownReceiver,
  receiverProcess,
} from '../support/receive-fixture.ts';
import { until } from '../support/waiting.ts';

const mosquitto = async (options: MosquittoOptions = {}): Promise<Mosquitto> => {
  const broker = await startMosquitto(options);
  onTestFinished(() => broker.dispose());
  return broker;
};
const gateway = async (config: Partial<MqttConfig>): Promise<FedGateway> => {
  const fed = await fedGateway(config);
  onTestFinished(() => fed.stop());
  return fed;
};
/** As a process of its own. */
const apart = (...args: readonly string[]) => {
  const process = receiverProcess(args);
  onTestFinished(async () => {
    await process.kill('SIGKILL');
  });
  return process;
};
const here = async (url: string, db: Db, options: Partial<ReceiverOptions> = {}) => {
  const receiver = await ownReceiver(url, db, options);
  onTestFinished(() => receiver.stop());
  return receiver;
};
const reading = (db: Db): Db => {
  onTestFinished(() => db.close());
  return db;
};

const countOf = async (db: Db, of: string): Promise<number> =>
  (await db.query<{ n: number }>(`SELECT count(*) AS n FROM ${of}`))[0]?.n ?? 0;

/** Every sample of the gateway is there, and none of them twice. */
async function expectAll(db: Db, { journal }: FedGateway): Promise<void> {
  const samples = journal.head * DEVICES.length;
  expect(await countOf(db, 'samples')).toBe(samples);
  expect(await countOf(db, '(SELECT DISTINCT tag, seq, number FROM samples) AS s')).toBe(samples);
  expect(await countOf(db, 'parts')).toBe(samples);
  // The value of a sample is the number of its block.
  expect(await countOf(db, 'samples WHERE number <> seq')).toBe(0);
}

describeWith(['mosquitto', POSTGRES], 'receivers that share a database', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
    return () => postgres.dispose();
  });
  const open = () => openPostgres(postgres.url);
  const emptied = async (): Promise<Db> => {
    const db = reading(await open());
    await db.query('DROP SCHEMA IF EXISTS headgate CASCADE');
    return db;
  };

  it('lose nothing when one is killed and the broker dies with all it had: they ask for it again', async () => {
    const db = await emptied();
    const broker = await mosquitto();
    const doomed = apart(broker.url, '--to', postgres.url, '--history');
    // The broker's word is enough, and nothing is sent again by itself: what it loses is lost for the gateway.
    const word = { unrouted: 'hold', replay: 'accept', resend: seconds(0) } as const;
    const fed = await gateway({ url: broker.url, ...word });
    await fed.append(20);
    await until('the doomed one', async () => (await countOf(db, 'parts').catch(() => 0)) > 0);
    const others = [await here(broker.url, await open()), await here(broker.url, await open())];
    await until('the others', async () => {
      await fed.append(10);
      return others.every(({ facts }) => facts().parts > 0);
    });
    // What the broker hands to it from now on, it takes along.
    doomed.freeze();
    await fed.append(100);
    await until('the broker', fed.isDelivered);
    const flow = fed.append(200);
    await doomed.kill('SIGKILL');
    await broker.kill();
    expect(fed.isDelivered()).toBe(false);
    await broker.start();
    await flow;
    const all = fed.journal.head * DEVICES.length;
    await until('all of it', async () => (await countOf(db, 'parts')) === all);
    await expectAll(db, fed);
    const [report] = await reportOf(db);
    expect(report?.days.map(({ missing, gone }) => [missing, gone])).toEqual([[0, 0]]);
    const asked = others.map(({ facts }) => facts().holes.asked);
    expect(Math.max(...asked)).toBeGreaterThan(0);
  });

  it('are the ones whose word counts, where the gateway waits for it: nothing has to be asked for', async () => {
    const db = await emptied();
    const broker = await mosquitto();
    const word = { ack: 'receiver', ackWithin: seconds(2), resend: seconds(0) } as const;
    const fed = await gateway({ url: broker.url, ...word });
    const receivers = [await here(broker.url, await open()), await here(broker.url, await open())];
    const flow = fed.append(400);
    await until('the flow', async () => (await countOf(db, 'parts')) > 300);
    await broker.kill();
    await broker.start();
    await flow;
    await until('the word of receivers', fed.isDelivered);
    await expectAll(db, fed);
    for (const { facts } of receivers) expect(facts().holes).toMatchObject({ open: 0, asked: 0 });
  });

  it('hold what they cannot store, and no more than they may; nothing is acknowledged', async () => {
    const db = await emptied();
    const broker = await mosquitto();
    const word = { ack: 'receiver', ackWithin: seconds(20), unrouted: 'hold' } as const;
    const receiver = await here(broker.url, await open());
    const fed = await gateway({ url: broker.url, ...word });
    await fed.append(10);
    await until('the word of receivers', fed.isDelivered);
    await postgres.kill();
    await fed.append(300);
    await until('trouble', () => receiver.troubles.includes('receive.store-away'));
    await until('a full hand', () => receiver.facts().messages > RECEIVE_MAXIMUM + 30);
    expect(receiver.facts().messages - receiver.facts().parts).toBeLessThan(2 * RECEIVE_MAXIMUM);
    expect(fed.journal.cursor('cloud').upTo).toBe(10);
    await postgres.start();
    await until('the word of receivers', fed.isDelivered);
    await expectAll(reading(await open()), fed);
    await db.query('SELECT 1');
  });
});

describeWith(['mosquitto'], 'one receiver', () => {
  it('as a process stores, says what it did and leaves in order; what came meanwhile waits for it', async () => {
    const broker = await mosquitto();
    const path = join(temporaryDirectory(), 'received.db');
    const args = [broker.url, '--to', `sqlite:${path}`, '--client-id', 'one', '--json'];
    const first = apart(...args);
    const fed = await gateway({ url: broker.url, unrouted: 'hold', compress: 'zstd' });
    await fed.append(40);
    await until('the broker', fed.isDelivered);
    const db = reading(openSqliteToRead(path));
    await until('a commit', async () => (await countOf(db, 'parts')) > 0);
    expect(await first.kill('SIGTERM')).toBe(0);
    const before = await countOf(db, 'parts');
    expect(first.summary()).toMatchObject({ parts: before, rejected: 0 });
    await fed.append(40);
    const second = apart(...args);
    await until('the rest', async () => (await countOf(db, 'parts')) === 80 * DEVICES.length);
    await expectAll(db, fed);
    expect(await second.kill('SIGTERM')).toBe(0);
    const report = apart('--report', '--to', `sqlite:${path}`);
    expect(await report.ended).toBe(0);
    expect(report.stdout()).toContain('weihai-3');
  });

  it('into files, killed in mid-flow and started again, has each sample in them once', async () => {
    const broker = await mosquitto();
    const folder = join(temporaryDirectory(), 'out');
    const args = [broker.url, '--to', `ndjson:${folder}`];
    const word = { ack: 'receiver', ackWithin: seconds(2), unrouted: 'hold' } as const;
    const fed = await gateway({ url: broker.url, ...word });
    const linesIn = () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ndjson'))
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
    const first = apart(...args);
    const flow = fed.append(120);
    await until('a beginning', () => existsSync(folder) && linesIn().length > 60);
    await first.kill('SIGKILL');
    await flow;
    await fed.append(30);
    expect(fed.isDelivered()).toBe(false);
    apart(...args);
    await until('the word of the receiver', fed.isDelivered);
    const samples = linesIn().map((line) => JSON.parse(line));
    expect(samples).toHaveLength(150 * DEVICES.length);
    expect(new Set(samples.map(({ tag, seq }) => `${tag} ${seq}`)).size).toBe(samples.length);
  });

  it('drops what is hostile, stores the rest, and asks nobody for what nobody has', async () => {
    const broker = await mosquitto();
    const db = openSqlite(join(temporaryDirectory(), 'received.db'));
    const receiver = await here(broker.url, db);
    await until('the connection', () => receiver.facts().state === 'receiving');
    const sender = await connectAsync(broker.url, { protocolVersion: 5 });
    const text = (fields: object) => JSON.stringify(fields);
    const hostile: readonly (readonly [string, string | Buffer])[] = [
      [topicOf('telemetry/press'), 'x'],
      [topicOf('telemetry/press'), Buffer.alloc(300_000, 0x5b)],
      [topicOf('telemetry/press', 'evil'), text(partFields(2))],
      [topicOf('watermark'), '{"v":1}'],
      [topicOf('telemetry/press'), text(partFields(Number.MAX_SAFE_INTEGER * 2))],
      [topicOf('alarm/press'), text(partFields(3)).replace(',3]', ',1e400]')],
    ];
    for (const [topic, payload] of hostile) await sender.publishAsync(topic, payload, { qos: 1 });
    await sender.publishAsync(topicOf('alarm/ack'), '{"key":"4f2a9c01","by":"Li"}', { qos: 1 });
    await sender.publishAsync(topicOf('telemetry/press'), text(partFields(1)), { qos: 0 });
    await sender.publishAsync(topicOf('telemetry/press'), text(partFields(9)), { qos: 1 });
    await until('the good ones', () => receiver.facts().parts === 2);
    expect(receiver.facts()).toMatchObject({ messages: 9, rejected: 6, repeats: 0 });
    expect(await countOf(db, 'samples')).toBe(2);
    await sender.endAsync();
  });

  it('stores all but what its database does not take', async () => {
    const broker = await mosquitto();
    const db = openSqlite(join(temporaryDirectory(), 'received.db'));
    const receiver = await here(broker.url, db);
    await db.query(`CREATE TRIGGER no_13 BEFORE INSERT ON parts WHEN new.seq = 13
      BEGIN SELECT RAISE(ABORT, 'unlucky'); END`);
    await until('the connection', () => receiver.facts().state === 'receiving');
    const sender = await connectAsync(broker.url, { protocolVersion: 5 });
    const messages = [11, 12, 13, 14, 15].map((seq) => JSON.stringify(partFields(seq)));
    await Promise.all(
      messages.map((text) => sender.publishAsync(topicOf('telemetry/a'), text, { qos: 1 })),
    );
    await until('the rest', () => receiver.facts().parts === 4 && receiver.facts().rejected === 1);
    expect(receiver.facts().rejection?.message).toContain('unlucky [receive.store-refused]');
    expect(receiver.troubles).toEqual([]);
    await sender.endAsync();
  });
});

describeWith(['mosquitto'], 'a connection', () => {
  it.each([
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const)(
    'reads no more than may wait, published with QoS %i and subscribed with %i; nothing is acknowledged by itself',
    async (published, subscribed) => {
      const broker = await mosquitto();
      const waiting: (() => void)[] = [];
      let messages = 0;
      const link = await openLink(
        {
          ...{ config: mqttConfig({ url: broker.url }), clock: systemClock(), isLasting: false },
          filters: ['$share/g/a/#'],
          onCredentials() {},
          qos: subscribed,
          onMessage({ acknowledge }) {
            messages++;
            waiting.push(acknowledge);
          },
        },
        new AbortController().signal,
      );
      onTestFinished(() => link.end());
      await link.subscribed;
      const sender = await connectAsync(broker.url, { protocolVersion: 5 });
      const numbers = Array.from({ length: 400 }, (_, index) => String(index));
      const sending = numbers.map((text) => sender.publishAsync('a/b', text, { qos: published }));
      await Promise.all(sending);
      const qos = Math.min(published, subscribed);
      // With QoS 1 it is the broker that keeps to it, as long as nothing is acknowledged: an answer comes behind all it sent.
      const full = qos === 1 ? RECEIVE_MAXIMUM : RECEIVE_MAXIMUM + 1;
      await until('a full window', () => messages >= full);
      if (qos === 1) await link.publish({ topic: 'b', text: '' });
      expect(messages).toBe(full);
      waiting.shift()?.();
      await until('one more', () => messages > full);
      while (messages < 400) {
        for (const acknowledge of waiting.splice(0)) acknowledge();
        const before = messages;
        await until('the next', () => messages > before || messages === 400);
        expect(waiting.length).toBeLessThanOrEqual(RECEIVE_MAXIMUM + 1);
      }
      await sender.endAsync();
    },
  );

  it('says why there is none', async () => {
    const refusing = await mosquitto({ anonymous: false });
    const closed = await mosquitto();
    await closed.stop();
    const open = (url: string) =>
      openLink(
        {
          ...{ config: mqttConfig({ url }), clock: systemClock(), isLasting: false },
          ...{ filters: ['a'], qos: 1, onMessage: () => {}, onCredentials() {} },
        },
        new AbortController().signal,
      );
    await expect(open(refusing.url)).rejects.toThrow('[receive.broker-refused]');
    await expect(open(closed.url)).rejects.toThrow('[receive.broker-away]');
  });
});
