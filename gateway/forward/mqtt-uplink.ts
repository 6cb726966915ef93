/**
 * The uplink over MQTT: connects, keeps at it, and sends blocks as envelopes. The journal is the only queue: nothing is
 * taken while the connection is down, and no more than the window is on its way.
 */
import type { MqttConfig } from '../../config/site.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { StateStore } from '../host/state-store.ts';
import type { Block } from '../journal/journal.ts';
import type { Random } from '../model/backoff.ts';
import { GatewayError } from '../model/errors.ts';
import type { Range } from '../model/range-set.ts';
import type { Confirmation, ReplayRequest } from '../model/replay.ts';
import type { Tag } from '../model/tag.ts';
import { later, type Millis, seconds } from '../model/units.ts';
import type { UpstreamReply, UpstreamRequest, UpstreamSubject } from '../model/upstream.ts';
import { omittedText, type Speaker, statusText, watermarkText } from './announcement.ts';
import { type BlockMessages, blockMessagesOf } from './block-messages.ts';
import { DayBudget } from './day-budget.ts';
import { DrainPace } from './drain-pace.ts';
import { Listening } from './listening.ts';
import { MAILBOXES, type Mailbox } from './mailbox.ts';
import { connectMqtt, type MqttConnection } from './mqtt-connection.ts';
import type { Delivered, MqttMessage } from './mqtt-message.ts';
import { type Delivery, Outbox, type Outgoing } from './outbox.ts';
import { confirmationMailbox, replayMailbox } from './receiver-mailbox.ts';
import { Reconnection } from './reconnection.ts';
import { Renewal } from './renewal.ts';
import { omittedTopic, statusTopic, watermarkTopic } from './topic.ts';
import type { ForwardedSite, Uplink, UplinkEvents, UplinkFacts, Watermark } from './uplink.ts';

export interface MqttUplinkOptions {
  readonly name: string;
  readonly config: MqttConfig;
  readonly speaker: Speaker;
  readonly tags: readonly Tag[];
  readonly clock: Clock;
  readonly log: Log;
  /** 0..1, for the jitter of the back-off. */
  readonly random: Random;
  /** Where it is kept what the backlog has taken of its day; left out: a restart forgets it. */
  readonly openState?: () => Promise<StateStore>;
  /** Told what each block is on the line, before it is sent. */
  readonly onMessages?: (block: Block, messages: readonly MqttMessage[]) => void;
  /** What is listened to; the others are not even subscribed to. */
  readonly listens?: readonly UpstreamSubject[];
  /** Takes what was heard. Answers go by `reply`. */
  readonly onRequest?: (request: UpstreamRequest) => void;
}

export const createMqttUplink = (options: MqttUplinkOptions): Uplink => new MqttUplink(options);

/** What the goodbye may take: the last acknowledgements, the watermark, the status. */
const GOODBYE_DEADLINE = seconds(2);

