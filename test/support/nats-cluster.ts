/** Three real nats-servers as a JetStream cluster with an MQTT listener each, from the file that the guide gives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './mosquitto.ts';
import { until } from './waiting.ts';

const HOST = '127.0.0.1';
const CONFIG = join(import.meta.dirname, '..', '..', 'config', 'upstream', 'nats', 'node.conf');
/** QoS 1 messages of MQTT are in this stream. */
const MESSAGES = '$MQTT_msgs';
const NODES = [1, 2, 3];
const ATTEMPTS = 3;
/** An election takes up to 9 s, and another where it has no winner. */
const PATIENCE_MS = 20_000;

/** Where test/support/peers/fetch-nats-server puts it; for `describeWith`. */
export const NATS_SERVER = join(
  process.env.HEADGATE_PEERS ?? join(homedir(), '.cache', 'headgate'),
  ...['nats-server', 'usr', 'sbin', 'nats-server'],
);

export interface NatsNode {
  /** Of its MQTT listener. */
  readonly url: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Again, on the same ports and with what is in its folder. */
  start(): void;
}

export interface Leaders {
  /** Undefined where nobody leads. */
  readonly cluster: NatsNode | undefined;
  readonly messages: NatsNode | undefined;
}

interface Connz {
  readonly connections?: readonly { readonly subscriptions_list?: readonly string[] }[];
}

interface Jsz {
  readonly meta_cluster?: { readonly leader?: string; readonly cluster_size?: number };
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly cluster?: { readonly leader?: string };
    }[];
  }[];
}

/**
 * A port that was free can be another's a moment later, and one start in thirty found no leader within 40 s: then all of them
 * start anew, with other ports.
 */
export async function startNatsCluster(): Promise<NatsCluster> {
  for (let attempt = 1; ; attempt++) {
    const cluster = new NatsCluster(await portsOf(NODES));
    try {
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.dispose();
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

interface Ports {
  readonly client: number;
  readonly mqtt: number;
  readonly monitor: number;
  readonly route: number;
}

async function portsOf(nodes: readonly number[]): Promise<readonly Ports[]> {
  const ports: Ports[] = [];
  for (const _ of nodes) {
    const [client, mqtt] = [await freePort(), await freePort()];
    ports.push({ client, mqtt, monitor: await freePort(), route: await freePort() });
  }
  return ports;
}

export class NatsCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'headgate-nats-'));
  readonly #nodes: readonly Node[];
  /** What the nodes wrote so far. */
  output = '';

  constructor(ports: readonly Ports[]) {
    const routes = ports.map(({ route }, i) => [`NATS_ROUTE_${i + 1}`, `nats://${HOST}:${route}`]);
    this.#nodes = ports.map((own, index) => {
      const data = { NATS_DATA: join(this.#folder, `${index}`) };
      return new Node(`n${index + 1}`, own, { ...Object.fromEntries(routes), ...data }, (text) => {
        this.output += text;
      });
    });
    for (const node of this.#nodes) node.start();
  }

  get nodes(): readonly NatsNode[] {
    return this.#nodes;
  }

  async ready(): Promise<void> {
    for (const node of this.#nodes)
      await until('a cluster with a leader', () => this.#isKnown(node), PATIENCE_MS);
  }

  async #isKnown(node: Node): Promise<boolean> {
    if (!node.isRunning) throw new Error(`nats-server ended: ${this.output}`);
    const meta = (await node.ask<Jsz>('jsz'))?.meta_cluster;
    return Boolean(meta?.leader) && meta?.cluster_size === this.#nodes.length;
  }

  /** MQTT clients that are subscribed to it. */
  async subscribers(filter: string): Promise<number> {
    const subject = filter.replaceAll('/', '.').replaceAll('+', '*');
    const told = await Promise.all(this.#nodes.map((node) => node.ask<Connz>('connz?subs=1')));
    const connections = told.flatMap((connz) => connz?.connections ?? []);
    return connections.filter(({ subscriptions_list: of = [] }) => of.includes(subject)).length;
  }

  /** Who leads the cluster, and who the stream of messages. */
  async leaders(): Promise<Leaders> {
    const told = await Promise.all(this.#nodes.map((node) => node.ask<Jsz>('jsz?streams=1')));
    const streams = told
      .flatMap((jsz) => jsz?.account_details ?? [])
      .flatMap(({ stream_detail: of = [] }) => of);
    const named = (names: readonly (string | undefined)[]) =>
      this.#nodes.find(({ name }) => names.includes(name));
    const messages = streams.filter(({ name }) => name === MESSAGES);
    return {
      cluster: named(told.map((jsz) => jsz?.meta_cluster?.leader)),
      messages: named(messages.map(({ cluster }) => cluster?.leader)),
    };
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

class Node implements NatsNode {
  readonly name: string;
  readonly url: string;
  readonly #monitor: number;
  readonly #env: NodeJS.ProcessEnv;
  readonly #onOutput: (text: string) => void;
  #child: ChildProcess | undefined;

  constructor(
    name: string,
    ports: Ports,
    env: NodeJS.ProcessEnv,
    onOutput: (text: string) => void,
  ) {
    this.name = name;
    this.url = `mqtt://${HOST}:${ports.mqtt}`;
    this.#monitor = ports.monitor;
    this.#env = {
      ...{ ...env, NATS_NODE: name, NATS_HOST: HOST, NATS_PORT: `${ports.client}` },
      ...{ NATS_MQTT: `${ports.mqtt}`, NATS_MONITOR: `${ports.monitor}` },
      NATS_CLUSTER: `${ports.route}`,
    };
    this.#onOutput = onOutput;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  start(): void {
    const child = spawn(NATS_SERVER, ['-c', CONFIG], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: this.#env,
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => this.#onOutput(`${this.name} ${text}`));
    this.#child = child;
  }

  async kill(): Promise<void> {
    if (!this.#child || !this.isRunning) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  /** What its monitor says; undefined when it does not answer. */
  async ask<Answer>(path: string): Promise<Answer | undefined> {
    const answer = await fetch(`http://${HOST}:${this.#monitor}/${path}`).catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as Answer) : undefined;
  }
}
