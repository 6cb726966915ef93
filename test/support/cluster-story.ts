/**
 * A fleet of gateways into three nodes of NATS by MQTT 3.1.1, three receivers into one PostgreSQL, each share of the telemetry at
 * two of them. In mid-flow a node dies, and a receiver at another node.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import flags from '../../bin/node-flags.json' with { type: 'json' };
import type { Db } from '../../gateway/receive/db.ts';
import { openPostgres } from '../../gateway/receive/postgres-db.ts';
import { type NatsCluster, type NatsNode, startNatsCluster } from './nats-cluster.ts';
import { startPostgres } from './postgres.ts';
import { type ReceiverProcess, receiverProcess } from './receive-fixture.ts';
import { until } from './waiting.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'gateway', 'main.ts');
/** So many numbers node.conf gives out, and so many receivers there are. */
const SHARES = [0, 1, 2] as const;
const BLOCKS_BEFORE = 3;
/** An election takes up to 9 s; the machine may have much else to do. */
const PATIENCE_MS = 60_000;

/** What the node that dies leads: the stream of MQTT messages, the cluster, or neither. */
export const VICTIMS = ['messages', 'cluster', 'other'] as const;

export interface ClusterPlan {
  readonly gateways: number;
  readonly tags: number;
  /** How often each gateway sends, and how long; `500ms`, `10s`. */
  readonly every: string;
  readonly length: string;
  /** Undefined: nobody dies. */
  readonly victim: (typeof VICTIMS)[number] | undefined;
  /** It comes back when blocks are stored again. */
  readonly returns: boolean;
  /** PostgreSQL with fsync. */
  readonly isDurable: boolean;
}

/** As the fleet prints them. */
interface FleetSummary {
  readonly blocks: number;
  readonly samples: number;
  readonly seconds: number;
  /** Blocks sent again, that were not made, that nobody confirmed. */
  readonly resent: number;
  readonly skipped: number;
  readonly undelivered: number;
  /** Connections. */
  readonly lost: number;
  /** From the hand-over of a block to the word of a receiver that has committed it. */
  readonly p50_ms: number;
  readonly p99_ms: number;
}

export interface ClusterFigures extends FleetSummary {
  /** In the tables. */
  readonly stored: { readonly parts: number; readonly samples: number };
  /** Rows beyond one for each sample of each gateway. */
  readonly duplicates: number;
  /** Blocks that were stored when the two died. */
  readonly before: number;
  /** Messages that brought what was stored already, at the receivers that lived. */
  readonly repeats: number;
  /** The longest time without a new block in the tables. */
  readonly pause_ms: number;
}

export type Dispose = <T>(part: T, dispose: (part: T) => Promise<unknown>) => T;

export async function playCluster(plan: ClusterPlan, dispose: Dispose): Promise<ClusterFigures> {
  const { isDurable, gateways, victim } = plan;
  const postgres = dispose(await startPostgres({ isDurable }), (part) => part.dispose());
  const cluster = dispose(await startNatsCluster(), (part) => part.dispose());
  const db = dispose(await openPostgres(postgres.url), (part) => part.close());
  const receivers = SHARES.map((first) => {
    const receiver = receiverProcess(receiverArgs(cluster, postgres.url, first));
    return dispose(receiver, (part) => part.kill('SIGKILL'));
  });
  for (const share of SHARES)
    await until(
      'two receivers',
      async () => (await cluster.subscribers(topicOf(share))) === 2,
      PATIENCE_MS,
    );

  const fleet = dispose(playedFleet(cluster, plan), (part) => part.end());
  await until('a flow', async () => (await partsIn(db)) > gateways * BLOCKS_BEFORE, PATIENCE_MS);
  const before = await partsIn(db);
  const dying = victim && (await nodeOf(cluster, victim));
  const dead = dying && receivers[(cluster.nodes.indexOf(dying) + 1) % receivers.length];
  await Promise.all([dying?.kill(), dead?.kill('SIGKILL')]);
  const pauses = dispose(watchedPauses(db), (part) => part.end());
  if (dying && plan.returns) {
    const blocks = (await partsIn(db)) + gateways;
    await until('blocks without it', async () => (await partsIn(db)) > blocks, PATIENCE_MS);
    dying.start();
  }
  const summary = await fleet.summary;
  const pause_ms = await pauses.end();
  const living = receivers.filter((receiver) => receiver !== dead);
  const repeats = await Promise.all(living.map(repeatsOf));
  const [rows] = await db.query<Rows>(ROWS);
  const { parts = 0, samples = 0, different = 0 } = rows ?? {};
  return {
    ...summary,
    ...{ stored: { parts, samples }, duplicates: samples - different, before },
    ...{ repeats: repeats.reduce((sum, count) => sum + count, 0), pause_ms },
  };
}

interface Rows {
  readonly parts: number;
  readonly samples: number;
  readonly different: number;
}

const ROWS = `SELECT (SELECT count(*)::int FROM headgate.parts) AS parts,
  (SELECT count(*)::int FROM headgate.samples) AS samples,
  (SELECT count(*)::int FROM (SELECT DISTINCT t.gw, t.name, s.number, s.time
    FROM headgate.samples s JOIN headgate.tags t ON t.tag = s.tag) AS each_once) AS different`;

async function partsIn(db: Db): Promise<number> {
  const [row] = await db.query<Pick<Rows, 'parts'>>(
    'SELECT count(*)::int AS parts FROM headgate.parts',
  );
  return row?.parts ?? 0;
}

const topicOf = (share: number) => `headgate/v1/+/+/+/${share}`;

/** The first share is at the node of the same number; the next receiver has the second one, too. */
function receiverArgs({ nodes }: NatsCluster, store: string, first: number) {
  const urls = [...nodes.slice(first), ...nodes.slice(0, first)].map(({ url }) => url);
  const shares = [first, (first + 1) % SHARES.length].flatMap((share) => [
    '--topic',
    topicOf(share),
  ]);
  return [...urls, '--mqtt', '3.1.1', '--qos', '0', ...shares, '--to', store, '--json'];
}

async function nodeOf(
  cluster: NatsCluster,
  victim: NonNullable<ClusterPlan['victim']>,
): Promise<NatsNode> {
  const leaders = await cluster.leaders();
  const node =
    victim === 'other'
      ? cluster.nodes.find((one) => one !== leaders.messages && one !== leaders.cluster)
      : leaders[victim];
  if (node === undefined) throw new Error(`nobody leads: ${cluster.output}`);
  return node;
}

async function repeatsOf(receiver: ReceiverProcess): Promise<number> {
  await receiver.kill('SIGTERM');
  return Number(receiver.summary().repeats);
}

/** Looks at the tables all the time. */
function watchedPauses(db: Db) {
  let isOver = false;
  const watched = (async () => {
    let [longest, parts, since] = [0, await partsIn(db), performance.now()];
    while (!isOver) {
      const now = await partsIn(db);
      if (now === parts) continue;
      longest = Math.max(longest, performance.now() - since);
      [parts, since] = [now, performance.now()];
    }
    return Math.round(longest);
  })();
  return {
    end() {
      isOver = true;
      return watched;
    },
  };
}

function playedFleet({ nodes }: NatsCluster, { gateways, tags, every, length }: ClusterPlan) {
  const brokers = nodes.flatMap(({ url }) => ['--broker', url]);
  const what = ['--fleet', `${gateways}`, '--tags', `${tags}`, '--every', every, '--for', length];
  const how = ['--mqtt', '3.1.1', '--ack', 'receiver', '--ack-within', '5s', '--json'];
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
