/**
 * `drain_samples_per_s`: a backlog through forwarder and uplink into Mosquitto, beside bare mqtt.js that publishes the same
 * payloads with the same number on their way.
 * `uplink_bytes_per_sample_*`: what goes over the line in each format, beside a line of JSON for each sample.
 */
import { once } from 'node:events';
import { connect as connectTcp, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { connect, type IConnackPacket } from 'mqtt';
import { plainUplink } from '../../config/build.ts';
import type { MqttConfig } from '../../config/site.ts';
import { blockMessagesOf } from '../../gateway/forward/block-messages.ts';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { systemRandom } from '../../gateway/host/random.ts';
import { fromBatch } from '../../gateway/journal/batch.ts';
import { type Block, seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { until } from '../support/waiting.ts';
import { type Bench, byTurns, median, rounded } from './figure.ts';
import { benchFolder } from './site.ts';
import { StoredSamples, tagsOf } from './stored-samples.ts';

const TAGS = 1_000;
/** Half an hour of 10,000 samples a second: in less, most of the time is what both sides take to become warm. */
const BLOCKS = 20_000;
/** What bare mqtt.js publishes again and again: its messages are in memory. */
const BARE_BLOCKS = 2_000;
const RUNS = 3;
const DRAIN_GOAL_RATIO = 0.8;
const PATIENCE_MS = 120_000;
const MEASURED_BLOCKS = 100;
const SPEAKER = { gateway: 'bench', epoch: '9f3c2a17d04be586', version: '0', config: '0' };

export const drain: Bench = {
  name: 'drain_samples_per_s',
  async run(print, note) {
    note(
      'drain_samples_per_s, uplink_bytes_per_sample: twenty million samples by turns, two minutes …',
    );
    const folder = benchFolder();
    const broker = await startMosquitto();
    const journal = await filled(join(folder.path, 'journal.db'));
    const { mqtt } = plainUplink(SPEAKER.gateway, 'cloud', broker.url);
    let run = 0;
    const { values, baselines } = await byTurns(
      RUNS,
      () => drained(journal, mqtt, `run${++run}`),
      () => bare(journal, mqtt),
    );
    const [value, baseline] = [median(values), median(baselines)];
    print({
      figure: 'drain_samples_per_s',
      value: Math.round(value),
      unit: 'samples/s',
      baseline: Math.round(baseline),
      ratio: rounded(value / baseline, 2),
      goal: DRAIN_GOAL_RATIO,
      ok: value / baseline >= DRAIN_GOAL_RATIO,
      detail: {
        goal_is_for: 'ratio',
        runs: values.map(Math.round),
        bare: baselines.map(Math.round),
      },
    });
    await bytesPerSample(journal.read(seqOf(1), MEASURED_BLOCKS), mqtt, broker.port, print);
    await journal.close();
    await broker.dispose();
    folder.remove();
  },
};

async function filled(path: string): Promise<SqliteJournal> {
  const journal = openJournal({
    ...{ path, tags: tagsOf(TAGS), uplinks: [], clock: systemClock(), log: silentLog },
    ...{ maxSize: bytes(4e9), keep: millis(30 * 86_400_000) },
  });
  const samples = new StoredSamples(TAGS, 'slow');
  for (let number = 1; number <= BLOCKS; number++) {
    samples.advance();
    await journal.append('telemetry', samples.batch(number), { origin: 'bench', number });
  }
  return journal;
}

/** Samples a second until the last is acknowledged. */
async function drained(journal: SqliteJournal, config: MqttConfig, name: string): Promise<number> {
  const common = { clock: systemClock(), log: silentLog, random: systemRandom };
  const clientId = name;
  const uplink = createMqttUplink({
    ...{ ...common, name, config: { ...config, clientId }, speaker: SPEAKER, tags: [] },
  });
  const forwarder = createForwarder({ ...common, uplink, journal, resend: config.resend });
  const cursor = journal.cursor(name);
  await forwarder.start();
  await until('the connection', () => forwarder.facts().state === 'up');
  const began = performance.now();
  await until('the drain', () => cursor.upTo === journal.head, PATIENCE_MS);
  const seconds = (performance.now() - began) / 1_000;
  await forwarder.stop();
  return (TAGS * BLOCKS) / seconds;
}

/** The same messages, made before, by mqtt.js alone. */
async function bare(journal: SqliteJournal, config: MqttConfig): Promise<number> {
  const messagesOf = blockMessagesOf(config, SPEAKER, []);
  const blocks = journal.read(seqOf(1), BARE_BLOCKS);
  const messages = blocks.flatMap((block) => messagesOf(block, true));
  const all = (messages.length * BLOCKS) / BARE_BLOCKS;
  const client = connect(config.url, { protocolVersion: 5, clientId: 'bare' });
  const { properties } = await new Promise<IConnackPacket>((up) => client.once('connect', up));
  // No client may have more on their way than the broker says (MQTT 5.0 §3.3.4).
  const onTheWay = Math.min(config.window, properties?.receiveMaximum ?? config.window);
  // At its best: as it comes, each small packet waits for the answer to the one before (RFC 896).
  if (client.stream instanceof Socket) client.stream.setNoDelay(true);
  const began = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < all) {
      const { topic, payload } = messages[next++ % messages.length] as (typeof messages)[number];
      await client.publishAsync(topic, payload as string, { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: onTheWay }, lane));
  const seconds = (performance.now() - began) / 1_000;
  await client.endAsync();
  return (TAGS * BLOCKS) / seconds;
}

/** Told apart by name: how messages look, and the most they may take of a line of JSON for each sample. */
const SHAPES: readonly (readonly [name: string, set: Partial<MqttConfig>, goal: number])[] = [
  ['envelope', {}, 0.6],
  ['envelope_zstd', { compress: 'zstd' }, 0.2],
  ['thingsboard', { format: 'thingsboard', topic: 'v1/gateway/telemetry' }, 0.8],
  ['influx', { format: 'influx', topic: 'headgate/{gateway}/influx' }, 0.8],
  ['per_tag', { format: 'per-tag', topic: 'headgate/{gateway}/{device}/{tag}' }, 1.6],
];

async function bytesPerSample(
  blocks: readonly Block[],
  config: MqttConfig,
  port: number,
  print: Parameters<Bench['run']>[0],
): Promise<void> {
  const samples = blocks.reduce((sum, block) => sum + block.samples.length, 0);
  const rows = blocks.flatMap(({ samples, tagOf }) => fromBatch(samples, tagOf));
  const baseline =
    rows.reduce(
      (sum, { tag, time, value }) => sum + JSON.stringify({ tag, time, value }).length + 1,
      0,
    ) / samples;
  for (const [name, set, goal] of SHAPES) {
    const line = await countingLine(port);
    const common = { clock: systemClock(), log: silentLog, random: systemRandom };
    const url = `mqtt://127.0.0.1:${line.port}`;
    const uplink = createMqttUplink({
      ...{ ...common, name, config: { ...config, ...set, url }, speaker: SPEAKER, tags: [] },
    });
    await new Promise<void>((up) => uplink.open({ up, down() {} }));
    for (const block of blocks) await uplink.send(block, false);
    const value = line.bytes() / samples;
    await uplink.close();
    await line.close();
    print({
      figure: `uplink_bytes_per_sample_${name}`,
      value: rounded(value, 2),
      unit: 'B',
      baseline: rounded(baseline, 1),
      ratio: rounded(value / baseline),
      goal,
      ok: value / baseline <= goal,
      detail: { goal_is_for: 'ratio', samples },
    });
  }
}

/** A TCP line to a port of this machine that counts what the near end sends. */
async function countingLine(to: number) {
  let sent = 0;
  const server = createServer((near) => {
    const far = connectTcp(to, '127.0.0.1');
    near.on('data', ({ length }) => {
      sent += length;
    });
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    bytes: () => sent,
    close: () => new Promise<void>((closed) => server.close(() => closed())),
  };
}
