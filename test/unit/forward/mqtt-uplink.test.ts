import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { MqttConfig } from '../../../config/site.ts';
import { CONNECT_DEADLINE } from '../../../gateway/forward/mqtt-connection.ts';
import { createMqttUplink, type MqttUplinkOptions } from '../../../gateway/forward/mqtt-uplink.ts';
import { ACK_DEADLINE } from '../../../gateway/forward/unanswered.ts';
import type { Uplink } from '../../../gateway/forward/uplink.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { seconds } from '../../../gateway/model/units.ts';
import type { UpstreamRequest } from '../../../gateway/model/upstream.ts';
import { blockOf, EPOCH, sample, tag, uplinkOptions } from '../../support/forward-fixture.ts';
import {
  acceptAll,
  acknowledgeNothing,
  connack,
  type Script,
  type ScriptedBroker,
  type Subscribed,
  scriptedBroker,
} from '../../support/scripted-broker.ts';
import { until } from '../../support/waiting.ts';

let broker: ScriptedBroker;
let uplink: Uplink;
let downs: Error[];
let ups: number;

const start = async (
  script: Partial<Script> = {},
  config: Partial<MqttConfig> = {},
  set: Partial<MqttUplinkOptions> = {},
) => {
  broker = await scriptedBroker(script);
  uplink = createMqttUplink(uplinkOptions({ url: broker.url, ...config }, set));
  downs = [];
  ups = 0;
  uplink.open({
    up() {
      ups++;
    },
    down: (error) => downs.push(error),
  });
};
const startUp = async (...settings: Parameters<typeof start>) => {
  await start(...settings);
  await until('the connection', () => ups > 0);
};
const lastError = () => uplink.facts().lastError;
const statuses = () =>
  broker.published
    .filter(({ topic }) => topic === 'headgate/v1/weihai-3/status')
    .map(({ payload, retain }) => ({ ...JSON.parse(payload), retain }));
/** One sample for each of several devices: that many parts. */
const block = (...devices: string[]) => blockOf(devices.map((device) => sample(`${device}.x`, 1)));

afterEach(async () => {
  await uplink.close();
  await broker.close();
});

