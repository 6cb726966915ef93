/** Whether a server may be talked to, from its certificate and what people have said about it. Pure. */
import type { trustErrors } from '../../gateway/model/catalogue/trust.ts';
import type { ErrorDetails } from '../../gateway/model/errors.ts';
import type { UtcMs } from '../../gateway/model/units.ts';
import { type CertificateFacts, isForHost } from './certificate.ts';
import { dayOf } from './renewal.ts';

/** What is known when a server shows its certificate. */
export interface Presented {
  readonly url: string;
  readonly certificate: CertificateFacts;
  /** What the server says its ApplicationUri is. */
  readonly applicationUri: string | undefined;
  /** Whether somebody trusts the certificate at all. */
  readonly isTrusted: boolean;
  /** SHA-256 of the certificate that somebody trusts for this very url. */
  readonly expected: string | undefined;
  readonly now: UtcMs;
  /** Whether `now` can be believed. */
  readonly isSynced: boolean;
}

export interface Refusal {
  readonly code: keyof typeof trustErrors;
  readonly details: ErrorDetails;
}

/** RSA keys that Basic256Sha256 and Aes256_Sha256_RsaPss take (OPC 10000-7 §6.6). */
const RSA_BITS = { min: 2048, max: 4096 };

/**
 * Why not; undefined when nothing is against it (OPC 10000-4 §6.1.3). What a person has to decide comes first: trust
 * is given to one certificate, by its fingerprint, and no authority can give it instead.
 */
export function serverRefusal(presented: Presented): Refusal | undefined {
  const { url, certificate, expected, isTrusted } = presented;
  const { subject, sha256: fingerprint, rsaBits } = certificate;
  const who = { url, subject, fingerprint };
  if (expected !== undefined && expected !== fingerprint)
    return { code: 'opcua.certificate-changed', details: { ...who, known: expected } };
  if (!isTrusted) return { code: 'opcua.certificate-unknown', details: who };
  const host = hostOf(url);
  if (expected === undefined && !isForHost(certificate, host)) {
    const hosts = certificate.hosts.join(', ') || '-';
    return { code: 'opcua.certificate-elsewhere', details: { ...who, host, hosts } };
  }
  const { applicationUri: said } = presented;
  if (said && certificate.uri !== said)
    return {
      code: 'opcua.certificate-uri',
      details: { ...who, uri: certificate.uri ?? '-', said },
    };
  if (!certificate.servesAsServer) return { code: 'opcua.certificate-usage', details: who };
  if (rsaBits === undefined || rsaBits < RSA_BITS.min || rsaBits > RSA_BITS.max)
    return { code: 'opcua.certificate-key', details: { ...who, bits: rsaBits ?? 0 } };
  return outOfTime(presented);
}

/** Where the clock of the gateway was not set, it and not the certificate is what is wrong. */
function outOfTime({ url, certificate, now, isSynced }: Presented): Refusal | undefined {
  const { subject, sha256: fingerprint, notBefore, notAfter } = certificate;
  if (now >= notBefore && now <= notAfter) return undefined;
  const time = new Date(now).toISOString();
  if (!isSynced)
    return { code: 'opcua.clock-unset', details: { url, time, from: dayOf(notBefore) } };
  const who = { url, subject, fingerprint, time };
  return now > notAfter
    ? { code: 'opcua.certificate-expired', details: { ...who, until: dayOf(notAfter) } }
    : { code: 'opcua.certificate-early', details: { ...who, from: dayOf(notBefore) } };
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');
