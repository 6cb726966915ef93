/** What the field side asks of the ledger in the journal, and the answers, as they cross the thread boundary. */
import type { LedgerEntry } from '../../command/ledger.ts';
import type { CommandOrigin, CommandOutcome } from '../../model/command.ts';
import type { UtcMs } from '../../model/units.ts';
import type { SampleBatch } from '../batch.ts';

/** A command that is to be written down. */
export interface Intent {
  readonly key: string;
  readonly origin: CommandOrigin;
  readonly tag: string;
  readonly time: UtcMs;
  /** JSON. */
  readonly facts: string;
  readonly counter: { readonly signer: string; readonly value: number } | undefined;
  readonly issued: number | undefined;
}

export type LedgerAction =
  | { readonly kind: 'intend'; readonly intent: Intent; readonly audit: SampleBatch }
  | {
      readonly kind: 'settle';
      readonly key: string;
      readonly outcome: CommandOutcome;
      /** JSON. Undefined: the ledger's own, of an intent that nobody waits for; a later end replaces it. */
      readonly end: string | undefined;
      readonly audit: SampleBatch;
      /** Of a command whose intent was given up, and may not be there: it is written down with its end. */
      readonly intent: Intent | undefined;
    };

export type LedgerAnswer =
  | { readonly kind: 'new' }
  | { readonly kind: 'known'; readonly entry: LedgerEntry }
  /** Too many commands without an end; nothing was stored. */
  | { readonly kind: 'full' }
  | { readonly kind: 'ended' };

/** The most that `facts` and `end` may take, as UTF-8. */
export const LEDGER_TEXT_BYTES_MAX = 4096;
