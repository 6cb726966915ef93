/** One upstream target, and what takes the journal's blocks to it. */

import type { Service } from '../host/service.ts';
import type { Block, ClockCorrection, FinishedDay, Gap, Seq } from '../journal/journal.ts';
import type { ErrorCode, ErrorDetails } from '../model/errors.ts';
import type { Range } from '../model/range-set.ts';
import type { Confirmation, ReplayRequest } from '../model/replay.ts';
import type { Tag } from '../model/tag.ts';
import type { UpstreamReply } from '../model/upstream.ts';
import type { AsideBlock } from './quarantine.ts';

export interface UplinkEvents {
  /** Messages can be sent; `window` of them may be under way. */
  up(): void;
  /**
   * The connection is gone; every pending `send` has been rejected. `inOrder`: it was ended by the gateway when all was
   * answered, so that nothing that was acknowledged is in doubt.
   */
  down(error: Error, inOrder?: boolean): void;
  /** Receivers have stored it. */
  confirmed?(confirmation: Confirmation): void;
  /** Somebody upstream asks for blocks again; answered by `reply`. */
  asked?(request: ReplayRequest): void;
}

/** What came from upstream, by what became of it; see Inbox. */
export type RequestFacts = Readonly<Record<string, number>>;

export interface UplinkFacts {
  /** Of an uplink that takes acknowledgements of alarms. */
  readonly requests?: RequestFacts;
  /** Of an uplink that takes commands. */
  readonly commands?: RequestFacts;
  /** Of an uplink that sends blocks again when it is asked to. */
  readonly replays?: RequestFacts;
  /** Of an uplink that waits for receivers. */
  readonly confirmations?: RequestFacts;
  /** Why the certificates that are in the files now are not used; left out where nothing is wrong with them. */
  readonly credentials?: { readonly code: ErrorCode; readonly details: ErrorDetails };
  readonly state: 'connecting' | 'up' | 'waiting' | 'closed';
  /** When the next attempt is due, as an age in ms from now; undefined unless waiting. */
  readonly retryInMs: number | undefined;
  readonly lastError: string | undefined;
}

/** The published proof of delivery. */
export interface Watermark {
  readonly epoch: string;
  readonly head: Seq;
  readonly acknowledged: Seq;
  readonly gaps: readonly (Gap & { readonly seq: Seq })[];
  /** The newest UTC day that is over, with the link of the hash chain at its end; undefined before there is one. */
  readonly day?: FinishedDay | undefined;
  /** By how much unsynced times were off, ascending; left out where nothing has to be corrected. */
  readonly corrections?: readonly ClockCorrection[];
}

/** What an uplink says of the site. */
export interface ForwardedSite {
  readonly tags: readonly Tag[];
  /** The configuration's hash. */
  readonly config: string;
}

export interface Uplink {
  readonly name: string;
  /** Starts connecting and keeps at it until closed. Returns at once. */
  open(events: UplinkEvents): void;
  /**
   * Resolves when the target has acknowledged every part of the block, with how many they are, and at no other time.
   * Rejects when the connection is lost or the target refuses; the caller sends again. Waits for room in the window.
   */
  send(block: Block, historical: boolean): Promise<number>;
  /** Tells receivers that these blocks have nothing for them; settles as `send`. Left out: nobody has to know. */
  readonly passOver?: (seqs: readonly Range[]) => Promise<number>;
  /** Retained; the last one wins. Does nothing while the connection is down. */
  announce(watermark: Watermark): void;
  /** The site has other rules now: other tags, and another hash, which is announced. */
  configure?(site: ForwardedSite): void;
  /** Answers a request that came over this uplink; where the connection is gone, nobody. */
  reply?(reply: UpstreamReply): void;
  facts(): UplinkFacts;
  /** Rejects what is pending, says goodbye (status offline), disconnects. Idempotent. */
  close(): Promise<void>;
}

export interface ForwarderFacts extends UplinkFacts {
  readonly uplink: string;
  /** Blocks handed to the uplink, repeats included. */
  readonly sent: number;
  readonly acknowledged: number;
  readonly inFlight: number;
  /** Blocks sent again because a lost connection may have lost them. */
  readonly resent: number;
  /** Blocks that the broker has and no receiver has confirmed yet; left out where none is asked. */
  readonly unconfirmed?: number;
  /** Blocks that have nothing for this uplink, since the start; left out where everything is wanted. */
  readonly omitted?: number;
  /** Blocks that the target does not take, and that were passed over. */
  readonly refusedBlocks: number;
  /** The newest of them, where they can be sent again. */
  readonly aside?: readonly AsideBlock[];
  /** Why nothing is sent although the connection is up: nobody listens, a quota, a refusal. */
  readonly heldBy: string | undefined;
  /** Blocks behind the cursor, acknowledged ones among them left in. */
  readonly backlog: number;
}

/** Runs beside the journal, one for each uplink. */
export interface Forwarder extends Service {
  /** To be called after each append. */
  onAppended(seq: Seq): void;
  /** See Uplink. */
  configure?(site: ForwardedSite): void;
  /** The answer to a request that came over its uplink. */
  reply?(reply: UpstreamReply): void;
  /** Tries once more what was set aside. */
  sendAside?(): void;
  facts(): ForwarderFacts;
}
