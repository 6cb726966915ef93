/** Journal, forwarder and uplink against the real broker: killed, refusing, encrypted. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { MqttConfig } from '../../config/site.ts';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import type { Forwarder, Uplink } from '../../gateway/forward/uplink.ts';
import type { Clock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seconds } from '../../gateway/model/units.ts';
import { type Authority, certificateAuthority, type Validity } from '../support/certificates.ts';
import { type CountingSubscriber, countingSubscriber } from '../support/counting-subscriber.ts';
import { blockOf, EPOCH, SPEAKER, sample, uplinkOptions } from '../support/forward-fixture.ts';
import { hastyClock } from '../support/hasty-clock.ts';
import { type MemoryJournal, memoryJournal } from '../support/memory-journal.ts';
import { type Mosquitto, type MosquittoOptions, startMosquitto } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const mosquitto = async (options: MosquittoOptions = {}): Promise<Mosquitto> => {
  const broker = await startMosquitto(options);
  closers.push(() => broker.dispose());
  return broker;
};
const subscriber = async (...args: Parameters<typeof countingSubscriber>) => {
  const subscriber = await countingSubscriber(...args);
  closers.push(() => subscriber.close());
  return subscriber;
};
const opened = (
  config: Partial<MqttConfig>,
  more: Parameters<typeof uplinkOptions>[1] = {},
): Uplink & { ups(): number } => {
  let ups = 0;
  const uplink = createMqttUplink(uplinkOptions(config, more));
  uplink.open({
    up() {
      ups++;
    },
    down() {},
  });
  closers.push(() => uplink.close());
  return Object.assign(uplink, { ups: () => ups });
};

interface Flow {
  readonly journal: MemoryJournal;
  readonly forwarder: Forwarder;
  append(blocks: number): void;
  drained(): boolean;
}

/** Three devices in each block, so three parts. */
const DEVICES = ['press', 'oven', 'em_1203'];
const flow = async (config: Partial<MqttConfig>): Promise<Flow> => {
  const journal = memoryJournal(EPOCH);
  const random = () => 0.02;
  const uplink = createMqttUplink(uplinkOptions(config, { random }));
  const clock = hastyClock();
  const log = silentLog;
  const forwarder = createForwarder({ uplink, journal, clock, log, random, resend: seconds(5) });
  await forwarder.start();
  closers.push(() => forwarder.stop());
  const cursor = journal.cursor('cloud');
  return {
    journal,
    forwarder,
    append(blocks) {
      for (let index = 0; index < blocks; index++)
        forwarder.onAppended(journal.put(DEVICES.map((device) => sample(`${device}.x`, index))));
    },
    drained: () => cursor.upTo === journal.head,
  };
};
const missing = ({ journal }: Flow, { counts }: CountingSubscriber): string[] =>
  Array.from({ length: journal.head }, (_, index) => index + 1)
    .flatMap((seq) => DEVICES.map((_, part) => `${EPOCH}/${seq}/${part}`))
    .filter((key) => !counts.has(key));

