/**
 * Publishing in one session (OPC 10000-4 §5.14): keeps requests with the server for it to answer, hands what comes to
 * the subscription it is for, in order and without holes, and notices when a subscription has fallen silent.
 */
import type { Cancel, Clock } from '../../gateway/host/clock.ts';
import {
  between,
  later,
  type Millis,
  type MonoMs,
  millis,
  monoMs,
} from '../../gateway/model/units.ts';
import type { AskOptions, ServiceRequest } from './link.ts';
import { ServiceFault } from './link.ts';
import { isSubscriptionGone } from './recovery.ts';
import { followsOn, isExpected, missingBefore } from './sequence.ts';
import {
  type NotificationMessage,
  PublishRequest,
  type PublishResponse,
  RepublishRequest,
  type RepublishResponse,
  StatusChangeNotification,
  TransferSubscriptionsRequest,
  type TransferSubscriptionsResponse,
} from './stack.ts';

/** Where the notifications of one subscription go. */
export interface Subscriber {
  readonly id: number;
  /** The longest the server stays silent when nothing changes. */
  readonly keepAlive: Millis;
  /** The notifications of one message, in the server's order. */
  take(message: NotificationMessage): void;
  /** The subscription is gone, silent, or has lost what cannot be had again. At most once. */
  broken(reason: string, heard: MonoMs): void;
}

/** What of a connection publishing needs. */
export interface PublishingLink {
  ask<Response extends object>(request: ServiceRequest, options?: AskOptions): Promise<Response>;
  readonly sessionNumber: number;
  readonly lost: AbortSignal;
}

interface Track {
  readonly subscriber: Subscriber;
  /** The number of the next message; undefined: whatever comes next. */
  next: number | undefined;
  heard: MonoMs;
  /** Messages behind one that is being asked for again. */
  held: NotificationMessage[] | undefined;
}

/** Publishing on one connection. */
interface Run {
  readonly lost: AbortSignal;
  /** With the server now. */
  requests: number;
  most: number;
  readonly ready: Promise<void>;
}

/** Keep-alives that may fail to come before a subscription counts as dead. */
const MISSED_KEEP_ALIVES = 3;
/** One request more than subscriptions, so that none waits for another's answer. */
const SPARE_REQUESTS = 1;
const MOST_REQUESTS = 12;
const MOST_ACKNOWLEDGEMENTS = 1_000;
/** More missing messages than this are not asked for one by one. */
const MOST_REPUBLISHED = 100;
const MOST_HELD = 100;
/** A server that refuses to keep a request is not asked again at once. */
const REFUSED_PAUSE: Millis = millis(1_000);

type Acknowledgement = { readonly subscriptionId: number; readonly sequenceNumber: number };

export class Publishing {
  readonly #link: PublishingLink;
  readonly #clock: Clock;
  readonly #tracks = new Map<number, Track>();
  #acknowledgements: Acknowledgement[] = [];
  #run: Run | undefined;
  #session = 0;
  #cancelWatch: Cancel = () => {};
  #messages = 0;
  #republished = 0;
  #lostMessages = 0;

