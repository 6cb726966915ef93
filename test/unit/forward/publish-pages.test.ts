import fc from 'fast-check';
import { type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import type { MqttMessage } from '../../../gateway/forward/mqtt-message.ts';
import { PublishPages } from '../../../gateway/forward/publish-pages.ts';
import { freeId, LAST_ID } from '../../../gateway/forward/publishing.ts';
import { millis } from '../../../gateway/model/units.ts';

const ALIASES = 3;

/** What a broker reads of what is written, by mqtt.js's parser. `isTaken` says what the line does with the bytes. */
function line(version: 4 | 5, isTaken: () => boolean) {
  const read: IPublishPacket[] = [];
  const writes: Uint8Array[] = [];
  const parse = parser({ protocolVersion: version });
  parse.on('packet', (packet: Packet) => read.push(packet as IPublishPacket));
  parse.on('error', (error: unknown) => {
    throw error;
  });
  const pages = new PublishPages({
    version,
    aliases: ALIASES,
    write(bytes) {
      const taken = isTaken();
      writes.push(taken ? Uint8Array.from(bytes) : bytes);
      return taken;
    },
  });
  return {
    ...{ pages, read, writes },
    parseAll() {
      pages.flush();
      for (const bytes of writes) parse.parse(Buffer.from(bytes));
    },
  };
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.nat(20_000).map((length) => 'a'.repeat(length)),
  fc.nat(20_000).map((length) => '温'.repeat(length)),
  fc.integer({ min: 110, max: 130 }).map((length) => '{'.repeat(length)),
);
const message: fc.Arbitrary<MqttMessage> = fc.record(
  {
    topic: fc.constantFrom('a', 'b/c', '车间/温度', 'd', 'e/f/g'),
    payload: fc.oneof(text, fc.uint8Array({ maxLength: 200 })),
    retain: fc.boolean(),
    contentType: fc.constantFrom('application/json+zstd'),
    expiry: fc.integer({ min: 1, max: 2 ** 31 }).map(millis),
  },
  { requiredKeys: ['topic', 'payload', 'retain'] },
);

describe('published packets', () => {
  it.each([4, 5] as const)('are read as they were written, with MQTT version %i', (version) => {
    const id = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 65_535 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(message, id, fc.boolean(), fc.boolean())), (sent) => {
        const last = { isTaken: true };
        const { pages, read, parseAll } = line(version, () => last.isTaken);
        for (const [each, packetId, isFlushed, isTaken] of sent) {
          last.isTaken = isTaken;
          pages.add(each, packetId);
          if (isFlushed) pages.flush();
        }
        parseAll();
        expect(withTopics(read)).toEqual(sent.map(([each, to]) => expected(version, each, to)));
      }),
      { numRuns: 300 },
    );
  });

  it('have an identifier that no other on its way has, below the one of mqtt.js', () => {
    const taken = new Set([1, 2, 4, LAST_ID]);
    const next = (last: number) => freeId(last, (id) => taken.has(id));
    expect([next(0), next(3), next(LAST_ID - 1)]).toEqual([3, 5, 3]);
    expect(LAST_ID).toBe(65_534);
  });

  it('name a topic by a number from its second time on, as far as the broker knows numbers', () => {
    const { pages, read, writes, parseAll } = line(5, () => true);
    pages.add({ topic: 'status', payload: '1', retain: true }, 2);
    for (const topic of ['a', 'b', 'a', 'c', 'd', 'd', 'c'])
      pages.add({ topic, payload: '1', retain: false }, 1);
    parseAll();
    expect(read.map((packet) => [packet.topic, packet.properties?.topicAlias])).toEqual([
      ['status', undefined],
      ['a', 1],
      ['b', 2],
      ['', 1],
      ['c', 3],
      ['d', undefined],
      ['d', undefined],
      ['', 3],
    ]);
    expect(writes).toHaveLength(1);
  });
});

/** By the numbers that came with topics before. */
function withTopics(packets: readonly IPublishPacket[]) {
  const topics = new Map<number, string>();
  return packets.map(({ topic, qos, messageId, retain, payload, properties = {} }) => {
    const { topicAlias, contentType, messageExpiryInterval } = properties;
    if (topicAlias && topic !== '') topics.set(topicAlias, topic);
    const named = topic === '' ? topics.get(topicAlias ?? 0) : topic;
    const bytes = Buffer.from(payload).toString('base64');
    return { topic: named, qos, id: messageId, retain, bytes, contentType, messageExpiryInterval };
  });
}

function expected(version: 4 | 5, message: MqttMessage, id: number) {
  const { topic, payload, retain, contentType, expiry } = message;
  const isNew = version === 5;
  return {
    ...{ topic, qos: id > 0 ? 1 : 0, id: id > 0 ? id : undefined, retain },
    bytes: Buffer.from(payload as string).toString('base64'),
    contentType: isNew ? contentType : undefined,
    messageExpiryInterval: isNew && expiry ? Math.ceil(expiry / 1_000) : undefined,
  };
}
