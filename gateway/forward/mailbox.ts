/** One topic that an uplink listens to, with what comes over it and the answers that go back. */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { UpstreamReply, UpstreamRequest, UpstreamSubject } from '../model/upstream.ts';
import { acknowledgeMailbox } from './acknowledge-mailbox.ts';
import type { Speaker } from './announcement.ts';
import { commandMailbox } from './command-mailbox.ts';
import type { InboxFacts } from './inbox.ts';

export interface Mailbox {
  readonly topic: string;
  /** What is lost on its way there comes again. */
  readonly isRepeated?: boolean;
  /** What its counts are called in the facts of the uplink. */
  readonly factsAs: 'requests' | 'commands' | 'replays' | 'confirmations';
  take(payload: Uint8Array, isRetained: boolean): void;
  /** The answer to what it handed over; does nothing about those of others. */
  reply(reply: UpstreamReply): void;
  facts(): InboxFacts;
  /** The connection is gone, and with it what can only be answered over it. */
  lost?(): void;
  /** Says what is still to be said to the field side. */
  close(): void;
}

export interface MailboxOptions {
  readonly uplink: string;
  readonly speaker: Speaker;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes what is valid; the answers come to `reply`. */
  readonly onRequest: (request: UpstreamRequest) => void;
  /** Publishes an answer: not retained, and lost where nobody is connected. */
  readonly send: (topic: string, payload: string) => void;
}

export const MAILBOXES: Readonly<Record<UpstreamSubject, (options: MailboxOptions) => Mailbox>> = {
  alarm: acknowledgeMailbox,
  command: commandMailbox,
};
