import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificateFacts, grouped, isForHost } from '../../../drivers/opcua/certificate.ts';
import type { Login, Offer } from '../../../drivers/opcua/discovery.ts';
import { chosenOffer, connectionFacts, userIdentity } from '../../../drivers/opcua/security.ts';
import { UserTokenType } from '../../../drivers/opcua/stack.ts';
import { peer } from '../../support/opcua-certificates.ts';

let work = '';
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'headgate-user-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

const ANYBODY: Login = { kind: 'anonymous', isPlain: false };
const offer = (security: string, logins = [ANYBODY], certificate?: Uint8Array): Offer => ({
  security,
  certificate: certificate ?? (security === 'None' ? undefined : Uint8Array.of(security.length)),
  applicationUri: 'urn:plc',
  logins,
});
const user = { kind: 'anonymous' } as const;
const op = { kind: 'password', name: 'op', password: 's3cret' } as const;
const bus = (security: string, who: typeof user | typeof op = user) => ({
  url: 'opc.tcp://plc:4840',
  security,
  user: who,
});

describe('of what a server offers', () => {
  const offers = [
    offer('None'),
    offer('Basic128Rsa15/SignAndEncrypt'),
    offer('Basic256Sha256/Sign'),
    offer('Basic256Sha256/SignAndEncrypt'),
  ];

  test('exactly the configured policy and mode is taken', () => {
    expect(chosenOffer(offers, bus('Basic256Sha256/SignAndEncrypt'))).toBe(offers[3]);
    expect(chosenOffer(offers, bus('Basic256Sha256/Sign'))).toBe(offers[2]);
  });

  test('nothing is taken in its place, and what there is is named once each', () => {
    expect(() => chosenOffer([...offers, ...offers], bus('Aes256_Sha256_RsaPss/Sign'))).toThrow(
      expect.objectContaining({
        code: 'opcua.security-missing',
        details: expect.objectContaining({
          offered:
            'None, Basic128Rsa15/SignAndEncrypt, Basic256Sha256/Sign, Basic256Sha256/SignAndEncrypt',
        }),
      }),
    );
  });

  test('one without a certificate is none', () => {
    const bare = { ...offer('Basic256Sha256/Sign'), certificate: undefined };
    expect(() => chosenOffer([bare], bus('Basic256Sha256/Sign'))).toThrow('opcua.security-missing');
  });

  test('one that does not take this kind of login is refused, with those it takes', () => {
    expect(() => chosenOffer(offers, bus('Basic256Sha256/Sign', op))).toThrow(
      expect.objectContaining({
        code: 'opcua.login-missing',
        details: expect.objectContaining({ login: 'password', offered: 'anonymous' }),
      }),
    );
  });

  test.each([
    ['Basic256Sha256/Sign', true, 'opcua.login-readable'],
    ['Basic256Sha256/Sign', false, undefined],
    ['Basic256Sha256/SignAndEncrypt', true, undefined],
  ])(
    'over %s a password that is not encrypted by itself (%s) ends with %s',
    (security, isPlain, code) => {
      const offered = [offer(security, [{ kind: 'password', isPlain }])];
      const choose = () => chosenOffer(offered, bus(security, op));
      if (code) expect(choose).toThrow(code);
      else expect(choose()).toBe(offered[0]);
    },
  );
});

describe('who logs in', () => {
  test('is nobody in particular, or a name with its password', async () => {
    expect(await userIdentity(user)).toEqual({ type: UserTokenType.Anonymous });
    expect(await userIdentity(op)).toEqual({
      type: UserTokenType.UserName,
      userName: 'op',
      password: 's3cret',
    });
  });

  test('is the owner of a certificate, read from PEM files when it is needed', async () => {
    const { pem, key, certificate } = await peer({ name: 'operator' });
    const files = { certificate: join(work, 'user.pem'), key: join(work, 'user.key') };
    const shown = { kind: 'certificate', ...files } as const;
    await expect(userIdentity(shown)).rejects.toMatchObject({
      code: 'opcua.login-unreadable',
      details: { path: files.certificate },
    });
    await writeFile(files.certificate, pem);
    await writeFile(files.key, 'no key');
    await expect(userIdentity(shown)).rejects.toMatchObject({ details: { path: files.key } });
    await writeFile(files.key, key);
    expect(await userIdentity(shown)).toMatchObject({
      type: UserTokenType.Certificate,
      certificateData: certificate.der,
      privateKey: key,
    });
  });

  test('is not the owner of somebody else’s certificate', async () => {
    const files = { certificate: join(work, 'a.pem'), key: join(work, 'b.key') };
    await writeFile(files.certificate, (await peer()).pem);
    execFileSync('openssl', ['genrsa', '-out', files.key, '2048'], { stdio: 'pipe' });
    await expect(userIdentity({ kind: 'certificate', ...files })).rejects.toMatchObject({
      code: 'opcua.login-unreadable',
      details: { reason: 'the key is of another certificate' },
    });
  });

  test('is named in errors without what is secret', () => {
    expect(JSON.stringify(connectionFacts(bus('None', op), undefined))).not.toContain('s3cret');
  });
});

describe('a certificate', () => {
  test('says who it is, whatever stands in its names', async () => {
    const { certificate } = await peer({
      name: 'press 3',
      uri: 'urn:a,b:"c", DNS:evil',
      dns: ['Press', 'press.example'],
      ip: ['10.0.0.5'],
    });
    expect(certificate).toMatchObject({
      subject: 'CN=press 3',
      uri: 'urn:a,b:"c", DNS:evil',
      hosts: ['Press', 'press.example', '10.0.0.5'],
      servesAsServer: true,
    });
    expect(isForHost(certificate, 'PRESS')).toBe(true);
    expect(isForHost(certificate, 'evil')).toBe(false);
  });

  test('of a client serves as no server; one that does not say serves as both', async () => {
    const made = async (name: string, ...extra: string[]) => {
      const path = join(work, `${name}.pem`);
      const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', join(work, `${name}.key`)];
      const subject = ['-subj', '/O=Example/CN=x', '-out', path];
      execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...extra], { stdio: 'pipe' });
      return certificateFacts(await readFile(path));
    };
    const client = await made('client', '-addext', 'extendedKeyUsage=clientAuth');
    expect(client).toMatchObject({ servesAsServer: false, subject: 'CN=x, O=Example' });
    expect(await made('any')).toMatchObject({ servesAsServer: true, uri: undefined, hosts: [] });
  });

  test('is shown in groups that can be read aloud', () => {
    expect(grouped('3f2a91bc44')).toBe('3f2a 91bc 44');
  });

  test('is no text', () => {
    expect(() => certificateFacts(Buffer.from('hello'))).toThrow();
  });
});
