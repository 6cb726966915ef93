/**
 * The gateway's own key and certificates as files: `own/private/private_key.pem`, `own/certs/headgate.pem`, and beside
 * it the next one, and those that were. Whoever comes second, in this process or another, takes what the first one
 * made. The key stays for as long as it can be read.
 */
import { createPrivateKey, generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto';
import { chmod, link, readFile, rename, stat } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../gateway/host/clock.ts';
import type { Log } from '../../gateway/host/log.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { type CertificateFacts, certificateFacts } from './certificate.ts';
import { BACKDATED, dayOf, isPlausible, renewalStep, takesOverAt, VALIDITY } from './renewal.ts';
import {
  createFile,
  ensureFolder,
  isCode,
  PUBLIC,
  SECRET,
  SECRET_FOLDER,
  usingFolder,
} from './safe-files.ts';

/** Every OPC UA server takes it, and a small ARM board makes one in seconds. */
const KEY_BITS = 2048;
/** Addresses beyond these are left out of the certificate. */
const MOST_ADDRESSES = 8;

export interface IdentityOptions {
  /** The id of the gateway, for the names in the certificate. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this machine when left out. */
  readonly host?: string;
}

/** What the gateway shows to servers now, and what it will show next. */
export interface OwnCertificates {
  readonly current: CertificateFacts;
  /** Made before the current one ends, so that servers can be told in time. */
  readonly next: CertificateFacts | undefined;
}

export class OwnIdentity {
  readonly privateKeyFile: string;
  readonly certificateFile: string;
  readonly #nextFile: string;
  readonly #folder: string;
  readonly #options: IdentityOptions;

  constructor(folder: string, options: IdentityOptions) {
    this.#folder = folder;
    this.#options = options;
    this.privateKeyFile = join(folder, 'own', 'private', 'private_key.pem');
    this.certificateFile = join(folder, 'own', 'certs', 'headgate.pem');
    this.#nextFile = join(folder, 'own', 'certs', 'headgate-next.pem');
  }

  /**
   * Makes what is missing or damaged, and does what the certificate's age demands. Throws `trust.key-unusable`,
   * `trust.folder-unusable`, and `trust.clock-unset` when a certificate is needed before the clock was ever set.
   */
  keep(): Promise<OwnCertificates> {
    return usingFolder(this.#folder, async () => {
      await ensureFolder(join(this.#folder, 'own', 'certs'));
      await ensureFolder(join(this.#folder, 'own', 'private'), SECRET_FOLDER);
      const key = await this.#key();
      return this.#renewed(key, await this.#certificates(key));
    });
  }

  /** What is there, made by whoever; changes nothing. Undefined before the first start. */
  async look(): Promise<OwnCertificates | undefined> {
    const [current, next] = [await seen(this.certificateFile), await seen(this.#nextFile)];
    return current && { current, next };
  }

  /** The next certificate takes over at once, whatever the age of the current one. */
  async renewNow(): Promise<OwnCertificates> {
    const { current, next } = await this.keep();
    return usingFolder(this.#folder, async () => {
      const key = await this.#key();
      if (next === undefined) await this.#make(this.#nextFile, key, current.uri);
      await this.#switch(current);
      return this.#certificates(key);
    });
  }

  async #certificates(key: KeyObject): Promise<OwnCertificates> {
    const current = await this.#read(this.certificateFile, key);
    const next = await this.#read(this.#nextFile, key);
    if (current) return { current, next };
    const made = await this.#make(this.certificateFile, key, undefined);
    this.#options.log.warn('opcua.certificate-made', logged(made));
    return { current: made, next };
  }

  async #renewed(key: KeyObject, own: OwnCertificates): Promise<OwnCertificates> {
    const { clock, log } = this.#options;
    const { current, next } = own;
    const hasNext = next !== undefined;
    const now = clock.utc();
    const step = renewalStep({ now, isSynced: clock.isSynced(), current, hasNext });
    if (step === 'keep') return own;
    if (step === 'switch') {
      await this.#switch(current);
      const after = await this.#certificates(key);
      log.warn('opcua.certificate-switched', { ...logged(after.current), was: current.sha256 });
      return after;
    }
    const made = await this.#make(this.#nextFile, key, current.uri);
    const takesOver = dayOf(Math.max(takesOverAt(current).getTime(), now));
    log.warn('opcua.certificate-prepared', { ...logged(made), takes_over: takesOver });
    return this.#renewed(key, { current, next: made });
  }

  /** At each moment there is a current certificate; the one that was stays under the day it ended. */
  async #switch(current: CertificateFacts): Promise<void> {
    const name = `headgate-until-${dayOf(this.#options.clock.utc())}-${current.sha1.slice(0, 8)}.pem`;
    await link(this.certificateFile, join(this.#folder, 'own', 'certs', name)).catch(
      unless('EEXIST'),
    );
    await rename(this.#nextFile, this.certificateFile).catch(unless('ENOENT'));
  }

  /** Undefined when there is none, or none that fits the key; such a one is put aside. */
  async #read(path: string, key: KeyObject): Promise<CertificateFacts | undefined> {
    const pem = await readFile(path).catch(unless('ENOENT'));
    if (pem === undefined) return undefined;
    try {
      if (new X509Certificate(pem).checkPrivateKey(key)) return certificateFacts(pem);
    } catch {
      // What cannot be read is no certificate.
    }
    await this.#putAside(path);
    return undefined;
  }

  async #key(): Promise<KeyObject> {
    const path = this.privateKeyFile;
    const unusable = (reason: string, cause?: unknown) =>
      new GatewayError('trust.key-unusable', { path, reason }, cause);
    const pem = await readFile(path, 'utf8').catch((error: unknown) => {
      if (isCode(error, 'ENOENT')) return undefined;
      throw unusable(reasonOf(error), error);
    });
    if (pem === undefined) return this.#makeKey();
    if (/ENCRYPTED/.test(pem)) throw unusable('it has a password');
    const key = privateKeyOf(pem);
    if (key === undefined) {
      await this.#putAside(path);
      return this.#makeKey();
    }
    if (key.asymmetricKeyType !== 'rsa') throw unusable('it is no RSA key');
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) await chmod(path, SECRET).catch(unless('EPERM'));
    return key;
  }

  async #makeKey(): Promise<KeyObject> {
    const { privateKey } = await makeKeyPair('rsa', { modulusLength: KEY_BITS });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    return (await createFile(this.privateKeyFile, pem, SECRET)) ? privateKey : this.#key();
  }

  async #putAside(path: string): Promise<void> {
    const aside = `${path}.damaged-${dayOf(this.#options.clock.utc())}`;
    await rename(path, aside).catch(unless('ENOENT'));
    this.#options.log.error('opcua.certificate-damaged', { path, kept_as: aside });
  }

  /** A name that servers know the gateway by stays, whatever the machine is called now. */
  async #make(path: string, key: KeyObject, uri: string | undefined): Promise<CertificateFacts> {
    const { gateway, clock, host = hostname() } = this.#options;
    const now = clock.utc();
    if (!isPlausible(now))
      throw new GatewayError('trust.clock-unset', { time: new Date(now).toISOString() });
    // Loaded where a certificate is made and nowhere else: it is most of the OPC UA stack.
    const { crypto_utils: crypto } = await import('./stack.ts');
    const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { cert } = await crypto.createSelfSignedCertificate({
      privateKey: await crypto.pemToPrivateKey(pkcs8),
      subject: `/CN=headgate ${gateway.replace(/[^\w.-]/g, '_')}/O=headgate`,
      applicationUri: uri ?? `urn:${host}:headgate:${gateway}`,
      dns: [host],
      ip: addresses(),
      notBefore: new Date(now - BACKDATED),
      notAfter: new Date(now + VALIDITY),
      purpose: crypto.CertificatePurpose.ForApplication,
    });
    await createFile(path, cert, PUBLIC);
    return certificateFacts(await readFile(path));
  }
}

/** Undefined where there is no certificate. */
const seen = (path: string): Promise<CertificateFacts | undefined> =>
  readFile(path)
    .then(certificateFacts)
    .catch(() => undefined);

const makeKeyPair = promisify(generateKeyPair);

function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

const addresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addressesOfOne) => addressesOfOne ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address)
    .slice(0, MOST_ADDRESSES);

const logged = ({ subject, uri, sha256, notAfter }: CertificateFacts) => ({
  subject,
  uri,
  sha256,
  until: dayOf(notAfter),
});

/** A rejection with this code is no failure. */
const unless =
  (code: string) =>
  (error: unknown): undefined => {
    if (!isCode(error, code)) throw error;
    return undefined;
  };