describe('the MQTT uplink', () => {
  it('says that it is online, retained, and leaves word for when it falls silent', async () => {
    await startUp();
    await until('the status', () => statuses().length === 1);
    expect(statuses()[0]).toMatchObject({
      v: 1,
      gw: 'weihai-3',
      online: true,
      version: '0.1.0',
      config: 'c0ffee',
      epoch: EPOCH,
      since: expect.any(Number),
      retain: true,
    });
    const WILL_RETAINED_QOS_1_CLEAN = 0x2e;
    expect(broker.connections[0]?.flags).toBe(WILL_RETAINED_QOS_1_CLEAN);
  });

  it('announces another configuration at once, and sends its tags as they are declared there', async () => {
    await startUp();
    await until('the status', () => statuses().length === 1);
    const send = () => uplink.send(blockOf([sample('press.kw', 1.234)]), false);
    await send();
    expect(broker.published.at(-1)?.payload).toContain('1.234]');
    uplink.configure?.({ tags: [tag('press.kw', 1)], config: 'beef' });
    await until('the new status', () => statuses().length === 2);
    const [first, second] = statuses();
    expect(second).toEqual({ ...first, config: 'beef' });
    await send();
    expect(broker.published.at(-1)?.payload).toContain('1.2]');
    await uplink.close();
    expect(statuses().at(-1)).toMatchObject({ online: false, config: 'beef' });
  });

  it('says goodbye: the last watermark, offline, and a proper DISCONNECT', async () => {
    await startUp();
    await uplink.send(block('a'), false);
    uplink.announce({ epoch: EPOCH, head: seqOf(1), acknowledged: seqOf(1), gaps: [] });
    await uplink.close();
    expect(broker.published.at(-2)?.topic).toBe('headgate/v1/weihai-3/watermark');
    expect(statuses().at(-1)).toMatchObject({ online: false, since: expect.any(Number) });
    expect(broker.disconnects).toBe(1);
  });

  it('publishes each part on its device’s topic', async () => {
    await startUp();
    await uplink.send(block('press', 'em/1'), false);
    expect(broker.published.slice(1).map(({ topic, retain }) => [topic, retain])).toEqual([
      ['headgate/v1/weihai-3/telemetry/press', false],
      ['headgate/v1/weihai-3/telemetry/em%2F1', false],
    ]);
  });

  it('keeps no more on its way than the broker’s receive maximum, status and watermark included', async () => {
    const RECEIVE_MAXIMUM_3 = [0x21, 0, 3];
    await startUp({
      onConnect: ({ socket }) => socket.write(connack(5, 0, RECEIVE_MAXIMUM_3)),
      onPublish() {
        if (broker.unacknowledged().length >= 3 || broker.published.length === 122)
          setImmediate(() => {
            for (const { acknowledge } of broker.unacknowledged()) acknowledge();
          });
      },
    });
    const devices = Array.from({ length: 40 }, (_, index) => `d${index}`);
    const sends = [1, 2, 3].map(() => uplink.send(block(...devices), false));
    uplink.announce({ epoch: EPOCH, head: seqOf(1), acknowledged: seqOf(0), gaps: [] });
    await Promise.all(sends);
    expect(broker.mostUnacknowledged).toBe(3);
    expect(broker.published.length).toBe(1 + 1 + 120);
  });

  it('makes the messages of a block when the first of them may leave', async () => {
    const made: (string | undefined)[] = [];
    const onMessages: MqttUplinkOptions['onMessages'] = (_, messages) => {
      made.push(messages[0]?.topic.split('/').at(-1));
      if (made.length === 3) throw new Error('no words for it');
    };
    await startUp(acknowledgeNothing, { window: 3 }, { onMessages });
    const sends = ['a', 'b', 'c', 'd'].map((device) =>
      uplink.send(block(device, `${device}2`), false).catch((error: unknown) => error),
    );
    await until('the window to fill', () => broker.mostUnacknowledged === 3);
    expect(made).toEqual(['a']);
    broker.script = acceptAll;
    for (const { acknowledge } of broker.unacknowledged()) acknowledge();
    expect(await Promise.all(sends)).toEqual([2, 2, new Error('no words for it'), 2]);
    expect(made).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps to the configured window where the broker names none', async () => {
    await startUp(acknowledgeNothing, { version: 4, window: 7 });
    uplink.send(block(...'abcdefghijkl'), false).catch(() => {});
    await until('the window to fill', () => broker.mostUnacknowledged === 7);
    for (const { acknowledge } of broker.unacknowledged()) acknowledge();
    await until('the next ones', () => broker.published.length === 13);
    expect(broker.mostUnacknowledged).toBe(7);
    for (const { acknowledge } of broker.unacknowledged()) acknowledge();
    broker.script = acceptAll;
  });

  it('takes "no matching subscribers" for taken, or holds the block, as configured', async () => {
    const nobody = (published: { topic: string; acknowledge(reason?: number): void }) =>
      published.acknowledge(published.topic.endsWith('/a') ? 0x10 : 0);
    await startUp({ onPublish: nobody }, { unrouted: 'accept' });
    await uplink.send(block('a'), false);
    await uplink.close();
    await broker.close();
    await startUp({ onPublish: nobody }, { unrouted: 'hold' });
    await expect(uplink.send(block('b', 'a'), false)).rejects.toThrow('[forward.no-subscriber]');
    await uplink.send(block('b'), false);
  });

  it('tries every part of a block although one is refused, and tells how many were taken', async () => {
    await startUp({
      onPublish: ({ topic, acknowledge }) => acknowledge(topic.endsWith('/b') ? 0x87 : 0),
    });
    await expect(uplink.send(block('a', 'b', 'c'), false)).rejects.toMatchObject({
      code: 'forward.refused',
      kind: 'permanent',
      message: expect.stringContaining('Not authorized (0x87)'),
      details: { topic: 'headgate/v1/weihai-3/telemetry/b', parts_taken: 2 },
    });
    expect(downs).toEqual([]);
  });

  it.each([
    [0x80, 'forward.refused'],
    [0x90, 'forward.refused'],
    [0x95, 'forward.refused'],
    [0x97, 'forward.quota'],
    [0x99, 'forward.refused'],
  ])('tells a refusal %i from a lost connection', async (reason, code) => {
    await startUp({
      onPublish: ({ topic, acknowledge }) => acknowledge(topic.endsWith('/a') ? reason : 0),
    });
    await expect(uplink.send(block('a'), false)).rejects.toMatchObject({ code });
    expect(downs).toEqual([]);
  });

  it('does not even send what the broker said is too large', async () => {
    const MAXIMUM_PACKET_SIZE_100 = [0x27, 0, 0, 0, 100];
    const onConnect: Script['onConnect'] = ({ socket }) =>
      socket.write(connack(5, 0, MAXIMUM_PACKET_SIZE_100));
    await startUp({ onConnect });
    await expect(uplink.send(block('a'), false)).rejects.toThrow('173 bytes; it takes 100 (0x95)');
    expect(broker.published.length).toBe(0);
  });

  it.each([
    [5, 0x86, 'forward.connect-refused'],
    [5, 0x87, 'forward.connect-refused'],
    [5, 0x88, 'forward.broker-unavailable'],
    [4, 3, 'forward.broker-unavailable'],
    [4, 5, 'forward.connect-refused'],
  ] as const)(
    'MQTT version %i: is refused with %i, says so, and tries again',
    async (version, reason, code) => {
      const onConnect: Script['onConnect'] = ({ socket }) => socket.write(connack(version, reason));
      await start({ onConnect }, { version });
      await until('a further attempt', () => broker.connections.length > 2);
      expect(lastError()).toContain(code);
      expect(ups).toBe(0);
      broker.script = acceptAll;
      await until('the connection', () => ups === 1);
    },
  );

  it('gives up an attempt that is not answered, on its own clock', async () => {
    const clock = virtualClock();
    await start({ onConnect() {} }, {}, { clock });
    await until('the request', () => broker.connections.length === 1);
    await clock.advance(seconds(CONNECT_DEADLINE / 1000 - 1));
    expect(uplink.facts().state).toBe('connecting');
    await clock.advance(seconds(1));
    expect(uplink.facts().state).toBe('waiting');
    expect(lastError()).toContain('[forward.no-answer]');
  });

  it('hangs up when a message is left without an acknowledgement, and rejects it', async () => {
    const clock = virtualClock();
    await startUp(acknowledgeNothing, {}, { clock });
    await until('the status', () => broker.unacknowledged().length === 1);
    await clock.advance(seconds(5));
    for (const { acknowledge } of broker.unacknowledged()) acknowledge();
    const send = uplink.send(block('a'), false).catch((error: Error) => error.message);
    await until('the message', () => broker.published.length === 2);
    await clock.advance(seconds(ACK_DEADLINE / 1000 - 1));
    expect(downs).toEqual([]);
    await clock.advance(seconds(1));
    expect(await send).toContain('[forward.no-answer]');
    expect(downs.length).toBe(1);
  });

  it('notices a broker that answers no ping any more', async () => {
    const clock = virtualClock();
    await startUp({}, { keepalive: seconds(10) }, { clock });
    await until('the status', () => statuses().length === 1);
    for (const { socket } of broker.connections) socket.pause();
    await clock.advance(seconds(14));
    expect(downs).toEqual([]);
    await clock.advance(seconds(2));
    expect(downs[0]?.message).toContain('[forward.no-answer]');
  });

  it('waits longer and longer for a broker that takes it in only to throw it out', async () => {
    const clock = virtualClock();
    const waits: number[] = [];
    await start(
      {
        onConnect({ socket, version }) {
          socket.end(connack(version));
        },
      },
      {},
      { clock, random: () => 1 },
    );
    for (let attempt = 0; attempt < 8; attempt++) {
      await until('the wait', () => uplink.facts().state === 'waiting');
      waits.push(uplink.facts().retryInMs ?? 0);
      await clock.advance(seconds((waits.at(-1) ?? 0) / 1000));
      await until('the next attempt', () => broker.connections.length > attempt + 1);
    }
    expect(waits).toEqual([2000, 2000, 2000, 2000, 2000, 4000, 8000, 16_000]);
  });

  it('outlives a keepalive without an answer while several messages are on their way', async () => {
    const clock = virtualClock();
    await startUp(acknowledgeNothing, { keepalive: seconds(10) }, { clock });
    const sends = ['a', 'b', 'c'].map((device) =>
      uplink.send(block(device), false).catch((error: unknown) => error),
    );
    await until('the messages', () => broker.published.length >= 4);
    for (const { socket } of broker.connections) socket.pause();
    await clock.advance(seconds(16));
    expect((await Promise.all(sends)).every((error) => error instanceof GatewayError)).toBe(true);
    expect(downs[0]?.message).toContain('within 15 s: a ping was not answered [forward.no-answer]');
  });

  it('does not ask while messages leave and are answered', async () => {
    const clock = virtualClock();
    await startUp({}, { keepalive: seconds(10) }, { clock });
    for (let message = 0; message < 10; message++) {
      await clock.advance(seconds(4));
      await uplink.send(block('a'), false);
    }
    expect(broker.pings).toBe(0);
    await clock.advance(seconds(11));
    await until('the ping', () => broker.pings === 1);
  });

  it('does not work with a broker that offers QoS 0 only', async () => {
    const onConnect: Script['onConnect'] = ({ socket }) => socket.write(connack(5, 0, [0x24, 0]));
    await start({ onConnect });
    await until('the refusal', () => lastError() !== undefined);
    expect(lastError()).toContain('[forward.connect-refused]');
  });

  it.each([
    ['a reason', [0xe0, 1, 0x8e], 'Session taken over (0x8e)'],
    ['a reason and properties', [0xe0, 2, 0x8b, 0], 'Server shutting down (0x8b)'],
    ['nothing', [0xe0, 0], 'without a reason (0x00)'],
  ])('tells why the broker hung up, from a DISCONNECT with %s', async (_, bytes, reason) => {
    await startUp();
    broker.connections[0]?.socket.write(Buffer.from(bytes));
    await until('the loss', () => downs.length === 1);
    expect(downs[0]?.message).toContain(reason);
  });

  it('hangs up on messages that nobody subscribed to', async () => {
    await startUp();
    broker.connections[0]?.socket.write(Buffer.from([0x30, 4, 0, 1, 0x61, 0]));
    await until('the loss', () => downs.length === 1);
    expect(downs[0]?.message).toContain('[forward.protocol-broken]');
  });

  it('says which file it cannot read, and reads it again at the next attempt', async () => {
    await start({}, { ca: '/nonexistent/ca.pem' });
    await until('the failure', () => lastError() !== undefined);
    expect(lastError()).toContain('cannot read /nonexistent/ca.pem');
    expect(broker.connections.length).toBe(0);
  });

  it.each([4, 5] as const)(
    'survives whatever a broker sends, and delivers to a sane one afterwards (version %i)',
    async (version) => {
      const streams = fc.sample(hostileStream, { numRuns: 1500, seed: 20_260_101 + version });
      const rest = [...streams];
      await start(
        {
          onConnect({ socket }) {
            const stream = rest.pop();
            if (stream)
              socket.end(
                stream.accepted ? Buffer.concat([connack(version), stream.bytes]) : stream.bytes,
              );
            else socket.write(connack(version));
          },
        },
        { version },
        { random: () => 0 },
      );
      await until(
        'the end of the streams',
        () => rest.length === 0 && uplink.facts().state === 'up',
      );
      const delivered = async () => {
        for (;;) {
          try {
            return await uplink.send(block('a'), false);
          } catch {
            await until('the connection', () => uplink.facts().state === 'up');
          }
        }
      };
      await delivered();
      expect(broker.connections.length).toBeGreaterThanOrEqual(1500);
    },
  );
});

