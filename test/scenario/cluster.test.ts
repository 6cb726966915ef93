/**
 * Past one machine: a fleet into three nodes of NATS JetStream by MQTT 3.1.1, and two receivers that share the work into one
 * PostgreSQL. A node and a receiver are killed in mid-flow; each block is stored once.
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

  it('loses no block and stores none twice when a node and a receiver are killed', async () => {
    const postgres = dispose(await startPostgres(), (part) => part.dispose());
    await postgres.start();
    const cluster = dispose(await startNatsCluster(), (part) => part.dispose());
    const db = dispose(await openPostgres(postgres.url), (part) => part.close());
    const stored = async () => {
      const [row] = await db.query<Counts>('SELECT count(*)::int AS parts FROM headgate.parts');
      return row?.parts ?? 0;
    };
    const begin = (share: number, node: number) =>
      dispose(receiverProcess(receiverArgs(cluster, postgres.url, share, node)), (part) =>
        part.kill('SIGKILL'),
      );
    const receivers: ReceiverProcess[] = [];
    for (const [share, node] of PLACES) {
      receivers.push(begin(share, node));
      const subscribed = receivers.length * SUBSCRIPTIONS;
      await until('a receiver', async () => (await cluster.consumers()) >= subscribed);
    }
    const [, twin, doomed, spare] = receivers as [
      ReceiverProcess,
      ReceiverProcess,
      ReceiverProcess,
      ReceiverProcess,
    ];

    const fleet = dispose(playedFleet(cluster), (part) => part.end());
    await until('blocks in the store', async () => (await stored()) > 150);
    await cluster.kill(0);
    const atKill = await stored();
    await until('blocks after the node died', async () => (await stored()) > atKill + 150);
    await doomed.kill('SIGKILL');
    const summary = await fleet.summary;
    await until('all of it', async () => (await stored()) >= summary.blocks, 10_000).catch(
      () => {},
    );

    const [counts] =
      await db.query<Counts>(`SELECT (SELECT count(*)::int FROM headgate.parts) AS parts,
      (SELECT count(*)::int FROM headgate.samples) AS samples,
      (SELECT count(*)::int FROM (SELECT DISTINCT t.gw, t.name, s.number, s.time
        FROM headgate.samples s JOIN headgate.tags t ON t.tag = s.tag) AS different) AS different`);
    const journals = await db.query<{ head: number; blocks: number }>(`
      SELECT gw, epoch, max(seq)::int AS head, count(DISTINCT seq)::int AS blocks
      FROM headgate.parts JOIN headgate.journals USING (journal) GROUP BY gw, epoch`);
    await Promise.all([twin.kill('SIGTERM'), spare.kill('SIGTERM')]);
    const shares = [twin, spare].map((receiver) => Number(receiver.summary().parts));
    console.info('cluster', JSON.stringify({ ...summary, stored: counts, shares }));

    expect(summary).toMatchObject({ undelivered: 0, skipped: 0 });
    expect(summary.lost).toBeGreaterThan(0);
    expect(journals).toHaveLength(GATEWAYS);
    expect(journals.filter(({ head, blocks }) => head !== blocks)).toEqual([]);
    expect(counts).toEqual({
      parts: summary.blocks,
      samples: summary.samples,
      different: summary.samples,
    });
    for (const share of shares) expect(share).toBeGreaterThan(0);
  }, 60_000);
});

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
  const what = ['--fleet', `${GATEWAYS}`, '--tags', '5', '--every', '100ms', '--for', '10s'];
  const how = ['--mqtt', '3.1.1', '--json'];
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
