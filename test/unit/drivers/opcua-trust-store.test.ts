import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CertificateFacts } from '../../../drivers/opcua/certificate.ts';
import { Pki } from '../../../drivers/opcua/pki.ts';
import {
  chosen,
  MOST_REJECTED,
  MOST_SERVERS,
  TrustStore,
} from '../../../drivers/opcua/trust-store.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { peer } from '../../support/opcua-certificates.ts';

const URL = 'opc.tcp://10.0.0.5:4840';
let work = '';
let folder = '';
let store: TrustStore;
let one: CertificateFacts;
let other: CertificateFacts;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'headgate-trust-'));
  one = (await peer({ name: 'press 3' })).certificate;
  other = (await peer({ name: 'renewed' })).certificate;
});
afterAll(() => rm(work, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(work, 'pki-'));
  store = new TrustStore(folder);
});

const names = async (list: Promise<readonly { readonly certificate: CertificateFacts }[]>) =>
  (await list).map(({ certificate }) => certificate.subject);

describe('a server that nobody trusts', () => {
  test('waits with its certificate and its url, under the name other OPC UA software gives it', async () => {
    await store.reject(URL, one);
    expect(await store.rejected()).toEqual([{ certificate: one, urls: [URL] }]);
    expect(await readdir(join(folder, 'rejected'))).toEqual([`press 3[${one.sha1}].pem`]);
  });

  test('is trusted by eight digits of either fingerprint, however they are written', async () => {
    for (const typed of [
      one.sha256.slice(0, 8),
      one.sha1,
      one.sha1.toUpperCase().match(/../g)?.join(':'),
    ]) {
      await store.reject(URL, one);
      expect(await store.trust(typed ?? '')).toEqual({ certificate: one, urls: [URL] });
      expect([await names(store.rejected()), await names(store.trusted())]).toEqual([
        [],
        ['CN=press 3'],
      ]);
      await store.distrust(one.sha256);
    }
  });

  test('is not trusted by fewer digits, or by others', async () => {
    await store.reject(URL, one);
    for (const typed of [one.sha256.slice(0, 7), '', 'deadbeef00'])
      await expect(store.trust(typed)).rejects.toMatchObject({ code: 'trust.fingerprint-unknown' });
    expect(await store.trusted()).toEqual([]);
  });

  test('writes nothing when it is refused again', async () => {
    const compact = JSON.stringify([{ url: URL, waiting: one.sha256 }]);
    await writeFile(join(folder, 'servers.json'), compact);
    await store.reject(URL, one);
    expect(await readFile(join(folder, 'servers.json'), 'utf8')).toBe(compact);
  });
});

test('digits that begin two certificates are not enough', () => {
  const differs = one.sha256[20] === '0' ? '1' : '0';
  const sha256 = one.sha256.slice(0, 20) + differs + other.sha256.slice(21);
  const twin = { ...other, sha256 };
  const all = [one, twin, one].map((certificate) => ({ certificate }));
  const typed = one.sha256.slice(0, 20);
  expect(() => chosen(typed, all)).toThrow(
    expect.objectContaining({ code: 'trust.fingerprint-shared' }),
  );
  expect(chosen(one.sha256.slice(0, 21), all).certificate).toBe(one);
});

test('a server that showed a new certificate is trusted by it; the old one goes', async () => {
  await store.reject(URL, one);
  await store.trust(one.sha256);
  await store.reject(URL, other);
  expect(await store.servers()).toEqual([{ url: URL, trusted: one.sha256, waiting: other.sha256 }]);
  await store.trust(other.sha256);
  expect(await store.servers()).toEqual([{ url: URL, trusted: other.sha256, waiting: undefined }]);
  expect(await names(store.trusted())).toEqual(['CN=renewed']);
});

test('an old certificate that another server still has stays', async () => {
  for (const url of [URL, 'opc.tcp://10.0.0.6:4840']) await store.reject(url, one);
  await store.trust(one.sha256);
  await store.reject(URL, other);
  await store.trust(other.sha256);
  expect((await names(store.trusted())).toSorted()).toEqual(['CN=press 3', 'CN=renewed']);
});

test('a certificate that is trusted no longer waits again', async () => {
  await store.reject(URL, one);
  await store.trust(one.sha256);
  expect(await store.distrust(one.sha256)).toEqual({ certificate: one, urls: [URL] });
  expect(await store.trusted()).toEqual([]);
  expect(await store.rejected()).toEqual([{ certificate: one, urls: [URL] }]);
  await expect(store.distrust(one.sha256)).rejects.toMatchObject({
    code: 'trust.fingerprint-unknown',
  });
});

