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
  /** `names` in openssl's form, `IP:127.0.0.1` or `DNS:broker`. Valid for 30 days from now on unless it says otherwise. */
  issue(name: string, names: string, validity?: Validity): KeyPair;
}

export interface Validity {
  /** Days from now, either way. */
  readonly from: number;
  readonly to: number;
}

export function certificateAuthority(directory: string, name: string): Authority {
  const own = { key: join(directory, `${name}.key`), cert: join(directory, `${name}.pem`) };
  openssl('req', '-x509', ...NEW_KEY, '-keyout', own.key, '-out', own.cert, '-subj', `/CN=${name}`);
  return {
    ca: own.cert,
    issue(subject, names, validity = { from: 0, to: 30 }) {
      const base = join(directory, `${name}-${subject}`);
      const pair = { key: `${base}.key`, cert: `${base}.pem` };
      const [request, extensions] = [`${base}.csr`, `${base}.ext`];
      writeFileSync(extensions, `subjectAltName=${names}\n`);
      openssl('req', ...NEW_KEY, '-keyout', pair.key, '-out', request, '-subj', `/CN=${subject}`);
      const config = join(directory, `${name}.cnf`);
      writeFileSync(config, CA_CONFIG);
      writeFileSync(join(directory, 'index.txt'), '', { flag: 'a' });
      openssl(
        ...['ca', '-batch', '-notext', '-config', config, '-cert', own.cert, '-keyfile', own.key],
        ...['-startdate', dayAt(validity.from), '-enddate', dayAt(validity.to)],
        ...['-in', request, '-extfile', extensions, '-out', pair.cert],
        { cwd: directory },
      );
      return pair;
    },
  };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** `openssl x509` cannot make a certificate of another time; `ca` can, and keeps books beside it. */
const CA_CONFIG = `[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
`;

const DAY_MS = 86_400_000;
/** `20261130120000Z` */
const dayAt = (days: number): string =>
  `${new Date(Date.now() + days * DAY_MS).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;

function openssl(...args: readonly (string | { readonly cwd: string })[]): void {
  const words = args.filter((each) => typeof each === 'string');
  const [where] = args.filter((each) => typeof each !== 'string');
  execFileSync('openssl', words, { stdio: 'pipe', ...where });
}
