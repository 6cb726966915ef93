/** Keys, certificates and trust of a simulated server, in a folder. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../gateway/host/clock.ts';
import { OPCUACertificateManager } from './stack.ts';

/** Stands in the certificate and in the ApplicationDescription. */
export const APPLICATION_URI = 'urn:headgate:simulated:opcua';
const VALID_DAYS = 3650;
/** Clocks of one site differ a little: a certificate is valid from somewhat earlier. */
const BACKDATED_MS = 3_600_000;

export interface ServerKeys {
  /** Trust in the applications of clients, and the server's own key. */
  readonly clients: OPCUACertificateManager;
  /** Trust in users that show a certificate. */
  readonly users: OPCUACertificateManager;
  readonly certificateFile: string;
}

export interface KeysSetting {
  readonly pki: string;
  readonly clients: 'any' | 'trusted';
  /** Which of the server's certificates is shown. */
  readonly generation: number;
}

/**
 * Opens the keys of a folder; what is missing is made. The stack uses a manager up when its server shuts down, so every
 * start opens them again.
 */
export async function openKeys(
  { pki, clients: whose, generation }: KeysSetting,
  clock: Clock,
): Promise<ServerKeys> {
  const clients = await openStore(join(pki, 'server'), whose === 'any');
  const users = await openStore(join(pki, 'users'), false);
  const certificateFile = join(pki, 'server', 'own', 'certs', `certificate-${generation}.pem`);
  if (!existsSync(certificateFile))
    await clients.createSelfSignedCertificate({
      applicationUri: APPLICATION_URI,
      subject: `/CN=simulated ${generation}`,
      dns: ['localhost'],
      ip: ['127.0.0.1'],
      startDate: new Date(clock.utc() - BACKDATED_MS),
      validity: VALID_DAYS,
      outputFile: certificateFile,
    });
  return { clients, users, certificateFile };
}

async function openStore(rootFolder: string, trusting: boolean): Promise<OPCUACertificateManager> {
  const store = new OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: trusting,
    disableFileWatchers: true,
  });
  await store.initialize();
  return store;
}

/** The first certificate of a PEM file, DER. */
export async function certificateOf(file: string): Promise<Buffer> {
  const text = await readFile(file, 'utf8');
  const body = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(text)?.[1] ?? '';
  return Buffer.from(body, 'base64');
}
