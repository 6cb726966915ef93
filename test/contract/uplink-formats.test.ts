/** What arrives at a real broker in each format, packed and not, with topics by number. */
import { zstdDecompressSync } from 'node:zlib';
import { connectAsync, type IPublishPacket } from 'mqtt';
import { afterEach, expect, it } from 'vitest';
import type { MqttConfig } from '../../config/site.ts';
import { decodeEnvelope } from '../../gateway/forward/envelope-reader.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import { blockOf, sample, T0, tag, uplinkOptions } from '../support/forward-fixture.ts';
import { readLines } from '../support/influx-line.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Heard {
  readonly topic: string;
  readonly payload: Buffer;
  readonly contentType: string | undefined;
}

/** An uplink at a broker, and all that comes out there but the status. */
async function line(set: Partial<MqttConfig>) {
  const broker = await startMosquitto();
  closers.push(() => broker.dispose());
  const heard: Heard[] = [];
  const client = await connectAsync(broker.url, { protocolVersion: 5 });
  closers.push(() => client.endAsync());
  client.on('message', (topic, payload, packet: IPublishPacket) => {
    const contentType = packet.properties?.contentType;
    if (!/\/(status|watermark)$/.test(topic)) heard.push({ topic, payload, contentType });
  });
  await client.subscribeAsync('#', { qos: 1 });
  const uplink = createMqttUplink(
    uplinkOptions({ url: broker.url, ...set }, { tags: [tag('press.oil_temp', 1)] }),
  );
  closers.push(() => uplink.close());
  await new Promise<void>((up) => uplink.open({ up, down() {} }));
  return { uplink, heard };
}

const block = () =>
  blockOf([
    sample('press.oil_temp', 74.16),
    sample('em.energy', 12),
    sample('em.power', null, { quality: 'bad:comm' }),
  ]);

describeWith(['mosquitto'], 'the formats of an uplink', () => {
  it('are the envelope, packed where it is asked for', async () => {
    const { uplink, heard } = await line({ compress: 'zstd' });
    expect(await uplink.send(block(), true)).toBe(2);
    await until('both parts', () => heard.length === 2);
    expect(heard.map(({ contentType }) => contentType)).toEqual([
      'application/json+zstd',
      'application/json+zstd',
    ]);
    const [press, em] = heard.map(({ payload }) =>
      decodeEnvelope(`${zstdDecompressSync(payload)}`),
    );
    expect(press).toMatchObject({ device: 'press', part: 0, parts: 2, hist: true });
    expect(em?.samples.get('power')).toMatchObject([{ value: null, quality: 'bad:comm' }]);
  });

  it('are those of ThingsBoard', async () => {
    const { uplink, heard } = await line({
      format: 'thingsboard',
      topic: 'v1/gateway/telemetry',
    });
    await uplink.send(block(), false);
    await until('both devices', () => heard.length === 2);
    expect(heard.map(({ topic }) => topic)).toEqual(Array(2).fill('v1/gateway/telemetry'));
    expect(heard.map(({ payload }) => JSON.parse(`${payload}`))).toEqual([
      { press: [{ ts: T0, values: { oil_temp: 74.2 } }] },
      { em: [{ ts: T0, values: { energy: 12, power_quality: 'bad:comm' } }] },
    ]);
  });

  it('are a topic for each tag', async () => {
    const { uplink, heard } = await line({ format: 'per-tag', topic: 'plant/{device}/{tag}' });
    expect(await uplink.send(block(), false)).toBe(3);
    await until('all samples', () => heard.length === 3);
    expect(heard.map(({ topic }) => topic)).toEqual([
      'plant/press/oil_temp',
      'plant/em/energy',
      'plant/em/power',
    ]);
    expect(JSON.parse(`${heard[0]?.payload}`)).toEqual({ time: T0, value: 74.2, quality: 'good' });
  });

  it('are lines for InfluxDB, packed where it is asked for', async () => {
    const { uplink, heard } = await line({ format: 'influx', topic: 'lines', compress: 'zstd' });
    await uplink.send(block(), false);
    await until('the lines', () => heard.length === 1);
    expect(heard[0]?.contentType).toBe('text/plain+zstd');
    const points = readLines(`${zstdDecompressSync(heard[0]?.payload ?? Buffer.alloc(0))}`);
    expect(points.map(({ fields }) => Object.fromEntries(fields))).toEqual([
      { oil_temp: 74.2 },
      { energy: 12, power_quality: 'bad:comm' },
    ]);
  });

  it('are what a template says', async () => {
    const template = { dev: '{device}', t: '{time}', d: '{values}' };
    const { uplink, heard } = await line({ format: 'template', template, topic: 'up/{device}' });
    await uplink.send(block(), false);
    await until('both devices', () => heard.length === 2);
    expect(JSON.parse(`${heard[1]?.payload}`)).toEqual({ dev: 'em', t: T0, d: { energy: 12 } });
  });

  it('have nothing to say of a gap, which counts as delivered', async () => {
    const { uplink } = await line({ format: 'influx', topic: 'lines' });
    expect(await uplink.send(blockOf([]), false)).toBe(0);
  });

  it.each([5, 4] as const)(
    'go to the right topics, more of them than a broker knows by number (MQTT version %i)',
    async (version) => {
      const { uplink, heard } = await line({ version });
      const devices = Array.from({ length: 15 }, (_, index) => `d${index}`);
      for (let round = 0; round < 3; round++)
        await uplink.send(blockOf(devices.map((device) => sample(`${device}.x`, round))), false);
      await until('all parts', () => heard.length === 45);
      for (const { topic, payload } of heard)
        expect(topic).toBe(`headgate/v1/weihai-3/telemetry/${decodeEnvelope(`${payload}`).device}`);
    },
  );
});
