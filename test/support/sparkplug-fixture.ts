/** A real edge node at a real broker: the uplink and its forwarder, a host that judges, and the packets as they went out. */
import { type Packet, parser } from 'mqtt-packet';
import { onTestFinished } from 'vitest';
import type { SparkplugConfig } from '../../config/site.ts';
import { startSparkplugHost } from '../../firmware-sim/sparkplug-host.ts';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createSparkplugUplink } from '../../gateway/forward/sparkplug/sparkplug-uplink.ts';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { memoryStateStore } from '../../gateway/host/state-store.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import type { FieldTag, Tag } from '../../gateway/model/tag.ts';
import { monoMs, seconds } from '../../gateway/model/units.ts';
import type { UpstreamRequest } from '../../gateway/model/upstream.ts';
import { cuttableLine } from './cuttable-line.ts';
import { sample, T0, tag } from './forward-fixture.ts';
import { memoryJournal } from './memory-journal.ts';
import { startMosquitto } from './mosquitto.ts';
import { until } from './waiting.ts';

export const GROUP = 'hall-1';
export const NODE = 'weihai-3';

export const sparkplugConfig = (set: Partial<SparkplugConfig> = {}): SparkplugConfig => ({
  url: 'mqtt://127.0.0.1:1',
  version: 5,
  clientId: 'weihai-3-scada',
  username: undefined,
  password: undefined,
  ca: undefined,
  clientCert: undefined,
  clientKey: undefined,
  keepalive: seconds(30),
  only: undefined,
  group: GROUP,
  node: NODE,
  primaryHost: undefined,
  fallback: [],
  hasAliases: false,
  resend: seconds(90),
  commandAge: seconds(60),
  ...set,
});

export const fieldTag = (id: string, field: Partial<FieldTag> = {}): Tag => ({
  ...tag(id),
  field: { holds: 'number', takesRemote: false, ...field },
});

/** Two devices, and what the gateway tells of itself. */
export const PLANT: readonly Tag[] = [
  { ...fieldTag('press.oil_temp'), unit: '°C' },
  fieldTag('press.pump', { holds: 'flag', takesRemote: true }),
  fieldTag('meter.energy'),
  tag('meter.alarm_event'),
  tag('gateway.autonomy'),
];

export interface EdgeOptions {
  readonly config?: Partial<SparkplugConfig>;
  readonly tags?: readonly Tag[];
  readonly takesCommands?: boolean;
  readonly clock?: Clock;
  /** Takes the question how all tags stand; it is answered at once where it is left out. */
  readonly onPresent?: (answer: () => void) => void;
}

/** A broker with a line to it that is watched and can be cut. */
export async function startWatchedBroker(lines: readonly string[] = []) {
  const broker = await startMosquitto({ lines: () => lines });
  const packets: Packet[] = [];
  let swallow = () => {};
  const line = await cuttableLine(broker.port, (near, far) => {
    // What is written to the broker goes nowhere, and nobody is told.
    swallow = () => {
      near.unpipe(far);
      near.resume();
    };
    const read = parser({ protocolVersion: 5 });
    const topics = new Map<number, string>();
    read.on('packet', (packet) => packets.push(withTopic(packet, topics)));
    near.on('data', (bytes) => read.parse(Buffer.from(bytes)));
  });
  onTestFinished(async () => {
    await line.close();
    await broker.dispose();
  });
  const of = <C extends Packet['cmd']>(cmd: C) =>
    packets.filter((packet): packet is Extract<Packet, { readonly cmd: C }> => packet.cmd === cmd);
  return {
    ...broker,
    line,
    packets,
    of,
    swallow: () => swallow(),
    near: `mqtt://127.0.0.1:${line.port}`,
  };
}

/** A topic that was sent before may come as its number (MQTT 5.0 §3.3.2.3.4). */
function withTopic(packet: Packet, topics: Map<number, string>): Packet {
  const alias = packet.cmd === 'publish' ? packet.properties?.topicAlias : undefined;
  if (packet.cmd !== 'publish' || alias === undefined) return packet;
  if (packet.topic !== '') topics.set(alias, packet.topic);
  return { ...packet, topic: topics.get(alias) ?? '' };
}

export type WatchedBroker = Awaited<ReturnType<typeof startWatchedBroker>>;

export async function startHost({ url }: Pick<WatchedBroker, 'url'>) {
  const host = await startSparkplugHost({ url, group: GROUP });
  onTestFinished(() => host.stop());
  const of = (type: string, device?: string) =>
    host.messages.filter((one) => one.type === type && (!device || one.device === device));
  const arrived = (count: number, type: string, device?: string) =>
    until(`${count} ${type}`, () => of(type, device).length >= count);
  return { ...host, of, arrived };
}

/** Waits that are right for a field would be long for a test: all of them are a fifth. */
function hurriedClock(): Clock {
  const clock = systemClock();
  return {
    ...clock,
    mono: () => monoMs(HURRY * clock.mono()),
    at: (name, due, run, options) => clock.at(name, monoMs(due / HURRY), run, options),
  };
}

const HURRY = 5;

/** The edge node of the plant; `image` is what the field side knows, `put` stores a block. */
export function edgeNode(broker: Pick<WatchedBroker, 'near'>, options: EdgeOptions = {}) {
  const { config, tags = PLANT, takesCommands = true, clock = hurriedClock() } = options;
  const { onPresent = queueMicrotask } = options;
  const journal = memoryJournal();
  const state = memoryStateStore();
  const image = new Map<string, Sample>();
  const requests: UpstreamRequest[] = [];
  const start = () => {
    const uplink = createSparkplugUplink({
      ...{ name: 'scada', gateway: NODE, tags, takesCommands, clock, log: silentLog },
      config: sparkplugConfig({ url: broker.near, ...config }),
      random: () => 0.05,
      openState: async () => state,
      onRequest(request) {
        if (request.about === 'present') onPresent(answer);
        else requests.push(request);
      },
    });
    const answer = () => uplink.reply?.({ about: 'present', samples: [...image.values()] });
    const parts = { uplink, journal, clock, log: silentLog, random: () => 0.05 };
    const forwarder = createForwarder({ ...parts, resend: sparkplugConfig(config).resend });
    onTestFinished(() => forwarder.stop());
    void forwarder.start();
    return { uplink, forwarder };
  };
  const { uplink, forwarder } = start();
  /** The image knows the samples, and they are stored as one block. */
  const put = (...samples: readonly Sample[]) => {
    for (const one of samples) image.set(one.tag, one);
    const seq = journal.put(samples);
    forwarder.onAppended(seq);
    return seq;
  };
  const cursor = journal.cursor('scada');
  const delivered = (seq: number) =>
    until(`block ${seq}`, () => cursor.isAcknowledged(seq as never));
  return { uplink, forwarder, journal, state, image, requests, put, delivered, cursor, start };
}

/** A sample at so many ms of the test's own time. */
export const at = (
  ms: number,
  id: string,
  value: Sample['value'],
  quality: Sample['quality'] = value === null ? 'bad:comm' : 'good',
): Sample => sample(id, value, { time: T0 + ms, quality });
