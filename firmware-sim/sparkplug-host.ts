/**
 * A host application of Sparkplug B 3.0, as it is at the other end: it knows every edge node of a group by births, data and
 * deaths, and complains of each message that breaks the specification. It shares no code with the gateway.
 */
import { connect, type MqttClient } from './mqtt.ts';
import { SparkplugJudge } from './sparkplug-judge.ts';
import { decodeSparkplug, encodeSparkplug, type SparkplugPayload } from './sparkplug-schema.ts';

export interface HostMessage {
  readonly topic: string;
  /** NBIRTH, DDATA … */
  readonly type: string;
  readonly node: string;
  readonly device: string | undefined;
  readonly qos: number;
  readonly retain: boolean;
  readonly payload: SparkplugPayload;
}

export interface SparkplugHostOptions {
  readonly url: string;
  readonly group: string;
  readonly onMessage?: (message: HostMessage) => void;
}

export interface SparkplugHost {
  /** Everything of the group, in the order of arrival. */
  readonly messages: readonly HostMessage[];
  readonly judge: SparkplugJudge;
  /** Names of fields as in the schema. `device` is left out of a command for the node. */
  command(node: string, metrics: readonly object[], set?: CommandSettings): Promise<void>;
  rebirth(node: string): Promise<void>;
  /** Retained, with QoS 1 (§5). */
  state(host: string, online: boolean, timestamp: number): Promise<void>;
  say(topic: string, payload: string | Uint8Array, retain?: boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface CommandSettings {
  readonly device?: string;
  /** Undefined is left out. */
  readonly timestamp?: number | undefined;
  readonly retain?: boolean;
}

/** Resolves when it is subscribed. */
export async function startSparkplugHost(options: SparkplugHostOptions): Promise<SparkplugHost> {
  const { url, group, onMessage = () => {} } = options;
  const client: MqttClient = connect(url, { protocolVersion: 5, reconnectPeriod: 200 });
  client.on('error', () => {});
  const messages: HostMessage[] = [];
  const judge = new SparkplugJudge();
  client.on('message', (topic, bytes, { qos, retain }) => {
    const [, , type = '', node = '', device] = topic.split('/');
    if (type.endsWith('CMD')) return;
    const payload = decodeSparkplug(bytes);
    const message = { topic, type, node, device, qos, retain, payload };
    messages.push(message);
    judge.take(message);
    onMessage(message);
  });
  await client.subscribeAsync(`spBv1.0/${group}/#`, { qos: 1, rap: true });
  const say = async (topic: string, payload: string | Uint8Array, retain = false) => {
    const bytes = typeof payload === 'string' ? payload : Buffer.from(payload);
    await client.publishAsync(topic, bytes, { qos: 0, retain });
  };
  const command = (node: string, metrics: readonly object[], set: CommandSettings = {}) => {
    const { device, retain, timestamp } = set;
    const type = device === undefined ? 'NCMD' : 'DCMD';
    const payload = encodeSparkplug({ ...(timestamp !== undefined && { timestamp }), metrics });
    const end = device === undefined ? '' : `/${device}`;
    return say(`spBv1.0/${group}/${type}/${node}${end}`, payload, retain);
  };
  return {
    messages,
    judge,
    command,
    rebirth: (node) => command(node, [{ name: 'Node Control/Rebirth', booleanValue: true }]),
    async state(host, online, timestamp) {
      const text = JSON.stringify({ online, timestamp });
      await client.publishAsync(`spBv1.0/STATE/${host}`, text, { qos: 1, retain: true });
    },
    say,
    async stop() {
      await client.endAsync(true);
    },
  };
}