/** Packets with a plausible head, real answers bent out of shape, and noise. */
const bytesOf = (min: number, max: number) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((array) => Buffer.from(array));
const packet = fc
  .tuple(fc.nat(15), fc.oneof(fc.constant(0), fc.constant(2), fc.nat(15)), bytesOf(0, 40))
  .map(([type, flags, body]) =>
    Buffer.concat([Buffer.from([(type << 4) | flags, body.length]), body]),
  );
const bent = fc
  .tuple(
    fc.constantFrom(
      connack(5, 0, [0x21, 0, 3, 0x27, 0, 0, 1, 0, 0x13, 0, 9]),
      connack(4),
      Buffer.from([0x40, 3, 0, 1, 0x10]),
      Buffer.from([0x40, 2, 0, 1]),
      Buffer.from([0x50, 2, 0, 1]),
      Buffer.from([0x70, 2, 0, 1]),
      Buffer.from([0xe0, 2, 0x8e, 0]),
      Buffer.from([0x90, 4, 0, 1, 0, 0]),
      Buffer.from([0x34, 6, 0, 1, 0x61, 0, 1, 0]),
      Buffer.from([0xf0, 2, 0x18, 0]),
    ),
    fc.nat(12),
    fc.nat(255),
    fc.nat(3),
  )
  .map(([valid, at, byte, cut]) => {
    const bytes = Buffer.from(valid);
    if (at < bytes.length) bytes.writeUInt8(byte, at);
    return bytes.subarray(0, bytes.length - cut);
  });
