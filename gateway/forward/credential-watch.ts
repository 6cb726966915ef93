/**
 * Notices that the files of a connection's certificates are others now. They are read, not waited for: what the file
 * system tells does not reach through the links of certbot and Kubernetes, nor over a network.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import { GatewayError } from '../model/errors.ts';
import { later, seconds } from '../model/units.ts';
import {
  type CredentialFiles,
  type Credentials,
  credentialFault,
  fingerprint,
  readCredentials,
} from './credentials.ts';

/** They can be used; or why they cannot; or the ones that are used are back. */
export type CredentialNews = 'renewed' | GatewayError | 'as before';

export interface CredentialWatchOptions {
  readonly files: CredentialFiles;
  /** Those of the connection. */
  readonly used: Credentials;
  readonly clock: Clock;
  /** Told once of each; `renewed` is the last. */
  readonly tell: (news: CredentialNews) => void;
}

/** Others have to be the same at two looks: a file may be half written, or the key the next to come. */
const LOOK_EVERY = seconds(10);

export function watchCredentials(options: CredentialWatchOptions): Cancel {
  const { ca, clientCert, clientKey } = options.files;
  if ([ca, clientCert, clientKey].every((path) => path === undefined)) return () => {};
  const watch = new CredentialWatch(options);
  return () => watch.end();
}

class CredentialWatch {
  readonly #options: CredentialWatchOptions;
  readonly #used: string;
  #last: string;
  /** The message of what is wrong. */
  #told: string | undefined;
  #cancel: Cancel = () => {};
  #isOver = false;

  constructor(options: CredentialWatchOptions) {
    this.#options = options;
    this.#used = fingerprint(options.used);
    this.#last = this.#used;
    this.#soon();
  }

  end(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #soon(): void {
    const { clock } = this.#options;
    const due = later(clock.mono(), LOOK_EVERY);
    this.#cancel = clock.at('forward.credentials', due, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { files, clock, tell } = this.#options;
    const found = await readCredentials(files).catch((error: unknown) => {
      if (error instanceof GatewayError) return error;
      throw error;
    });
    if (this.#isOver) return;
    const isReadable = !(found instanceof GatewayError);
    const now = isReadable ? fingerprint(found) : found.message;
    const isSteady = now === this.#last;
    this.#last = now;
    if (now === this.#used) this.#say('as before');
    else if (isSteady) {
      const time = clock.isSynced() ? clock.utc() : undefined;
      const fault = isReadable ? credentialFault(files, found, time) : found;
      if (fault === undefined) {
        tell('renewed');
        return;
      }
      this.#say(fault);
    }
    this.#soon();
  }

  #say(news: GatewayError | 'as before'): void {
    const message = news === 'as before' ? undefined : news.message;
    if (message === this.#told) return;
    this.#told = message;
    this.#options.tell(news);
  }
}
