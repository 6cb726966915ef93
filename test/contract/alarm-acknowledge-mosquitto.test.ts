/** Acknowledgements from upstream over the real broker: the uplink by itself, and the whole north side in its thread. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type MqttClient } from 'mqtt';
import { expect, onTestFinished } from 'vitest';
import { acknowledgeFromUpstream } from '../../gateway/alarms/upstream-acknowledgement.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import type { Uplink } from '../../gateway/forward/uplink.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { NorthLink } from '../../gateway/journal/north/north-link.ts';
import type { AcknowledgeRequest } from '../../gateway/model/acknowledgement.ts';
import { RULES_DEVICE } from '../../gateway/model/event-tag.ts';
import { bytes, millis, utcMs } from '../../gateway/model/units.ts';
import type { UpstreamRequest } from '../../gateway/model/upstream.ts';
import { mqttConfig, tag, uplinkOptions } from '../support/forward-fixture.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { type MosquittoOptions, startMosquitto } from '../support/mosquitto.ts';
import { testWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const ACK = 'headgate/v1/weihai-3/alarm/ack';
const GOOD = { key: '4f2a9c01', id: 'press-hot#3', by: 'li' };

async function started(options: MosquittoOptions = {}) {
  const broker = await startMosquitto(options);
  onTestFinished(() => broker.dispose());
  return broker;
}

/** Somebody upstream: publishes, and sees what comes back. */
async function person(url: string) {
  const client: MqttClient = connect(url, { protocolVersion: 5, reconnectPeriod: 0 });
  onTestFinished(() => client.endAsync(true));
  const outcomes: { readonly retain: boolean; readonly message: unknown }[] = [];
  client.on('message', (_, payload, { retain }) => {
    outcomes.push({ retain, message: JSON.parse(payload.toString()) });
  });
  await client.subscribeAsync(`${ACK}/outcome`, { qos: 1 });
  return {
    outcomes,
    say: (message: unknown, retain = false) =>
      client.publishAsync(ACK, typeof message === 'string' ? message : JSON.stringify(message), {
        qos: 1,
        retain,
      }),
  };
}

async function uplinkTo(url: string, version: 4 | 5, listens = true) {
  const requests: AcknowledgeRequest[] = [];
  const logged: string[] = [];
  const note = (event: string) => void logged.push(event);
  const onRequest = (asked: UpstreamRequest) => {
    if (asked.about !== 'alarm') return;
    const { request } = asked;
    requests.push(request);
    uplink.reply?.({ about: 'alarm', reply: { ...request, outcome: 'acknowledged' } });
  };
  const uplink: Uplink = createMqttUplink(
    uplinkOptions(
      { url, version },
      {
        log: { ...silentLog, warn: note, error: note },
        onRequest,
        listens: listens ? ['alarm'] : [],
      },
    ),
  );
  onTestFinished(() => uplink.close());
  let ups = 0;
  uplink.open({ up: () => ups++, down: () => {} });
  await until('the connection', () => ups > 0);
  return { uplink, requests, logged, ups: () => ups };
}

for (const version of [4, 5] as const)
  testWith(['mosquitto'])(
    `MQTT ${version === 5 ? '5' : '3.1.1'}: what is valid goes on and is answered, what was kept or is too much does not`,
    async () => {
      const broker = await started();
      const { say, outcomes } = await person(broker.url);
      await say({ ...GOOD, by: 'ghost' }, true);
      const { uplink, requests, ups } = await uplinkTo(broker.url, version);
      // Until the subscription stands, nobody hears.
      await until('the first answer', async () => {
        await say(GOOD);
        return outcomes.length > 0;
      });
      expect(requests[0]).toEqual(GOOD);
      expect(outcomes[0]).toEqual({
        retain: false,
        message: { v: 1, gw: 'weihai-3', ...GOOD, outcome: 'acknowledged' },
      });
      await say(GOOD, true);
      await say('x'.repeat(5_000));
      // What is said faster than ten times a second is not heard.
      await until('the refusal', async () => {
        await say({ key: GOOD.key });
        return outcomes.some(({ message }) => JSON.stringify(message).includes('by: 1 to 100'));
      });
      expect(requests.some(({ by }) => by === 'ghost')).toBe(false);
      expect(uplink.facts().requests).toMatchObject({ tooLong: 1 });
      // MQTT 3.1.1 has no way to tell a live message that is also kept from another.
      if (version === 5) expect(uplink.facts().requests).toMatchObject({ retained: 1 });
      expect(ups()).toBe(1);
    },
  );

