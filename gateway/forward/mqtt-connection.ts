/**
 * One connection to a broker, from the first byte to the last; there is no second life. The one file that knows mqtt.js,
 * of which it uses the packets and the keepalive: its queue, its store and its reconnecting stay empty and off.
 */
import type { Socket } from 'node:net';
import type { MqttClient } from 'mqtt';
import type { BrokerConfig } from '../../config/site.ts';
import type { Cancel, Clock } from '../host/clock.ts';
import { type ErrorCode, GatewayError, reasonOf } from '../model/errors.ts';
import { bytes, later, type MonoMs, seconds } from '../model/units.ts';
import { type Credentials, isSecure, openSocket, readCredentials } from './broker-socket.ts';
import { PacketGuard } from './packet-guard.ts';

/** Always QoS 1. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

/** What an acknowledgement says; an error is a refusal. MQTT 3.1.1 knows only `taken`. */
export type Delivered = 'taken' | 'no-subscriber' | GatewayError;

/** A topic to listen to, always QoS 1. Without a session: what was published while nobody was there is gone. */
export interface Subscription {
  readonly topic: string;
  readonly onMessage: (payload: Uint8Array, isRetained: boolean) => void;
  readonly onRefused: () => void;
}

/** refused: by the broker, which takes messages all the same. */
export type SubscriptionState = 'asked' | 'granted' | 'refused';

export interface MqttConnection {
  /** By topic. They are asked for one after the other, so that what ends the connection meanwhile has one cause. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionState>;
  /** Messages on their way at once, as the broker wants it. */
  readonly receiveMaximum: number;
  /** Resolves on the acknowledgement and at no other time; rejects when the connection is lost. */
  publish(message: MqttMessage): Promise<Delivered>;
  /** Resolves once, with the cause, after everything pending was rejected. */
  readonly lost: Promise<GatewayError>;
  /**
   * Takes leave and hangs up. The will is published only when something is still unacknowledged.
   */
  end(): void;
}

export interface ConnectOptions {
  readonly config: BrokerConfig;
  readonly will: MqttMessage;
  readonly clock: Clock;
  readonly subscriptions?: readonly Subscription[];
}

/** From the first packet to the broker's answer, name look-up and TLS included. */
export const CONNECT_DEADLINE = seconds(10);
/** A broker that leaves a message unacknowledged for this long is taken for dead. */
export const ACK_DEADLINE = seconds(30);
/** All that a broker has to say to this client fits in far less. */
const LONGEST_PACKET = bytes(64 * 1024);
const MAX_RECEIVE_MAXIMUM = 65_535;
const NO_MATCHING_SUBSCRIBERS = 0x10;
const QUOTA_EXCEEDED = 0x97;
/** Fixed header, lengths, packet identifier, no properties (MQTT 5.0 §3.3). */
const PUBLISH_OVERHEAD = 10;
/**
 * CONNACK: server unavailable (3.1.1: 3), unspecified, busy, quota, use another server, connection
 * rate.
 */
const TRANSIENT_REFUSALS: readonly number[] = [3, 0x80, 0x88, 0x89, 0x97, 0x9c, 0x9f];
const PACKET_TOO_LARGE = 0x95;
/** MQTT 5.0 §3.8.3.1: not what was published here, the mark of a retained message kept, none of before. */
const LISTENING = { qos: 1, nl: true, rap: true, rh: 2 } as const;
const HUNG_UP = 'the gateway hung up';
/** A broker that took leave closes its end; one that does not is not waited for. */
const LEAVE_DEADLINE = seconds(1);

