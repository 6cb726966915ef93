/**
 * The receiver: connects, takes messages, stores them in batches, and acknowledges each after the commit that has it, to the broker
 * and to the gateway. So whatever dies between, a message is stored or comes again; and what comes again changes nothing.
 */
import type { BrokerConfig } from '../../config/site.ts';
import type { CredentialNews } from '../forward/credential-watch.ts';
import { Reconnection } from '../forward/reconnection.ts';
import { type Clock, sleep } from '../host/clock.ts';
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import { GatewayError } from '../model/errors.ts';
import { later, millis, seconds } from '../model/units.ts';
import { Confirmations } from './confirmations.ts';
import { HoleBook } from './hole-book.ts';
import { type HoleFacts, type HolePace, HoleWatch } from './hole-watch.ts';
import { type Link, type LinkMessage, openLink, RECEIVE_MAXIMUM } from './link.ts';
import { type Heard, type HeardOutcome, readHeard } from './received.ts';
import type { Kept, ReceiveStore } from './store.ts';

export interface ReceiverOptions {
  readonly store: ReceiveStore;
  readonly config: BrokerConfig;
  /** Further brokers of the same cluster, tried in turn. */
  readonly fallback?: readonly string[];
  readonly isLasting: boolean;
  /** With 0 the broker forgets what is on its way when a connection ends: for gateways with `ack: receiver`. */
  readonly qos: 0 | 1;
  /** Receivers of one group share the blocks among them; with MQTT 3.1.1, which has no groups, each gets all. */
  readonly group: string;
  /** Where blocks come: topic filters. */
  readonly topics: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  /** Unique among receivers, and fit for a topic. */
  readonly receiver: string;
  /** What went wrong, and that it is over: undefined. */
  readonly onTrouble: (error: GatewayError | undefined) => void;
  readonly pace?: HolePace;
}

export interface ReceiverFacts {
  readonly state: 'connecting' | 'receiving' | 'waiting';
  readonly messages: number;
  readonly parts: number;
  readonly repeats: number;
  readonly samples: number;
  readonly commits: number;
  /** Messages that were none of the contract, or that the store does not take. */
  readonly rejected: number;
  /** Why the last of them. */
  readonly rejection: GatewayError | undefined;
  /** Days told with another link than before. */
  readonly contradictions: number;
  readonly holes: HoleFacts;
}

interface Waiting {
  readonly kept: Kept;
  readonly acknowledge: () => void;
}

