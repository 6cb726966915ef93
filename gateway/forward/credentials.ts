/** The files of TLS: what is in them, and whether they can be used. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { BrokerConfig } from '../../config/site.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import type { UtcMs } from '../model/units.ts';

/** Paths of PEM files. */
export type CredentialFiles = Pick<BrokerConfig, 'ca' | 'clientCert' | 'clientKey'>;

/** What TLS needs, as PEM. */
export interface Credentials {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/** Read anew for each connection. Rejects with `forward.credentials-unreadable`. */
export async function readCredentials(files: CredentialFiles): Promise<Credentials> {
  const read = (path: string | undefined) =>
    path === undefined
      ? undefined
      : readFile(path).catch((error: unknown) => {
          const details = { path, reason: reasonOf(error) };
          throw new GatewayError('forward.credentials-unreadable', details);
        });
  const [ca, cert, key] = await Promise.all([
    read(files.ca),
    read(files.clientCert),
    read(files.clientKey),
  ]);
  return { ca, cert, key };
}

/** Equal for equal contents, and of no use to anybody else. */
export function fingerprint({ ca, cert, key }: Credentials): string {
  const hash = createHash('sha256');
  for (const pem of [ca, cert, key]) hash.update(`${pem?.length}:`).update(pem ?? '');
  return hash.digest('hex');
}

/** Why they cannot be used; undefined: nothing speaks against it. `now`: where the time is known. */
export function credentialFault(
  { ca: caPath = '', clientCert: certPath = '', clientKey: keyPath = '' }: CredentialFiles,
  { ca, cert, key }: Credentials,
  now: UtcMs | undefined,
): GatewayError | undefined {
  try {
    if (ca) {
      const authorities = certificatesIn(caPath, ca);
      const faults = authorities.map((each) => timeFault(caPath, each, now));
      if (faults.every((fault) => fault !== undefined)) return faults[0];
    }
    const [own] = cert ? certificatesIn(certPath, cert) : [];
    const late = own && timeFault(certPath, own, now);
    if (late) return late;
    const secret = key && parsed(keyPath, () => createPrivateKey(key));
    if (own && secret && !own.checkPrivateKey(secret))
      return new GatewayError('forward.credentials-mismatch', { path: certPath, key: keyPath });
    // What OpenSSL itself would not use: keys that are too short, digests that are too weak.
    const context = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
    parsed(certPath || caPath, () => createSecureContext(context));
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

const BEGIN = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g;
const WHOLE = /-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----[^-]*-----END \1-----/g;

/** All of them, one at least. OpenSSL passes over what is cut off. */
function certificatesIn(path: string, pem: Buffer): readonly X509Certificate[] {
  const text = pem.toString('latin1');
  const blocks = text.match(WHOLE) ?? [];
  if (blocks.length === 0 || blocks.length < (text.match(BEGIN)?.length ?? 0))
    throw new GatewayError('forward.credentials-incomplete', { path });
  return blocks.map((block) => parsed(path, () => new X509Certificate(block)));
}

function timeFault(
  path: string,
  { validFromDate: from, validToDate: to }: X509Certificate,
  now: UtcMs | undefined,
): GatewayError | undefined {
  if (now === undefined || (from.getTime() <= now && now <= to.getTime())) return undefined;
  return now < from.getTime()
    ? new GatewayError('forward.credentials-early', { path, from: from.toISOString() })
    : new GatewayError('forward.credentials-expired', { path, until: to.toISOString() });
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new GatewayError('forward.credentials-broken', { path, reason: reasonOf(error) });
  }
}
