/**
 * Publishing in one session (OPC 10000-4 §5.14): keeps requests with the server for it to answer, hands what comes to
 * the subscription it is for, and notices when a subscription has fallen silent.
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
import { MessageOrder } from './message-order.ts';
import { isSubscriptionGone } from './recovery.ts';
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
  /**
   * The subscription is gone, silent, or has lost what cannot be had again. At most once; `heard` is when its last
   * message came.
   */
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
  readonly order: MessageOrder;
  /** When its last message came, if only to say that there is nothing new. */
  heard: MonoMs;
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
    const { id } = subscriber;
    const track: Track = {
      subscriber,
      heard: this.#clock.mono(),
      order: new MessageOrder({
        deliver: (message) => this.#deliver(track, message),
        acknowledge: (sequenceNumber) => this.#keep([{ subscriptionId: id, sequenceNumber }]),
        republish: (sequenceNumber) => this.#republish(track, sequenceNumber),
        lost: (count, reason) => {
          this.#lostMessages += count;
          this.#break(track, reason);
        },
      }),
    };
    this.#tracks.set(id, track);
    this.#fill();
    this.#watch();
  }

  remove(id: number): void {
    this.#tracks.delete(id);
  }

  has(id: number): boolean {
    return this.#tracks.has(id);
  }

  /** When the last message of the subscription came. */
  heardAt(id: number): MonoMs | undefined {
    return this.#tracks.get(id)?.heard;
  }

  /**
   * Once per connection, whoever asks first: what the server still has of the old subscriptions is fetched, what
   * it no longer has is broken.
   */
  resume(): Promise<void> {
    if (this.#run?.lost !== this.#link.lost) {
      const { lost } = this.#link;
      this.#run = { lost, requests: 0, most: MOST_REQUESTS, ready: this.#takeUp() };
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
    if (isSame) await Promise.all(tracks.map(({ order }) => order.catchUp()));
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
      if (result?.statusCode.isGood()) await track.order.catchUp();
      else this.#break(track, result?.statusCode.name ?? 'not transferred');
    }
  }

  async #republish(
    track: Track,
    retransmitSequenceNumber: number,
  ): Promise<NotificationMessage | undefined> {
    const subscriptionId = track.subscriber.id;
    const request = new RepublishRequest({ subscriptionId, retransmitSequenceNumber });
    try {
      const { notificationMessage } = await this.#link.ask<RepublishResponse>(request);
      this.#republished++;
      return notificationMessage;
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error;
      if (isSubscriptionGone(error.status.name)) this.#break(track, error.status.name);
      return undefined;
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

  #take({ subscriptionId, notificationMessage }: PublishResponse): void {
    this.#messages++;
    const track = this.#tracks.get(subscriptionId);
    if (track === undefined) return;
    track.heard = this.#clock.mono();
    track.order.take(notificationMessage);
  }

  #deliver(track: Track, message: NotificationMessage): void {
    if (!this.#tracks.has(track.subscriber.id)) return;
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
    const keepAlives = [...this.#tracks.values()].map(({ subscriber }) => subscriber.keepAlive);
    return millis((MISSED_KEEP_ALIVES + 1) * Math.max(0, ...keepAlives));
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