const hostileStream = fc.record({
  accepted: fc.boolean(),
  bytes: fc
    .array(fc.oneof(packet, bent, bytesOf(0, 60)), { minLength: 0, maxLength: 5 })
    .map((packets) => Buffer.concat(packets)),
});

describe('the subscription to acknowledgements', () => {
  const taking = { listens: ['alarm'] } as const;

  it('is made once a connection, where they are taken', async () => {
    await startUp({ onSubscribe: ({ socket, answer }) => socket.write(answer(1)) }, {}, taking);
    await until('the subscription', () => broker.subscribes === 1);
    broker.cut();
    await until('the next one', () => broker.subscribes === 2);
    await uplink.close();
    await broker.close();
    await startUp();
    await uplink.send(block('a'), false);
    expect(broker.subscribes).toBe(0);
  });

  it('is given up for a while where the broker hangs up on it: delivery comes first', async () => {
    const events: string[] = [];
    const log = { ...silentLog, error: (event: string) => void events.push(event) };
    await start({ onSubscribe: ({ socket }) => socket.destroy() }, {}, { ...taking, log });
    await until('the third connection', () => ups === 3);
    await uplink.send(block('a'), false);
    expect(broker.subscribes).toBe(2);
    expect(events).toEqual(['forward.subscription-given-up']);
  });

  it('is given up where what comes over it breaks the protocol', async () => {
    const LONG = Buffer.from([0x32, 0xff, 0xff, 0x7f, 0, 1]);
    const onSubscribe = ({ socket, answer }: Subscribed) =>
      socket.write(Buffer.concat([answer(1), LONG]));
    await start({ onSubscribe }, {}, taking);
    await until('the third connection', () => ups === 3);
    await uplink.send(block('a'), false);
    expect(broker.subscribes).toBe(2);
    expect(downs.map(String).join()).toContain('a packet of more than');
  });

  it('that is refused costs nothing', async () => {
    const events: string[] = [];
    const log = { ...silentLog, warn: (event: string) => void events.push(event) };
    const onSubscribe = ({ socket, answer }: Subscribed) => socket.write(answer(0x87));
    await startUp({ onSubscribe }, {}, { ...taking, log });
    await until('the refusal', () => events.length > 0);
    await uplink.send(block('a'), false);
    expect(downs).toEqual([]);
    expect(events).toEqual(['forward.subscription-refused']);
  });

  it('is one of several: they are made one after the other, and each is judged on its own', async () => {
    const ACK = 'headgate/v1/weihai-3/alarm/ack';
    const CMD = 'headgate/v1/weihai-3/cmd';
    const events: string[] = [];
    const note = (event: string, fields?: object) =>
      void events.push(`${event} ${JSON.stringify(fields)}`);
    const asked: string[] = [];
    const requests: UpstreamRequest[] = [];
    const onSubscribe = ({ socket, topic, answer }: Subscribed) => {
      asked.push(topic);
      if (topic === ACK) socket.destroy();
      else socket.write(answer(1));
    };
    await start(
      { onSubscribe },
      {},
      {
        listens: ['alarm', 'command'],
        onRequest: (request) => void requests.push(request),
        log: { ...silentLog, error: note, warn: () => {} },
      },
    );
    await until('the third connection', () => ups === 3);
    await until('the other subscription', () => asked.includes(CMD));
    expect(asked).toEqual([ACK, ACK, CMD]);
    expect(events).toEqual([
      `forward.subscription-given-up {"uplink":"cloud","topic":"${ACK}","seconds":3600}`,
    ]);
    broker.connections.at(-1)?.socket.write(publish(CMD, 'stop'));
    await until('what was heard', () => requests.length > 0);
    const counts = { 'command.form': 1 };
    expect(requests).toEqual([{ about: 'refused-commands', refused: { uplink: 'cloud', counts } }]);
    expect(uplink.facts()).toMatchObject({
      requests: { malformed: 0 },
      commands: { malformed: 1 },
    });
  });

  it('answers in the order in which answers are given, before the blocks, also while the window is full', async () => {
    await startUp(acknowledgeNothing, { window: 1 }, { listens: ['command'] });
    uplink.send(block('a', 'b'), false).catch(() => {});
    const reply = { id: 'command-1', tag: 'press.pump' };
    const end = { outcome: 'verified', tookMs: 1 } as const;
    uplink.reply?.({ about: 'command', reply: { ...reply, state: 'accepted' } });
    uplink.reply?.({ about: 'command', reply: { ...reply, state: 'ended', end } });
    broker.script = acceptAll;
    await until('the status', () => broker.published.length > 0);
    for (const { acknowledge } of broker.unacknowledged()) acknowledge();
    await until('all of it', () => broker.published.length === 5);
    const outcome = 'headgate/v1/weihai-3/cmd/command-1/outcome';
    expect(
      broker.published.slice(1).map(({ topic, payload, retain }) => {
        return [topic, JSON.parse(payload).state, retain];
      }),
    ).toEqual([
      [outcome, 'accepted', false],
      [outcome, 'ended', false],
      ['headgate/v1/weihai-3/telemetry/a', undefined, false],
      ['headgate/v1/weihai-3/telemetry/b', undefined, false],
    ]);
  });
});

/** PUBLISH of MQTT 5 with QoS 1. */
function publish(topic: string, payload: string): Buffer {
  const body = [0, topic.length, ...Buffer.from(topic), 0, 7, 0, ...Buffer.from(payload)];
  return Buffer.from([0x32, body.length, ...body]);
}
