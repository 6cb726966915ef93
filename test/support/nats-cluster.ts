/** Three real nats-servers, Debian's, as a JetStream cluster with an MQTT listener each, from the file that the guide gives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { freePort } from './mosquitto.ts';
import { programPath } from './real-parts.ts';
import { until } from './waiting.ts';

const HOST = '127.0.0.1';
const CONFIG = join(import.meta.dirname, '..', '..', 'config', 'upstream', 'nats', 'node.conf');
const NODES = [0, 1, 2] as const;

export interface NatsCluster {
  /** Of the MQTT listeners; the first node leads neither the cluster nor the stream of messages. */
  readonly urls: readonly string[];
  /** Consumers of MQTT sessions that the cluster has. */
  consumers(): Promise<number>;
  /** As a power cut does. */
  kill(node: number): Promise<void>;
  dispose(): Promise<void>;
}

interface Node {
  readonly name: string;
  readonly child: ChildProcess;
  readonly mqtt: number;
  readonly monitor: number;
}

export async function startNatsCluster(): Promise<NatsCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-nats-'));
  const routes = await Promise.all(NODES.map(freePort));
  const routeEnv = routes.map((port, i) => [`NATS_ROUTE_${i + 1}`, `nats://${HOST}:${port}`]);
  let output = '';
  const nodes: Node[] = [];
  for (const number of NODES) {
    const [port, mqtt, monitor] = [await freePort(), await freePort(), await freePort()];
    const child = spawn(programPath('nats-server') ?? 'nats-server', ['-c', CONFIG], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(routeEnv),
        ...{ NATS_NODE: `n${number + 1}`, NATS_HOST: HOST, NATS_DATA: join(folder, `${number}`) },
        ...{ NATS_PORT: `${port}`, NATS_MQTT: `${mqtt}`, NATS_MONITOR: `${monitor}` },
        NATS_CLUSTER: `${routes[number]}`,
      },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += text;
      });
    nodes.push({ name: `n${number + 1}`, child, mqtt, monitor });
  }
  const ask = async ({ monitor }: Node, path: string): Promise<Record<string, unknown>> => {
    const answer = await fetch(`http://${HOST}:${monitor}/${path}`).catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as Record<string, unknown>) : {};
  };
  const metaLeader = async (node: Node): Promise<string | undefined> => {
    if (node.child.exitCode !== null) throw new Error(`nats-server ended: ${output}`);
    const { meta_cluster: meta } = (await ask(node, 'jsz')) as { meta_cluster?: Meta };
    return meta?.cluster_size === NODES.length ? meta.leader || undefined : undefined;
  };
  const messagesLeader = async (node: Node): Promise<string | undefined> => {
    const { account_details: accounts } = (await ask(node, 'jsz?streams=1')) as Streams;
    const streams = accounts?.flatMap(({ stream_detail: details }) => details ?? []);
    return streams?.find(({ name }) => name === '$MQTT_msgs')?.cluster?.leader || undefined;
  };
  const end = async ({ child }: Node) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  const clusterOf = (all: readonly Node[]): NatsCluster => ({
    urls: all.map(({ mqtt }) => `mqtt://${HOST}:${mqtt}`),
    async consumers() {
      const counts = await Promise.all(all.map((node) => ask(node, 'jsz')));
      return Math.max(...counts.map(({ consumers }) => Number(consumers ?? 0)));
    },
    kill: (node) => end(all[node] as Node),
    async dispose() {
      await Promise.all(nodes.map(end));
      rmSync(folder, { recursive: true, force: true });
    },
  });
  try {
    for (const node of nodes)
      await until('a cluster with a leader', async () => (await metaLeader(node)) !== undefined);
    const [some] = nodes as [Node];
    // The first client makes the streams.
    await (await connectAsync(`mqtt://${HOST}:${some.mqtt}`, { protocolVersion: 4 })).endAsync();
    await until('a leader of the stream', async () => (await messagesLeader(some)) !== undefined);
    const leaders = [await metaLeader(some), await messagesLeader(some)];
    const isLeading = ({ name }: Node) => (leaders.includes(name) ? 1 : 0);
    nodes.sort((a, b) => isLeading(a) - isLeading(b));
    return clusterOf(nodes);
  } catch (error) {
    await Promise.all(nodes.map(end));
    throw error;
  }
}

interface Meta {
  readonly leader?: string;
  readonly cluster_size?: number;
}

interface Streams {
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly cluster?: { readonly leader?: string };
    }[];
  }[];
}
