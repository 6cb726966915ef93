/**
 * `drain_samples_per_s`: a backlog through forwarder and uplink into Mosquitto, beside bare mqtt.js that publishes the same
 * payloads with the same number on their way.
 * `uplink_bytes_per_sample_*`: what goes over the line in each format, beside a line of JSON for each sample.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import type { MqttConfig } from '../../config/site.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { systemRandom } from '../../gateway/host/random.ts';
import { fromBatch } from '../../gateway/journal/batch.ts';
import { type Block, seqOf } from '../../gateway/journal/journal.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { backlogAt, type DrainOrder, mqttConfig, SPEAKER, storeBacklog } from './drain-backlog.ts';
import { type Bench, byTurns, median, rounded } from './figure.ts';
import { benchFolder } from './site.ts';

/** Short ones, and each beside the next: a machine that is busy with others changes within seconds. */
const TURNS = 11;
const DRAIN_GOAL_RATIO = 0.8;
const MEASURED_BLOCKS = 100;

export const drain: Bench = {
  name: 'drain_samples_per_s',
  async run(print, note) {
    note('drain_samples_per_s, uplink_bytes_per_sample: 18 million samples by turns, minutes …');
    const folder = benchFolder();
    const broker = await startMosquitto();
    const order = { journal: join(folder.path, 'journal.db'), url: broker.url };
    const journal = backlogAt(order.journal);
    await storeBacklog(journal);
    const measured = journal.read(seqOf(1), MEASURED_BLOCKS);
    await journal.close();
    const bare = processOf('bare-publisher-process.ts', order);
    await once(bare, 'message');
    const gateway = processOf('drain-process.ts', order);
    const { values, baselines } = await byTurns(
      TURNS,
      () => asked(gateway),
      () => asked(bare),
    );
    for (const each of [bare, gateway]) each.disconnect();
    await once(gateway, 'exit');
    const ratios = values.map((value, turn) => value / (baselines[turn] as number));
    const ratio = median(ratios);
    print({
      figure: 'drain_samples_per_s',
      value: Math.round(median(values)),
      unit: 'samples/s',
      baseline: Math.round(median(baselines)),
      ratio: rounded(ratio, 2),
      goal: DRAIN_GOAL_RATIO,
      ok: ratio >= DRAIN_GOAL_RATIO,
      detail: {
        goal_is_for: 'ratio',
        ratio_is: 'the median of those of each turn',
        ratios: ratios.map((each) => rounded(each, 2)),
        runs: values.map(Math.round),
        bare: baselines.map(Math.round),
      },
    });
    await bytesPerSample(measured, mqttConfig(broker.url), broker.port, print);
    await broker.dispose();
    folder.remove();
  },
};

/** A process for each side: what the one leaves in memory is not the other's to collect. */
const processOf = (name: string, order: DrainOrder): ChildProcess =>
  fork(join(import.meta.dirname, name), [JSON.stringify(order)]);

async function asked(side: ChildProcess): Promise<number> {
  side.send('run');
  const [rate] = (await once(side, 'message')) as [number];
  return rate;
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
