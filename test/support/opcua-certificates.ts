/** Certificates of OPC UA peers for tests, all of one key: making keys is slow, and no test is about them. */
import { generateKeyPairSync } from 'node:crypto';
import { type CertificateFacts, certificateFacts } from '../../drivers/opcua/certificate.ts';
import { crypto_utils as crypto } from '../../drivers/opcua/stack.ts';

export interface PeerOptions {
  readonly name?: string;
  readonly uri?: string;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly from?: number;
  readonly until?: number;
}

export interface Peer {
  readonly certificate: CertificateFacts;
  /** PEM. */
  readonly pem: string;
  readonly key: string;
}

let sharedKey: string | undefined;

/** A self-signed certificate of 2025 to 2035, made out to `plc` and 10.0.0.5. */
export async function peer(options: PeerOptions = {}): Promise<Peer> {
  sharedKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const { name = 'plc', uri = 'urn:plc', dns = ['plc'], ip = ['10.0.0.5'] } = options;
  const { cert } = await crypto.createSelfSignedCertificate({
    privateKey: await crypto.pemToPrivateKey(sharedKey),
    subject: `/CN=${name}`,
    applicationUri: uri,
    dns: [...dns],
    ip: [...ip],
    notBefore: new Date(options.from ?? Date.UTC(2025, 0, 1)),
    notAfter: new Date(options.until ?? Date.UTC(2035, 0, 1)),
    purpose: crypto.CertificatePurpose.ForApplication,
  });
  return { certificate: certificateFacts(Buffer.from(cert)), pem: cert, key: sharedKey };
}
