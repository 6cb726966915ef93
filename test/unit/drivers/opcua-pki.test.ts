import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPki, Pki } from '../../../drivers/opcua/pki.ts';
import type { Log, LogFields } from '../../../gateway/host/log.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';
import { peer } from '../../support/opcua-certificates.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
let work = '';
/** A folder as the first start leaves it; each test has a copy, for keys are slow to make. */
let made = '';
let folder = '';
let clock: VirtualClock;
let logged: string[];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'headgate-pki-'));
  made = join(work, 'made');
  clock = virtualClock(utcMs(START));
  logged = [];
  await open(made);
});
afterAll(() => rm(work, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(work, 'pki-'));
  await cp(made, folder, { recursive: true });
  clock = virtualClock(utcMs(START));
  logged = [];
});

const log: Log = {
  debug() {},
  info() {},
  warn: (event: string, _fields?: LogFields) => void logged.push(event),
  error: (event: string, _fields?: LogFields) => void logged.push(event),
  child: () => log,
};
const open = (path = folder) => openPki(path, { gateway: 'weihai-3', clock, log, host: 'box' });
const at = (days: number) => clock.stepWallClock(utcMs(START + days * DAY));
const own = (...path: string[]) => join(folder, 'own', ...path);

describe('the first start', () => {
  test('makes a key for its owner only, and a certificate that names gateway and machine', async () => {
    const { own: certificates, privateKeyFile, certificateFile, applicationUri } = await open();
    expect(certificates.current).toMatchObject({
      subject: 'CN=headgate weihai-3, O=headgate',
      uri: 'urn:box:headgate:weihai-3',
      notBefore: START - DAY,
      notAfter: START + 730 * DAY,
      rsaBits: 2048,
      isSelfSigned: true,
    });
    expect(certificates.current.hosts).toContain('box');
    expect(applicationUri).toBe('urn:box:headgate:weihai-3');
    expect((await stat(privateKeyFile)).mode & 0o777).toBe(0o600);
    expect((await stat(own('private'))).mode & 0o777).toBe(0o700);
    const key = createPrivateKey(await readFile(privateKeyFile));
    expect(new X509Certificate(await readFile(certificateFile)).checkPrivateKey(key)).toBe(true);
  });

  test('two at once end with one key and one certificate', async () => {
    const fresh = join(work, 'twice');
    const [one, other] = await Promise.all([open(fresh), open(fresh)]);
    expect(one.own.current.sha256).toBe(other.own.current.sha256);
    expect(await readdir(join(fresh, 'own', 'private'))).toEqual(['private_key.pem']);
  });

  test.runIf(process.getuid?.() === 0)(
    'by an administrator leaves everything to the owner of the folder',
    async () => {
      const data = join(work, 'data');
      await mkdir(data);
      await chown(data, 1234, 1234);
      const { privateKeyFile, certificateFile, store } = await open(join(data, 'pki', 'opcua'));
      await store.reject('opc.tcp://plc:4840', (await peer()).certificate);
      const rejected = join(data, 'pki', 'opcua', 'rejected');
      for (const path of [privateKeyFile, certificateFile, join(data, 'pki'), rejected])
        expect(await stat(path)).toMatchObject({ uid: 1234, gid: 1234 });
    },
  );

  test('waits for a clock: a certificate of 1970 would be worth nothing', async () => {
    clock.stepWallClock(utcMs(0));
    clock.setSynced(false);
    const fresh = join(work, 'unset');
    await expect(open(fresh)).rejects.toMatchObject({ code: 'trust.clock-unset' });
    at(0);
    expect((await open(fresh)).own.current.notAfter).toBe(START + 730 * DAY);
  });

  test('a name of the gateway cannot smuggle another subject in', async () => {
    const pki = await openPki(join(work, 'odd'), {
      gateway: 'a/O=Evil, b',
      clock,
      log,
      host: 'box',
    });
    expect(pki.own.current.subject).toBe('CN=headgate a_O_Evil__b, O=headgate');
  });
});

