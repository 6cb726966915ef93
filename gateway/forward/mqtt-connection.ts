/**
 * One connection to a broker, from the first byte to the last; there is no second life. The one file that knows mqtt.js,
 * of which it uses the session, the subscriptions and the keepalive: its queue, its store and its reconnecting stay empty and
 * off. What is published goes to the socket between two of its packets.
 */
import type { Socket } from 'node:net';
import type { MqttClient } from 'mqtt';
import type { BrokerConfig } from '../../config/site.ts';
import type { Cancel, Clock } from '../host/clock.ts';
import { type ErrorCode, GatewayError, reasonOf } from '../model/errors.ts';
import { later, monoMs, seconds } from '../model/units.ts';
import { isSecure, openSocket } from './broker-socket.ts';
import { type CredentialNews, watchCredentials } from './credential-watch.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { Echoes } from './echoes.ts';
import { clientOptions } from './mqtt-client-options.ts';
import { endSoon } from './mqtt-end.ts';
import type { Delivered, MqttMessage } from './mqtt-message.ts';
import { LONGEST_PACKET, PacketGuard } from './packet-guard.ts';
import { guardParser } from './parser-guard.ts';
import { LAST_ID, Publishing } from './publishing.ts';
import { codeOf, hex, TRANSIENT_REFUSALS } from './reason-codes.ts';
import { tlsFault } from './tls-fault.ts';
import { ACK_DEADLINE, Unanswered } from './unanswered.ts';

/** A topic to listen to. Without a session: what was published while nobody was there is gone. */
export interface Subscription {
  readonly topic: string;
  readonly onMessage: (payload: Uint8Array, isRetained: boolean) => void;
  readonly onRefused: () => void;
  /** What is retained there is wanted, too. */
  readonly wantsRetained?: boolean;
  /** Whoever speaks there says it until it is heard: QoS 0, so that no broker keeps a queue for it. Else QoS 1. */
  readonly isRepeated?: boolean;
}

/** refused: by the broker, which takes messages all the same. */
export type SubscriptionState = 'asked' | 'granted' | 'refused';

export interface MqttConnection {
  /** By topic. They are asked for one after the other, so that what ends the connection meanwhile has one cause. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionState>;
  /** Messages on their way at once, as the broker wants it. */
  readonly receiveMaximum: number;
  /** Resolves when each of them was answered; never rejects. */
  readonly listening: Promise<void>;
  /** With QoS 1. `answered` is called on the acknowledgement, or soon where it is too large; else see `lost`. */
  publish(message: MqttMessage, answered: (outcome: Delivered) => void): void;
  /** With QoS 0: on its way when it returns, behind all before it; or why the broker would not take it. */
  say(message: MqttMessage): GatewayError | undefined;
  /** Resolves when the broker has read all that was said before; rejects when the connection is lost. */
  heard(): Promise<void>;
  /** Resolves once, with the cause, after everything pending was rejected. */
  readonly lost: Promise<GatewayError>;
  /**
   * Takes leave and hangs up. The will is published only when something is still unacknowledged, or, with MQTT 5, when the
   * broker is told to (MQTT 5.0 §3.14.2.1).
   */
  end(withWill?: boolean): void;
}

export interface ConnectOptions {
  readonly config: BrokerConfig;
  readonly will: MqttMessage;
  readonly clock: Clock;
  readonly subscriptions?: readonly Subscription[];
  /** What is new in the files of the certificates while the connection stands. */
  readonly onCredentials: (news: CredentialNews) => void;
}

/** From the first packet to the broker's answer, name look-up and TLS included. */
export const CONNECT_DEADLINE = seconds(10);
/** MQTT 5.0 §3.8.3.1: not what was published here, the mark of a retained message kept, none of before. */
const LISTENING = { qos: 1, nl: true, rap: true, rh: 2 } as const;
/** MQTT 5.0 §3.14.2.1: disconnect with will message. */
const WITH_WILL = 0x04;
/** What mqtt.js says, and after how many keepalives. */
const KEEPALIVE_OVER = 'Keepalive timeout';
const KEEPALIVES = 1.5;
const PUT_OFF_EVERY = seconds(1);
const HUNG_UP = 'the gateway hung up';
/** A broker that took leave closes its end; one that does not is not waited for. */
const LEAVE_DEADLINE = seconds(1);