  constructor(link: PublishingLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** From its first message on. */
  add(subscriber: Subscriber): void {
    const heard = this.#clock.mono();
    this.#tracks.set(subscriber.id, { subscriber, next: 1, heard, held: undefined });
    this.#fill();
    this.#watch();
  }

  remove(id: number): void {
    this.#tracks.delete(id);
  }

  has(id: number): boolean {
    return this.#tracks.has(id);
  }

  /** When the last message of the subscription came, if only to say that there is nothing new. */
  heardAt(id: number): MonoMs | undefined {
    return this.#tracks.get(id)?.heard;
  }

  /**
   * Once per connection, whoever asks first: what the server still has of the old subscriptions is fetched, what
   * it no longer has is broken.
   */
  resume(): Promise<void> {
    if (this.#run?.lost !== this.#link.lost) {
      this.#run = {
        lost: this.#link.lost,
        requests: 0,
        most: MOST_REQUESTS,
        ready: this.#takeUp(),
      };
      this.#run.ready.then(
        () => this.#fill(),
        () => {}, // Whoever awaits it hears.
      );
    }
    return this.#run.ready;
  }

  /** Nothing is asked and nothing is missed until `resume`. */
  pause(): void {
    this.#run = undefined;
    this.#cancelWatch();
  }

  /** Every subscription has to be made anew. */
  breakAll(reason: string): void {
    for (const track of [...this.#tracks.values()]) this.#break(track, reason);
  }

  forget(): void {
    this.#tracks.clear();
    this.#acknowledgements = [];
  }

  facts() {
    return {
      subscriptions: this.#tracks.size,
      messages: this.#messages,
      republished: this.#republished,
      lost_messages: this.#lostMessages,
    };
  }

  async #takeUp(): Promise<void> {
    const isSame = this.#session === this.#link.sessionNumber;
    this.#session = this.#link.sessionNumber;
    const tracks = [...this.#tracks.values()];
    if (tracks.length === 0) return;
    if (isSame) await Promise.all(tracks.map((track) => this.#catchUp(track)));
    else await this.#transfer(tracks);
    const now = this.#clock.mono();
    for (const track of this.#tracks.values()) track.heard = now;
    this.#watch();
  }

  /** A new session may take over the subscriptions of the old one (OPC 10000-4 §5.14.7). */
  async #transfer(tracks: readonly Track[]): Promise<void> {
    const subscriptionIds = tracks.map(({ subscriber }) => subscriber.id);
    const request = new TransferSubscriptionsRequest({ subscriptionIds, sendInitialValues: true });
    let results: TransferSubscriptionsResponse['results'];
    try {
      ({ results } = await this.#link.ask<TransferSubscriptionsResponse>(request));
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error;
      results = [];
    }
    this.#acknowledgements = [];
    for (const [i, track] of tracks.entries()) {
      const result = results?.[i];
      if (result?.statusCode.isGood()) await this.#catchUp(track);
      else this.#break(track, result?.statusCode.name ?? 'not transferred');
    }
  }

  /** Asks for everything since the last message that came (OPC 10000-4 §5.14.6). */
  async #catchUp(track: Track): Promise<void> {
    if (track.next === undefined) return;
    for (let asked = 0; asked < MOST_REPUBLISHED; asked++)
      if (!(await this.#republish(track, track.next))) return;
  }

  /** False when the server does not have it. */
  async #republish(track: Track, retransmitSequenceNumber: number): Promise<boolean> {
    const request = new RepublishRequest({
      subscriptionId: track.subscriber.id,
      retransmitSequenceNumber,
    });
    try {
      const { notificationMessage } = await this.#link.ask<RepublishResponse>(request);
      this.#republished++;
      this.#deliver(track, notificationMessage);
      return true;
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error;
      if (isSubscriptionGone(error.status.name)) this.#break(track, error.status.name);
      return false;
    }
  }

  #fill(): void {
    const run = this.#run;
    if (run === undefined || run.lost.aborted) return;
    const wanted = this.#tracks.size === 0 ? 0 : this.#tracks.size + SPARE_REQUESTS;
    while (run.requests < Math.min(wanted, run.most)) {
      run.requests++;
      void this.#publish(run);
    }
  }

  async #publish(run: Run): Promise<void> {
    const subscriptionAcknowledgements = this.#acknowledgements.splice(0);
    try {
      const request = new PublishRequest({ subscriptionAcknowledgements });
      const timeout = this.#patience();
      const response = await this.#link.ask<PublishResponse>(request, { timeout });
      run.requests--;
      if (run !== this.#run) return;
      this.#take(response);
    } catch (error) {
      run.requests--;
      this.#keep(subscriptionAcknowledgements);
      if (run !== this.#run || run.lost.aborted) return;
      if (error instanceof ServiceFault) await this.#refused(error.status.name, run);
    }
    this.#fill();
  }

  async #refused(status: string, run: Run): Promise<void> {
    if (status === 'BadTooManyPublishRequests') {
      run.most = Math.max(1, run.requests);
      return;
    }
    if (status === 'BadTimeout') return;
    this.breakAll(status);
    const due = later(this.#clock.mono(), REFUSED_PAUSE);
    await new Promise<void>((resolve) => this.#clock.at('opcua.refused', due, resolve));
  }

  #take({ subscriptionId, notificationMessage: message }: PublishResponse): void {
    this.#messages++;
    const track = this.#tracks.get(subscriptionId);
    if (track === undefined) return;
    track.heard = this.#clock.mono();
    if (track.held) {
      if (track.held.push(message) > MOST_HELD) this.#break(track, 'too many messages at once');
      return;
    }
    const missing = missingBefore(track.next, message.sequenceNumber);
    if (missing.length === 0) this.#deliver(track, message);
    else void this.#fillHole(track, missing, message);
  }

  /** Asks again for what did not come, with what came later held back. */
  async #fillHole(
    track: Track,
    missing: readonly number[],
    message: NotificationMessage,
  ): Promise<void> {
    track.held = [message];
    try {
      for (const number of missing.slice(0, MOST_REPUBLISHED))
        if (!(await this.#republish(track, number))) {
          this.#lostMessages += missing.length;
          this.#break(track, `message ${number} is lost`);
          return;
        }
    } catch {
      return; // The connection is lost; the next one begins with what is missing.
    } finally {
      const held = track.held ?? [];
      track.held = undefined;
      if (this.#tracks.has(track.subscriber.id) && !this.#link.lost.aborted)
        for (const waiting of held) this.#deliver(track, waiting);
    }
  }

  #deliver(track: Track, message: NotificationMessage): void {
    const isKeepAlive = !message.notificationData || message.notificationData.length === 0;
    if (isKeepAlive) {
      track.next ??= message.sequenceNumber;
      return;
    }
    const { sequenceNumber } = message;
    this.#keep([{ subscriptionId: track.subscriber.id, sequenceNumber }]);
    // One that came before, or was asked for again, is not taken twice.
    if (track.next !== undefined && !isExpected(sequenceNumber, track.next)) return;
    track.next = followsOn(sequenceNumber);
    track.subscriber.take(message);
    // The last word of a subscription (OPC 10000-4 §7.25.4).
    const end = message.notificationData?.find((part) => part instanceof StatusChangeNotification);
    if (end) this.#break(track, end.status.name);
  }

  #keep(acknowledgements: readonly Acknowledgement[]): void {
    this.#acknowledgements.push(...acknowledgements);
    this.#acknowledgements.splice(0, this.#acknowledgements.length - MOST_ACKNOWLEDGEMENTS);
  }

  #break(track: Track, reason: string): void {
    if (this.#tracks.delete(track.subscriber.id)) track.subscriber.broken(reason, track.heard);
  }

  /** A server answers a publish request at the latest with a keep-alive of the slowest subscription. */
  #patience(): Millis {
    const slowest = Math.max(
      0,
      ...[...this.#tracks.values()].map(({ subscriber }) => subscriber.keepAlive),
    );
    return millis((MISSED_KEEP_ALIVES + 1) * slowest);
  }

  #watch(): void {
    this.#cancelWatch();
    if (this.#run === undefined || this.#tracks.size === 0) return;
    const dueOf = ({ heard, subscriber }: Track) =>
      heard + MISSED_KEEP_ALIVES * subscriber.keepAlive;
    const due = Math.min(...[...this.#tracks.values()].map(dueOf));
    this.#cancelWatch = this.#clock.at('opcua.silence', monoMs(due), () => {
      const now = this.#clock.mono();
      for (const track of [...this.#tracks.values()])
        if (dueOf(track) <= now)
          this.#break(track, `silent for ${Math.round(between(track.heard, now))} ms`);
      this.#watch();
    });
  }
}