describe('a later start', () => {
  test('takes what is there, whatever the machine is called now', async () => {
    const first = await open();
    const later = await openPki(folder, { gateway: 'other', clock, log, host: 'renamed' });
    expect(later.own.current.sha256).toBe(first.own.current.sha256);
    expect(later.applicationUri).toBe('urn:box:headgate:weihai-3');
    expect(logged).toEqual([]);
  });

  test('closes a key that others could read', async () => {
    const { privateKeyFile } = await open();
    await chmod(privateKeyFile, 0o644);
    await open();
    expect((await stat(privateKeyFile)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['half-written', (pem: string) => pem.slice(0, 300)],
    ['empty', () => ''],
  ])(
    'a %s certificate is made again with the same key, the damaged one kept',
    async (_, damage) => {
      const before = await open();
      const key = await readFile(before.privateKeyFile, 'utf8');
      const pem = await readFile(before.certificateFile, 'utf8');
      await writeFile(before.certificateFile, damage(pem));
      const after = await open();
      expect(after.own.current.sha256).not.toBe(before.own.current.sha256);
      expect(await readFile(after.privateKeyFile, 'utf8')).toBe(key);
      expect(logged).toEqual(['opcua.certificate-damaged', 'opcua.certificate-made']);
      expect(await readdir(own('certs'))).toContain('headgate.pem.damaged-2026-01-01');
    },
  );

  test('a certificate of another key is not shown to anybody', async () => {
    const stranger = await peer();
    const { certificateFile } = await open();
    await writeFile(certificateFile, stranger.pem);
    expect((await open()).own.current.sha256).not.toBe(stranger.certificate.sha256);
  });

  test('a damaged key is put aside, and key and certificate are made anew', async () => {
    const before = await open();
    await writeFile(before.privateKeyFile, '-----BEGIN PRIVATE KEY-----\nMIIE');
    const after = await open();
    expect(after.own.current.sha256).not.toBe(before.own.current.sha256);
    expect(await readdir(own('private'))).toContain('private_key.pem.damaged-2026-01-01');
    expect(logged[0]).toBe('opcua.certificate-damaged');
  });

  test('a key with a password is left alone, and said', async () => {
    const { privateKeyFile } = await open();
    const locked = createPrivateKey(await readFile(privateKeyFile))
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString();
    await writeFile(privateKeyFile, locked);
    await expect(open()).rejects.toMatchObject({ code: 'trust.key-unusable' });
    expect(await readFile(privateKeyFile, 'utf8')).toBe(locked);
  });

  test('a key of another kind than RSA is left alone, and said', async () => {
    const { privateKeyFile } = await open();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    await writeFile(privateKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await expect(open()).rejects.toMatchObject({ code: 'trust.key-unusable' });
  });

  test('a folder that cannot be one is said', async () => {
    const path = join(work, 'a-file');
    await writeFile(path, '');
    await expect(open(join(path, 'pki'))).rejects.toMatchObject({ code: 'trust.folder-unusable' });
  });
});

describe('the end of a certificate', () => {
  test('with less than sixty days left the next one is made, and the current one stays', async () => {
    const before = await open();
    at(671);
    const after = await open();
    expect(after.own.current.sha256).toBe(before.own.current.sha256);
    expect(after.own.next).toMatchObject({
      uri: 'urn:box:headgate:weihai-3',
      notAfter: START + (671 + 730) * DAY,
    });
    expect(logged).toEqual(['opcua.certificate-prepared']);
    await open();
    expect(logged).toEqual(['opcua.certificate-prepared']);
  });

  test('with less than fourteen days left the next one takes over; the old one stays under its day', async () => {
    at(671);
    const { own: prepared } = await open();
    at(717);
    const { own: after, certificateFile } = await open();
    expect(after).toMatchObject({ current: { sha256: prepared.next?.sha256 }, next: undefined });
    const key = createPrivateKey(await readFile(own('private', 'private_key.pem')));
    expect(new X509Certificate(await readFile(certificateFile)).checkPrivateKey(key)).toBe(true);
    const old = `headgate-until-2027-12-19-${prepared.current.sha1.slice(0, 8)}.pem`;
    expect(await readdir(own('certs'))).toEqual([old, 'headgate.pem']);
    expect(logged).toEqual(['opcua.certificate-prepared', 'opcua.certificate-switched']);
  });

  test('the next certificate has the name that servers know, whatever the machine is called now', async () => {
    at(671);
    const renamed = await openPki(folder, { gateway: 'other', clock, log, host: 'renamed' });
    expect(renamed.own.next?.uri).toBe('urn:box:headgate:weihai-3');
  });

  test('a gateway that was off for years has a valid certificate at once', async () => {
    at(2000);
    const pki = await open();
    expect(pki.own.current.notAfter).toBe(START + (2000 + 730) * DAY);
    expect(pki.own.next).toBeUndefined();
  });

  test('nothing is replaced because of a clock that was not set, or that is before the certificate', async () => {
    clock.setSynced(false);
    for (const day of [2000, -10, -10_000]) {
      at(day);
      await open();
    }
    clock.setSynced(true);
    at(-10);
    await open();
    expect(logged).toEqual([]);
    expect(await readdir(own('certs'))).toEqual(['headgate.pem']);
  });

  test('is noticed while a connection lasts', async () => {
    const pki = await open();
    const cancel = pki.lookAfter();
    at(671);
    await clock.advance(millis(DAY));
    await pki.refresh();
    expect(logged).toContain('opcua.certificate-prepared');
    cancel();
    expect(clock.pending()).toEqual([]);
  });

  test('what the daily look finds wrong is said, and it is looked again', async () => {
    const pki = await open();
    const cancel = pki.lookAfter();
    await rm(folder, { recursive: true });
    await symlink('/nowhere/at/all', folder);
    await clock.advance(millis(DAY));
    await pki.refresh().catch(() => {});
    expect(logged).toContain('opcua.certificate-failed');
    expect(clock.pending()).toEqual(['opcua.certificate']);
    cancel();
  });

  test('somebody may renew at any time; the key stays', async () => {
    const before = await open();
    at(100);
    const after = await before.renew();
    expect(after.current.notAfter).toBe(START + 830 * DAY);
    expect((await open()).own.current.sha256).toBe(after.current.sha256);
  });
});

test('looking makes nothing', async () => {
  const fresh = join(work, 'never-started');
  const pki = new Pki(fresh, { gateway: 'w', clock, log });
  expect(await pki.look()).toBeUndefined();
  expect(await pki.store.trusted()).toEqual([]);
  await expect(stat(fresh)).rejects.toThrow('ENOENT');
});
