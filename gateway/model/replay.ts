/** Blocks that somebody upstream asks for again, and the answer. */
import type { Range } from './range-set.ts';

export interface ReplayRequest {
  /** Names the answer. */
  readonly id: string;
  /** Of the journal that it means. */
  readonly epoch: string;
  readonly seqs: readonly Range[];
}

export type ReplayReply =
  | {
      readonly id: string;
      readonly outcome: 'done';
      /** Sent, and acknowledged by the broker. */
      readonly blocks: number;
      /** Not in the journal any more, or not yet. */
      readonly gone: readonly Range[];
    }
  | { readonly id: string; readonly outcome: 'refused'; readonly reason: string };

/** What a receiver says that it has stored durably. Receivers share the parts of a block among them. */
export interface Confirmation {
  /** Of the journal that it means. */
  readonly epoch: string;
  /** Whole blocks. */
  readonly seqs: readonly Range[];
  /** Single parts of blocks of several. */
  readonly parts: readonly (readonly [seq: number, part: number])[];
}
