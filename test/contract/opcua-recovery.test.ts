import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openPki } from '../../drivers/opcua/pki.ts';
import type { OpcuaServerOptions, SimulatedOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { doubles, plainVariables } from '../../firmware-sim/opcua/variables.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { millis } from '../../gateway/model/units.ts';
import { disposals } from '../support/disposals.ts';
import { type OpcuaField, type OpcuaFieldOptions, opcuaField } from '../support/opcua-field.ts';
import { until } from '../support/waiting.ts';

const disposed = disposals();

const MOVING = 'v0000';
const address = (name: string) => `plain:s=${name}`;

async function setUp(
  options: Partial<OpcuaFieldOptions> = {},
  server: Partial<OpcuaServerOptions> = {},
): Promise<{ server: SimulatedOpcuaServer; field: OpcuaField }> {
  const contents = [
    plainVariables([
      ...doubles('v', 3, millis(100)),
      { name: 'still', value: 42 },
      { name: 'other', value: 7 },
    ]),
  ];
  const started = disposed(
    await startOpcuaServer({ contents, ...server }, systemClock()),
    (running) => running.stop(),
  );
  const tags = { moving: address(MOVING), still: address('still') };
  const field = await openField({ url: started.endpointUrl, tags, ...options });
  return { server: started, field };
}

const openField = async (options: OpcuaFieldOptions): Promise<OpcuaField> =>
  disposed(await opcuaField(options), (field) => field.stop());

const isGood = ({ quality }: Sample) => quality === 'good';
const isBad = ({ value }: Sample) => value === null;
const since =
  (count: number, field: OpcuaField, tag = 'moving') =>
  () =>
    (field.samples.get(tag)?.length ?? 0) > count;
const countOf = (field: OpcuaField, tag = 'moving') => field.samples.get(tag)?.length ?? 0;

describe('an OPC UA bus', { timeout: 60_000 }, () => {
  test('hands over every change that the server published, in order', async () => {
    const { server, field } = await setUp();
    await until('changes', since(20, field));
    await field.stop();
    const published = server
      .published()
      .of(MOVING)
      .map(({ value }) => value);
    const came = field.samples.get('moving')?.map(({ value }) => value) ?? [];
    expect(came.slice(0, 20)).toEqual(published.slice(0, 20));
    expect(server.sessions()).toBe(0);
    expect(server.subscriptions()).toBe(0);
  });

  test('comes back by itself when the server is switched off and on', async () => {
    const { server, field } = await setUp();
    await field.comes('moving', isGood);
    const restart = server.restart({ downtime: millis(1_000) });
    await field.comes('moving', isBad);
    await restart;
    await field.comes('moving', isGood);
    await field.comes('still', (sample) => sample.value === 42);
    expect(server.sessionsPeak()).toBe(1);
  });

  test('finds its nodes again when the namespaces have other numbers', async () => {
    const { server, field } = await setUp();
    await field.comes('still', isGood);
    await server.restart({ reshuffle: true });
    await field.comes('still', isBad);
    await field.comes('still', (sample) => sample.value === 42);
    await field.comes('moving', isGood);
  });

  test('takes its session and its subscription up again over a new connection', async () => {
    const { server, field } = await setUp();
    await until('changes', since(5, field));
    server.dropConnections();
    await field.comes('moving', isBad);
    await field.comes('moving', isGood);
    expect(server.sessionsCreated()).toBe(1);
    expect(server.subscriptions()).toBe(1);
    await field.comes('still', isGood);
    const { link } = field.bus.facts();
    expect(link).toMatchObject({ sessions: 1, subscriptions: 1 });
  });

  test('asks for its old session for as long as the server may keep it', async () => {
    const { server, field } = await setUp({ bus: { timeout: millis(200) } });
    await field.comes('moving', isGood);
    server.setFault({ kind: 'deaf' });
    server.dropConnections();
    const asked = () => server.requests('ActivateSessionRequest');
    const before = asked();
    await until('two attempts in vain', () => asked() >= before + 2);
    server.clearFault('deaf');
    await field.comes('moving', isGood);
    expect(server.sessionsCreated()).toBe(1);
    expect(server.sessionsPeak()).toBe(1);
  });

  test('misses nothing that was published while the connection was down', async () => {
    const { server, field } = await setUp();
    await until('changes', since(10, field));
    server.dropConnections();
    await field.comes('moving', isBad);
    await field.comes('moving', isGood);
    await until('more changes', since(countOf(field) + 10, field));
    await field.stop();
    const values = new Set(field.samples.get('moving')?.map(({ value }) => value));
    const published = server.published().of(MOVING).slice(0, -5);
    expect(published.filter(({ value }) => !values.has(value as number))).toEqual([]);
  });

  test('makes a new session when the server has lost the old one', async () => {
    const { server, field } = await setUp();
    await field.comes('moving', isGood);
    const before = countOf(field);
    server.loseSessions();
    await until('changes after it', since(before + 20, field));
    await field.comes('moving', isGood);
    await field.comes('still', isGood);
    expect(server.sessionsPeak()).toBe(1);
    expect(server.sessionsCreated()).toBe(2);
  });

  test('keeps a connection on which nothing changes', async () => {
    const bus = { timeout: millis(300), keepAlive: millis(700) };
    const { server, field } = await setUp({ bus, tags: { still: address('still') } });
    await field.comes('still', isGood);
    const messages = () => Number(field.bus.facts().link?.messages);
    const before = messages();
    await until('five keep-alives', () => messages() >= before + 5);
    expect(field.samples.get('still')?.filter(isBad)).toEqual([]);
    expect(server.sessionsCreated()).toBe(1);
  });

  test('notices a subscription that has fallen silent, and makes it anew', async () => {
    const { server, field } = await setUp();
    await field.comes('moving', isGood);
    server.setFault({ kind: 'frozen-subscription' });
    await field.comes('moving', isBad);
    server.clearFault('frozen-subscription');
    await field.comes('moving', isGood);
    await field.comes('still', isGood);
    expect(server.sessionsPeak()).toBe(1);
  });

  test('notices a subscription that says that it lives and tells nothing', async () => {
    const { server, field } = await setUp();
    await field.comes('moving', isGood);
    server.setFault({ kind: 'frozen-subscription', keepAlive: true });
    await field.comes('moving', isBad, 40_000);
    server.clearFault('frozen-subscription');
    await field.comes('moving', isGood);
  });

  test('goes on with the other tags when one node is bad, and takes it back when it is well', async () => {
    const tags = { moving: address(MOVING), still: address('still'), wrong: address('nowhere') };
    const { server, field } = await setUp({ tags });
    await field.comes('still', isGood);
    await field.comes('wrong', ({ quality }) => quality === 'bad:config');
    server.setFault({ kind: 'bad-node', node: 'still', how: 'device-failure' });
    await field.comes('still', ({ quality }) => quality === 'bad:device');
    const before = countOf(field);
    await until('changes of the other', since(before + 5, field));
    server.clearFault('bad-node', 'still');
    await field.comes('still', isGood);
  });

  test('watches a node again that was gone for a while', async () => {
    const { server, field } = await setUp();
    await field.comes('still', isGood);
    server.setFault({ kind: 'bad-node', node: 'still', how: 'gone' });
    await field.comes('still', isBad);
    server.clearFault('bad-node', 'still');
    await field.comes('still', isGood, 30_000);
    expect(server.sessionsCreated()).toBe(1);
    expect(field.samples.get('moving')?.filter(isBad)).toEqual([]);
  });

  test('reads where the server has no subscriptions', async () => {
    const { server, field } = await setUp({ scan: 1_000 });
    await field.comes('moving', isGood);
    await field.stop();
    server.setFault({ kind: 'no-subscriptions' });
    const reading = await openField({
      url: server.endpointUrl,
      tags: { moving: address(MOVING), still: address('still') },
    });
    await until('three readings', since(3, reading, 'still'));
    await reading.comes('moving', isGood);
    expect(server.subscriptions()).toBe(0);
  });

  test('keeps to the limits of a small server', async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 45 }, (_, n) => [`t${n}`, address(`v${String(n).padStart(4, '0')}`)]),
    );
    const contents = [plainVariables(doubles('v', 45, millis(1_000)))];
    const { server, field } = await setUp({ tags }, { contents });
    await field.stop();
    server.setFault({ kind: 'small-limits', limit: 10 });
    const small = await openField({ url: server.endpointUrl, tags });
    for (const tag of Object.keys(tags)) await small.comes(tag, isGood);
  });

  test('waits for a server that has no room, and never doubles its session', async () => {
    const { server, field } = await setUp();
    await field.comes('moving', isGood);
    await field.stop();
    server.setFault({ kind: 'session-limit', sessions: 0 });
    const waiting = await openField({ url: server.endpointUrl, tags: { moving: address(MOVING) } });
    await until('the refusal', () => waiting.bus.facts().lastError !== undefined);
    server.clearFault('session-limit');
    await waiting.comes('moving', isGood);
    expect(server.sessionsPeak()).toBe(1);
  });

  test('gives up on a server that takes connections and says nothing', async () => {
    const { server, field } = await setUp({ bus: { timeout: millis(500) } });
    await field.comes('moving', isGood);
    server.setFault({ kind: 'silent' });
    await field.comes('moving', isBad);
    server.clearFault('silent');
    await field.comes('moving', isGood, 40_000);
    await field.comes('still', isGood);
  });
});

