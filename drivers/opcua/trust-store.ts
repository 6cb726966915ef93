/**
 * Which servers people trust, as files: `trusted/certs`, `rejected`, and in `servers.json` which certificate belongs to
 * which url. Read afresh each time, so that what the command line changes is known to a running gateway at its next
 * attempt. One writer at a time within a process; between processes the last one wins, whole.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../../gateway/model/errors.ts';
import { type CertificateFacts, certificateFacts, isNamedBy } from './certificate.ts';
import { ensureFolder, isCode, PUBLIC, replaceFile, usingFolder } from './safe-files.ts';

/** Certificates of servers that nobody trusts; the oldest make place for new ones. */
export const MOST_REJECTED = 20;
/** Servers remembered; the ones not heard of for longest are forgotten first. */
export const MOST_SERVERS = 64;
/** Files looked at in one folder, and how large a certificate may be. */
const MOST_FILES = 200;
const LARGEST = 64 * 1024;

export interface ServerRecord {
  readonly url: string;
  /** SHA-256 of the certificate that somebody trusts for it. */
  readonly trusted: string | undefined;
  /** SHA-256 of the certificate it showed instead, that waits for a decision. */
  readonly waiting: string | undefined;
}

/** A certificate, and the servers that it is trusted for or that showed it. */
export interface StoredCertificate {
  readonly certificate: CertificateFacts;
  readonly urls: readonly string[];
}

interface Found {
  readonly path: string;
  readonly certificate: CertificateFacts;
}

