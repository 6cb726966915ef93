/** A certificate authority with its servers and clients, made by openssl in a given folder. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeyPair {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Path of its own certificate. */
  readonly ca: string;
  /** `names` in openssl's form, `IP:127.0.0.1` or `DNS:broker`. */
  issue(name: string, names: string): KeyPair;
}

export function certificateAuthority(directory: string, name: string): Authority {
  const own = { key: join(directory, `${name}.key`), cert: join(directory, `${name}.pem`) };
  openssl('req', '-x509', ...NEW_KEY, '-keyout', own.key, '-out', own.cert, '-subj', `/CN=${name}`);
  return {
    ca: own.cert,
    issue(subject, names) {
      const base = join(directory, `${name}-${subject}`);
      const pair = { key: `${base}.key`, cert: `${base}.pem` };
      const [request, extensions] = [`${base}.csr`, `${base}.ext`];
      writeFileSync(extensions, `subjectAltName=${names}\n`);
      openssl('req', ...NEW_KEY, '-keyout', pair.key, '-out', request, '-subj', `/CN=${subject}`);
      openssl(
        ...['x509', '-req', '-in', request, '-CA', own.cert, '-CAkey', own.key],
        ...['-CAcreateserial', '-days', '30', '-extfile', extensions, '-out', pair.cert],
      );
      return pair;
    },
  };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
