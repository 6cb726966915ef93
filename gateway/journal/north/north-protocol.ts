/**
 * What the two threads say to each other. One batch or gap is under way at a time: whatever gathers
 * meanwhile becomes the next batch, so a slow disk makes commits larger instead of a queue longer.
 */
import type { JournalConfig, UplinkConfig } from '../../../config/site.ts';
import type { LedgerEntry, LedgerHistory } from '../../command/ledger.ts';
import type { ForwarderFacts } from '../../forward/uplink.ts';
import type { LogFields, LogLevel } from '../../host/log.ts';
import type { ClockMark } from '../../model/clock-mark.ts';
import { type ErrorCode, type ErrorDetails, GatewayError, reasonOf } from '../../model/errors.ts';
import type { TagId } from '../../model/sample.ts';
import type { Tag } from '../../model/tag.ts';
import type { UpstreamReply, UpstreamRequest } from '../../model/upstream.ts';
import type { SampleBatch } from '../batch.ts';
import type {
  BatchKey,
  BlockClass,
  Commit,
  Gap,
  JournalRoomFacts,
  JournalStats,
  SalvageFacts,
  Seq,
  WearCause,
  Written,
} from '../journal.ts';
import type { LedgerAction, LedgerAnswer } from '../ledger/ledger-action.ts';
import type { TrendAnswer, TrendQuestion } from '../trend-question.ts';

/** All the worker is told; it reads no configuration of its own. */
export interface NorthSetup {
  readonly gateway: string;
  /** The site's hash. */
  readonly config: string;
  readonly journal: JournalConfig;
  readonly uplinks: readonly UplinkConfig[];
  readonly tags: readonly Tag[];
}

/** A batch or a gap of the field side. */
export type Cargo =
  | { readonly class: BlockClass; readonly batch: SampleBatch; readonly clock: ClockMark }
  | { readonly class: BlockClass; readonly gap: Gap };

export type ToNorth =
  | {
      readonly kind: 'open';
      readonly setup: NorthSetup;
      /** What a worker before has told to be stored: it has to be there. */
      readonly expects?: { readonly epoch: string; readonly head: number } | undefined;
      /** The damage that ended the worker before. */
      readonly damage?: string | undefined;
    }
  /** Of the same site with other rules: more tags, others among those that are known, another hash. */
  | { readonly kind: 'configure'; readonly setup: NorthSetup }
  | { readonly kind: 'append'; readonly key: BatchKey; readonly cargo: Cargo }
  /** Commands that are written down, or end; one group is under way at a time, like the batches beside it. */
  | { readonly kind: 'ledger'; readonly id: number; readonly actions: readonly LedgerAction[] }
  | { readonly kind: 'ledger-find'; readonly id: number; readonly key: string }
  | { readonly kind: 'stats'; readonly id: number }
  | {
      readonly kind: 'trend';
      readonly id: number;
      readonly tag: TagId;
      readonly question: TrendQuestion;
    }
  /** Something was written beside the journal, to the same flash. */
  | { readonly kind: 'written'; readonly cause: WearCause; readonly written: Written }
  /** An answer to a request that came over the uplink. */
  | { readonly kind: 'reply'; readonly uplink: string; readonly reply: UpstreamReply }
  /** What the uplink has set aside is to be tried once more. */
  | { readonly kind: 'send-aside'; readonly uplink: string }
  | { readonly kind: 'stop' };

/** An error as it crosses the thread boundary; no code means our bug. */
export interface Failure {
  readonly code: ErrorCode | undefined;
  readonly details: ErrorDetails;
  readonly reason: string;
}

/** The worker's side of an error … */
export const failureOf = (error: unknown): Failure => ({
  code: error instanceof GatewayError ? error.code : undefined,
  details: error instanceof GatewayError ? error.details : {},
  reason: reasonOf(error),
});

/** … and what the field side makes of it. */
export const errorOf = ({ code, details, reason }: Failure): GatewayError =>
  code === undefined
    ? new GatewayError('journal.batch-refused', { reason })
    : new GatewayError(code, details);

export interface WorkerStats {
  readonly journal: JournalStats;
  readonly uplinks: readonly ForwarderFacts[];
  /** Of a damaged file beside the journal; left out when there was none since the start. */
  readonly salvage?: SalvageFacts;
}

export type FromNorth =
  | { readonly kind: 'opened'; readonly stats: WorkerStats; readonly history: LedgerHistory }
  | { readonly kind: 'open-failed'; readonly failure: Failure }
  /** The file or its disk has failed, and the worker ends. */
  | { readonly kind: 'broken'; readonly failure: Failure }
  | { readonly kind: 'committed'; readonly number: number; readonly seq: Seq }
  | { readonly kind: 'failed'; readonly number: number; readonly failure: Failure }
  | {
      readonly kind: 'ledger';
      readonly id: number;
      /** One for each action, in order. */
      readonly answers: readonly LedgerAnswer[];
      readonly audit: Commit | undefined;
    }
  | { readonly kind: 'ledger-failed'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'ledger-found'; readonly id: number; readonly entry: LedgerEntry | undefined }
  | { readonly kind: 'stats'; readonly id: number; readonly stats: WorkerStats }
  | { readonly kind: 'trend'; readonly id: number; readonly answer: TrendAnswer }
  | {
      readonly kind: 'log';
      readonly level: Exclude<LogLevel, 'silent'>;
      readonly event: string;
      readonly fields: LogFields;
    }
  /** What somebody upstream asks of the field side; answered by `reply`. */
  | { readonly kind: 'request'; readonly uplink: string; readonly request: UpstreamRequest }
  /** The room on the journal's disk has another level. */
  | { readonly kind: 'room'; readonly room: JournalRoomFacts }
  /** Once a second while everything on the north side moves. `written`: bytes that the flash has taken so far. */
  | { readonly kind: 'progress'; readonly written: number };
