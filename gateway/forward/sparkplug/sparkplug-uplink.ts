/**
 * The uplink as an edge node of Sparkplug B 3.0: connects with a will of its own each time, waits for the primary host, and
 * keeps at it. The journal is the only queue: nothing is taken outside of a session.
 */
import type { SparkplugConfig } from '../../../config/site.ts';
import { type Clock, sleep } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { StateStore } from '../../host/state-store.ts';
import type { Block } from '../../journal/journal.ts';
import type { Random } from '../../model/backoff.ts';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import type { Tag } from '../../model/tag.ts';
import { seconds } from '../../model/units.ts';
import type { UpstreamReply, UpstreamRequest } from '../../model/upstream.ts';
import type { CredentialNews } from '../credential-watch.ts';
import { connectMqtt, type MqttConnection, type Subscription } from '../mqtt-connection.ts';
import { Reconnection } from '../reconnection.ts';
import { Renewal } from '../renewal.ts';
import { selectionOf } from '../selection.ts';
import type { ForwardedSite, Uplink, UplinkEvents, UplinkFacts } from '../uplink.ts';
import { BdSeq } from './bd-seq.ts';
import { DATATYPE } from './datatype.ts';
import { EdgeMailbox } from './edge-mailbox.ts';
import { BD_SEQ } from './edge-messages.ts';
import { EdgeModel, wholeMs } from './edge-model.ts';
import { EdgeSession } from './edge-session.ts';
import { FieldQuestions } from './field-questions.ts';
import { PrimaryHost } from './host-state.ts';
import { writePayload } from './payload-writer.ts';
import { deviceTopic, nodeTopic, stateTopic } from './topics.ts';

export interface SparkplugUplinkOptions {
  readonly name: string;
  readonly config: SparkplugConfig;
  /** The gateway's id in the site. */
  readonly gateway: string;
  readonly tags: readonly Tag[];
  readonly takesCommands: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** 0..1, for the jitter of the back-off. */
  readonly random: Random;
  /** Where the number of birth and death is kept; opened once. */
  readonly openState: () => Promise<StateStore>;
  /** Takes what was heard, and what is asked. Answers go by `reply`. */
  readonly onRequest: (request: UpstreamRequest) => void;
}

export const createSparkplugUplink = (options: SparkplugUplinkOptions): Uplink =>
  new SparkplugUplink(options);

const GOODBYE_DEADLINE = seconds(2);
/** How long a primary host may be silent at one of several brokers. */
const HOST_PATIENCE = seconds(10);
/** The broker has seen nothing of a connection that failed so. */
const isUnseen = (code: ErrorCode): boolean =>
  code === 'forward.unreachable' ||
  code === 'forward.credentials-unreadable' ||
  code.startsWith('forward.tls-');