/** Resolves when the broker has accepted the connection; an aborted signal ends it at any time. */
export async function connectMqtt(
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<MqttConnection> {
  const { config, clock, onCredentials: tell } = options;
  const used = await readCredentials(config);
  const mqtt = await import('mqtt');
  signal.throwIfAborted();
  const link = new BrokerLink(options, used, mqtt);
  const onAbort = () => link.lose('forward.connection-lost', HUNG_UP);
  signal.addEventListener('abort', onAbort, { once: true });
  void link.lost.then(() => signal.removeEventListener('abort', onAbort));
  await link.established;
  if (isSecure(new URL(config.url))) {
    const unwatch = watchCredentials({ files: config, used, clock, tell });
    void link.lost.then(unwatch);
  }
  return link;
}

type Mqtt = typeof import('mqtt');

/** What a failure of the socket means depends on how far the connection had come. */
type Phase = 'reaching' | 'securing' | 'asking' | 'up' | 'over';

class BrokerLink implements MqttConnection {
  receiveMaximum = 1;
  readonly subscriptions = new Map<string, SubscriptionState>();
  readonly established: Promise<void>;
  readonly lost: Promise<GatewayError>;
  readonly #clock: Clock;
  readonly #config: BrokerConfig;
  readonly #broker: string;
  readonly #socket: Socket;
  readonly #client: MqttClient;
  readonly #reasons: Readonly<Record<number, string>>;
  readonly #wanted: ReadonlyMap<string, Subscription>;
  readonly #echoes = new Echoes(() => this.#ping());
  readonly #listens: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly listening = this.#listens.promise;
  readonly #establish: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #loss: PromiseWithResolvers<GatewayError> = Promise.withResolvers();
  readonly #unanswered: Unanswered;
  #publishing: Publishing | undefined;
  #pingPutOffUntil = monoMs(0);
  /** Below the identifiers of packets. */
  #lastEcho = 0;
  #phase: Phase = 'reaching';
  #cancelDeadline: Cancel;

  constructor(options: ConnectOptions, credentials: Credentials, mqtt: Mqtt) {
    const { config, clock, subscriptions = [] } = options;
    const url = new URL(config.url);
    this.#clock = clock;
    this.#config = config;
    this.#broker = url.host;
    this.#wanted = new Map(subscriptions.map((each) => [each.topic, each]));
    this.#unanswered = new Unanswered(clock, () =>
      this.#noAnswer(ACK_DEADLINE, 'a message was not acknowledged'),
    );
    this.established = this.#establish.promise;
    this.lost = this.#loss.promise;
    this.#socket = openSocket(url, credentials);
    this.#watchSocket(isSecure(url));
    this.#cancelDeadline = clock.at(
      'forward.connect-deadline',
      later(clock.mono(), CONNECT_DEADLINE),
      () => this.#noAnswer(CONNECT_DEADLINE, 'no answer to the connection request'),
    );
    this.#reasons = mqtt.ReasonCodes;
    this.#client = new mqtt.MqttClient(() => this.#guarded(), clientOptions(options));
    this.#watchClient();
  }

  publish(message: MqttMessage, answered: (outcome: Delivered) => void): void {
    if (this.#phase === 'up') this.#publishing?.publish(message, answered);
  }

  say(message: MqttMessage): GatewayError | undefined {
    return this.#phase === 'up' ? this.#publishing?.say(message) : undefined;
  }

  heard(): Promise<void> {
    if (this.#phase !== 'up') return this.lost.then((error) => Promise.reject(error));
    return new Promise((resolve, reject) => {
      const key = --this.#lastEcho;
      this.#unanswered.add(key, { answered: () => resolve(), lost: reject });
      this.#echoes.next(() => this.#unanswered.answer(key));
    });
  }

  /** The keepalive begins anew with what leaves; to the second is enough. */
  #putPingOff(): void {
    const now = this.#clock.mono();
    if (now < this.#pingPutOffUntil) return;
    this.#pingPutOffUntil = later(now, PUT_OFF_EVERY);
    this.#client.reschedulePing();
  }

  #ping(): void {
    this.#publishing?.flush();
    this.#client.sendPing();
  }

  end(withWill = false): void {
    const leave = () => this.lose('forward.connection-lost', HUNG_UP);
    if (this.#phase !== 'up' || this.#unanswered.size > 0) {
      leave();
      return;
    }
    this.#publishing?.flush();
    this.#cancelDeadline();
    const due = later(this.#clock.mono(), LEAVE_DEADLINE);
    this.#cancelDeadline = this.#clock.at('forward.leave-deadline', due, leave);
    if (withWill) this.#client.end(false, { reasonCode: WITH_WILL });
    else this.#client.end();
  }

  /** Ends the connection for good; only the first cause counts. */
  lose(code: ErrorCode, reason: string, details: { readonly seconds?: number } = {}): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#cancelDeadline();
    const error = new GatewayError(code, { broker: this.#broker, reason, ...details });
    this.#unanswered.lost(error);
    this.#socket.destroy();
    endSoon(this.#client);
    this.#listens.resolve();
    this.#establish.reject(error);
    this.#loss.resolve(error);
  }

  #watchSocket(secure: boolean): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A name with several addresses that all fail gives an error without a message.
      const reason = error.message || error.code || error.name;
      const ofTls = this.#phase === 'securing' || error.code?.startsWith('ERR_SSL');
      if (ofTls) this.lose(tlsFault(error.code, this.#clock.trust()), reason);
      else if (this.#phase === 'reaching') this.lose('forward.unreachable', reason);
      else this.lose('forward.connection-lost', reason);
    });
    socket.on('connect', () => {
      if (this.#phase === 'reaching') this.#phase = secure ? 'securing' : 'asking';
    });
    socket.on('secureConnect', () => {
      if (this.#phase === 'securing') this.#phase = 'asking';
    });
    socket.on('close', () => {
      const answered = this.#phase === 'up' ? '' : ' without an answer';
      this.lose('forward.connection-lost', `the broker closed it${answered}`);
    });
  }

  #guarded(): Socket {
    const guard = new PacketGuard({
      longest: LONGEST_PACKET,
      subscribes: this.#wanted.size > 0,
      onAcknowledged: (id, reason) => this.#unanswered.answer(id, reason),
    });
    return guardParser(this.#socket, guard, {
      isOver: () => this.#phase === 'over',
      onBroken: (complaint) => this.lose('forward.protocol-broken', complaint),
    });
  }

  #watchClient(): void {
    const client = this.#client;
    client.on('error', (error) => {
      const code = codeOf(error);
      if (this.#phase === 'asking' && code !== undefined) this.#refuseConnect(code, error);
      else if (error.message === KEEPALIVE_OVER)
        this.#noAnswer(this.#config.keepalive * KEEPALIVES, 'a ping was not answered');
      else this.lose('forward.protocol-broken', reasonOf(error));
    });
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.#echoes.sent();
    });
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'pingresp') this.#echoes.answered();
      else if (packet.cmd === 'disconnect') {
        const code = packet.reasonCode ?? 0;
        const reason = this.#reasons[code] || 'without a reason';
        this.lose('forward.connection-lost', `the broker hung up: ${reason} (${hex(code)})`);
      }
    });
    client.on('connect', ({ properties }) => {
      if (this.#phase !== 'asking') return;
      if (properties?.maximumQoS === 0) {
        this.lose('forward.connect-refused', 'it offers QoS 0 only; the gateway needs QoS 1');
        return;
      }
      this.#phase = 'up';
      this.receiveMaximum = Math.min(properties?.receiveMaximum ?? LAST_ID, LAST_ID);
      this.#publishing = new Publishing({
        ...{ version: this.#config.version, socket: this.#socket, unanswered: this.#unanswered },
        ...{ reasons: this.#reasons, onFlushed: () => this.#putPingOff() },
        topicAliasMaximum: properties?.topicAliasMaximum,
        maximumPacketSize: properties?.maximumPacketSize,
      });
      this.#cancelDeadline();
      this.#listen();
      this.#establish.resolve();
    });
  }

  #listen(): void {
    this.#client.on('message', (topic, payload, { retain }) => {
      if (this.#phase === 'up') this.#wanted.get(topic)?.onMessage(payload, retain);
    });
    this.#askFor([...this.#wanted.values()]);
  }

  #askFor([next, ...rest]: readonly Subscription[]): void {
    if (next === undefined) {
      this.#listens.resolve();
      return;
    }
    const { topic, onRefused, wantsRetained, isRepeated } = next;
    this.subscriptions.set(topic, 'asked');
    const options = {
      ...LISTENING,
      ...(wantsRetained && { rh: 0 }),
      ...(isRepeated && { qos: 0 as const }),
    };
    this.#client.subscribe(topic, options, (error, granted) => {
      const isGranted = !error && granted?.[0] !== undefined && granted[0].qos < 0x80;
      if (this.#phase !== 'up') return;
      this.subscriptions.set(topic, isGranted ? 'granted' : 'refused');
      if (!isGranted) onRefused();
      this.#askFor(rest);
    });
  }

  #refuseConnect(code: number, error: Error): void {
    const transient = TRANSIENT_REFUSALS.includes(code);
    const reason = `${error.message.replace('Connection refused: ', '')} (${hex(code)})`;
    this.lose(transient ? 'forward.broker-unavailable' : 'forward.connect-refused', reason);
  }

  #noAnswer(deadline: number, reason: string): void {
    this.lose('forward.no-answer', reason, { seconds: deadline / 1000 });
  }
}