const STORE_AGAIN: BackoffPolicy = { first: millis(200), longest: seconds(15), jitter: 1 };
/** A commit begins when nothing has come for so long, and no later than … */
const QUIET = millis(2);
const LONGEST_BATCH = millis(200);
/** A gateway takes 100 confirmations a second, of all receivers. */
const CONFIRM_EVERY = millis(250);
const LOOK_EVERY = seconds(1);
/** For the last confirmations. */
const GOODBYE = seconds(2);

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #watch: HoleWatch;
  readonly #confirmations = new Confirmations();
  #waiting: Waiting[] = [];
  #outcomes: HeardOutcome[] = [];
  #arrived = Promise.withResolvers<void>();
  #link: Link | undefined;
  readonly #reconnection: Reconnection;
  /** Ends the present run. */
  #signal = new AbortController().signal;
  #rejection: GatewayError | undefined;
  #facts = {
    messages: 0,
    parts: 0,
    repeats: 0,
    samples: 0,
    commits: 0,
    rejected: 0,
    contradictions: 0,
  };

  constructor(options: ReceiverOptions) {
    const { store, config, fallback = [], clock, random, receiver, pace, onTrouble } = options;
    this.#options = options;
    this.#watch = new HoleWatch({
      ...{ clock, random, receiver, book: new HoleBook(store.db), ...(pace && { pace }) },
      send: (message) => void this.#link?.publish(message),
    });
    this.#reconnection = new Reconnection({
      ...{ name: 'receive.reconnect', urls: [config.url, ...fallback], clock, random },
      live: (url) => this.#connected(url),
      onFailure: (error) => onTrouble(error),
    });
  }

  facts(): ReceiverFacts {
    const { state } = this.#reconnection.facts();
    return {
      state: this.#link ? 'receiving' : state === 'connecting' ? 'connecting' : 'waiting',
      ...{ ...this.#facts, rejection: this.#rejection },
      holes: this.#watch.facts(),
    };
  }

  /** Resolves when the signal is aborted and what had arrived is stored and acknowledged. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const over = new AbortController();
    const side = [this.#confirmLoop(over.signal), this.#lookLoop(over.signal)];
    try {
      await this.#reconnection.run(signal);
    } finally {
      over.abort();
      await Promise.all(side);
      this.#link?.end();
    }
  }

  /** One connection, until it is lost or the signal is aborted; what it brought is stored when it resolves. */
  async #connected(url: string): Promise<GatewayError | undefined> {
    const { clock, isLasting, qos, group, topics, receiver } = this.#options;
    const signal = this.#signal;
    const config = { ...this.#options.config, url };
    const share = config.version === 5 ? `$share/${group}/` : '';
    const own = ['+/watermark', '+/status', `+/replay/${receiver}/outcome`];
    const filters = [
      ...[...topics, 'headgate/v1/+/omitted'].map((topic) => `${share}${topic}`),
      ...own.map((topic) => `headgate/v1/${topic}`),
    ];
    // What comes after a stop is for others.
    const onMessage = (message: LinkMessage) => !signal.aborted && this.#onMessage(message);
    let isRenewing = false;
    const onCredentials = (news: CredentialNews) => {
      isRenewing = news === 'renewed';
      if (isRenewing) this.#link?.end();
      else this.#options.onTrouble(news instanceof GatewayError ? news : undefined);
    };
    const options = { config, clock, isLasting, filters, qos, onMessage, onCredentials };
    const link = await openLink(options, signal);
    this.#link = link;
    void link.subscribed.then(() => {
      this.#reconnection.up();
      this.#options.onTrouble(undefined);
    });
    const failure = await this.#storeUntilLost(link, signal);
    if (failure) this.#link = undefined;
    this.#watch.disconnected();
    return isRenewing ? undefined : failure;
  }

  async #storeUntilLost(link: Link, signal: AbortSignal): Promise<GatewayError | undefined> {
    let failure: GatewayError | undefined;
    void link.lost.then((error) => {
      failure = error;
      this.#arrived.resolve();
    });
    const stop = () => this.#arrived.resolve();
    signal.addEventListener('abort', stop, { once: true });
    // What the store does not take waits here, and the next connection with it: memory stays bounded.
    while (!(failure || signal.aborted) || this.#waiting.length > 0) {
      if (this.#waiting.length === 0) await this.#arrived.promise;
      this.#arrived = Promise.withResolvers();
      if (failure || signal.aborted) this.#arrived.resolve();
      if (this.#waiting.length > 0) await this.#storeBatch(signal);
    }
    signal.removeEventListener('abort', stop);
    return failure;
  }

  #onMessage({ topic, payload, contentType, acknowledge }: LinkMessage): void {
    this.#facts.messages++;
    let heard: Heard;
    try {
      heard = readHeard(topic, payload, contentType);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#reject(error, acknowledge);
      return;
    }
    if (heard.kind === 'other' || heard.kind === 'outcome') acknowledge();
    if (heard.kind === 'other') return;
    if (heard.kind === 'outcome') this.#outcomes.push(heard);
    else this.#waiting.push({ kept: heard, acknowledge });
    this.#arrived.resolve();
  }

  async #storeBatch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const latest = later(clock.mono(), LONGEST_BATCH);
    for (let before = 0; before < this.#waiting.length && clock.mono() < latest; ) {
      before = this.#waiting.length;
      if (before >= RECEIVE_MAXIMUM || signal.aborted) break;
      await this.#nap('receive.batch', QUIET, signal);
    }
    const batch = this.#waiting;
    this.#waiting = [];
    await this.#store(batch, signal);
  }

  /** Tries until all of it is stored, but for what the store refuses for good; after a stop once. */
  async #store(batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
    const { clock, random, store, onTrouble } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        const facts = await store.commit(
          batch.map(({ kept }) => kept),
          clock.utc(),
        );
        this.#stored(batch, facts);
        if (attempt > 1) onTrouble(undefined);
        return;
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        if (error.code === 'receive.store-refused') return this.#storeSingly(batch, error, signal);
        onTrouble(error);
        if (signal.aborted) return;
        await this.#nap('receive.store-again', backoff(STORE_AGAIN, attempt, random), signal);
      }
    }
  }

  async #storeSingly(batch: readonly Waiting[], error: GatewayError, signal: AbortSignal) {
    const [only] = batch;
    if (batch.length > 1) for (const one of batch) await this.#store([one], signal);
    else if (only) this.#reject(error, only.acknowledge);
  }

  /** The same would be wrong with it the next time. */
  #reject(error: GatewayError, acknowledge: () => void): void {
    this.#facts.rejected++;
    this.#rejection = error;
    acknowledge();
  }

  #stored(batch: readonly Waiting[], facts: Awaited<ReturnType<ReceiveStore['commit']>>): void {
    this.#reconnection.delivered();
    this.#facts.commits++;
    this.#facts.parts += facts.fresh;
    this.#facts.repeats += facts.repeats;
    this.#facts.samples += facts.samples;
    this.#facts.contradictions += facts.contradictions;
    for (const { kept, acknowledge } of batch) {
      acknowledge();
      if (kept.kind === 'part') this.#confirmations.add(kept.envelope);
    }
  }

  async #confirmLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#nap('receive.confirm', CONFIRM_EVERY, signal);
      const sent = this.#confirmations.take().map((message) => this.#link?.publish(message));
      if (!signal.aborted) continue;
      const isSent = new AbortController();
      void Promise.all(sent).then(() => isSent.abort());
      await this.#nap('receive.goodbye', GOODBYE, isSent.signal);
    }
  }

  async #lookLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#nap('receive.look', LOOK_EVERY, signal);
      if (signal.aborted || !this.#reconnection.isUp) continue;
      try {
        for (const outcome of this.#outcomes.splice(0)) await this.#watch.answered(outcome);
        await this.#watch.look();
      } catch (error) {
        // The store is away: whoever stores says so.
        if (!(error instanceof GatewayError)) throw error;
      }
    }
  }

  /** Ends early when the signal is aborted. */
  async #nap(name: string, length: ReturnType<typeof millis>, signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, name, length, signal).catch(() => {});
  }
}