class SparkplugUplink implements Uplink {
  readonly name: string;
  readonly #options: SparkplugUplinkOptions;
  readonly #model: EdgeModel;
  readonly #mailbox: EdgeMailbox;
  readonly #field: FieldQuestions;
  readonly #abort = new AbortController();
  #tags: readonly Tag[];
  readonly #reconnection: Reconnection;
  readonly #renewal: Renewal;
  #events: UplinkEvents | undefined;
  /** Of the present attempt. */
  #url: string;
  #session: EdgeSession | undefined;
  /** From the first attempt on. */
  #numbers: BdSeq | undefined;
  /** Says NDEATH for the present connection and hangs up. */
  #leave: (() => Promise<void>) | undefined;
  /** Why the gateway itself hung up. */
  #leftBecause: unknown;
  /** All that was said is known to have been heard. */
  #hasLeftInOrder = false;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SparkplugUplinkOptions) {
    const { name, config, gateway, tags, clock, log, random, onRequest } = options;
    this.name = name;
    this.#options = options;
    this.#tags = tags;
    this.#url = config.url;
    this.#reconnection = new Reconnection({
      ...{ name: 'forward.reconnect', urls: [config.url, ...config.fallback], clock, random },
      live: (url) => this.#connectAndStay(url),
      onFailure: (error, isNews) => {
        if (isNews) log.warn('forward.uplink-failed', { uplink: name, reason: error.message });
      },
      isUnfit: (error) => error?.code === 'forward.host-offline',
    });
    this.#renewal = new Renewal(
      name,
      log,
      () => void this.#give(new GatewayError('forward.renewing')),
    );
    this.#model = new EdgeModel(tags, config.hasAliases, selectionOf(config.only));
    const context = { gateway, uplink: name, age: config.commandAge, model: this.#model };
    this.#mailbox = new EdgeMailbox({ ...options, ...context });
    this.#field = new FieldQuestions(clock, () => onRequest({ about: 'present' }));
  }

  open(events: UplinkEvents): void {
    this.#events ??= events;
    this.#running ??= this.#run();
  }

  send(block: Block, historical: boolean): Promise<number> {
    if (this.#session === undefined || !this.#reconnection.isUp || this.#closing !== undefined)
      return Promise.reject(new GatewayError('forward.not-connected', { uplink: this.name }));
    return this.#session.send(block, historical);
  }

  /** Sparkplug has no watermark; losses are told as a metric. */
  announce(): void {}

  configure({ tags }: ForwardedSite): void {
    this.#tags = tags;
    this.#model.configure(tags);
    this.#session?.rebirth();
  }

  reply(reply: UpstreamReply): void {
    if (reply.about === 'present') this.#field.answered(reply.samples);
    else this.#mailbox.reply(reply);
  }

  facts(): UplinkFacts {
    const { takesCommands } = this.#options;
    return {
      ...(takesCommands && { commands: { ...this.#mailbox.facts() } }),
      ...this.#renewal.facts(),
      ...this.#reconnection.facts(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#sayGoodbye();
    return this.#closing;
  }

  async #sayGoodbye(): Promise<void> {
    this.#mailbox.close();
    await this.#leave?.();
    this.#abort.abort(new GatewayError('forward.not-connected', { uplink: this.name }));
    this.#running ??= this.#reconnection.run(this.#abort.signal);
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#numbers = new BdSeq(await this.#options.openState());
    await this.#reconnection.run(this.#abort.signal);
  }

  /** One connection's life; resolves with what ended it, unless it was ended for better certificates. */
  async #connectAndStay(url: string): Promise<GatewayError | undefined> {
    const { config, clock, log } = this.#options;
    const numbers = this.#numbers as BdSeq;
    this.#url = url;
    const bdSeq = await numbers.next();
    const topic = nodeTopic(config, 'NDEATH');
    const metric = { name: BD_SEQ, datatype: DATATYPE.Int64, isTold: true, value: BigInt(bdSeq) };
    const time = wholeMs(clock.utc());
    const payload = writePayload({ time, metrics: [{ ...metric, time }] });
    const will = { topic, payload, retain: false };
    const host = new PrimaryHost();
    const online = Promise.withResolvers<void>();
    const subscriptions = this.#subscriptions(host, online.resolve);
    const options = {
      ...{ config: { ...config, url }, will, clock, subscriptions },
      onCredentials: (news: CredentialNews) => this.#renewal.hear(news),
    };
    const connection = await connectMqtt(options, this.#abort.signal).catch((error: unknown) => {
      if (error instanceof GatewayError && isUnseen(error.code)) numbers.unused();
      throw error;
    });
    this.#leftBecause = undefined;
    this.#hasLeftInOrder = false;
    this.#leave = () => this.#depart(connection, will);
    await this.#begin(connection, bdSeq, online.promise).then(
      () => this.#events?.up(),
      (error: unknown) => this.#give(error),
    );
    const error = await connection.lost;
    const left = this.#leftBecause;
    const isRenewing = left instanceof GatewayError && left.code === 'forward.renewing';
    this.#renewal.lost();
    this.#session = undefined;
    this.#leave = undefined;
    if (this.#reconnection.isUp) this.#events?.down(error, isRenewing && this.#hasLeftInOrder);
    log.debug('forward.session-ended', { uplink: this.name, bdSeq });
    if (isRenewing) return undefined;
    if (left !== undefined) throw left;
    return error;
  }

  /** Resolves when the births are out. */
  async #begin(connection: MqttConnection, bdSeq: number, online: Promise<void>): Promise<void> {
    const { config, clock, log } = this.#options;
    const lost = connection.lost.then((error) => Promise.reject(error));
    await Promise.race([connection.listening, lost]);
    if (config.primaryHost !== undefined) await Promise.race([this.#hostIs(online), lost]);
    const session = new EdgeSession({
      ...{ uplink: this.name, name: config, bdSeq, connection, clock, log, model: this.#model },
      present: () => this.#field.present(),
      onFailed: (error) => void this.#give(error),
    });
    this.#session = session;
    await Promise.race([session.bear(), lost]);
    this.#reconnection.up();
    log.info('forward.uplink-connected', { uplink: this.name, bdSeq });
  }

  /** Resolves when the primary host is online; with further brokers it is not waited for for ever. */
  async #hostIs(online: Promise<void>): Promise<void> {
    const { clock, config } = this.#options;
    const offline = this.#hostOffline();
    this.#reconnection.failed(offline);
    if (config.fallback.length === 0) return online;
    const stop = new AbortController();
    const patience = sleep(clock, 'forward.host-patience', HOST_PATIENCE, stop.signal).then(() =>
      Promise.reject(offline),
    );
    await Promise.race([online, patience]).finally(() => stop.abort());
    await patience.catch(() => {});
  }

  #hostOffline(): GatewayError {
    const { config } = this.#options;
    const { host: broker } = new URL(this.#url);
    return new GatewayError('forward.host-offline', { host: config.primaryHost, broker });
  }

  #subscriptions(host: PrimaryHost, onOnline: () => void): readonly Subscription[] {
    const { config, takesCommands, log } = this.#options;
    const to = (topic: string, onMessage: Subscription['onMessage'], wantsRetained = false) => ({
      topic,
      onMessage,
      wantsRetained,
      onRefused: () => log.warn('forward.subscription-refused', { uplink: this.name, topic }),
    });
    const commanded = new Set(
      this.#tags.flatMap(({ device, field }) => (field?.takesRemote ? [String(device)] : [])),
    );
    return [
      to(nodeTopic(config, 'NCMD'), (payload, isRetained) => {
        if (this.#mailbox.take(payload, isRetained, this.#model.node)) this.#session?.rebirth();
      }),
      ...(takesCommands ? [...commanded] : []).map((device) =>
        to(deviceTopic(config, 'DCMD', device), (payload, isRetained) => {
          this.#mailbox.take(payload, isRetained, this.#model.device(device));
        }),
      ),
      ...(config.primaryHost === undefined
        ? []
        : [
            to(
              stateTopic(config.primaryHost),
              (payload) => {
                const news = host.take(payload);
                if (news === 'online') onOnline();
                else if (news === 'offline') void this.#give(this.#hostOffline());
              },
              true,
            ),
          ]),
    ];
  }

  /** Ends the present connection, as the gateway wants it. */
  async #give(error: unknown): Promise<void> {
    this.#leftBecause ??= error;
    await this.#leave?.();
  }

  /** NDEATH, then DISCONNECT (§6): with MQTT 5 the one that lets the will be published. */
  async #depart(connection: MqttConnection, will: Parameters<MqttConnection['publish']>[0]) {
    const { clock, config } = this.#options;
    this.#session?.end(new GatewayError('forward.not-connected', { uplink: this.name }));
    const stop = new AbortController();
    const deadline = sleep(clock, 'forward.goodbye', GOODBYE_DEADLINE, stop.signal);
    const heard = connection.heard();
    const published = new Promise<unknown>((answered) => connection.publish(will, answered));
    const said = Promise.all([heard, published]).then(() => {
      this.#hasLeftInOrder = true;
    });
    await Promise.race([said, deadline]).catch(() => {});
    stop.abort();
    await deadline.catch(() => {});
    connection.end(config.version === 5);
    await connection.lost;
  }
}
