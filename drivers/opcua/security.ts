/** From the configuration of a bus to a client of the library that is exactly as safe as was written, never less. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import type { LinkIo } from '../driver.ts';
import {
  ALONE,
  bareClient,
  NOBODY_TRUSTED,
  type Offer,
  offersOf,
  POLICY_URI,
} from './discovery.ts';
import { openPki, type Pki } from './pki.ts';
import { type ConnectionFacts, securityError } from './refusals.ts';
import { MessageSecurityMode, OPCUAClient, type UserIdentityInfo, UserTokenType } from './stack.ts';

/** What the configuration says of an OPC UA server. */
export interface OpcuaBus {
  /** opc.tcp://host:port/path */
  readonly url: string;
  /** `None`, or policy and mode: `Basic256Sha256/SignAndEncrypt`. */
  readonly security: string;
  readonly user: OpcuaUser;
  readonly sessionTimeout: Millis;
  /** How often the server is to say that it lives while nothing changes. */
  readonly keepAlive: Millis;
  readonly timeout: Millis;
  /** The folder of keys, certificates and trust. */
  readonly pki: string;
  /** The id of this gateway, part of the name it has at servers. */
  readonly gateway: string;
}

export type OpcuaUser =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'password'; readonly name: string; readonly password: string }
  /** Paths of PEM files. */
  | { readonly kind: 'certificate'; readonly certificate: string; readonly key: string };

/**
 * The library ends a connection on which nothing was said for so long. Where nothing changes that is no fault, and when it
 * is one is decided elsewhere.
 */
const LONGEST_SILENCE = 2 ** 30;
/** Long enough for a server that has to compute RSA on a small processor. */
const CONNECT_FACTOR = 3;

/**
 * The keys and certificates that this bus needs; undefined where it needs none. All buses of a process with one folder
 * share them. Throws `trust.…`.
 */
export function pkiOf(
  { security, pki: folder, gateway }: Pick<OpcuaBus, 'security' | 'pki' | 'gateway'>,
  { clock, log }: Pick<LinkIo, 'clock' | 'log'>,
): Promise<Pki | undefined> {
  if (security === 'None') return Promise.resolve(undefined);
  const known = opened.get(folder);
  if (known) return known;
  const opening = openPki(folder, { gateway, clock, log });
  opened.set(folder, opening);
  opening.catch(() => opened.delete(folder));
  return opening;
}

/** By folder: as many as the process has sites. */
const opened = new Map<string, Promise<Pki>>();

/**
 * A client that is not connected yet. With security the server is asked what it offers first: only the configured
 * policy and mode is taken, and only when its certificate is the trusted one. Throws `opcua.…` with the next step.
 */
export async function secureClient(
  bus: OpcuaBus,
  pki: Pki | undefined,
  { clock, signal }: Pick<LinkIo, 'clock'> & { readonly signal?: AbortSignal },
): Promise<OPCUAClient> {
  const { url, security, timeout, sessionTimeout } = bus;
  const options = {
    ...ALONE,
    clientName: `headgate ${bus.gateway}`,
    requestedSessionTimeout: sessionTimeout,
    transportTimeout: LONGEST_SILENCE,
    // A session is ended by whoever began it, or taken up again over another channel.
    keepPendingSessionsOnDisconnect: true,
  };
  if (security === 'None' || pki === undefined) {
    if (security === 'None' && bus.user.kind === 'anonymous') return bareClient(options);
    throw new GatewayError('opcua.login-readable', { url, security });
  }
  await pki.refresh();
  const patience = millis(timeout * CONNECT_FACTOR);
  const offer = await offersOf(url, { clock, timeout: patience, signal }).then(
    (offers) => chosenOffer(offers, bus),
    (error: unknown) => {
      throw signal?.aborted ? error : securityError(error, { url });
    },
  );
  await pki.verifyServer({ url, ...offer });
  const [policy = '', mode = ''] = security.split('/');
  return OPCUAClient.create({
    ...options,
    applicationUri: pki.applicationUri,
    securityMode: MessageSecurityMode[mode as keyof typeof MessageSecurityMode],
    securityPolicy: `${POLICY_URI}${policy}`,
    serverCertificate: Buffer.from(offer.certificate),
    certificateFile: pki.certificateFile,
    privateKeyFile: pki.privateKeyFile,
    clientCertificateManager: NOBODY_TRUSTED,
  });
}

type SecureOffer = Offer & { readonly certificate: Uint8Array };

/** The offer that is the configured one in policy, mode and kind of login; nothing near it will do. Pure. */
export function chosenOffer(
  offers: readonly Offer[],
  { url, security, user }: Pick<OpcuaBus, 'url' | 'security' | 'user'>,
): SecureOffer {
  const same = offers.filter((offer) => offer.security === security).find(hasCertificate);
  if (same === undefined) {
    const offered = [...new Set(offers.map((offer) => offer.security))].join(', ') || '-';
    throw new GatewayError('opcua.security-missing', { url, security, offered });
  }
  const logins = same.logins.filter(({ kind }) => kind === user.kind);
  if (logins.length === 0) {
    const offered = [...new Set(same.logins.map(({ kind }) => kind))].join(', ') || '-';
    throw new GatewayError('opcua.login-missing', { url, security, login: user.kind, offered });
  }
  const isReadable = user.kind === 'password' && !security.endsWith('/SignAndEncrypt');
  if (isReadable && logins.some(({ isPlain }) => isPlain))
    throw new GatewayError('opcua.login-readable', { url, security });
  return same;
}

const hasCertificate = (offer: Offer): offer is SecureOffer => offer.certificate !== undefined;

/** Who logs in, with key files read now. Throws `opcua.login-unreadable`. */
export async function userIdentity(user: OpcuaUser): Promise<UserIdentityInfo> {
  switch (user.kind) {
    case 'anonymous':
      return { type: UserTokenType.Anonymous };
    case 'password':
      return { type: UserTokenType.UserName, userName: user.name, password: user.password };
    case 'certificate': {
      const certificate = await reading(user.certificate, (pem) => new X509Certificate(pem));
      const key = await reading(user.key, (pem) => {
        const read = createPrivateKey(pem);
        if (!certificate.checkPrivateKey(read))
          throw new Error('the key is of another certificate');
        return read.export({ type: 'pkcs8', format: 'pem' }).toString();
      });
      return { type: UserTokenType.Certificate, certificateData: certificate.raw, privateKey: key };
    }
  }
}

async function reading<T>(path: string, read: (pem: Buffer) => T): Promise<T> {
  try {
    return read(await readFile(path));
  } catch (error) {
    throw new GatewayError('opcua.login-unreadable', { path, reason: reasonOf(error) }, error);
  }
}

/** What a failed connection is judged by. */
export const connectionFacts = (
  { url, security, user }: Pick<OpcuaBus, 'url' | 'security' | 'user'>,
  pki: Pki | undefined,
): ConnectionFacts => ({
  url,
  security,
  user: user.kind === 'password' ? user.name : user.kind,
  own: pki?.own.current,
});
