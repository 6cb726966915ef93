/** What goes over the wire, seen by somebody in between: the configured policy and mode, and never less. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFacts } from '../../drivers/opcua/certificate.ts';
import { Pki } from '../../drivers/opcua/pki.ts';
import type { OpcuaUser } from '../../drivers/opcua/security.ts';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { plainVariables } from '../../firmware-sim/opcua/variables.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { disposals } from '../support/disposals.ts';
import { type OpcuaField, opcuaField } from '../support/opcua-field.ts';
import { until } from '../support/waiting.ts';

const clock = systemClock();
const disposed = disposals();
const PASSWORD = 'very-s3cret-word';
const OPERATOR: OpcuaUser = { kind: 'password', name: 'op', password: PASSWORD };
/** The namespace of the tag goes over the wire in every request for it. */
const READABLE = 'still-water-level';

let work = '';
let server: SimulatedOpcuaServer;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'headgate-wire-'));
  server = await startOpcuaServer(
    {
      contents: [plainVariables([{ name: READABLE, value: 42 }])],
      users: new Map([['op', PASSWORD]]),
    },
    clock,
  );
  const pki = new Pki(join(work, 'own'), { gateway: 'test', clock, log: silentLog });
  await pki.refresh();
  const certificate = certificateFacts(await server.certificate());
  await pki.store.reject('opc.tcp://127.0.0.1:1', certificate);
  await pki.store.trust(certificate.sha256);
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(work, { recursive: true, force: true });
});

interface Between {
  readonly url: string;
  /** What each side sent, in the order it came, all connections together. */
  readonly sent: Record<'gateway' | 'server', string>;
}

/** Somebody in between, who reads everything and changes what the server says; bytes as latin1 text. */
async function inBetween(change: (text: string) => string = (text) => text): Promise<Between> {
  const sent = { gateway: '', server: '' };
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = dial(server.port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [near, far].map((one) => one.destroy()));
    }
    near.on('data', (bytes) => {
      sent.gateway += bytes.toString('latin1');
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      const text = change(bytes.toString('latin1'));
      sent.server += text;
      near.write(Buffer.from(text, 'latin1'));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  disposed(proxy, async () => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return { url: `opc.tcp://127.0.0.1:${address.port}`, sent };
}

async function fieldOver(url: string, security: string, user: OpcuaUser): Promise<OpcuaField> {
  const pki = mkdtempSync(join(work, 'pki-'));
  cpSync(join(work, 'own'), pki, { recursive: true });
  const tags = { level: `plain:s=${READABLE}` };
  const field = await opcuaField({ url, tags, bus: { security, user, pki } });
  return disposed(field, (one) => one.stop());
}

/** Policies of all channels that were asked for, in order: OPN, its size, the channel, the policy (OPC 10000-6 §6.7.2). */
const policiesIn = (text: string): string[] =>
  [...text.matchAll(/OPNF.{8}.{4}http:\/\/opcfoundation\.org\/UA\/SecurityPolicy#(\w+)/gs)].map(
    ([, policy = '']) => policy,
  );

test.each([
  ['Basic256Sha256/Sign', true],
  ['Basic256Sha256/SignAndEncrypt', false],
  ['Aes256_Sha256_RsaPss/Sign', true],
  ['Aes256_Sha256_RsaPss/SignAndEncrypt', false],
])(
  '%s: after the question what there is, nothing but this; requests can be read: %s',
  async (security, isReadable) => {
    const { url, sent } = await inBetween();
    const field = await fieldOver(url, security, OPERATOR);
    await field.comes('level', ({ value }) => value === 42);
    await field.stop();
    const [policy] = security.split('/');
    const [question, ...rest] = policiesIn(sent.gateway);
    expect([question, [...new Set(rest)]]).toEqual(['None', [policy]]);
    expect(sent.gateway.includes(READABLE)).toBe(isReadable);
    expect(sent.gateway).not.toContain(PASSWORD);
  },
);

test('without security everything can be read', async () => {
  const { url, sent } = await inBetween();
  const field = await fieldOver(url, 'None', { kind: 'anonymous' });
  await field.comes('level', ({ value }) => value === 42);
  expect(policiesIn(sent.gateway)).toEqual(['None']);
  expect(sent.gateway).toContain(READABLE);
});

test('who takes the safe offers away gets no weaker connection, and no login', async () => {
  const { url, sent } = await inBetween((text) =>
    text.replaceAll('#Basic256Sha256', '#Basic128Rsa15X').replaceAll('#Aes256_', '#Xes256_'),
  );
  const field = await fieldOver(url, 'Basic256Sha256/SignAndEncrypt', OPERATOR);
  await until('the refusal', () => field.bus.facts().lastError !== undefined);
  expect(field.bus.facts().lastError).toContain('[opcua.security-missing]');
  expect(new Set(policiesIn(sent.gateway))).toEqual(new Set(['None']));
  expect(sent.gateway).not.toContain(READABLE);
  expect(server.sessions()).toBe(0);
});

test('who shows a certificate of their own in between is not talked to', async () => {
  const own = await server.certificate();
  const swapped = Buffer.from(own);
  swapped.writeUInt32BE(0xdeadbeef, swapped.length - 8);
  const { url, sent } = await inBetween((text) =>
    text.replaceAll(own.toString('latin1'), swapped.toString('latin1')),
  );
  const field = await fieldOver(url, 'Basic256Sha256/SignAndEncrypt', OPERATOR);
  await until('the refusal', () => field.bus.facts().lastError !== undefined);
  expect(field.bus.facts().lastError).toContain('[opcua.certificate-unknown]');
  expect(new Set(policiesIn(sent.gateway))).toEqual(new Set(['None']));
});
