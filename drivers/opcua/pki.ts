/**
 * Keys, certificates and trust of this gateway as an OPC UA client, all in one folder: what it shows to servers, and
 * which servers it lets itself talk to. Nothing is ever trusted without a person having said so.
 */
import type { Cancel, Clock } from '../../gateway/host/clock.ts';
import type { Log } from '../../gateway/host/log.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { later, type Millis, millis } from '../../gateway/model/units.ts';
import { certificateFacts } from './certificate.ts';
import { type IdentityOptions, type OwnCertificates, OwnIdentity } from './own-identity.ts';
import { serverRefusal } from './server-check.ts';
import { TrustStore } from './trust-store.ts';

/** What a server shows before it is talked to. */
export interface ServerIntroduction {
  readonly url: string;
  /** DER; of a chain the server's own comes first. */
  readonly certificate: Uint8Array;
  /** What it says its ApplicationUri is. */
  readonly applicationUri: string | undefined;
}

export class Pki {
  readonly folder: string;
  readonly store: TrustStore;
  readonly #identity: OwnIdentity;
  readonly #clock: Clock;
  readonly #log: Log;
  #own: OwnCertificates | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, options: IdentityOptions) {
    this.folder = folder;
    this.store = new TrustStore(folder);
    this.#identity = new OwnIdentity(folder, options);
    this.#clock = options.clock;
    this.#log = options.log;
  }

  get certificateFile(): string {
    return this.#identity.certificateFile;
  }

  get privateKeyFile(): string {
    return this.#identity.privateKeyFile;
  }

  /** As of the last `refresh`. */
  get own(): OwnCertificates {
    if (this.#own === undefined) throw new Error('this PKI is not open');
    return this.#own;
  }

  /** The name the gateway has at servers; it is in its certificate. */
  get applicationUri(): string {
    return this.own.current.uri ?? '';
  }

  /** Makes own key and certificate where they are missing, and the next one when it is time. Before each connection. */
  refresh(): Promise<OwnCertificates> {
    return this.#alone(() => this.#identity.keep());
  }

  /** The own certificates that are there; makes none. Undefined before the first start. */
  look(): Promise<OwnCertificates | undefined> {
    return this.#identity.look();
  }

  /** Replaces the own certificate now; the key stays. */
  renew(): Promise<OwnCertificates> {
    return this.#alone(() => this.#identity.renewNow());
  }

  /**
   * Throws why the server is not to be talked to, one of `opcua.certificate-…` or `opcua.clock-unset`. A certificate
   * that only a person can decide about is kept for them.
   */
  async verifyServer({ url, certificate: der, applicationUri }: ServerIntroduction): Promise<void> {
    const certificate = certificateFacts(der);
    const [trusted, servers] = [await this.store.trusted(), await this.store.servers()];
    const refusal = serverRefusal({
      url,
      certificate,
      applicationUri,
      isTrusted: trusted.some((one) => one.certificate.sha256 === certificate.sha256),
      expected: servers.find((server) => server.url === url)?.trusted,
      now: this.#clock.utc(),
      isSynced: this.#clock.isSynced(),
    });
    if (refusal === undefined) return this.store.accept(url, certificate);
    if (WAITS_FOR_DECISION.has(refusal.code)) await this.store.reject(url, certificate);
    throw new GatewayError(refusal.code, refusal.details);
  }

  /**
   * Looks at the own certificate once a day until cancelled: a connection may last for longer than the time in which
   * the next certificate has to be made known.
   */
  lookAfter(): Cancel {
    let cancel: Cancel = () => {};
    const again = () => {
      cancel = this.#clock.at('opcua.certificate', later(this.#clock.mono(), DAILY), () => {
        again();
        this.refresh().catch((error: unknown) =>
          this.#log.error('opcua.certificate-failed', { reason: reasonOf(error) }),
        );
      });
    };
    again();
    return () => cancel();
  }

  #alone(work: () => Promise<OwnCertificates>): Promise<OwnCertificates> {
    const done = this.#turn.then(async () => {
      this.#own = await work();
      return this.#own;
    });
    this.#turn = done.catch(() => {});
    return done;
  }
}

const DAILY: Millis = millis(86_400_000);

const WAITS_FOR_DECISION: ReadonlySet<string> = new Set([
  'opcua.certificate-unknown',
  'opcua.certificate-changed',
  'opcua.certificate-elsewhere',
]);

/** Opens the folder; makes own key and certificate at the first start. Throws `trust.…`. */
export async function openPki(folder: string, options: IdentityOptions): Promise<Pki> {
  const pki = new Pki(folder, options);
  await pki.refresh();
  return pki;
}
