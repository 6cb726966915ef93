/**
 * Keeps a connection: attempt, note the failure, wait, until it is told to stop. Every kind of uplink and the receiver
 * wait the same way; see Attempts. A bug is no failure of a connection, and ends it.
 */
import { type Clock, sleep } from '../host/clock.ts';
import type { Random } from '../model/backoff.ts';
import { GatewayError } from '../model/errors.ts';
import { between, later, type MonoMs, type UtcMs } from '../model/units.ts';
import { Attempts } from './attempts.ts';
import type { UplinkFacts } from './uplink.ts';

export interface ReconnectionOptions {
  /** Of the timer. */
  readonly name: string;
  /** Where to, the preferred place first; one at least. */
  readonly urls: readonly string[];
  readonly clock: Clock;
  /** 0..1, for the jitter of the back-off. */
  readonly random: Random;
  /** One connection's life: resolves or rejects with what ended it, undefined where nothing failed. It calls `up`. */
  readonly live: (url: string) => Promise<GatewayError | undefined>;
  /** `isNews`: a broker that is away for a week is one line in a log, not one for each attempt. */
  readonly onFailure: (error: GatewayError, isNews: boolean) => void;
  /** A good connection that ended so was to a broker of no use: the next one is wanted. */
  readonly isUnfit?: (error: GatewayError | undefined) => boolean;
}

export type ReconnectionFacts = Pick<UplinkFacts, 'state' | 'retryInMs' | 'lastError'>;

export class Reconnection {
  readonly #options: ReconnectionOptions;
  readonly #attempts: Attempts;
  #state: UplinkFacts['state'] = 'waiting';
  #upSince: UtcMs | undefined;
  #retryAt: MonoMs | undefined;
  #lastError: string | undefined;

  constructor(options: ReconnectionOptions) {
    this.#options = options;
    this.#attempts = new Attempts(options.urls, options.random);
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** When the present connection was there, or the last one. */
  get upSince(): UtcMs | undefined {
    return this.#upSince;
  }

  facts(): ReconnectionFacts {
    const retryAt = this.#retryAt;
    const { clock } = this.#options;
    return {
      state: this.#state,
      retryInMs: retryAt === undefined ? undefined : Math.max(0, between(clock.mono(), retryAt)),
      lastError: this.#lastError,
    };
  }

  /** Resolves when the signal is aborted and the last connection is over. Once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, name, live, isUnfit } = this.#options;
    while (!signal.aborted) {
      this.#state = 'connecting';
      const error = await live(this.#attempts.begin(clock.mono())).catch((error: unknown) => {
        if (error instanceof GatewayError) return error;
        if (signal.aborted) return undefined;
        throw error;
      });
      if (signal.aborted) break;
      if (error) this.failed(error);
      const wait = this.#attempts.ended(clock.mono(), isUnfit?.(error));
      this.#state = 'waiting';
      this.#retryAt = later(clock.mono(), wait);
      await sleep(clock, name, wait, signal).catch(() => {});
      this.#retryAt = undefined;
    }
    this.#state = 'closed';
  }

  /** There is somebody at the other end, who has still to show that he is of use. */
  reached(): void {
    this.#state = 'up';
    this.#upSince = this.#options.clock.utc();
  }

  /** The connection is there; a good one when it holds. */
  up(): void {
    this.reached();
    this.#lastError = undefined;
    this.#attempts.succeeded(this.#options.clock.mono());
  }

  /** It is a good one, however short it will be. */
  delivered(): void {
    this.#attempts.delivered();
  }

  /** Something is wrong, also while it is up. */
  failed(error: GatewayError): void {
    const isNews = error.message !== this.#lastError;
    this.#lastError = error.message;
    this.#options.onFailure(error, isNews);
  }
}