describe('an OPC UA bus with signed and encrypted messages', { timeout: 60_000 }, () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  const secured = async (folder: string, security: string) => {
    folders.push(folder);
    const { server, field } = await setUp({ bus: { security, pki: folder } });
    await until('the refusal', () => field.bus.facts().lastError !== undefined);
    expect(field.bus.facts().lastError).toContain('[opcua.certificate-unknown]');
    const pki = await openPki(folder, { gateway: 'test', clock: systemClock(), log: silentLog });
    const [unknown] = await pki.store.rejected();
    await pki.store.trust(unknown?.certificate.sha256 ?? '');
    await field.comes('moving', isGood);
    return { server, field };
  };

  test.each(['Basic256Sha256/SignAndEncrypt', 'Aes256_Sha256_RsaPss/Sign'])(
    'waits for trust, comes back after a restart and over a new connection: %s',
    async (security) => {
      const folder = mkdtempSync(join(tmpdir(), 'headgate-pki-'));
      const { server, field } = await secured(folder, security);
      server.dropConnections();
      await field.comes('moving', isBad);
      await field.comes('moving', isGood);
      expect(server.sessionsCreated()).toBe(1);
      const restart = server.restart();
      await field.comes('moving', isBad);
      await restart;
      await field.comes('moving', isGood);
      await field.comes('still', isGood);
      expect(server.sessionsPeak()).toBe(1);
    },
  );

  test('does not talk to a server that shows another certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-pki-'));
    const { server, field } = await secured(folder, 'Basic256Sha256/SignAndEncrypt');
    await server.restart({ newCertificate: true });
    const refusal = () => field.bus.facts().lastError ?? '';
    await until('the refusal', () => refusal().includes('[opcua.certificate-changed]'));
    expect(refusal()).toContain(server.endpointUrl);
    expect(field.latest('moving')?.value).toBeNull();
    expect(server.sessions()).toBe(0);
  });
});