test('what an administrator puts into the folder is trusted, as PEM or DER; what is no certificate is not', async () => {
  const trusted = join(folder, 'trusted', 'certs');
  await mkdir(trusted, { recursive: true });
  await writeFile(join(trusted, 'a.der'), one.der);
  await writeFile(join(trusted, 'b.crt'), (await peer({ name: 'renewed' })).pem);
  await writeFile(join(trusted, 'c.pem'), 'nothing');
  await writeFile(join(trusted, 'readme.txt'), one.der);
  expect(await names(store.trusted())).toEqual(['CN=press 3', 'CN=renewed']);
});

test('the oldest that wait make place for new ones', async () => {
  for (let index = 0; index < MOST_REJECTED + 3; index++)
    await store.reject(`opc.tcp://h${index}:1`, (await peer({ name: `p${index}` })).certificate);
  expect(await store.rejected()).toHaveLength(MOST_REJECTED);
});

test('the servers that are remembered have a limit', async () => {
  for (let index = 0; index < MOST_SERVERS + 3; index++)
    await store.accept(`opc.tcp://h${index}:1`, one);
  expect(await store.servers()).toHaveLength(MOST_SERVERS);
});

test.each(['', '{', '[1, null, {"url": 3}]', '{"url": "x"}'])(
  'a damaged list of servers (%s) is none',
  async (text) => {
    await writeFile(join(folder, 'servers.json'), text);
    expect(await store.servers()).toEqual([]);
  },
);

test('many writers in one process lose nothing', async () => {
  const urls = Array.from({ length: 20 }, (_, index) => `opc.tcp://h${index}:1`);
  await Promise.all(urls.map((url) => store.reject(url, one)));
  expect((await store.servers()).map(({ url }) => url).toSorted()).toEqual(urls.toSorted());
});

test('a folder that cannot be used is said', async () => {
  await writeFile(join(folder, 'rejected'), '');
  await expect(store.reject(URL, one)).rejects.toMatchObject({ code: 'trust.folder-unusable' });
  await expect(store.rejected()).rejects.toMatchObject({ code: 'trust.folder-unusable' });
});

describe('verifying a server', () => {
  const clock = virtualClock();
  const pki = () => new Pki(folder, { gateway: 'w', clock, log: silentLog });
  const shown = (certificate = one, url = URL) => ({
    url,
    certificate: certificate.der,
    applicationUri: 'urn:plc',
  });

  test('an unknown one is refused until somebody trusts it, also by another process', async () => {
    const daemon = pki();
    await expect(daemon.verifyServer(shown())).rejects.toMatchObject({
      code: 'opcua.certificate-unknown',
    });
    await pki().store.trust(one.sha256);
    await daemon.verifyServer(shown());
    await pki().store.distrust(one.sha256);
    await expect(daemon.verifyServer(shown())).rejects.toMatchObject({
      code: 'opcua.certificate-unknown',
    });
  });

  test('a swapped certificate is refused, whoever else is trusted by it', async () => {
    const daemon = pki();
    for (const [url, certificate] of [
      [URL, one],
      ['opc.tcp://plc:1', other],
    ] as const) {
      await store.reject(url, certificate);
      await store.trust(certificate.sha256);
      await daemon.verifyServer(shown(certificate, url));
    }
    await expect(daemon.verifyServer(shown(other))).rejects.toMatchObject({
      code: 'opcua.certificate-changed',
      details: { known: one.sha256, fingerprint: other.sha256 },
    });
  });

  test('the first of a chain is the server’s own', async () => {
    await store.reject(URL, one);
    await store.trust(one.sha256);
    const chain = Buffer.concat([one.der, other.der]);
    await pki().verifyServer({ ...shown(), certificate: chain });
  });

  test('an ended certificate waits for no decision: trusting it would not help', async () => {
    const ended = (await peer({ until: Date.UTC(2025, 6, 1) })).certificate;
    await store.reject(URL, ended);
    await store.trust(ended.sha256);
    await expect(pki().verifyServer(shown(ended))).rejects.toMatchObject({
      code: 'opcua.certificate-expired',
    });
    expect(await store.rejected()).toEqual([]);
  });
});
