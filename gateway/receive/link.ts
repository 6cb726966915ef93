/**
 * A receiver's connection to a broker: MQTT 5 or 3.1.1, and a message with QoS 1 is acknowledged when its receiver says so. No more than the
 * receive maximum waits for that: a broker that sends more is not read until there is room. The one file here that knows mqtt.js, whose queue,
 * store and reconnecting stay off.
 */
import type { Socket } from 'node:net';
import type { MqttClient } from 'mqtt';
import type { BrokerConfig } from '../../config/site.ts';
import { isSecure, openSocket } from '../forward/broker-socket.ts';
import { type CredentialNews, watchCredentials } from '../forward/credential-watch.ts';
import { readCredentials } from '../forward/credentials.ts';
import { endSoon } from '../forward/mqtt-end.ts';
import { PacketGuard } from '../forward/packet-guard.ts';
import { guardParser } from '../forward/parser-guard.ts';
import type { Clock } from '../host/clock.ts';
import { type ErrorCode, GatewayError, reasonOf } from '../model/errors.ts';
import { bytes, later, seconds } from '../model/units.ts';
import type { OutgoingText } from './confirmations.ts';

export interface LinkOptions {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  /** The broker keeps what comes while this client is away. */
  readonly isLasting: boolean;
  readonly filters: readonly string[];
  /** Of all messages, in both directions. */
  readonly qos: 0 | 1;
  readonly onMessage: (message: LinkMessage) => void;
  /** What is new in the files of the certificates while the connection stands. */
  readonly onCredentials: (news: CredentialNews) => void;
}

export interface LinkMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly contentType: string | undefined;
  /** To be called once; what is never acknowledged comes again. */
  readonly acknowledge: () => void;
}

export interface Link {
  /** Resolves when all filters are subscribed to. A broker may send before it says so. */
  readonly subscribed: Promise<void>;
  /** Resolves when the broker has it, or has refused it; never rejects. */
  publish(message: OutgoingText): Promise<void>;
  /** Resolves once, with the cause. */
  readonly lost: Promise<GatewayError>;
  /** Takes leave. */
  end(): void;
}

/** Messages that wait for their commit, at most; MQTT 5.0 §3.1.2.11.3. */
export const RECEIVE_MAXIMUM = 128;
/** A gateway makes messages of 64 KiB, and longer ones only of a single long text. */
export const LONGEST_MESSAGE = bytes(2 ** 20);
const KEEPALIVE_SECONDS = 30;
const CONNECT_MS = 10_000;
const SESSION_SECONDS = 7 * 86_400;
/** Session present, not from the broker's memory of retained messages: all of them are wanted. MQTT 5.0 §3.8.3.1. */
const SUBSCRIBING = { rap: true, rh: 0 } as const;
/** A broker that took leave closes its end; one that does not is not waited for. */
const LEAVE = seconds(1);
/** MQTT 5.0 §3.4: PUBACK, success. */
const PUBACK = 0x40;
/** CONNACK and SUBACK that somebody has to look at: the user, the rights, the name. */
const OPERATOR_REASONS: readonly number[] = [0x85, 0x86, 0x87, 0x8a, 0x8c, 0x8f, 0x9e];

