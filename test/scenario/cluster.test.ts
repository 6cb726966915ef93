/**
 * Past one machine: a fleet into three nodes of NATS JetStream by MQTT 3.1.1, and receivers that share the work into one
 * PostgreSQL, two for each share. A receiver is killed in mid-flow.
 * What becomes of it when a node dies, with Debian's nats-server: docs/cluster.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import flags from '../../bin/node-flags.json' with { type: 'json' };
import { openPostgres } from '../../gateway/receive/postgres-db.ts';
import { disposals } from '../support/disposals.ts';
import { type NatsCluster, startNatsCluster } from '../support/nats-cluster.ts';
import { POSTGRES, startPostgres } from '../support/postgres.ts';
import { describeWith } from '../support/real-parts.ts';
import { type ReceiverProcess, receiverProcess } from '../support/receive-fixture.ts';
import { until } from '../support/waiting.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'gateway', 'main.ts');
const GATEWAYS = 10;
const TAGS = 5;
/** Its share of the telemetry, alarms, watermarks, statuses and answers. */
const SUBSCRIPTIONS = 5;
/** Which share each receiver takes, and at which node: two for each share, at different ones. */
const PLACES = [
  [0, 0],
  [0, 1],
  [1, 1],
  [1, 2],
] as const;

describeWith(['nats-server', POSTGRES], 'a fleet at a NATS cluster', () => {
  const dispose = disposals();

  it('stores each block once though a receiver dies', async () => {
    const postgres = dispose(await startPostgres(), (part) => part.dispose());
    await postgres.start();
    const cluster = dispose(await startNatsCluster(), (part) => part.dispose());
    const db = dispose(await openPostgres(postgres.url), (part) => part.close());
    const counted = async () => {
      const [counts] = await db.query<Counts>(COUNTS);
      return counts ?? { parts: 0, samples: 0, different: 0 };
    };
    const receivers: ReceiverProcess[] = [];
    for (const [share, node] of PLACES) {
      const receiver = receiverProcess(receiverArgs(cluster, postgres.url, share, node));
      receivers.push(dispose(receiver, (part) => part.kill('SIGKILL')));
      const subscribed = receivers.length * SUBSCRIPTIONS;
      await until('a receiver', async () => (await cluster.consumers()) >= subscribed);
    }

    const fleet = dispose(playedFleet(cluster), (part) => part.end());
    await until('blocks in the store', async () => (await counted()).parts > 100);
    await receivers[2]?.kill('SIGKILL');
    const summary = await fleet.summary;
    await until('all of it', async () => (await counted()).parts >= summary.blocks);
    expect(summary).toMatchObject({ undelivered: 0, skipped: 0, lost: 0 });
    const { blocks: parts, samples } = summary;
    expect(await counted()).toEqual({ parts, samples, different: samples });
    console.info('cluster', JSON.stringify(summary));
  }, 40_000);
});

const COUNTS = `SELECT (SELECT count(*)::int FROM headgate.parts) AS parts,
  (SELECT count(*)::int FROM headgate.samples) AS samples,
  (SELECT count(*)::int FROM (SELECT DISTINCT t.gw, t.name, s.number, s.time
    FROM headgate.samples s JOIN headgate.tags t ON t.tag = s.tag) AS each_once) AS different`;

function receiverArgs({ urls }: NatsCluster, store: string, share: number, node: number) {
  const topics = ['--topic', `headgate/v1/+/+/+/${share}`, '--topic', 'headgate/v1/+/alarm/+'];
  const places = [...urls.slice(node), ...urls.slice(0, node)];
  return [...places, '--mqtt', '3.1.1', ...topics, '--to', store, '--json'];
}

interface Counts {
  readonly parts: number;
  readonly samples: number;
  readonly different: number;
}

interface FleetSummary {
  readonly blocks: number;
  readonly samples: number;
  readonly lost: number;
}

function playedFleet({ urls }: NatsCluster) {
  const brokers = urls.flatMap((url) => ['--broker', url]);
  const what = ['--fleet', `${GATEWAYS}`, '--tags', `${TAGS}`];
  const how = ['--every', '100ms', '--for', '5s', '--mqtt', '3.1.1', '--json'];
  const argv = [...flags, MAIN, 'sim', ...what, ...how, ...brokers];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const ended = once(child, 'close');
  return {
    summary: ended.then(() => JSON.parse(output) as FleetSummary),
    async end() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
