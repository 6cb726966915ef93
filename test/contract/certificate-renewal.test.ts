/** Certificates that change while a connection to the real broker stands: as certbot and Kubernetes swap them, and badly. */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import { createSparkplugUplink } from '../../gateway/forward/sparkplug/sparkplug-uplink.ts';
import type { Uplink } from '../../gateway/forward/uplink.ts';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { memoryStateStore } from '../../gateway/host/state-store.ts';
import { seconds } from '../../gateway/model/units.ts';
import { openSqlite } from '../../gateway/receive/sqlite-db.ts';
import { type Authority, certificateAuthority, type KeyPair } from '../support/certificates.ts';
import { countingSubscriber } from '../support/counting-subscriber.ts';
import { EPOCH, mqttConfig, sample, tag, uplinkOptions } from '../support/forward-fixture.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { memoryJournal } from '../support/memory-journal.ts';
import { freePort, startMosquitto } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { ownReceiver } from '../support/receive-fixture.ts';
import { sparkplugConfig } from '../support/sparkplug-fixture.ts';
import { until } from '../support/waiting.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const LOOK_MS = 20;
/** The machine's clock, to which the next look at the files and the next attempt come soon. */
function lookingClock(): Clock {
  const clock = systemClock();
  const at: Clock['at'] = (name, due, run, options) => {
    const wait = name === 'forward.credentials' ? LOOK_MS : 0;
    const isHasty = wait > 0 || name.endsWith('.reconnect');
    return clock.at(name, isHasty ? ((clock.mono() + wait) as typeof due) : due, run, options);
  };
  return Object.assign(Object.create(clock), { at });
}

/** A broker that asks for certificates and says whose it saw; a plain door for who looks on. */
async function broker() {
  const plain = await freePort();
  let authority: Authority | undefined;
  const started = await startMosquitto({
    lines(directory) {
      authority = certificateAuthority(directory, 'authority');
      const { cert, key } = authority.issue('broker', 'IP:127.0.0.1');
      return [
        ...[`cafile ${authority.ca}`, `certfile ${cert}`, `keyfile ${key}`],
        ...['require_certificate true', 'use_identity_as_username true'],
        `listener ${plain} 127.0.0.1`,
      ];
    },
  });
  closers.push(() => started.dispose());
  if (authority === undefined) throw new Error('no authority');
  const { ca, issue } = authority;
  return {
    ...{ ca, directory: started.directory, plain: `mqtt://127.0.0.1:${plain}` },
    url: started.url.replace('mqtt:', 'mqtts:'),
    issue: (name: string) => issue(name, `DNS:${name}`),
    issueExpired: (name: string) => issue(name, `DNS:${name}`, { from: -3, to: -1 }),
    /** How often somebody came with the certificate of this name. */
    saw: (name: string) => started.output().split(`u'${name}'`).length - 1,
  };
}

type Broker = Awaited<ReturnType<typeof broker>>;

/** A folder of certificates as Kubernetes keeps it: every file behind two links, all swapped by one renaming. */
function mounted({ directory }: Broker, pair: KeyPair) {
  const folder = join(directory, 'mounted');
  let version = 0;
  const put = ({ cert, key }: KeyPair) => {
    const own = `..${++version}`;
    mkdirSync(join(folder, own), { recursive: true });
    copyFileSync(cert, join(folder, own, 'tls.crt'));
    copyFileSync(key, join(folder, own, 'tls.key'));
    symlinkSync(own, join(folder, '..next'));
    renameSync(join(folder, '..next'), join(folder, '..data'));
  };
  put(pair);
  const path = (name: string) => {
    symlinkSync(join('..data', name), join(folder, name));
    return join(folder, name);
  };
  return { clientCert: path('tls.crt'), clientKey: path('tls.key'), put };
}

const DEVICES = ['press', 'oven', 'em_1203'];

function feeding(uplink: Uplink, clock: Clock) {
  const journal = memoryJournal(EPOCH);
  const random = () => 0.02;
  const parts = { uplink, journal, clock, log: silentLog, random, resend: seconds(5) };
  const forwarder = createForwarder(parts);
  closers.push(() => forwarder.stop());
  const cursor = journal.cursor(uplink.name);
  const append = (blocks: number) => {
    for (let block = 0; block < blocks; block++)
      forwarder.onAppended(journal.put(DEVICES.map((device) => sample(`${device}.x`, block))));
  };
  return { forwarder, journal, append, drained: () => cursor.upTo === journal.head };
}

async function fed(config: Parameters<typeof uplinkOptions>[0]) {
  const clock = lookingClock();
  const feed = feeding(createMqttUplink(uplinkOptions(config, { clock })), clock);
  await feed.forwarder.start();
  return feed;
}