export class TrustStore {
  readonly #folder: string;
  readonly #trusted: string;
  readonly #rejected: string;
  readonly #records: string;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.#trusted = join(folder, 'trusted', 'certs');
    this.#rejected = join(folder, 'rejected');
    this.#records = join(folder, 'servers.json');
  }

  /** Each with the servers it is trusted for. */
  trusted(): Promise<readonly StoredCertificate[]> {
    return this.#listed(this.#trusted, 'trusted');
  }

  /** Each with the servers that wait for a decision about it. */
  rejected(): Promise<readonly StoredCertificate[]> {
    return this.#listed(this.#rejected, 'waiting');
  }

  #listed(folder: string, as: 'trusted' | 'waiting'): Promise<readonly StoredCertificate[]> {
    return usingFolder(this.#folder, async () => {
      const records = await this.#servers();
      return (await this.#in(folder)).map(({ certificate }) => ({
        certificate,
        urls: urlsOf(records, (record) => record[as] === certificate.sha256),
      }));
    });
  }

  /** A file that is missing or damaged says nothing: each server is then judged by the trusted certificates alone. */
  servers(): Promise<readonly ServerRecord[]> {
    return usingFolder(this.#folder, () => this.#servers());
  }

  async #servers(): Promise<readonly ServerRecord[]> {
    try {
      const read: unknown = JSON.parse(await readFile(this.#records, 'utf8'));
      return Array.isArray(read) ? read.flatMap(recordOf) : [];
    } catch (error) {
      if (error instanceof SyntaxError || isCode(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** Whose fingerprint begins so, waiting or trusted. Throws like `trust`. */
  async find(fingerprint: string): Promise<StoredCertificate> {
    const all = [...(await this.rejected()), ...(await this.trusted())];
    const { certificate } = chosen(fingerprint, all);
    const found = all.filter((one) => one.certificate.sha256 === certificate.sha256);
    return { certificate, urls: [...new Set(found.flatMap(({ urls }) => urls))] };
  }

  /** The server was refused for this certificate, that now waits for somebody to decide. */
  reject(url: string, certificate: CertificateFacts): Promise<void> {
    return this.#alone(async () => {
      await this.#put(this.#rejected, certificate);
      await this.#prune();
      await this.#record({ ...(await this.#recordOf(url)), waiting: certificate.sha256 });
    });
  }

  /** The server showed this certificate and was let in. */
  accept(url: string, { sha256 }: CertificateFacts): Promise<void> {
    return this.#alone(() => this.#record({ url, trusted: sha256, waiting: undefined }));
  }

  /**
   * From now on the certificate is trusted, for every server that showed it. One that it takes the place of goes.
   * Throws `trust.fingerprint-unknown`, `trust.fingerprint-shared`.
   */
  trust(fingerprint: string): Promise<StoredCertificate> {
    return this.#alone(async () => {
      const [rejected, trusted] = [await this.#in(this.#rejected), await this.#in(this.#trusted)];
      const { certificate } = chosen(fingerprint, [...rejected, ...trusted]);
      const { sha256 } = certificate;
      await this.#put(this.#trusted, certificate);
      const before = await this.#servers();
      const after = before.map((record) =>
        record.waiting === sha256 ? { ...record, trusted: sha256, waiting: undefined } : record,
      );
      await this.#write(after);
      const kept = new Set(after.map((record) => record.trusted));
      const replaced = new Set(
        before.map((record) => record.trusted).filter((one) => !kept.has(one)),
      );
      await remove(trusted.filter((found) => replaced.has(found.certificate.sha256)));
      await remove(rejected.filter((found) => found.certificate.sha256 === sha256));
      return { certificate, urls: urlsOf(after, (record) => record.trusted === sha256) };
    });
  }

  /** Trusted no longer, from the next connection on. Throws like `trust`. */
  distrust(fingerprint: string): Promise<StoredCertificate> {
    return this.#alone(async () => {
      const trusted = await this.#in(this.#trusted);
      const { certificate } = chosen(fingerprint, trusted);
      const before = await this.#servers();
      const isMeant = (record: ServerRecord) => record.trusted === certificate.sha256;
      await this.#put(this.#rejected, certificate);
      await this.#prune();
      await this.#write(
        before.map((record) =>
          isMeant(record)
            ? { ...record, trusted: undefined, waiting: record.waiting ?? record.trusted }
            : record,
        ),
      );
      await remove(trusted.filter((found) => found.certificate.sha256 === certificate.sha256));
      return { certificate, urls: urlsOf(before, isMeant) };
    });
  }

  async #recordOf(url: string): Promise<ServerRecord> {
    const records = await this.#servers();
    return (
      records.find((record) => record.url === url) ?? {
        url,
        trusted: undefined,
        waiting: undefined,
      }
    );
  }

  /** Writes only what is new: a server that is refused every minute wears no flash. */
  async #record(record: ServerRecord): Promise<void> {
    const records = await this.#servers();
    const known = records.find(({ url }) => url === record.url);
    if (known && known.trusted === record.trusted && known.waiting === record.waiting) return;
    const others = records.filter(({ url }) => url !== record.url);
    await this.#write([record, ...others].slice(0, MOST_SERVERS));
  }

  async #write(records: readonly ServerRecord[]): Promise<void> {
    await replaceFile(this.#records, `${JSON.stringify(records, null, 2)}\n`, PUBLIC);
  }

  async #in(folder: string): Promise<Found[]> {
    const names = (await namesIn(folder)).filter((name) => /\.(pem|der|crt|cer)$/i.test(name));
    const found: Found[] = [];
    for (const name of names.toSorted().slice(0, MOST_FILES)) {
      const path = join(folder, name);
      const certificate = await readCertificate(path);
      if (certificate) found.push({ path, certificate });
    }
    return found;
  }

  async #put(folder: string, certificate: CertificateFacts): Promise<void> {
    if ((await this.#in(folder)).some((found) => found.certificate.sha256 === certificate.sha256))
      return;
    await ensureFolder(folder);
    await replaceFile(join(folder, fileNameOf(certificate)), pemOf(certificate), PUBLIC);
  }

  async #prune(): Promise<void> {
    const found = await this.#in(this.#rejected);
    const ages = new Map<Found, number>();
    for (const one of found) ages.set(one, (await stat(one.path)).mtimeMs);
    const byAge = found.toSorted((a, b) => (ages.get(b) ?? 0) - (ages.get(a) ?? 0));
    await remove(byAge.slice(MOST_REJECTED));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(() => usingFolder(this.#folder, work));
    this.#writing = done.catch(() => {});
    return done;
  }
}

/** The one that is meant by what somebody typed. Throws `trust.fingerprint-…`. Pure. */
export function chosen<T extends { readonly certificate: CertificateFacts }>(
  fingerprint: string,
  found: readonly T[],
): T {
  const byHash = new Map(found.map((one) => [one.certificate.sha256, one]));
  const named = [...byHash.values()].filter(({ certificate }) =>
    isNamedBy(certificate, fingerprint),
  );
  const [one] = named;
  if (one && named.length === 1) return one;
  const some = (named.length > 0 ? named : [...byHash.values()]).map(
    ({ certificate }) => certificate.sha256,
  );
  const details = { fingerprint, known: some.join(', ') || '-' };
  throw new GatewayError(one ? 'trust.fingerprint-shared' : 'trust.fingerprint-unknown', details);
}

const urlsOf = (
  records: readonly ServerRecord[],
  isMeant: (record: ServerRecord) => boolean,
): readonly string[] => records.filter(isMeant).map(({ url }) => url);

function recordOf(read: unknown): ServerRecord[] {
  const { url, trusted, waiting } = Object(read) as Record<string, unknown>;
  if (typeof url !== 'string') return [];
  return [{ url, trusted: textOf(trusted), waiting: textOf(waiting) }];
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });

/** Undefined where a file is no certificate. */
async function readCertificate(path: string): Promise<CertificateFacts | undefined> {
  try {
    if ((await stat(path)).size > LARGEST) return undefined;
    return certificateFacts(await readFile(path));
  } catch {
    return undefined;
  }
}

const remove = async (found: readonly Found[]): Promise<void> => {
  for (const { path } of found) await rm(path, { force: true });
};

/** As other OPC UA software names them: who it is, and the thumbprint. */
const fileNameOf = ({ subject, sha1 }: CertificateFacts): string => {
  const [, name = ''] = /CN=([^,]*)/.exec(subject) ?? [];
  const label =
    name
      .replace(/[^\w .-]/g, '_')
      .slice(0, 64)
      .trim() || 'certificate';
  return `${label}[${sha1}].pem`;
};

/** PEM of a certificate. */
export const pemOf = ({ der }: CertificateFacts): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
};
