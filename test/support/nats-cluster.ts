/** Three real nats-servers, Debian's, as a JetStream cluster with an MQTT listener each, from the file that the guide gives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './mosquitto.ts';
import { programPath } from './real-parts.ts';
import { until } from './waiting.ts';

const HOST = '127.0.0.1';
const CONFIG = join(import.meta.dirname, '..', '..', 'config', 'upstream', 'nats', 'node.conf');
const NODES = [0, 1, 2] as const;

export interface NatsCluster {
  /** Of the MQTT listeners. */
  readonly urls: readonly string[];
  /** Consumers of MQTT sessions that the cluster has. */
  consumers(): Promise<number>;
  dispose(): Promise<void>;
}

interface Node {
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
    nodes.push({ child, mqtt, monitor });
  }
  const ask = async ({ monitor }: Node, path: string): Promise<Record<string, unknown>> => {
    const answer = await fetch(`http://${HOST}:${monitor}/${path}`).catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as Record<string, unknown>) : {};
  };
  const isReady = async (node: Node) => {
    if (node.child.exitCode !== null) throw new Error(`nats-server ended: ${output}`);
    const { meta_cluster: meta } = await ask(node, 'jsz');
    const { leader, cluster_size: size } = (meta ?? {}) as {
      leader?: string;
      cluster_size?: number;
    };
    return Boolean(leader) && size === NODES.length;
  };
  const end = async ({ child }: Node) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  const cluster: NatsCluster = {
    urls: nodes.map(({ mqtt }) => `mqtt://${HOST}:${mqtt}`),
    async consumers() {
      const counts = await Promise.all(nodes.map((node) => ask(node, 'jsz')));
      return Math.max(...counts.map(({ consumers }) => Number(consumers ?? 0)));
    },
    async dispose() {
      await Promise.all(nodes.map(end));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    for (const node of nodes) await until('a cluster with a leader', () => isReady(node));
  } catch (error) {
    await cluster.dispose();
    throw error;
  }
  return cluster;
}
