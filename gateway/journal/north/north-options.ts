/** What the field side's end of the journal is given, and what it tells of itself. */
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { Random } from '../../model/backoff.ts';
import type { UpstreamReply, UpstreamRequest } from '../../model/upstream.ts';
import type { JournalRoomFacts } from '../journal.ts';
import type { LossWindowFacts } from '../space/loss-window.ts';
import type { Stored } from './journal-witness.ts';
import type { FromNorth, ToNorth, WorkerStats } from './north-protocol.ts';
import type { NorthSite } from './north-setup.ts';
import type { KeptWorker } from './worker-keeper.ts';

/** Starts a north side that is no thread of its own. */
export type StartNorth = () => KeptWorker<ToNorth, FromNorth>;

export interface NorthLinkOptions {
  readonly site: NorthSite;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** The worker's code, where it is not the north side's composition root, or what stands for the thread. */
  readonly worker?: URL | StartNorth | undefined;
  /** What an earlier process was told to be stored: it has to be there. */
  readonly stored?: Stored | undefined;
  /** Samples kept while the worker cannot take them. */
  readonly queueLimit?: number;
  /** Takes what somebody upstream asks, and answers it when it is ready to. Without, nobody answers. */
  readonly onRequest?: (request: UpstreamRequest, answer: (reply: UpstreamReply) => void) => void;
  /** Told how the room on the journal's disk stands, soon after each open and whenever its level changes. */
  readonly onRoom?: (room: JournalRoomFacts) => void;
}

export interface NorthStats extends WorkerStats {
  readonly link: {
    /** `waiting`: the worker died and will be started again. */
    readonly state: 'closed' | 'opening' | 'open' | 'waiting';
    readonly lossWindow: LossWindowFacts;
    /** Samples that are not stored yet. */
    readonly waiting: number;
    /** Samples given up before they were stored; each is in a gap. */
    readonly dropped: number;
    readonly restarts: number;
    readonly lastError: string | undefined;
  };
}