describeWith(['mosquitto'], 'blocks through Mosquitto', () => {
  it.each([5, 4] as const)('arrive once each, in seq order, MQTT version %i', async (version) => {
    const broker = await mosquitto();
    const receiver = await subscriber(broker.url);
    const line = await flow({ url: broker.url, version });
    line.append(200);
    await until('the last part', () => receiver.counts.size === 600);
    await until('the cursor', line.drained);
    expect(new Set(receiver.counts.values())).toEqual(new Set([1]));
    const seqs = receiver.envelopes().map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    await line.forwarder.stop();
    await until('the goodbye', () => receiver.received.at(-1)?.topic.endsWith('/status') === true);
    const [watermark, status] = receiver.received.slice(-2).map(({ text }) => JSON.parse(text));
    expect(watermark).toEqual({
      v: 1,
      gw: 'weihai-3',
      epoch: EPOCH,
      head: 200,
      acked: 200,
      gaps: [],
    });
    expect(status).toMatchObject({ online: false, epoch: EPOCH });
  });

  it('arrive although the broker comes up later than the gateway', async () => {
    const broker = await mosquitto({ persistence: true });
    await broker.stop();
    const line = await flow({ url: broker.url });
    line.append(20);
    await until('a failed attempt', () => line.forwarder.facts().lastError !== undefined);
    expect(line.forwarder.facts().lastError).toContain('[forward.unreachable]');
    await broker.start();
    await until('the cursor', line.drained);
  });

  it.each([
    ['a broker that keeps its store', true, 400],
    ['a broker that keeps nothing', false, 1500],
  ])('arrive although %s is killed in mid-flow, twice', async (_, persistence, blocks) => {
    const broker = await mosquitto({ persistence });
    const receiver = await subscriber(broker.url);
    const line = await flow({ url: broker.url, unrouted: 'hold' });
    for (let kill = 0; kill < 2; kill++) {
      const before = receiver.counts.size;
      line.append(blocks);
      await until('the flow', () => receiver.counts.size > before + 150);
      await broker.kill();
      expect(line.drained()).toBe(false);
      await broker.start();
    }
    await until('the cursor', line.drained);
    await until('the last part', () => missing(line, receiver).length === 0);
    expect(line.forwarder.facts().refusedBlocks).toBe(0);
  });

  it('are sent again when the broker dies with what it had acknowledged but not handed on', async () => {
    const broker = await mosquitto();
    const away = await countingSubscriber(broker.url);
    await away.close();
    const line = await flow({ url: broker.url, unrouted: 'hold' });
    line.append(50);
    await until('the cursor', line.drained);
    await broker.kill();
    await broker.start();
    const back = await subscriber(broker.url);
    await until('the last part', () => missing(line, back).length === 0);
    expect(line.forwarder.facts().resent).toBeGreaterThanOrEqual(50);
  });

  it('wait in the journal while nobody listens, when told to hold', async () => {
    const broker = await mosquitto();
    const line = await flow({ url: broker.url, unrouted: 'hold' });
    line.append(30);
    await until('the hold', () => line.forwarder.facts().heldBy !== undefined);
    expect(line.forwarder.facts()).toMatchObject({ acknowledged: 0, backlog: 30 });
    const receiver = await subscriber(broker.url);
    await until('the cursor', line.drained);
    await until('the last part', () => missing(line, receiver).length === 0);
  });

  it('go on past what an access list forbids, and lose only that', async () => {
    const rules = ['topic deny headgate/v1/weihai-3/telemetry/oven', 'topic readwrite headgate/#'];
    const broker = await mosquitto({
      lines: (directory) => [`acl_file ${fileIn(directory, 'acl', rules)}`],
    });
    const receiver = await subscriber(broker.url);
    const line = await flow({ url: broker.url });
    line.append(50);
    await until('the cursor', line.drained);
    expect(line.forwarder.facts().refusedBlocks).toBe(50);
    await until('the allowed parts', () => receiver.counts.size === 100);
    expect(new Set(receiver.envelopes().map(({ device }) => device))).toEqual(
      new Set(['press', 'em_1203']),
    );
  });

  it('are refused, not retried on a new connection, when they are too large for the broker', async () => {
    const broker = await mosquitto({ lines: () => ['message_size_limit 400'] });
    const uplink = opened({ url: broker.url });
    await until('the connection', () => uplink.ups() === 1);
    const large = blockOf([sample('a.x', 'x'.repeat(500)), sample('b.x', 1)]);
    await expect(uplink.send(large, false)).rejects.toMatchObject({
      code: 'forward.refused',
      details: { parts_taken: 1 },
    });
    expect(uplink.facts().state).toBe('up');
  });
});

