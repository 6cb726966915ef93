/**
 * An edge node of Sparkplug B 3.0 at a real Mosquitto, judged by a host that shares no code with it. Every test ends with what
 * that host complains of: nothing.
 */
import { afterEach, expect, it } from 'vitest';
import { decodeSparkplug } from '../../firmware-sim/sparkplug-schema.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { seconds, utcMs } from '../../gateway/model/units.ts';
import { T0 } from '../support/forward-fixture.ts';
import { MOSQUITTO } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import {
  at,
  edgeNode,
  fieldTag,
  GROUP,
  NODE,
  PLANT,
  startHost,
  startWatchedBroker,
  type WatchedBroker,
} from '../support/sparkplug-fixture.ts';
import { tck } from '../support/tck.ts';
import { until } from '../support/waiting.ts';

/** Numbers from 0 to 1, the same ones each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Host = Awaited<ReturnType<typeof startHost>>;
let judged: Host | undefined;

async function started(): Promise<{ broker: WatchedBroker; host: Host }> {
  const broker = await startWatchedBroker();
  const host = await startHost(broker);
  judged = host;
  return { broker, host };
}

afterEach(() => {
  expect(judged?.judge.complaints ?? []).toEqual([]);
  judged = undefined;
});

const PRESS = [at(0, 'press.oil_temp', 74.2), at(0, 'press.pump', true)];
const NDEATH = `spBv1.0/${GROUP}/NDEATH/${NODE}`;
const metric = (host: Host, device: string | undefined, name: string) => {
  const node = host.judge.nodes.get(NODE);
  return (device === undefined ? node : node?.devices.get(device))?.metrics.get(name);
};
const deviceOf = (host: Host, device: string) => host.judge.nodes.get(NODE)?.devices.get(device);

describeWith([MOSQUITTO], 'an edge node at a broker', () => {
  it(
    tck(
      [
        'tck-id-topic-structure',
        'tck-id-topic-structure-namespace-a',
        'tck-id-topic-structure-namespace-device-id-associated-message-types',
        'tck-id-topic-structure-namespace-device-id-non-associated-message-types',
        'tck-id-topics-nbirth-topic',
        'tck-id-topics-dbirth-topic',
        'tck-id-topics-ndata-topic',
        'tck-id-topics-ddata-topic',
        'tck-id-topics-ddeath-topic',
        'tck-id-topics-ndeath-topic',
        'tck-id-message-flow-edge-node-birth-publish-nbirth-topic',
        'tck-id-message-flow-device-birth-publish-dbirth-topic',
        'tck-id-message-flow-device-birth-publish-dbirth-match-edge-node-topic',
        'tck-id-intro-group-id-string',
        'tck-id-intro-edge-node-id-string',
        'tck-id-intro-device-id-string',
        'tck-id-topics-nbirth-mqtt',
        'tck-id-topics-dbirth-mqtt',
        'tck-id-topics-ndata-mqtt',
        'tck-id-topics-ddata-mqtt',
        'tck-id-topics-ddeath-mqtt',
        'tck-id-payloads-nbirth-qos',
        'tck-id-payloads-nbirth-retain',
        'tck-id-payloads-dbirth-qos',
        'tck-id-payloads-dbirth-retain',
        'tck-id-payloads-ndata-qos',
        'tck-id-payloads-ndata-retain',
        'tck-id-payloads-ddata-qos',
        'tck-id-payloads-ddata-retain',
        'tck-id-message-flow-edge-node-birth-publish-nbirth-qos',
        'tck-id-message-flow-edge-node-birth-publish-nbirth-retained',
        'tck-id-message-flow-device-birth-publish-dbirth-qos',
        'tck-id-message-flow-device-birth-publish-dbirth-retained',
      ],
      'says each kind of message under its topic, with QoS 0 and not retained',
    ),
    async () => {
      const { broker, host } = await started();
      const edge = edgeNode(broker);
      await host.arrived(2, 'DBIRTH');
      edge.put(...PRESS, at(0, 'gateway.autonomy', 20));
      await edge.delivered(edge.put(at(9, 'press.oil_temp', null), at(9, 'press.pump', null)));
      await host.arrived(1, 'DDEATH');
      const said = broker.of('publish').map(({ topic, qos, retain }) => ({ topic, qos, retain }));
      const quiet = { qos: 0, retain: false };
      const device = (type: string, id: string) => `spBv1.0/hall-1/${type}/weihai-3/${id}`;
      expect(said).toEqual([
        { topic: 'spBv1.0/hall-1/NBIRTH/weihai-3', ...quiet },
        { topic: device('DBIRTH', 'press'), ...quiet },
        { topic: device('DBIRTH', 'meter'), ...quiet },
        { topic: device('DDATA', 'press'), ...quiet },
        { topic: 'spBv1.0/hall-1/NDATA/weihai-3', ...quiet },
        { topic: device('DDATA', 'press'), ...quiet },
        { topic: device('DDEATH', 'press'), ...quiet },
      ]);
      broker.line.cut();
      await host.arrived(1, 'NDEATH');
      expect(host.of('NDEATH')[0]?.topic).toBe(NDEATH);
    },
  );

  it.each([4, 5] as const)(
    tck(
      [
        'tck-id-principles-persistence-clean-session-311',
        'tck-id-principles-persistence-clean-session-50',
        'tck-id-message-flow-edge-node-birth-publish-connect',
        'tck-id-message-flow-edge-node-birth-publish-will-message',
        'tck-id-message-flow-edge-node-birth-publish-will-message-topic',
        'tck-id-message-flow-edge-node-birth-publish-will-message-payload',
        'tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq',
        'tck-id-message-flow-edge-node-birth-publish-will-message-qos',
        'tck-id-message-flow-edge-node-birth-publish-will-message-will-retained',
        'tck-id-payloads-ndeath-will-message',
        'tck-id-payloads-ndeath-will-message-qos',
        'tck-id-payloads-ndeath-will-message-retain',
        'tck-id-payloads-ndeath-seq',
        'tck-id-topics-ndeath-seq',
        'tck-id-topics-ndeath-payload',
        'tck-id-payloads-ndeath-bdseq',
        'tck-id-topics-nbirth-bdseq-included',
        'tck-id-topics-nbirth-bdseq-matching',
        'tck-id-topics-nbirth-bdseq-increment',
        'tck-id-payloads-nbirth-bdseq',
        'tck-id-payloads-nbirth-bdseq-repeat',
        'tck-id-message-flow-edge-node-birth-publish-nbirth-payload-bdSeq',
        'tck-id-message-flow-edge-node-ncmd-subscribe',
        'tck-id-message-flow-device-dcmd-subscribe',
        'tck-id-principles-birth-certificates-order',
      ],
      'MQTT version %s: connects with a will of its own each time, listens, and is born with the same bdSeq',
    ),
    async (version) => {
      const { broker, host } = await started();
      edgeNode(broker, { config: { version } });
      await host.arrived(2, 'DBIRTH');
      broker.line.cut();
      broker.line.mend();
      await host.arrived(1, 'NDEATH');
      await host.arrived(2, 'NBIRTH');
      const connects = broker.of('connect');
      for (const [i, connect] of connects.entries()) {
        expect(connect).toMatchObject({ protocolVersion: version, clean: true });
        // Left out is 0: no session outlives the connection (MQTT 5.0 §3.1.2.11.2).
        expect(connect.properties?.sessionExpiryInterval).toBeUndefined();
        expect(connect.will).toMatchObject({ topic: NDEATH, qos: 1, retain: false });
        const { metrics, seq } = decodeSparkplug(connect.will?.payload as Uint8Array);
        expect(seq).toBeUndefined();
        expect(metrics).toMatchObject([{ name: 'bdSeq', datatype: 4, longValue: `${i}` }]);
        expect(metrics).toHaveLength(1);
      }
      expect(connects).toHaveLength(2);
      const numbers = host
        .of('NBIRTH')
        .map(({ payload }) => payload.metrics?.find(({ name }) => name === 'bdSeq')?.longValue);
      expect(numbers).toEqual(['0', '1']);
      const order = broker.packets.map(({ cmd }) => cmd).slice(0, 4);
      expect(order).toEqual(['connect', 'subscribe', 'subscribe', 'publish']);
      const wanted = broker
        .of('subscribe')
        .slice(0, 2)
        .flatMap((one) => one.subscriptions);
      expect(wanted).toMatchObject([
        { topic: `spBv1.0/${GROUP}/NCMD/${NODE}`, qos: 1 },
        { topic: `spBv1.0/${GROUP}/DCMD/${NODE}/press`, qos: 1 },
      ]);
      expect(broker.of('publish')[0]?.topic).toBe(`spBv1.0/${GROUP}/NBIRTH/${NODE}`);
    },
  );

  it(
    tck(
      [
        'tck-id-topics-nbirth-seq-num',
        'tck-id-topics-ndata-seq-num',
        'tck-id-topics-dbirth-seq',
        'tck-id-topics-ddata-seq-num',
        'tck-id-topics-ddeath-seq-num',
        'tck-id-payloads-sequence-num-always-included',
        'tck-id-payloads-sequence-num-req-nbirth',
        'tck-id-payloads-sequence-num-incrementing',
        'tck-id-payloads-nbirth-seq',
        'tck-id-payloads-dbirth-seq',
        'tck-id-payloads-dbirth-seq-inc',
        'tck-id-payloads-ndata-seq',
        'tck-id-payloads-ndata-seq-inc',
        'tck-id-payloads-ddata-seq',
        'tck-id-payloads-ddata-seq-inc',
        'tck-id-payloads-ddeath-seq',
        'tck-id-payloads-ddeath-seq-inc',
        'tck-id-payloads-ddeath-seq-number',
        'tck-id-message-flow-edge-node-birth-publish-nbirth-payload-seq',
        'tck-id-message-flow-device-birth-publish-dbirth-payload-seq',
        'tck-id-topics-nbirth-timestamp',
        'tck-id-topics-ndata-timestamp',
        'tck-id-topics-dbirth-timestamp',
        'tck-id-topics-ddata-timestamp',
        'tck-id-payloads-nbirth-timestamp',
        'tck-id-payloads-dbirth-timestamp',
        'tck-id-payloads-ndata-timestamp',
        'tck-id-payloads-ddata-timestamp',
        'tck-id-payloads-ddeath-timestamp',
        'tck-id-payloads-timestamp-in-UTC',
        'tck-id-payloads-metric-timestamp-in-UTC',
      ],
      'counts all messages of node and devices together, from 0 to 255 and again, and says when it sends',
    ),
    async () => {
      const { broker, host } = await started();
      const edge = edgeNode(broker);
      await host.arrived(2, 'DBIRTH');
      const before = Date.now();
      for (let i = 0; i < 150; i++) {
        edge.put(at(i, 'press.oil_temp', i), at(i, 'gateway.autonomy', i));
        if (i % 50 === 49) edge.put(at(i, 'meter.energy', null));
        if (i % 50 === 49) edge.put(at(i, 'meter.energy', i));
      }
      await edge.delivered(edge.journal.head);
      await until('all of it', () => metric(host, 'meter', 'energy')?.value === 149);
      const seqs = host.messages.map(({ payload }) => Number(payload.seq));
      expect(seqs.length).toBeGreaterThan(300);
      expect(seqs).toEqual(seqs.map((_, i) => i % 256));
      expect(host.of('DDEATH')).toHaveLength(3);
      for (const { payload } of host.messages) {
        expect(Number(payload.timestamp)).toBeGreaterThan(before - 60_000);
        expect(Number(payload.timestamp)).toBeLessThan(Date.now() + 1);
      }
      expect(host.of('DDATA', 'press')[0]?.payload.metrics).toMatchObject([{ timestamp: `${T0}` }]);
    },
  );

  it(
    tck(
      [
        'tck-id-topics-nbirth-metric-reqs',
        'tck-id-topics-nbirth-metrics',
        'tck-id-topics-dbirth-metric-reqs',
        'tck-id-topics-dbirth-metrics',
        'tck-id-topics-nbirth-rebirth-metric',
        'tck-id-payloads-nbirth-rebirth-req',
        'tck-id-operational-behavior-data-commands-rebirth-name',
        'tck-id-operational-behavior-data-commands-rebirth-datatype',
        'tck-id-operational-behavior-data-commands-rebirth-value',
        'tck-id-operational-behavior-data-publish-nbirth',
        'tck-id-operational-behavior-data-publish-nbirth-values',
        'tck-id-operational-behavior-data-publish-dbirth',
        'tck-id-operational-behavior-data-publish-dbirth-values',
        'tck-id-message-flow-edge-node-birth-publish-nbirth-payload',
        'tck-id-message-flow-device-birth-publish-dbirth-payload',
        'tck-id-message-flow-device-birth-publish-nbirth-wait',
        'tck-id-payloads-dbirth-order',
        'tck-id-payloads-ndata-order',
        'tck-id-payloads-ddata-order',
        'tck-id-payloads-name-birth-data-requirement',
        'tck-id-payloads-name-requirement',
        'tck-id-payloads-metric-datatype-value-type',
        'tck-id-payloads-metric-datatype-value',
        'tck-id-payloads-metric-datatype-req',
        'tck-id-payloads-metric-datatype-not-req',
        'tck-id-payloads-propertyset-keys-array-size',
        'tck-id-payloads-propertyset-values-array-size',
        'tck-id-payloads-metric-propertyvalue-type-type',
        'tck-id-payloads-metric-propertyvalue-type-value',
        'tck-id-payloads-metric-propertyvalue-type-req',
        'tck-id-payloads-propertyset-quality-value-type',
        'tck-id-payloads-propertyset-quality-value-value',
      ],
      'is born with every metric, its datatype and its present value or none, before any data',
    ),
    async () => {
      const { broker, host } = await started();
      const edge = edgeNode(broker);
      // What is stored before there is a connection is known to the image, and comes as history.
      edge.put(...PRESS, at(0, 'meter.energy', null, 'bad:device'));
      edge.put(at(1, 'press.oil_temp', 75, 'uncertain:range'));
      await edge.delivered(edge.journal.head);
      await host.arrived(3, 'DDATA');
      expect(host.messages.slice(0, 3).map(({ type }) => type)).toEqual([
        'NBIRTH',
        'DBIRTH',
        'DBIRTH',
      ]);
      const births = host.messages.slice(0, 3).map(({ payload }) => payload.metrics ?? []);
      expect(births.map((metrics) => metrics.map(({ name }) => name))).toEqual([
        ['bdSeq', 'Node Control/Rebirth', 'Journal/Gap', 'gateway/autonomy'],
        ['oil_temp', 'pump'],
        ['energy', 'alarm_event'],
      ]);
      expect(births[0]?.[1]).toMatchObject({ datatype: 11, booleanValue: false });
      expect(births[1]).toMatchObject([
        {
          ...{ datatype: 10, doubleValue: 75, timestamp: `${T0 + 1}` },
          properties: {
            keys: ['engUnit', 'Quality', 'detail'],
            values: [
              { type: 12, stringValue: '°C' },
              { type: 3, intValue: 500 },
              { type: 12, stringValue: 'uncertain:range' },
            ],
          },
        },
        { datatype: 11, booleanValue: true, timestamp: `${T0}` },
      ]);
      expect(births[1]?.[1]?.properties).toBeUndefined();
      expect(births[2]?.[0]).toMatchObject({ datatype: 10, isNull: true });
      expect(births[2]?.[0]?.doubleValue).toBeUndefined();
      expect(metric(host, 'meter', 'energy')?.quality).toBe(0);
      for (const { payload } of host.of('DDATA'))
        for (const one of payload.metrics ?? []) {
          expect(one.datatype).toBeUndefined();
          expect(one.isHistorical).toBe(true);
        }
    },
  );

  it(
    tck(
      [
        'tck-id-principles-rbe-recommended',
        'tck-id-topics-ndata-payload',
        'tck-id-topics-ddata-payload',
        'tck-id-operational-behavior-data-publish-nbirth-change',
        'tck-id-operational-behavior-data-publish-dbirth-change',
        'tck-id-operational-behavior-data-publish-nbirth-order',
        'tck-id-operational-behavior-data-publish-dbirth-order',
      ],
      'tells what was stored and nothing else, in the order of its times',
    ),
    async () => {
      const { broker, host } = await started();
      const edge = edgeNode(broker);
      await host.arrived(2, 'DBIRTH');
      const later = [
        at(30, 'press.oil_temp', 3),
        at(10, 'press.pump', true),
        at(20, 'press.oil_temp', 2),
      ];
      const node = [at(30, 'gateway.autonomy', 3), at(20, 'gateway.autonomy', 2)];
      await edge.delivered(edge.put(...later, ...node));
      await host.arrived(1, 'NDATA');
      const [data] = host.of('DDATA');
      expect(host.of('DDATA')).toHaveLength(1);
      expect(data?.payload.metrics).toMatchObject([
        { name: 'pump', timestamp: `${T0 + 10}`, booleanValue: true },
        { name: 'oil_temp', timestamp: `${T0 + 20}`, doubleValue: 2 },
        { name: 'oil_temp', timestamp: `${T0 + 30}`, doubleValue: 3 },
      ]);
      expect(host.of('NDATA')[0]?.payload.metrics).toMatchObject([
        { doubleValue: 2 },
        { doubleValue: 3 },
      ]);
      // A second connection without news brings births and no data: nothing is sent for its own sake.
      expect(host.messages).toHaveLength(5);
    },
  );

  it(
    tck(
      [
        'tck-id-payloads-alias-uniqueness',
        'tck-id-payloads-alias-birth-requirement',
        'tck-id-payloads-alias-data-cmd-requirement',
        'tck-id-operational-behavior-data-commands-rebirth-name-aliases',
      ],
      'gives each metric a number of its own over all devices, and uses it in data alone',
    ),
    async () => {
      const { broker, host } = await started();
      const edge = edgeNode(broker, { config: { hasAliases: true } });
      await host.arrived(2, 'DBIRTH');
      await edge.delivered(
        edge.put(...PRESS, at(0, 'meter.energy', 5), at(0, 'gateway.autonomy', 2)),
      );
      await host.arrived(1, 'NDATA');
      const births = host.messages.slice(0, 3).flatMap(({ payload }) => payload.metrics ?? []);
      const given = births.flatMap(({ alias, name }) =>
        alias === undefined ? [] : [[name, alias]],
      );
      expect(given.map(([name]) => name)).toEqual([
        ...['gateway/autonomy', 'oil_temp', 'pump', 'energy', 'alarm_event'],
      ]);
      expect(new Set(given.map(([, alias]) => alias)).size).toBe(5);
      const data = [...host.of('DDATA'), ...host.of('NDATA')];
      for (const one of data.flatMap(({ payload }) => payload.metrics ?? [])) {
        expect(one.name).toBeUndefined();
        expect(one.alias).toBeDefined();
      }
      await until(
        'values by alias',
        () => metric(host, undefined, 'gateway/autonomy')?.value === 2,
      );
      expect(metric(host, 'press', 'oil_temp')?.value).toBe(74.2);
      expect(metric(host, 'meter', 'energy')?.value).toBe(5);
    },
  );

  it(
    tck(
      ['tck-id-operational-behavior-device-ddeath', 'tck-id-topics-dbirth-mqtt'],
      'tells when nothing of a device answers any more, and gives birth to it when it is back',
    ),
    async () => {
      const { broker, host } = await started();
      const edge = edgeNode(broker);
      await host.arrived(2, 'DBIRTH');
      edge.put(...PRESS, at(0, 'meter.energy', 5));
      edge.put(at(1, 'press.oil_temp', null));
      await edge.delivered(edge.put(at(2, 'meter.energy', 6)));
      await until('the meter', () => metric(host, 'meter', 'energy')?.value === 6);
      // One of two values answers: the device is there.
      expect(deviceOf(host, 'press')).toMatchObject({ isOnline: true });
      expect(metric(host, 'press', 'oil_temp')).toMatchObject({ value: null, quality: 0 });
      edge.put(at(3, 'press.pump', null));
      await host.arrived(1, 'DDEATH', 'press');
      expect(deviceOf(host, 'press')).toMatchObject({ isStale: true });
      expect(deviceOf(host, 'meter')).toMatchObject({ isOnline: true });
      // Silence that goes on is no news.
      edge.put(at(4, 'press.pump', null));
      await edge.delivered(edge.put(at(5, 'press.oil_temp', 80)));
      await host.arrived(2, 'DBIRTH', 'press');
      expect(metric(host, 'press', 'oil_temp')).toMatchObject({ value: 80, timestamp: T0 + 5 });
      expect(metric(host, 'press', 'pump')).toMatchObject({ value: null, quality: 0 });
      expect(host.of('DDEATH')).toHaveLength(1);
    },
  );

  it.each([4, 5] as const)(
    tck(
      [
        'tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath',
        'tck-id-operational-behavior-edge-node-intentional-disconnect-packet',
        'tck-id-payloads-ndeath-will-message-publisher',
        'tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311',
        'tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50',
      ],
      'MQTT version %s: a stop says NDEATH, then DISCONNECT',
    ),
    async (version) => {
      const { broker, host } = await started();
      const edge = edgeNode(broker, { config: { version } });
      await host.arrived(2, 'DBIRTH');
      await edge.forwarder.stop();
      await host.arrived(1, 'NDEATH');
      const [death, leave] = broker.packets.slice(-2);
      expect(death).toMatchObject({ cmd: 'publish', topic: NDEATH, retain: false });
      expect(leave).toMatchObject({ cmd: 'disconnect' });
      // MQTT 5.0 §3.14.2.1: disconnect with will message.
      if (version === 5) expect(leave).toMatchObject({ reasonCode: 4 });
      expect(host.judge.nodes.get(NODE)).toMatchObject({ isOnline: false, isStale: true });
      expect(edge.uplink.facts().state).toBe('closed');
    },
  );
});

describeWith([MOSQUITTO], 'an edge node on a bad line', () => {
  it('delivers every sample, whatever is cut when, and each session keeps to the rules', async () => {
    const { broker, host } = await started();
    const edge = edgeNode(broker, { config: { hasAliases: true } });
    await host.arrived(1, 'NBIRTH');
    const random = seeded(7);
    const [rounds, each] = [6, 50];
    const stored = rounds * each;
    for (let round = 0; round < rounds; round++) {
      const cutAt = round * each + Math.floor(random() * each);
      for (let i = round * each; i < (round + 1) * each; i++) {
        edge.put(at(i, 'press.oil_temp', i), ...(i % 3 === 0 ? [at(i, 'meter.energy', i)] : []));
        if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
        if (i !== cutAt) continue;
        broker.line.cut();
        broker.line.mend();
      }
      await until('the next session', () => host.of('NBIRTH').length === round + 2);
    }
    await edge.delivered(edge.journal.head);
    await until('all acknowledged', () => edge.cursor.upTo === edge.journal.head);
    const seen = (device: string, name: string) => {
      const alias = host.judge.nodes.get(NODE)?.aliases ?? new Map();
      const data = host.of('DDATA', device).flatMap(({ payload }) => payload.metrics ?? []);
      const own = data.filter((one) => alias.get(one.alias ?? '')?.name === name);
      return new Set(own.map(({ doubleValue }) => doubleValue));
    };
    await until('the last', () => seen('press', 'oil_temp').size === stored);
    expect(seen('meter', 'energy').size).toBe(100);
    // The last that was told as present is the newest.
    expect(metric(host, 'press', 'oil_temp')?.value).toBe(stored - 1);
  });

  it('takes nothing for delivered that the broker has not read', async () => {
    const { broker, host } = await started();
    const edge = edgeNode(broker, { config: { resend: seconds(0) } });
    await host.arrived(2, 'DBIRTH');
    broker.swallow();
    for (let i = 1; i <= 3; i++) {
      edge.put(at(i, 'press.oil_temp', i));
      await until('it is on its way', () => edge.forwarder.facts().sent === i);
    }
    broker.line.cut();
    broker.line.mend();
    await edge.delivered(edge.journal.head);
    await until('all', () => metric(host, 'press', 'oil_temp')?.history.length === 3);
    expect(edge.forwarder.facts()).toMatchObject({ acknowledged: 3 });
  });

  it('keeps what the broker refuses, and says the rest', async () => {
    const broker = await startWatchedBroker(['max_packet_size 2000']);
    const host = await startHost(broker);
    judged = host;
    const large = Array.from({ length: 60 }, (_, i) => fieldTag(`large.t${i}`));
    const edge = edgeNode(broker, { tags: [...PLANT, ...large] });
    await host.arrived(2, 'DBIRTH');
    await edge.delivered(edge.put(at(0, 'press.oil_temp', 5)));
    await host.arrived(1, 'DDATA', 'press');
    expect(host.of('DBIRTH', 'large')).toEqual([]);
    const seq = edge.put(at(1, 'large.t0', 1));
    await until('that it is held', () => edge.forwarder.facts().heldBy !== undefined);
    expect(edge.forwarder.facts().heldBy).toContain('large');
    expect(edge.cursor.isAcknowledged(seq)).toBe(false);
  });

  it('is born anew with the tags of a site that has changed', async () => {
    const { broker, host } = await started();
    const clock = virtualClock(utcMs(T0));
    const edge = edgeNode(broker, { clock });
    await host.arrived(2, 'DBIRTH');
    const tags = [...PLANT.filter(({ id }) => !id.startsWith('meter.')), fieldTag('oven.fan')];
    edge.uplink.configure?.({ tags, config: 'other' });
    await clock.advance(seconds(5));
    await host.arrived(1, 'DBIRTH', 'oven');
    const devices = host.judge.nodes.get(NODE)?.devices;
    expect([...(devices?.keys() ?? [])]).toEqual(['press', 'oven']);
  });

  it('counts births by the brokers that have seen them, and walks on from one that is not there', async () => {
    const { broker, host } = await started();
    const nowhere = await startWatchedBroker();
    nowhere.line.cut();
    await nowhere.stop();
    await nowhere.line.close();
    const config = { url: nowhere.near, fallback: [broker.near] };
    const edge = edgeNode(broker, { config });
    await host.arrived(1, 'NBIRTH');
    expect(host.judge.nodes.get(NODE)?.bdSeq).toBe('0');
    await edge.forwarder.stop();
    // The next process goes on behind it.
    edge.start();
    await host.arrived(2, 'NBIRTH');
    expect(host.judge.nodes.get(NODE)?.bdSeq).toBe('1');
  });
});

describeWith([MOSQUITTO], 'what is wanted of an edge node', () => {
  it(
    tck(
      [
        'tck-id-operational-behavior-data-commands-ncmd-rebirth-verb',
        'tck-id-operational-behavior-data-commands-ncmd-rebirth-name',
        'tck-id-operational-behavior-data-commands-ncmd-rebirth-value',
        'tck-id-operational-behavior-data-commands-rebirth-action-1',
        'tck-id-operational-behavior-data-commands-rebirth-action-2',
        'tck-id-operational-behavior-data-commands-rebirth-action-3',
        'tck-id-topics-ncmd-topic',
        'tck-id-topics-ncmd-mqtt',
        'tck-id-payloads-ncmd-seq',
        'tck-id-payloads-ncmd-qos',
        'tck-id-payloads-ncmd-retain',
      ],
      'a rebirth stops data, and all is born again with the same bdSeq; many requests are one',
    ),
    async () => {
      const { broker, host } = await started();
      const clock = virtualClock(utcMs(T0));
      const edge = edgeNode(broker, { clock });
      await host.arrived(2, 'DBIRTH');
      await clock.advance(seconds(10));
      await edge.delivered(edge.put(at(1, 'press.oil_temp', 1)));
      await host.rebirth(NODE);
      await host.arrived(2, 'NBIRTH');
      await host.arrived(4, 'DBIRTH');
      // Requests that come soon after wait for their turn, and data waits with them.
      await host.rebirth(NODE);
      await host.rebirth(NODE);
      const bad = [{ name: 'Node Control/Rebirth', booleanValue: false }];
      await host.command(NODE, bad);
      await host.say('spBv1.0/hall-1/NCMD/weihai-3', 'no protobuf');
      await until('the request', () => edge.uplink.facts().commands?.malformed === 1);
      const seq = edge.put(at(2, 'press.oil_temp', 2));
      await clock.advance(seconds(4.9));
      expect(host.of('NBIRTH')).toHaveLength(2);
      expect(edge.cursor.isAcknowledged(seq)).toBe(false);
      await clock.advance(seconds(0.2));
      await edge.delivered(seq);
      await host.arrived(2, 'DDATA');
      expect(host.of('NBIRTH')).toHaveLength(3);
      const types = host.messages.map(({ type, payload }) => `${type} ${payload.seq}`);
      const births = ['NBIRTH 0', 'DBIRTH 1', 'DBIRTH 2'];
      expect(types).toEqual([...births, 'DDATA 3', ...births, ...births, 'DDATA 3']);
      // What waited for the births stands in them.
      expect(host.of('DDATA')[1]?.payload.metrics).toMatchObject([{ isHistorical: true }]);
      const numbers = host
        .of('NBIRTH')
        .map(({ payload }) => payload.metrics?.find(({ name }) => name === 'bdSeq')?.longValue);
      expect(numbers).toEqual(['0', '0', '0']);
      expect(metric(host, 'press', 'oil_temp')?.value).toBe(2);
    },
  );

  it(
    tck(
      [
        'tck-id-topics-dcmd-topic',
        'tck-id-topics-dcmd-mqtt',
        'tck-id-topics-dcmd-timestamp',
        'tck-id-topics-dcmd-payload',
        'tck-id-payloads-dcmd-timestamp',
        'tck-id-payloads-dcmd-seq',
        'tck-id-payloads-dcmd-qos',
        'tck-id-payloads-dcmd-retain',
        'tck-id-topics-ncmd-timestamp',
        'tck-id-topics-ncmd-payload',
        'tck-id-payloads-ncmd-timestamp',
        'tck-id-payloads-name-cmd-requirement',
        'tck-id-operational-behavior-data-commands-ncmd-verb',
        'tck-id-operational-behavior-data-commands-ncmd-metric-name',
        'tck-id-operational-behavior-data-commands-ncmd-metric-value',
        'tck-id-operational-behavior-data-commands-dcmd-verb',
        'tck-id-operational-behavior-data-commands-dcmd-metric-name',
        'tck-id-operational-behavior-data-commands-dcmd-metric-value',
      ],
      'commands for the node and for devices become requests, by name or by alias; what cannot be one is counted',
    ),
    async () => {
      const { broker, host } = await started();
      const edge = edgeNode(broker, { config: { hasAliases: true } });
      await host.arrived(2, 'DBIRTH');
      const pump = host.of('DBIRTH', 'press')[0]?.payload.metrics?.[1]?.alias;
      const set = { device: 'press', timestamp: T0 };
      await host.command(NODE, [{ name: 'pump', booleanValue: true }], set);
      await host.command(NODE, [{ alias: pump, timestamp: T0 + 1, booleanValue: false }], set);
      await host.command(NODE, [{ name: 'gateway/autonomy', doubleValue: 1 }], { timestamp: T0 });
      await until('three requests', () => edge.requests.length === 3);
      const common = {
        gateway: NODE,
        by: 'sparkplug scada',
        hold: undefined,
        signature: undefined,
      };
      const request = (tag: string, value: unknown, issued: number) => ({
        about: 'command',
        request: {
          ...common,
          tag,
          wish: { kind: 'write', value },
          issued,
          expires: issued + 60_000,
        },
      });
      expect(edge.requests).toMatchObject([
        request('press.pump', true, T0),
        request('press.pump', false, T0 + 1),
        request('gateway.autonomy', 1, T0),
      ]);
      // Retained, without a time, of a kind that cannot be read.
      await host.command(NODE, [{ name: 'pump', booleanValue: true }], { ...set, retain: true });
      await host.command(NODE, [{ name: 'pump', booleanValue: true }], { device: 'press' });
      await host.command(NODE, [{ name: 'pump', datatype: 22, bytesValue: 'AA==' }], set);
      await until('the refusals', () => edge.uplink.facts().commands?.malformed === 2);
      expect(edge.uplink.facts().commands).toMatchObject({ taken: 3, retained: 1, malformed: 2 });
    },
  );
});

describeWith([MOSQUITTO], 'an edge node with a primary host', () => {
  it('is not born when the host goes while it asks how its tags stand', async () => {
    const { broker, host } = await started();
    await host.state('scada', true, 1_000);
    const asked: (() => void)[] = [];
    const edge = edgeNode(broker, {
      config: { primaryHost: 'scada' },
      onPresent: (answer) => asked.push(answer),
    });
    await until('the question', () => asked.length === 1);
    await host.state('scada', false, 2_000);
    await host.arrived(1, 'NDEATH');
    asked[0]?.();
    await host.state('scada', true, 3_000);
    await until('the next question', () => asked.length === 2);
    expect(host.of('NBIRTH')).toEqual([]);
    asked[1]?.();
    await host.arrived(2, 'DBIRTH');
    expect(edge.uplink.facts().state).toBe('up');
  });

  it(
    tck(
      [
        'tck-id-message-flow-edge-node-birth-publish-phid-wait',
        'tck-id-message-flow-edge-node-birth-publish-phid-wait-id',
        'tck-id-message-flow-edge-node-birth-publish-phid-wait-online',
        'tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp',
        'tck-id-message-flow-edge-node-birth-publish-phid-offline',
        'tck-id-operational-behavior-edge-node-birth-sequence-wait',
        'tck-id-operational-behavior-edge-node-termination-host-offline',
        'tck-id-operational-behavior-edge-node-termination-host-offline-timestamp',
      ],
      'waits for it, ignores what is older, leaves with it, and tells what was meanwhile as history',
    ),
    async () => {
      const { broker, host } = await started();
      await host.state('scada', false, 1_000);
      const edge = edgeNode(broker, { config: { primaryHost: 'scada', resend: seconds(0) } });
      await until('that it waits', () => edge.uplink.facts().lastError?.includes('scada') === true);
      await host.state('other', true, 9_000);
      await host.state('scada', true, 999);
      await host.state('scada', true, 2_000);
      await host.arrived(2, 'DBIRTH');
      const [, , third] = broker.of('subscribe');
      expect(third?.subscriptions).toMatchObject([{ topic: 'spBv1.0/STATE/scada', qos: 1, rh: 0 }]);
      // A late will of an earlier session of the host.
      await host.state('scada', false, 1_500);
      await edge.delivered(edge.put(at(0, 'press.oil_temp', 1)));
      expect(host.of('NDEATH')).toHaveLength(0);
      await host.state('scada', false, 2_000);
      await host.arrived(1, 'NDEATH');
      const seq = edge.put(at(1, 'press.oil_temp', 2), at(2, 'press.oil_temp', 3));
      await host.state('scada', true, 3_000);
      await host.arrived(2, 'NBIRTH');
      await edge.delivered(seq);
      await host.arrived(3, 'DDATA');
      expect(metric(host, 'press', 'oil_temp')).toMatchObject({
        ...{ value: 3, timestamp: T0 + 2 },
        // The last one that was delivered comes again: nobody knows whether the host still heard it.
        history: [
          { timestamp: T0, value: 1 },
          { timestamp: T0 + 1, value: 2 },
          { timestamp: T0 + 2, value: 3 },
        ],
      });
    },
  );

  it(
    tck(
      [
        'tck-id-operational-behavior-edge-node-termination-host-offline-reconnect',
        'tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs',
        'tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server',
        'tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk',
      ],
      'goes from server to server after its primary host, and is at one of them at a time',
    ),
    async () => {
      const { broker, host } = await started();
      const second = await startWatchedBroker();
      const there = await startHost(second);
      await host.state('scada', true, 1_000);
      await there.state('scada', true, 1_000);
      const edge = edgeNode(broker, { config: { primaryHost: 'scada', fallback: [second.near] } });
      await host.arrived(2, 'DBIRTH');
      expect(there.messages).toEqual([]);
      await host.state('scada', false, 2_000);
      await there.arrived(2, 'DBIRTH');
      expect(host.of('NDEATH').length).toBeGreaterThan(0);
      for (const one of [broker, second])
        expect(one.of('subscribe').flatMap(({ subscriptions }) => subscriptions)).toMatchObject(
          expect.arrayContaining([expect.objectContaining({ topic: 'spBv1.0/STATE/scada' })]),
        );
      await edge.delivered(edge.put(at(0, 'press.oil_temp', 1)));
      await there.arrived(1, 'DDATA');
      expect(host.of('DDATA')).toEqual([]);
      expect(there.judge.complaints).toEqual([]);
    },
  );
});
