/**
 * Intents on their way into the ledger. A command that may not act before its intent is durable waits here, for a bounded
 * time; of one that acts meanwhile the ledger's troubles are told and counted. Nothing here rejects.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { reasonOf } from '../model/errors.ts';
import type { Sample } from '../model/sample.ts';
import { later, type Millis, type MonoMs, monoMs, seconds } from '../model/units.ts';
import type { Intended, Ledger, LedgerEntry } from './ledger.ts';

/** How long an intent may take to become durable. */
export const INTENT_PATIENCE: Millis = seconds(2);

/** `failed`: it is not durable, as far as anybody knows; nothing may act on it. */
export type StoredIntent = Intended | { readonly kind: 'failed'; readonly reason: string };

export interface Intent {
  readonly entry: Omit<LedgerEntry, 'outcome' | 'end'>;
  readonly audit: readonly Sample[];
  readonly marks: Parameters<Ledger['intend']>[2];
}

export class Intents {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #log: Log;
  #failures = 0;
  #isFailing = false;

  constructor({ ledger, clock, log }: { ledger: Ledger; clock: Clock; log: Log }) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#log = log;
  }

  /** Intents that were not durable in time, since the start. */
  get failures(): number {
    return this.#failures;
  }

  /** Resolves when the command may act, or never may: at `expires` at the latest. */
  before(intent: Intent, expires: MonoMs | undefined): Promise<StoredIntent> {
    return this.#within(this.#store(intent, 'before'), expires);
  }

  /** Resolves when the ledger has said something about it; the command acts meanwhile. */
  meanwhile(intent: Intent): Promise<StoredIntent> {
    return this.#within(this.#store(intent, 'meanwhile'), undefined);
  }

  async #store(
    { entry, audit, marks }: Intent,
    way: 'before' | 'meanwhile',
  ): Promise<StoredIntent> {
    try {
      return await this.#ledger.intend(entry, audit, marks, way);
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) };
    }
  }

  #within(storing: Promise<StoredIntent>, expires: MonoMs | undefined): Promise<StoredIntent> {
    const now = this.#clock.mono();
    const due = monoMs(Math.min(later(now, INTENT_PATIENCE), expires ?? Number.POSITIVE_INFINITY));
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      let isOver = false;
      const finish = (stored: StoredIntent) => {
        if (isOver) return;
        isOver = true;
        cancel();
        this.#note(stored);
        resolve(stored);
      };
      cancel = this.#clock.at('command.intent', due, () =>
        finish({ kind: 'failed', reason: `not durable within ${(due - now) / 1000} s` }),
      );
      void storing.then(finish);
    });
  }

  /** One line when it begins, and one when it is over. */
  #note(stored: StoredIntent): void {
    const isFailed = stored.kind === 'failed';
    if (isFailed) this.#failures++;
    if (isFailed && !this.#isFailing)
      this.#log.error('command.intent-failed', { reason: stored.reason });
    if (!isFailed && this.#isFailing) this.#log.info('command.intents-resumed', {});
    this.#isFailing = isFailed;
  }
}
