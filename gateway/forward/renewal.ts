/** What an uplink does about other certificates: it comes anew with them, or stays with the old ones and says why. */
import type { Log } from '../host/log.ts';
import type { GatewayError } from '../model/errors.ts';
import type { CredentialNews } from './credential-watch.ts';
import type { UplinkFacts } from './uplink.ts';

export class Renewal {
  readonly #uplink: string;
  readonly #log: Log;
  readonly #onRenewed: () => void;
  #fault: GatewayError | undefined;

  /** `onRenewed`: the connection is to be ended in order. */
  constructor(uplink: string, log: Log, onRenewed: () => void) {
    this.#uplink = uplink;
    this.#log = log;
    this.#onRenewed = onRenewed;
  }

  /** Of the present connection. */
  hear(news: CredentialNews): void {
    const uplink = this.#uplink;
    this.#fault = typeof news === 'string' ? undefined : news;
    if (this.#fault) {
      const { message: reason } = this.#fault;
      this.#log.error('forward.credentials-unfit', {
        uplink,
        reason,
        hint: this.#fault.hint('en'),
      });
    } else if (news === 'renewed') {
      this.#log.info('forward.credentials-renewed', { uplink });
      this.#onRenewed();
    } else this.#log.info('forward.credentials-as-before', { uplink });
  }

  /** The next connection reads them by itself. */
  lost(): void {
    this.#fault = undefined;
  }

  facts(): Pick<UplinkFacts, 'credentials'> {
    if (this.#fault === undefined) return {};
    const { code, details } = this.#fault;
    return { credentials: { code, details } };
  }
}
