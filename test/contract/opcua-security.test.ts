/** The gateway's link against the simulated server: every policy, every kind of user, and who trusts whom. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OpcuaConnection } from '../../drivers/opcua/connection.ts';
import { Pki } from '../../drivers/opcua/pki.ts';
import { type OpcuaBus, type OpcuaUser, secureClient } from '../../drivers/opcua/security.ts';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { certificateVerb } from '../../gateway/cli/trust/certificate.ts';
import { trustVerb } from '../../gateway/cli/trust/trust.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { memoryStateStore } from '../../gateway/host/state-store.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import { called } from '../support/command-line.ts';
import { peer } from '../support/opcua-certificates.ts';

const clock = systemClock();
const POLICIES = ['Basic256Sha256', 'Aes256_Sha256_RsaPss'];
const MODES = ['Sign', 'SignAndEncrypt'];
const STRICT = 'Basic256Sha256/SignAndEncrypt';
const ANONYMOUS: OpcuaUser = { kind: 'anonymous' };

let work = '';
/** Keys as the first start leaves them, the server's and ours; each test has a copy. */
let serverKeys = '';
let ownKeys = '';
let pki = '';
let server: SimulatedOpcuaServer;
const links: OpcuaConnection[] = [];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'headgate-security-'));
  [serverKeys, ownKeys] = [join(work, 'server'), join(work, 'own')];
  const first = await startOpcuaServer({ contents: [], pki: serverKeys }, clock);
  await first.stop();
  await new Pki(ownKeys, { gateway: 'weihai-3', clock, log: silentLog }).refresh();
}, 60_000);
afterAll(() => rm(work, { recursive: true, force: true }));

beforeEach(async () => {
  const folder = await mkdtemp(join(work, 'test-'));
  pki = join(folder, 'own');
  await cp(ownKeys, pki, { recursive: true });
  await cp(serverKeys, join(folder, 'server'), { recursive: true });
  server = await startOpcuaServer(
    {
      contents: [],
      pki: join(folder, 'server'),
      clients: 'trusted',
      users: new Map([['op', 's3cret']]),
    },
    clock,
  );
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.close(true);
  await server.stop();
});

const busOf = (security: string, user: OpcuaUser = ANONYMOUS): OpcuaBus => ({
  url: server.endpointUrl,
  security,
  user,
  pki,
  gateway: 'weihai-3',
  timeout: seconds(5),
  sessionTimeout: seconds(20),
  keepAlive: millis(1_000),
});

/** Resolves when the gateway is in; rejects with why not. */
async function connect(security: string, user?: OpcuaUser): Promise<OpcuaConnection> {
  const link = new OpcuaConnection(busOf(security, user), {
    clock,
    log: silentLog,
    state: memoryStateStore(),
  });
  links.push(link);
  await link.connect(new AbortController().signal);
  return link;
}

const ours = () => new Pki(pki, { gateway: 'weihai-3', clock, log: silentLog });

const opened = async () => {
  const keys = ours();
  await keys.refresh();
  return keys;
};

/** As after a visit: the server trusts the gateway, and the gateway the server. */
async function introduce(): Promise<void> {
  const own = await ours().refresh();
  await server.trustClient(own.current.der);
  await expect(connect(STRICT)).rejects.toMatchObject({ code: 'opcua.certificate-unknown' });
  const [waiting] = await ours().store.rejected();
  await ours().store.trust(waiting?.certificate.sha256 ?? '');
}

const headgate = (...argv: readonly string[]) =>
  called({ trust: trustVerb, certificate: certificateVerb }, argv);

test('without security nothing is asked, no key is made, and no certificate is shown', async () => {
  pki = join(work, 'never-made');
  await connect('None');
  expect(server.sessions()).toBe(1);
  expect(await new Pki(pki, { gateway: 'w', clock, log: silentLog }).look()).toBeUndefined();
});

describe('with security', () => {
  test.each(POLICIES.flatMap((policy) => MODES.map((mode) => `${policy}/${mode}`)))(
    '%s lets in each kind of user, and nobody with a wrong password',
    async (security) => {
      await introduce();
      const user = await peer({ name: 'operator', uri: 'urn:operator' });
      const [certificate, key] = [join(work, 'user.pem'), join(work, 'user.key')];
      await writeFile(certificate, user.pem);
      await writeFile(key, user.key);
      const shown: OpcuaUser = { kind: 'certificate', certificate, key };
      const created = server.sessionsCreated();
      const [policy = '', mode = ''] = security.split('/');
      expect(await secureClient(busOf(security), await opened(), { clock })).toMatchObject({
        securityPolicy: expect.stringMatching(new RegExp(`#${policy}$`)),
        securityMode: { Sign: 2, SignAndEncrypt: 3 }[mode],
      });
      await connect(security);
      await connect(security, { kind: 'password', name: 'op', password: 's3cret' });
      expect(server.sessionsCreated()).toBe(created + 2);
      await expect(
        connect(security, { kind: 'password', name: 'op', password: 'guess' }),
      ).rejects.toMatchObject({ code: 'opcua.login-refused', details: { user: 'op' } });
      await expect(connect(security, shown)).rejects.toMatchObject({ code: 'opcua.login-refused' });
      await server.trustUser(user.certificate.der);
      await connect(security, shown);
    },
  );

  test('a password never goes where it can be read', async () => {
    const user: OpcuaUser = { kind: 'password', name: 'op', password: 's3cret' };
    await expect(connect('None', user)).rejects.toMatchObject({ code: 'opcua.login-readable' });
    expect(server.sessionsCreated()).toBe(0);
  });

  test('what the server does not offer is refused, with what it does; nothing weaker is taken', async () => {
    await introduce();
    await expect(connect('Aes128_Sha256_RsaOaep/Sign')).rejects.toMatchObject({
      code: 'opcua.security-missing',
      details: { offered: expect.stringContaining('Basic256Sha256/SignAndEncrypt') },
    });
    expect(server.sessionsCreated()).toBe(0);
  });
});

