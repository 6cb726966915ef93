/**
 * What the door needs of the journal: that an intent is durable, with its audit entry, before anything acts on it, and
 * that it is found again after a crash. A contract; the journal keeps it.
 */
import type { Kept } from '../host/state-store.ts';
import type { CommandOrigin, CommandOutcome } from '../model/command.ts';
import type { Sample } from '../model/sample.ts';
import type { UtcMs } from '../model/units.ts';

/** One command as it is remembered. */
export interface LedgerEntry {
  /** Unique for ever: `origin/id`. */
  readonly key: string;
  readonly origin: CommandOrigin;
  readonly tag: string;
  /** When it was intended. */
  readonly time: UtcMs;
  /** What the door wants to know again: value, hold, by, before, issued, counter. JSON, at most 4 KiB. */
  readonly facts: Kept;
  /** Undefined: it has not ended, or nobody wrote down how. */
  readonly outcome: CommandOutcome | undefined;
  /** How it ended, for who asks again; JSON, at most 4 KiB. With an outcome and without an end nobody waited for it. */
  readonly end: Kept | undefined;
}

/** What is known when the journal has opened. */
export interface LedgerHistory {
  /** The process before closed the journal in order, or there was none. Not after a kill, a power cut, a lost file. */
  readonly wasCleanStop: boolean;
  /** Without an end, oldest first. */
  readonly open: readonly LedgerEntry[];
  /**
   * Of the last 60 minutes and, of each tag and origin, the latest: for limits and claims; oldest first, at most 10,000
   * and 6 MiB.
   */
  readonly recent: readonly LedgerEntry[];
  /** The highest counter of each signer, and the newest `issued` of each tag. */
  readonly counters: Readonly<Record<string, number>>;
  readonly issued: Readonly<Record<string, number>>;
}

export type Intended =
  | { readonly kind: 'new' }
  /** The key is known; nothing was stored. */
  | { readonly kind: 'known'; readonly entry: LedgerEntry };

export interface Ledger {
  /**
   * Resolves when entry and audit samples are durable, in one transaction, or when the key is known, also from an
   * intent that is under way. Rejects with a GatewayError where that cannot be (disk full, no worker) or does not
   * happen in two seconds; then nothing may act on it, and whoever intended it settles it. One that became durable
   * after all, and that nobody settles, is `failed`, without an end. With `meanwhile` the command acts without waiting
   * for it: a rejection says only that it is not written down yet; its entry becomes durable with its end.
   */
  intend(
    entry: Omit<LedgerEntry, 'outcome' | 'end'>,
    audit: readonly Sample[],
    marks: {
      readonly counter?: { readonly signer: string; readonly value: number };
      readonly issued?: number;
    },
    way?: 'before' | 'meanwhile',
  ): Promise<Intended>;
  /**
   * Outcome and audit in one transaction, once: a second end changes nothing. Never rejects: it is kept (bounded) and
   * handed over again until it is stored.
   */
  settle(key: string, outcome: CommandOutcome, end: Kept, audit: readonly Sample[]): void;
  /** Audit alone, of what was refused before it was an intent. */
  note(audit: readonly Sample[]): void;
  /** How an earlier command of this key ended; undefined: none is known. Rejects where nobody can tell now. */
  find(key: string): Promise<LedgerEntry | undefined>;
  history(): LedgerHistory;
}