/** Resolves when the broker has accepted the connection. */
export async function openLink(options: LinkOptions, signal: AbortSignal): Promise<Link> {
  const { config, clock, onCredentials: tell } = options;
  const used = await readCredentials(config);
  const mqtt = await import('mqtt');
  signal.throwIfAborted();
  const url = new URL(config.url);
  const link = new BrokerLink(options, openSocket(url, used), url.host, mqtt.MqttClient);
  const onAbort = () => link.end();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([link.connected, link.lost.then((error) => Promise.reject(error))]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  if (isSecure(url)) {
    const unwatch = watchCredentials({ files: config, used, clock, tell });
    void link.lost.then(unwatch);
  }
  return link;
}

class BrokerLink implements Link {
  readonly connected: Promise<void>;
  readonly subscribed: Promise<void>;
  readonly lost: Promise<GatewayError>;
  readonly #qos: 0 | 1;
  readonly #connecting = Promise.withResolvers<void>();
  readonly #subscribing = Promise.withResolvers<void>();
  readonly #loss = Promise.withResolvers<GatewayError>();
  readonly #socket: Socket;
  readonly #client: MqttClient;
  readonly #broker: string;
  readonly #clock: Clock;
  readonly #published = new Set<() => void>();
  /** Messages that are not stored yet. */
  #open = 0;
  /** Goes on reading: Mosquitto 2.0.11 fills the window anew at every acknowledgement. */
  #held: (() => void) | undefined;
  #isOver = false;

  constructor(options: LinkOptions, socket: Socket, broker: string, Client: typeof MqttClient) {
    const { config, clock, isLasting, filters, qos, onMessage } = options;
    this.#clock = clock;
    this.#qos = qos;
    this.connected = this.#connecting.promise;
    this.subscribed = this.#subscribing.promise;
    this.lost = this.#loss.promise;
    this.#socket = socket;
    this.#broker = broker;
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#lose('receive.broker-away', reasonOf(error)));
    const isOver = () => this.#isOver;
    const onBroken = (complaint: string) => this.#lose('receive.broker-away', complaint);
    const guard = new PacketGuard({ longest: LONGEST_MESSAGE, subscribes: true });
    this.#client = new Client(() => guardParser(socket, guard, { isOver, onBroken }), {
      protocolVersion: config.version,
      clientId: config.clientId,
      ...(config.username !== undefined && { username: config.username }),
      ...(config.password !== undefined && { password: config.password }),
      clean: !isLasting,
      keepalive: KEEPALIVE_SECONDS,
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      writeCache: false,
      ...(config.version === 5 && {
        properties: {
          receiveMaximum: RECEIVE_MAXIMUM,
          maximumPacketSize: LONGEST_MESSAGE,
          ...(isLasting && { sessionExpiryInterval: SESSION_SECONDS }),
        },
      }),
    });
    const client = this.#client;
    client.on('error', (error: Error & { readonly code?: unknown }) => {
      const isOperators = OPERATOR_REASONS.includes(Number(error.code));
      this.#lose(isOperators ? 'receive.broker-refused' : 'receive.broker-away', reasonOf(error));
    });
    client.on('close', () => this.#lose('receive.broker-away', 'the connection was closed'));
    client.on('connect', () => {
      this.#connecting.resolve();
      this.#subscribe(filters);
    });
    // An error keeps mqtt.js from acknowledging by itself, and from nothing else: it goes on with the next packet.
    client.handleMessage = ({ topic, payload, messageId, qos, properties }, done) => {
      const acknowledge = () => this.#acknowledge(qos === 1 ? messageId : undefined);
      this.#open++;
      const { contentType } = properties ?? {};
      const message = { topic, payload: Buffer.from(payload), contentType, acknowledge };
      if (!this.#isOver) onMessage(message);
      const goOn = () => done(qos === 1 ? new Error('acknowledged later') : undefined);
      if (this.#open > RECEIVE_MAXIMUM) this.#held = goOn;
      else goOn();
    };
  }

  publish({ topic, text }: OutgoingText): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#published.add(resolve);
      this.#client.publish(topic, text, { qos: this.#qos }, () => {
        this.#published.delete(resolve);
        resolve();
      });
    });
  }

  end(): void {
    if (this.#isOver) return;
    this.#over('receive.broker-away', 'the receiver hung up');
    const due = later(this.#clock.mono(), LEAVE);
    const cancel = this.#clock.at('receive.leave', due, () => this.#socket.destroy());
    this.#socket.on('close', cancel);
    this.#client.end(false);
  }

  /** Four bytes, written between two packets of mqtt.js; none for a message with QoS 0, which waits all the same. */
  #acknowledge(id: number | undefined): void {
    if (this.#isOver) return;
    if (id !== undefined) this.#socket.write(Uint8Array.of(PUBACK, 2, id >> 8, id & 0xff));
    this.#open--;
    const goOn = this.#held;
    if (this.#open > RECEIVE_MAXIMUM) return;
    this.#held = undefined;
    goOn?.();
  }

  #subscribe(filters: readonly string[]): void {
    const how = { ...SUBSCRIBING, qos: this.#qos };
    const wanted = Object.fromEntries(filters.map((filter) => [filter, how]));
    this.#client.subscribe(wanted, (error, granted = []) => {
      const refused = granted.find(({ qos }) => qos >= 0x80);
      if (refused) this.#lose('receive.broker-refused', `subscription to ${refused.topic}`);
      else if (error) this.#lose('receive.broker-refused', reasonOf(error));
      else this.#subscribing.resolve();
    });
  }

  #lose(code: ErrorCode, reason: string): void {
    if (this.#isOver) return;
    this.#over(code, reason);
    this.#socket.destroy();
    endSoon(this.#client);
  }

  #over(code: ErrorCode, reason: string): void {
    this.#isOver = true;
    this.#loss.resolve(new GatewayError(code, { broker: this.#broker, reason }));
    for (const resolve of this.#published) resolve();
  }
}