/** Resolves when the broker has accepted the connection; an aborted signal ends it at any time. */
export async function connectMqtt(
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<MqttConnection> {
  const credentials = await readCredentials(options.config);
  const mqtt = await import('mqtt');
  signal.throwIfAborted();
  const link = new BrokerLink(options, credentials, mqtt);
  const onAbort = () => link.lose('forward.connection-lost', HUNG_UP);
  signal.addEventListener('abort', onAbort, { once: true });
  void link.lost.then(() => signal.removeEventListener('abort', onAbort));
  await link.established;
  return link;
}

type Mqtt = typeof import('mqtt');

/** What a failure of the socket means depends on how far the connection had come. */
type Phase = 'reaching' | 'securing' | 'asking' | 'up' | 'over';

interface Pending {
  readonly since: MonoMs;
  readonly reject: (error: GatewayError) => void;
}

class BrokerLink implements MqttConnection {
  receiveMaximum = 1;
  readonly subscriptions = new Map<string, SubscriptionState>();
  readonly established: Promise<void>;
  readonly lost: Promise<GatewayError>;
  readonly #clock: Clock;
  readonly #broker: string;
  readonly #socket: Socket;
  readonly #client: MqttClient;
  readonly #reasons: Readonly<Record<number, string>>;
  readonly #wanted: ReadonlyMap<string, Subscription>;
  readonly #establish: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #loss: PromiseWithResolvers<GatewayError> = Promise.withResolvers();
  /** In the order of sending: the first is the oldest. */
  readonly #pending = new Set<Pending>();
  readonly #unrouted = new Set<number>();
  #phase: Phase = 'reaching';
  #maximumPacketSize = Number.POSITIVE_INFINITY;
  #cancelDeadline: Cancel;

  constructor(options: ConnectOptions, credentials: Credentials, mqtt: Mqtt) {
    const { config, clock, subscriptions = [] } = options;
    const url = new URL(config.url);
    this.#clock = clock;
    this.#broker = url.host;
    this.#wanted = new Map(subscriptions.map((each) => [each.topic, each]));
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
    this.#client = new mqtt.MqttClient(() => this.#guardParser(), clientOptions(options));
    this.#watchClient();
  }

  publish(message: MqttMessage): Promise<Delivered> {
    if (this.#phase !== 'up') return this.lost.then((error) => Promise.reject(error));
    const { topic, payload, retain } = message;
    const size = Buffer.byteLength(payload) + Buffer.byteLength(topic) + PUBLISH_OVERHEAD;
    if (size > this.#maximumPacketSize)
      return Promise.resolve(
        refusal(topic, PACKET_TOO_LARGE, `${size} bytes; it takes ${this.#maximumPacketSize}`),
      );
    return new Promise((resolve, reject) => {
      const pending: Pending = { since: this.#clock.mono(), reject };
      this.#pending.add(pending);
      if (this.#pending.size === 1) this.#watchAcknowledgements();
      this.#client.publish(topic, payload, { qos: 1, retain }, (error, packet) => {
        const code = error && codeOf(error);
        if (error && code === undefined) this.lose('forward.connection-lost', reasonOf(error));
        if (!this.#pending.delete(pending)) return;
        if (error && code) resolve(refusal(topic, code, reasonOf(error)));
        else resolve(this.#unrouted.delete(packet?.messageId ?? 0) ? 'no-subscriber' : 'taken');
      });
    });
  }

  end(): void {
    const leave = () => this.lose('forward.connection-lost', HUNG_UP);
    if (this.#phase !== 'up' || this.#pending.size > 0) {
      leave();
      return;
    }
    this.#cancelDeadline();
    const due = later(this.#clock.mono(), LEAVE_DEADLINE);
    this.#cancelDeadline = this.#clock.at('forward.leave-deadline', due, leave);
    this.#client.end();
  }

  /** Ends the connection for good; only the first cause counts. */
  lose(code: ErrorCode, reason: string, details: { readonly seconds?: number } = {}): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#cancelDeadline();
    const error = new GatewayError(code, { broker: this.#broker, reason, ...details });
    for (const pending of this.#pending) pending.reject(error);
    this.#pending.clear();
    this.#socket.destroy();
    this.#client.end(true);
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
      if (ofTls) this.lose('forward.tls-failed', reason);
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

  /**
   * mqtt.js parses inside the writable that the socket is piped into; what it throws there would
   * end the process.
   */
  #guardParser(): Socket {
    const socket = this.#socket;
    const pipe = socket.pipe.bind(socket);
    const guard = new PacketGuard(LONGEST_PACKET, this.#wanted.size > 0);
    socket.pipe = (target, options) => {
      const parser: NodeJS.WritableStream & Partial<WriteHook> = target;
      const parse = parser._write?.bind(parser);
      parser._write = (chunk, encoding, done) => {
        const complaint = guard.inspect(chunk);
        if (complaint !== undefined) this.lose('forward.protocol-broken', complaint);
        if (this.#phase === 'over') return;
        try {
          parse?.(chunk, encoding, done);
        } catch (error) {
          this.lose('forward.protocol-broken', reasonOf(error));
        }
      };
      return pipe(target, options);
    };
    return socket;
  }

  #watchClient(): void {
    const client = this.#client;
    client.on('error', (error) => {
      const code = codeOf(error);
      if (this.#phase === 'asking' && code !== undefined) this.#refuseConnect(code, error);
      else this.lose('forward.protocol-broken', reasonOf(error));
    });
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback' && packet.reasonCode === NO_MATCHING_SUBSCRIBERS)
        this.#unrouted.add(packet.messageId ?? 0);
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
      this.receiveMaximum = properties?.receiveMaximum ?? MAX_RECEIVE_MAXIMUM;
      this.#maximumPacketSize = properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
      this.#cancelDeadline();
      this.#listen();
      this.#establish.resolve();
    });
  }

  #listen(): void {
    if (this.#wanted.size === 0) return;
    this.#client.on('message', (topic, payload, { retain }) => {
      if (this.#phase === 'up') this.#wanted.get(topic)?.onMessage(payload, retain);
    });
    this.#askFor([...this.#wanted.values()]);
  }

  #askFor([next, ...rest]: readonly Subscription[]): void {
    if (next === undefined) return;
    const { topic, onRefused } = next;
    this.subscriptions.set(topic, 'asked');
    this.#client.subscribe(topic, LISTENING, (error, granted) => {
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

  /** One timer for all that is pending, at the deadline of the oldest. */
  #watchAcknowledgements(): void {
    const [oldest] = this.#pending;
    if (oldest === undefined || this.#phase === 'over') return;
    const due = later(oldest.since, ACK_DEADLINE);
    if (this.#clock.mono() >= due) {
      this.#noAnswer(ACK_DEADLINE, 'a message was not acknowledged');
      return;
    }
    this.#cancelDeadline();
    this.#cancelDeadline = this.#clock.at('forward.ack-deadline', due, () =>
      this.#watchAcknowledgements(),
    );
  }

  #noAnswer(deadline: number, reason: string): void {
    this.lose('forward.no-answer', reason, { seconds: deadline / 1000 });
  }
}

interface WriteHook {
  _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void;
}

function clientOptions({ config, will, clock }: ConnectOptions) {
  return {
    protocolVersion: config.version,
    clientId: config.clientId,
    ...(config.username !== undefined && { username: config.username }),
    ...(config.password !== undefined && { password: config.password }),
    // No session; with MQTT 5, too, none outlives the connection unless it is asked for. What was said while nobody
    // was there must not come later (MQTT 5.0 §3.1.2.4, §3.1.2.11.2).
    clean: true,
    keepalive: Math.round(config.keepalive / 1000),
    will: { ...will, payload: Buffer.from(will.payload), qos: 1 as const },
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    // mqtt-packet otherwise keeps 65,536 prepared buffers, some 10 MB.
    writeCache: false,
    // The deadline is ours: on this clock, and with TLS and the name look-up inside.
    connectTimeout: 2 ** 31 - 1,
    timerVariant: keepaliveTimer(clock),
    ...(config.version === 5 && { properties: { maximumPacketSize: LONGEST_PACKET } }),
  };
}

/** mqtt.js's keepalive interval on our clock; it knows a timer by number. */
function keepaliveTimer(clock: Clock) {
  const running = new Map<number, Cancel>();
  let last = 0;
  const repeat = (id: number, run: () => void, ms: number) => {
    running.set(
      id,
      clock.at('forward.keepalive', later(clock.mono(), seconds(ms / 1000)), () => {
        repeat(id, run, ms);
        run();
      }),
    );
  };
  return {
    set(run: () => void, ms: number) {
      repeat(++last, run, ms);
      return last;
    },
    clear(id: number) {
      running.get(id)?.();
      running.delete(id);
    },
  };
}

function refusal(topic: string, code: number, reason: string): GatewayError {
  const text = `${reason.replace('Publish error: ', '')} (${hex(code)})`;
  return new GatewayError(code === QUOTA_EXCEEDED ? 'forward.quota' : 'forward.refused', {
    topic,
    reason: text,
  });
}

/** The reason code of an error made from a packet; those of the machine carry text. */
const codeOf = (error: Error): number | undefined =>
  'code' in error && typeof error.code === 'number' ? error.code : undefined;

const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`;