testWith(['mosquitto'])('a site without alarms listens to nothing', async () => {
  const broker = await started();
  const { uplink } = await uplinkTo(broker.url, 5, false);
  expect(uplink.facts().requests).toBeUndefined();
  const { say, outcomes } = await person(broker.url);
  await say(GOOD);
  await say(GOOD);
  expect(outcomes).toEqual([]);
  expect(uplink.facts().state).toBe('up');
});

testWith(['mosquitto'])('who may not subscribe delivers all the same', async () => {
  const broker = await started({
    lines: (directory) => {
      const path = join(directory, 'acl');
      writeFileSync(path, 'topic write headgate/#\n');
      return [`acl_file ${path}`];
    },
  });
  const { uplink, ups } = await uplinkTo(broker.url, 5);
  expect(uplink.facts().state).toBe('up');
  expect(ups()).toBe(1);
});

testWith(['mosquitto'])(
  'the whole way: from the broker through the thread to the field side, and the answer back',
  { timeout: 30_000 },
  async () => {
    const broker = await started();
    const { say, outcomes } = await person(broker.url);
    const asked: unknown[] = [];
    const desk = {
      acknowledge: async (question: unknown) => {
        asked.push(question);
        const isFirst = asked.length === 1;
        const first = { outcome: 'acknowledged', id: 'press-hot#3' } as const;
        const time = utcMs(0);
        const second = { outcome: 'already', id: 'press-hot#3', by: 'li', time } as const;
        return { matches: [], ruled: isFirst ? first : second };
      },
    };
    const link = new NorthLink({
      site: {
        gateway: { id: 'weihai-3', timezone: 'UTC' },
        journal: {
          path: join(temporaryDirectory(), 'journal.db'),
          lossWindow: millis(0),
          maxSize: bytes(2 ** 24),
          keep: millis(1e9),
        },
        uplinks: [{ name: 'cloud', mqtt: mqttConfig({ url: broker.url }), commands: 'refuse' }],
        tags: [tag(`${RULES_DEVICE}.alarm_event`)],
        hash: 'c0ffee',
      },
      clock: systemClock(),
      log: silentLog,
      random: () => 0,
      onRequest: (asked, answer) => {
        if (asked.about !== 'alarm') return;
        void acknowledgeFromUpstream(desk, asked.request).then((reply) =>
          answer({ about: 'alarm', reply }),
        );
      },
    });
    onTestFinished(() => link.stop());
    await link.start();
    await until('the first answer', async () => {
      await say(GOOD);
      return outcomes.length > 0;
    });
    await until('the answer to the last', async () => {
      await say({ ...GOOD, by: 'wang', comment: 'late' });
      return asked.some((question) => JSON.stringify(question).includes('late'));
    });
    await until('as many answers', () => outcomes.length === asked.length);
    expect(asked[0]).toEqual({ alarm: GOOD.key, activation: GOOD.id, by: 'li', comment: '' });
    expect(outcomes[0]?.message).toMatchObject({ ...GOOD, outcome: 'acknowledged' });
    expect(outcomes.at(-1)?.message).toMatchObject({ ...GOOD, outcome: 'already' });
    const [uplink] = (await link.stats()).uplinks;
    expect(uplink?.requests).toMatchObject({ taken: asked.length });
  },
);