class MqttUplink implements Uplink {
  readonly name: string;
  /** Of the one format whose receivers prove completeness. */
  readonly passOver?: (seqs: readonly Range[]) => Promise<number>;
  readonly #options: MqttUplinkOptions;
  #speaker: Speaker;
  #messagesOf: BlockMessages;
  readonly #mailboxes: readonly Mailbox[];
  #events: UplinkEvents | undefined;
  readonly #listening: Listening;
  readonly #abort = new AbortController();
  readonly #deliveries = new Set<Delivery>();
  readonly #outbox: Outbox;
  readonly #day: DayBudget | undefined;
  #onTheWay = 0;
  #window = 0;
  #connection: MqttConnection | undefined;
  #idle: (() => void) | undefined;
  readonly #reconnection: Reconnection;
  readonly #renewal: Renewal;
  /** Nothing more is begun on the present connection. */
  #isLeaving = false;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MqttUplinkOptions) {
    const { name, config, speaker, tags, listens = [], clock, log, random } = options;
    this.name = name;
    this.#options = options;
    this.#speaker = speaker;
    if (config.format === 'envelope') this.passOver = (seqs) => this.#tellOmitted(seqs);
    this.#messagesOf = blockMessagesOf(config, speaker, tags);
    this.#reconnection = new Reconnection({
      ...{ name: 'forward.reconnect', urls: [config.url, ...config.fallback], clock, random },
      live: (url) => this.#connectAndStay(url),
      onFailure: (error, isNews) => {
        if (isNews) log.warn('forward.uplink-failed', { uplink: name, reason: error.message });
      },
    });
    this.#renewal = new Renewal(name, log, () => void this.#takeLeave());
    const { rate, perDay, timezone } = config.backlog;
    this.#day = perDay && new DayBudget(perDay, timezone, clock);
    this.#outbox = new Outbox(clock, new DrainPace(rate, this.#day), () => this.#pump());
    const send = (topic: string, payload: string) => this.#sendReply(topic, payload);
    const { onRequest = () => {} } = options;
    const parts = { uplink: name, speaker, clock, log, send };
    const asked = (request: ReplayRequest) => this.#events?.asked?.(request);
    const confirmed = (confirmation: Confirmation) => this.#events?.confirmed?.(confirmation);
    const mailboxes = [
      ...(config.ack === 'receiver' ? [confirmationMailbox({ ...parts, confirmed })] : []),
      ...listens.map((subject) => MAILBOXES[subject]({ ...parts, onRequest })),
      ...(config.replay === 'accept' ? [replayMailbox({ ...parts, asked })] : []),
    ];
    this.#mailboxes = mailboxes;
    this.#listening = new Listening({ uplink: name, mailboxes, clock, log });
  }

  open(events: UplinkEvents): void {
    this.#events ??= events;
    this.#running ??= this.#run();
  }

  send(block: Block, historical: boolean): Promise<number> {
    return this.#deliver(() => {
      const messages = this.#messagesOf(block, historical);
      this.#options.onMessages?.(block, messages);
      return messages;
    }, historical);
  }

  #tellOmitted(seqs: readonly Range[]): Promise<number> {
    const topic = omittedTopic(this.#speaker.gateway);
    const payload = omittedText(this.#speaker, seqs);
    return this.#deliver(() => [{ topic, payload, retain: false }], false);
  }

  #deliver(make: () => readonly MqttMessage[], historical: boolean): Promise<number> {
    if (this.#connection === undefined || this.#closing !== undefined)
      return Promise.reject(new GatewayError('forward.not-connected', { uplink: this.name }));
    return new Promise((resolve, reject) => {
      const delivery: Delivery = { open: 0, taken: 0, refused: undefined, resolve, reject };
      this.#deliveries.add(delivery);
      // The loss of the connection, which is near, gives it back.
      if (this.#isLeaving) return;
      const open = () => this.#open(make, delivery);
      this.#outbox.add({ isBacklog: historical, delivery, open });
      this.#pump();
    });
  }

  #open(make: () => readonly MqttMessage[], delivery: Delivery): readonly MqttMessage[] {
    try {
      const messages = make();
      delivery.open = messages.length;
      if (messages.length === 0) delivery.resolve(0);
      return messages;
    } catch (error) {
      delivery.reject(error);
      return [];
    } finally {
      if (delivery.open === 0) this.#deliveries.delete(delivery);
    }
  }

  announce(watermark: Watermark): void {
    if (this.#connection === undefined) return;
    const speaker = this.#speaker;
    this.#outbox.announce({
      topic: watermarkTopic(speaker.gateway),
      payload: watermarkText(speaker, watermark),
      retain: true,
    });
    this.#pump();
  }

  configure({ tags, config }: ForwardedSite): void {
    this.#speaker = { ...this.#speaker, config };
    this.#messagesOf = blockMessagesOf(this.#options.config, this.#speaker, tags);
    if (this.#connection && !this.#closing) this.#sayOnline();
  }

  reply(reply: UpstreamReply): void {
    for (const mailbox of this.#mailboxes) mailbox.reply(reply);
  }

  facts(): UplinkFacts {
    const heard = this.#mailboxes.map((mailbox) => [mailbox.factsAs, mailbox.facts()] as const);
    return {
      ...Object.fromEntries(heard),
      ...this.#renewal.facts(),
      ...this.#reconnection.facts(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#sayGoodbye();
    return this.#closing;
  }

  async #run(): Promise<void> {
    const state = this.#day && (await this.#options.openState?.());
    if (state) this.#day?.resume(state);
    await this.#reconnection.run(this.#abort.signal);
    await this.#day?.close();
  }

  /** One connection's life; resolves with what ended it, unless it was ended for better certificates. */
  async #connectAndStay(url: string): Promise<GatewayError | undefined> {
    const { config, clock, log } = this.#options;
    const speaker = this.#speaker;
    const topic = statusTopic(speaker.gateway);
    const will = { topic, payload: statusText(speaker, false), retain: true };
    const subscriptions = this.#listening.subscriptions();
    const connection = await connectMqtt(
      {
        ...{ config: { ...config, url }, will, clock, subscriptions },
        onCredentials: (news) => this.#renewal.hear(news),
      },
      this.#abort.signal,
    );
    this.#isLeaving = false;
    this.#connection = connection;
    this.#window = Math.min(config.window, connection.receiveMaximum);
    this.#reconnection.up();
    log.info('forward.uplink-connected', { uplink: this.name, window: this.#window });
    this.#sayOnline();
    this.#events?.up();
    const cause = await connection.lost;
    this.#listening.judge(connection, cause);
    const isRenewing = this.#isLeaving && this.#closing === undefined;
    const error = isRenewing ? new GatewayError('forward.renewing') : cause;
    const inOrder = isRenewing && this.#onTheWay === 0;
    this.#renewal.lost();
    this.#connection = undefined;
    this.#onTheWay = 0;
    this.#outbox.lost();
    for (const mailbox of this.#mailboxes) mailbox.lost?.();
    this.#rejectAll(error);
    this.#idle?.();
    this.#events?.down(error, inOrder);
    return isRenewing ? undefined : error;
  }

  #sayOnline(): void {
    const topic = statusTopic(this.#speaker.gateway);
    const payload = statusText(this.#speaker, true, this.#reconnection.upSince);
    this.#outbox.reply({ topic, payload, retain: true });
    this.#pump();
  }

  #sendReply(topic: string, payload: string): void {
    if (this.#connection === undefined) return;
    this.#outbox.reply({ topic, payload, retain: false });
    this.#pump();
  }

  #pump(): void {
    const connection = this.#connection;
    while (connection && this.#onTheWay < this.#window) {
      const next = this.#outbox.next();
      if (next === undefined) break;
      this.#onTheWay++;
      this.#publish(connection, next);
    }
    if (this.#onTheWay === 0) this.#idle?.();
  }

  /** Keeps nothing of the message but its topic: the text is gone when the socket has it. */
  #publish(connection: MqttConnection, outgoing: Outgoing): void {
    const { message, delivery } = outgoing;
    const { topic } = message;
    const departure = this.#outbox.departs(outgoing);
    const onOutcome = (outcome: Delivered) => {
      if (connection !== this.#connection) return;
      this.#onTheWay--;
      this.#outbox.answered(departure);
      if (delivery) this.#settle(delivery, this.#failureOf(outcome, topic));
      else if (outcome instanceof GatewayError) this.#reconnection.failed(outcome);
      this.#pump();
    };
    // When the connection is lost, everything is rejected at once.
    connection.publish(message, onOutcome);
  }

  #failureOf(outcome: Delivered, topic: string): GatewayError | undefined {
    if (outcome instanceof GatewayError) return outcome;
    return outcome === 'no-subscriber' && this.#options.config.unrouted === 'hold'
      ? new GatewayError('forward.no-subscriber', { topic })
      : undefined;
  }

  /** Every part is tried, so that a refusal of one device's topic costs the others nothing. */
  #settle(delivery: Delivery, failure: GatewayError | undefined): void {
    if (failure) delivery.refused ??= failure;
    else {
      delivery.taken++;
      this.#reconnection.delivered();
    }
    if (--delivery.open > 0) return;
    this.#deliveries.delete(delivery);
    const { refused, taken } = delivery;
    if (refused)
      delivery.reject(new GatewayError(refused.code, { ...refused.details, parts_taken: taken }));
    else delivery.resolve(taken);
  }

  #rejectAll(error: GatewayError): void {
    this.#outbox.dropBlocks();
    for (const delivery of this.#deliveries) delivery.reject(error);
    this.#deliveries.clear();
  }

  async #sayGoodbye(): Promise<void> {
    for (const mailbox of this.#mailboxes) mailbox.close();
    this.#rejectAll(new GatewayError('forward.not-connected', { uplink: this.name }));
    await this.#takeLeave(GOODBYE_DEADLINE);
    this.#abort.abort(new GatewayError('forward.not-connected', { uplink: this.name }));
    this.#running ??= this.#reconnection.run(this.#abort.signal);
    await this.#running;
  }

  /**
   * Says that the gateway goes, and hangs up when all that is on its way was answered; at the deadline in any case. What
   * waits is left to the next connection.
   */
  async #takeLeave(within?: Millis): Promise<void> {
    const { clock } = this.#options;
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#isLeaving = true;
    this.#outbox.dropBlocks();
    this.#outbox.reply({
      topic: statusTopic(this.#speaker.gateway),
      payload: statusText(this.#speaker, false, clock.utc()),
      retain: true,
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const cancel = within && clock.at('forward.goodbye', later(clock.mono(), within), resolve);
    this.#pump();
    await promise;
    cancel?.();
    connection.end();
    await connection.lost;
  }
}