describeWith(['mosquitto', 'openssl'], 'certificates that change while a connection stands', () => {
  it('lead to an orderly new connection, in the midst of a flow: every part arrives, and once', async () => {
    const at = await broker();
    const { url, ca, plain, issue, saw } = at;
    const { put, ...files } = mounted(at, issue('first'));
    const onlooker = await countingSubscriber(plain);
    closers.push(() => onlooker.close());
    const flow = await fed({ url, ca, ...files });
    await until('the connection', () => saw('first') === 1);
    flow.append(50);
    await until('the first blocks', () => onlooker.counts.size > 0);
    put(issue('second'));
    for (let more = 0; saw('second') === 0; more++) {
      flow.append(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(more).toBeLessThan(10_000);
    }
    flow.append(20);
    await until('the cursor', flow.drained);
    await until('the last part', () => onlooker.counts.size === flow.journal.head * 3);
    const repeats = [...onlooker.counts.values()].filter((count) => count > 1).length;
    // Parts of blocks that had been begun.
    expect(repeats).toBeLessThanOrEqual(mqttConfig().window);
    expect(flow.forwarder.facts()).toMatchObject({ state: 'up', lastError: undefined });
    expect([saw('first'), saw('second')]).toEqual([1, 1]);
    const statuses = onlooker.received
      .filter(({ topic }) => topic.endsWith('/status'))
      .map(({ text }) => JSON.parse(text).online);
    expect(statuses).toEqual([true, false, true]);
  });

  it('are not used as long as they cannot be, and that is said; then they are', async () => {
    const { url, ca, issue, issueExpired, saw, directory } = await broker();
    const [first, second] = [issue('first'), issue('second')];
    const [clientCert, clientKey] = [join(directory, 'own.pem'), join(directory, 'own.key')];
    copyFileSync(first.cert, clientCert);
    copyFileSync(first.key, clientKey);
    const flow = await fed({ url, ca, clientCert, clientKey });
    await until('the connection', () => saw('first') === 1);
    const told = (code: string) =>
      until(code, () => flow.forwarder.facts().credentials?.code === code);

    copyFileSync(second.cert, clientCert);
    await told('forward.credentials-mismatch');
    const { cert, key } = issueExpired('late');
    copyFileSync(cert, clientCert);
    copyFileSync(key, clientKey);
    await told('forward.credentials-expired');
    const whole = readFileSync(second.cert);
    writeFileSync(clientCert, whole.subarray(0, whole.length / 2));
    await told('forward.credentials-incomplete');
    copyFileSync(second.cert, clientCert);
    writeFileSync(clientKey, 'no key');
    await told('forward.credentials-broken');
    renameSync(clientKey, join(directory, 'gone.key'));
    await told('forward.credentials-unreadable');
    flow.append(3);
    await until('the cursor', flow.drained);
    expect([saw('first'), saw('second'), saw('late')]).toEqual([1, 0, 0]);

    copyFileSync(second.key, clientKey);
    await until('the new connection', () => saw('second') === 1);
    await until('that it is up', () => flow.forwarder.facts().state === 'up');
    expect(flow.forwarder.facts().credentials).toBeUndefined();
  });

  it('that are the old ones again are nothing new', async () => {
    const at = await broker();
    const { url, ca, issue, saw } = at;
    const first = issue('first');
    const { put, ...files } = mounted(at, first);
    const flow = await fed({ url, ca, ...files });
    await until('the connection', () => saw('first') === 1);
    put({ ...first, key: issue('second').key });
    await until('the fault', () => flow.forwarder.facts().credentials !== undefined);
    put(first);
    await until('its end', () => flow.forwarder.facts().credentials === undefined);
    flow.append(1);
    await until('the cursor', flow.drained);
    expect(saw('first')).toBe(1);
  });

  it('let an edge node of Sparkplug die and be born again, with nothing sent twice', async () => {
    const at = await broker();
    const { url, ca, issue, saw } = at;
    const { put, ...files } = mounted(at, issue('first'));
    const clock = lookingClock();
    const tags = DEVICES.map((device, index) => ({ ...tag(`${device}.x`), index }));
    const uplink: Uplink = createSparkplugUplink({
      ...{ name: 'scada', gateway: 'weihai-3', tags, takesCommands: false, clock, log: silentLog },
      config: sparkplugConfig({ url, ca, ...files }),
      random: () => 0.05,
      openState: async () => memoryStateStore(),
      onRequest: () => queueMicrotask(() => uplink.reply?.({ about: 'present', samples: [] })),
    });
    const flow = feeding(uplink, clock);
    await flow.forwarder.start();
    await until('the connection', () => flow.forwarder.facts().state === 'up');
    flow.append(20);
    await until('the cursor', flow.drained);
    put(issue('second'));
    await until('the new connection', () => saw('second') === 1);
    await until('the birth', () => flow.forwarder.facts().state === 'up');
    flow.append(1);
    await until('the cursor', flow.drained);
    expect(flow.forwarder.facts()).toMatchObject({ resent: 0, lastError: undefined });
    expect([saw('first'), saw('second')]).toEqual([1, 1]);
  });

  it('are used by a receiver, too, and what is wrong with them is told', async () => {
    const at = await broker();
    const { url, ca, issue, saw } = at;
    const first = issue('first');
    const { put, ...files } = mounted(at, first);
    const db = openSqlite(join(temporaryDirectory(), 'received.db'));
    const config = mqttConfig({ url, clientId: 'receiver', ca, ...files });
    const receiver = await ownReceiver(url, db, { config, clock: lookingClock() });
    closers.push(() => receiver.stop());
    await until('the connection', () => saw('first') === 1);
    const second = issue('second');
    put({ ...second, key: first.key });
    await until('that it is told', () => receiver.troubles.length > 0);
    expect(receiver.troubles).toEqual(['forward.credentials-mismatch']);
    put(second);
    await until('the new connection', () => saw('second') === 1);
    await until('that it receives', () => receiver.facts().state === 'receiving');
    expect(receiver.troubles).toHaveLength(1);
  });
});