describeWith(['mosquitto'], 'the connection to Mosquitto', () => {
  it('leaves the will behind when the gateway falls silent', async () => {
    const broker = await mosquitto();
    const receiver = await subscriber(broker.url);
    const uplink = opened({ url: broker.url });
    const statuses = () =>
      receiver.received
        .filter(({ topic }) => topic === `headgate/v1/${SPEAKER.gateway}/status`)
        .map(({ text }) => JSON.parse(text).online);
    await until('online', () => statuses().at(-1) === true);
    // The same client id, as a second gateway with a copied configuration has it: the first connection is cut.
    const twin = opened({ url: broker.url });
    await until('the will', () => statuses().includes(false));
    await until('both', () => uplink.ups() > 0 && twin.ups() > 0);
  });

  it('needs the right password', async () => {
    const broker = await mosquitto({
      anonymous: false,
      lines(directory) {
        const passwords = join(directory, 'passwords');
        execFileSync('mosquitto_passwd', ['-c', '-b', passwords, 'gw', 'secret']);
        return [`password_file ${passwords}`];
      },
    });
    const wrong = opened({ url: broker.url, username: 'gw', password: 'wrong', clientId: 'a' });
    await until('the refusal', () => wrong.facts().lastError !== undefined);
    expect(wrong.facts().lastError).toContain('[forward.connect-refused]');
    const right = opened({ url: broker.url, username: 'gw', password: 'secret', clientId: 'b' });
    await until('the connection', () => right.ups() === 1);
  });

  describeWith(['mosquitto', 'openssl'], 'over TLS', () => {
    const secured = async (names: string, mutual = false, validity?: Validity) => {
      let authority: Authority | undefined;
      const broker = await mosquitto({
        lines(directory) {
          authority = certificateAuthority(directory, 'authority');
          const { cert, key } = authority.issue('broker', names, validity);
          const own = [`cafile ${authority.ca}`, `certfile ${cert}`, `keyfile ${key}`];
          return [...own, `require_certificate ${mutual}`];
        },
      });
      if (authority === undefined) throw new Error('no authority');
      return { ...broker, url: broker.url.replace('mqtt:', 'mqtts:'), authority };
    };
    const failure = async (...args: Parameters<typeof opened>) => {
      const uplink = opened(...args);
      await until('the failure', () => uplink.facts().lastError !== undefined);
      expect(uplink.ups()).toBe(0);
      return uplink.facts().lastError;
    };

    it('works with the authority that signed the broker’s certificate', async () => {
      const { url, authority } = await secured('IP:127.0.0.1');
      const uplink = opened({ url, ca: authority.ca });
      await until('the connection', () => uplink.ups() === 1);
      await uplink.send(blockOf([sample('a.x', 1)]), false);
    });

    it('refuses a broker that another authority vouches for, or none', async () => {
      const { url, directory } = await secured('IP:127.0.0.1');
      const { ca } = certificateAuthority(directory, 'other');
      expect(await failure({ url, ca })).toContain('[forward.tls-authority]');
      expect(await failure({ url })).toContain('[forward.tls-authority]');
    });

    it.each([
      ['has expired', { from: -3, to: -1 }, 'forward.tls-expired'],
      ['is not valid yet', { from: 1, to: 3 }, 'forward.tls-not-yet-valid'],
    ] as const)(
      'says that a certificate %s, unless its own clock was never set',
      async (_, validity, code) => {
        const { url, authority } = await secured('IP:127.0.0.1', false, validity);
        const { ca } = authority;
        expect(await failure({ url, ca })).toContain(`[${code}]`);
        const unset: Clock = Object.assign(Object.create(hastyClock()), {
          trust: () => 'unsynced',
        });
        expect(await failure({ url, ca }, { clock: unset })).toContain('[forward.tls-clock]');
      },
    );

    it('refuses a certificate of another host', async () => {
      const { url, authority } = await secured('DNS:broker.example');
      const error = await failure({ url, ca: authority.ca });
      expect(error).toContain('[forward.tls-host]');
      expect(error).toContain("does not match certificate's altnames");
    });

    it('shows its own certificate to a broker that asks for one, and says so when it is missing', async () => {
      const { url, authority } = await secured('IP:127.0.0.1', true);
      const { cert: clientCert, key: clientKey } = authority.issue('weihai-3', 'DNS:weihai-3');
      const uplink = opened({ url, ca: authority.ca, clientCert, clientKey });
      await until('the connection', () => uplink.ups() === 1);
      await uplink.send(blockOf([sample('a.x', 1)]), false);
      expect(await failure({ url, ca: authority.ca, clientId: 'b' })).toContain(
        '[forward.tls-client]',
      );
    });

    it('says so when a key is none, or not the certificate’s', async () => {
      const { url, authority } = await secured('IP:127.0.0.1', true);
      const { cert: clientCert } = authority.issue('weihai-3', 'DNS:weihai-3');
      const { key: clientKey } = authority.issue('other', 'DNS:other');
      const { ca } = authority;
      expect(await failure({ url, ca, clientCert, clientKey })).toContain('[forward.tls-failed]');
      expect(await failure({ url, ca, clientCert, clientKey: import.meta.filename })).toContain(
        '[forward.tls-failed]',
      );
    });

    it('says so when the port does not speak TLS', async () => {
      const broker = await mosquitto();
      const error = await failure({ url: broker.url.replace('mqtt:', 'mqtts:') });
      expect(error).toContain('[forward.tls-failed]');
    });
  });
});

function fileIn(directory: string, name: string, lines: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