describe('a server that nobody knows', () => {
  test('is refused, shown, trusted by the command, and then let in, without a restart of the link', async () => {
    const site = await siteWith(server.endpointUrl);
    const own = await ours().refresh();
    await server.trustClient(own.current.der);
    const link = connect(STRICT);
    await expect(link).rejects.toMatchObject({ code: 'opcua.certificate-unknown' });
    expect(server.sessionsCreated()).toBe(0);

    const list = await headgate('trust', site, '--json');
    const { waiting, trusted } = JSON.parse(list.stdout);
    expect(trusted).toEqual([]);
    expect(waiting).toMatchObject([
      { servers: [server.endpointUrl], uri: 'urn:headgate:simulated:opcua' },
    ]);

    const shown = await headgate('trust', server.endpointUrl, '--json');
    const { certificates } = JSON.parse(shown.stdout);
    expect(certificates).toMatchObject([{ sha256: waiting[0].sha256 }]);

    const refused = await headgate('trust', site, waiting[0].sha256.slice(0, 8));
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('trust.not-agreed'),
    });
    const done = await headgate('trust', site, waiting[0].sha256.slice(0, 8), '--yes');
    expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining(server.endpointUrl) });
    const [first] = links;
    await first?.connect(new AbortController().signal);
    expect(server.sessions()).toBe(1);
  });

  test('is refused again when it shows another certificate, until that is trusted', async () => {
    await introduce();
    await (await connect(STRICT)).close(true);
    const before = (await ours().store.trusted())[0]?.certificate.sha256;
    await server.restart({ newCertificate: true });
    const created = server.sessionsCreated();
    const swapped = await connect(STRICT).catch((error) => error);
    expect(swapped).toMatchObject({
      code: 'opcua.certificate-changed',
      details: { known: before },
    });
    expect(server.sessionsCreated()).toBe(created);
    await ours().store.trust(swapped.details.fingerprint);
    await connect(STRICT);
    expect(await ours().store.trusted()).toHaveLength(1);
  });

  test('is not let in any more once trust is taken back', async () => {
    await introduce();
    await (await connect(STRICT)).close(true);
    const [{ certificate } = { certificate: undefined }] = await ours().store.trusted();
    await headgate('trust', '--pki', pki, '--remove', certificate?.sha256 ?? '');
    await expect(connect(STRICT)).rejects.toMatchObject({ code: 'opcua.certificate-unknown' });
  });
});

test('a server that does not trust us says so, and gets our certificate from the command', async () => {
  await expect(connect(STRICT)).rejects.toMatchObject({ code: 'opcua.certificate-unknown' });
  const [waiting] = await ours().store.rejected();
  await ours().store.trust(waiting?.certificate.sha256 ?? '');
  const own = await ours().refresh();
  await expect(connect(STRICT)).rejects.toMatchObject({
    code: 'opcua.gateway-untrusted',
    details: { thumbprint: own.current.sha1 },
  });
  const file = join(work, 'headgate.der');
  expect(await headgate('certificate', '--pki', pki, '--export', file)).toMatchObject({
    status: 0,
  });
  await server.trustClient(await readFile(file));
  await connect(STRICT);
  expect(server.sessions()).toBe(1);
});

test('a server that is switched off is unreachable, with security as without', async () => {
  await introduce();
  await server.stop();
  for (const security of ['None', STRICT])
    await expect(connect(security)).rejects.toMatchObject({
      code: 'opcua.unreachable',
      details: { reason: expect.stringContaining('ECONNREFUSED') },
    });
});

/** A site on that server; from now on its keys are those of the test. */
async function siteWith(url: string): Promise<string> {
  const site = await mkdtemp(join(work, 'site-'));
  await writeFile(
    join(site, 'gateway.yaml'),
    `gateway: { id: weihai-3, timezone: Asia/Shanghai }
journal: { path: ./data/journal.db }
buses: { plc: { opcua: "${url}" } }
devices: { cell: { bus: plc, protocol: opcua, tags: {} } }
`,
  );
  const folder = join(site, 'data', 'pki', 'opcua');
  await cp(pki, folder, { recursive: true });
  pki = folder;
  return site;
}
