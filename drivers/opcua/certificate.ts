/** What an X.509 certificate says, as far as people and our checks want to know. Pure. */
import { X509Certificate } from 'node:crypto';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';

export interface CertificateFacts {
  /** `CN=press 3, O=Example`. */
  readonly subject: string;
  /** ApplicationUri in the SubjectAltName (OPC 10000-6 §6.2.2); undefined where it is missing. */
  readonly uri: string | undefined;
  /** Host names and IP addresses of the SubjectAltName. */
  readonly hosts: readonly string[];
  readonly notBefore: UtcMs;
  readonly notAfter: UtcMs;
  /** Lowercase hexadecimal, without separators. */
  readonly sha256: string;
  /** What OPC UA servers call the thumbprint; lowercase hexadecimal. */
  readonly sha1: string;
  /** Of an RSA key; undefined for any other kind. */
  readonly rsaBits: number | undefined;
  readonly isSelfSigned: boolean;
  /** Whether its owner may be a server, as far as the certificate says what its owner may be. */
  readonly servesAsServer: boolean;
  readonly der: Buffer;
}

/** DER or PEM; of a chain the first, which is the peer's own. Throws for anything else. */
export function certificateFacts(encoded: Uint8Array): CertificateFacts {
  const certificate = new X509Certificate(encoded);
  const names = alternativeNames(certificate.subjectAltName ?? '');
  const usages = certificate.keyUsage as readonly string[] | undefined;
  return {
    subject: commonNameFirst(certificate.subject.split('\n')).join(', '),
    uri: names.find(({ kind }) => kind === 'URI')?.name,
    hosts: names.filter(({ kind }) => kind !== 'URI').map(({ name }) => name),
    notBefore: utcMs(certificate.validFromDate.getTime()),
    notAfter: utcMs(certificate.validToDate.getTime()),
    sha256: plain(certificate.fingerprint256),
    sha1: plain(certificate.fingerprint),
    rsaBits: certificate.publicKey.asymmetricKeyDetails?.modulusLength,
    isSelfSigned: certificate.issuer === certificate.subject,
    servesAsServer: usages === undefined || usages.includes(SERVER_AUTH),
    der: certificate.raw,
  };
}

const commonNameFirst = (parts: readonly string[]): readonly string[] =>
  parts.toSorted((a, b) => Number(b.startsWith('CN=')) - Number(a.startsWith('CN=')));

/** Extended key usage serverAuth (RFC 5280 §4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Node prints `URI:urn:x, DNS:host, IP Address:10.0.0.1`, and quotes a name that could be taken for two. */
function alternativeNames(text: string): { readonly kind: string; readonly name: string }[] {
  const found = text.matchAll(/(?:^|, )(URI|DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g);
  return [...found].map(([, kind = '', name = '']) => ({
    kind,
    name: name.startsWith('"') ? String(JSON.parse(name)) : name,
  }));
}

/** Whether the certificate is made out to this host; letter case does not count. */
export const isForHost = ({ hosts }: CertificateFacts, host: string): boolean =>
  hosts.some((name) => name.toLowerCase() === host.toLowerCase());

/** Without the separators and letter case that people and servers write fingerprints with. */
export const plain = (fingerprint: string): string =>
  fingerprint.replace(/[^0-9a-z]/gi, '').toLowerCase();

/** Grouped for reading aloud and comparing: `3f2a 91bc …`. */
export const grouped = (fingerprint: string): string =>
  fingerprint.match(/.{1,4}/g)?.join(' ') ?? '';

/** Fewer digits would be guessed too easily. */
export const SHORTEST_PREFIX = 8;

/** Whether what somebody typed begins the certificate's SHA-256 or SHA-1 fingerprint. */
export function isNamedBy({ sha256, sha1 }: CertificateFacts, typed: string): boolean {
  const prefix = plain(typed);
  if (prefix.length < SHORTEST_PREFIX) return false;
  return sha256.startsWith(prefix) || sha1.startsWith(prefix);
}
