/** What is published on one connection: packets of our own on mqtt.js's socket, and what the broker answers. */
import type { Socket } from 'node:net';
import type { GatewayError } from '../model/errors.ts';
import { UTF8_BYTES } from './byte-page.ts';
import { SUBSCRIBE_ID } from './mqtt-client-options.ts';
import type { Delivered, MqttMessage } from './mqtt-message.ts';
import { PublishPages } from './publish-pages.ts';
import { NO_MATCHING_SUBSCRIBERS, PACKET_TOO_LARGE, refusal } from './reason-codes.ts';
import type { Unanswered } from './unanswered.ts';

export interface PublishingOptions {
  readonly version: 4 | 5;
  readonly socket: Socket;
  readonly unanswered: Unanswered;
  /** What the broker takes (MQTT 5.0 §3.2.2.3); undefined where it says nothing. */
  readonly topicAliasMaximum: number | undefined;
  readonly maximumPacketSize: number | undefined;
  /** What the reason codes mean. */
  readonly reasons: Readonly<Record<number, string>>;
  /** Something has left. */
  readonly onFlushed: () => void;
}

/** No more can be on their way at once. */
export const LAST_ID = SUBSCRIBE_ID - 1;
/** Fixed header, lengths, packet identifier, no properties (MQTT 5.0 §3.3). */
const PUBLISH_OVERHEAD = 10;

export class Publishing {
  readonly #options: PublishingOptions;
  readonly #maximumPacketSize: number;
  readonly #pages: PublishPages;
  #isFlushing = false;
  #lastId = 0;

  constructor(options: PublishingOptions) {
    const { version, socket, topicAliasMaximum: aliases = 0 } = options;
    this.#options = options;
    this.#maximumPacketSize = options.maximumPacketSize ?? Number.POSITIVE_INFINITY;
    const write = (bytes: Uint8Array) => {
      // What waits behind other bytes waits in no more room than it needs.
      const isBehind = socket.writableLength > 0;
      socket.write(isBehind ? Uint8Array.from(bytes) : bytes);
      return isBehind || socket.writableLength === 0;
    };
    this.#pages = new PublishPages({ version, aliases, write });
  }

  /** With QoS 1. */
  publish(message: MqttMessage, answered: (outcome: Delivered) => void): void {
    const tooLarge = this.#tooLarge(message);
    if (tooLarge) {
      queueMicrotask(() => answered(tooLarge));
      return;
    }
    const { topic } = message;
    const { unanswered } = this.#options;
    const id = freeId(this.#lastId, (each) => unanswered.has(each));
    this.#lastId = id;
    unanswered.add(id, { answered: (code) => answered(this.#outcomeOf(code, topic)) });
    this.#send(message, id);
  }

  /** With QoS 0. */
  say(message: MqttMessage): GatewayError | undefined {
    const tooLarge = this.#tooLarge(message);
    if (tooLarge === undefined) this.#send(message, 0);
    return tooLarge;
  }

  flush(): void {
    this.#isFlushing = false;
    if (this.#options.socket.destroyed) return;
    this.#pages.flush();
    this.#options.onFlushed();
  }

  /** Together with all that is published until then. */
  #send(message: MqttMessage, id: number): void {
    this.#pages.add(message, id);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(() => this.flush());
  }

  #tooLarge({ topic, payload }: MqttMessage): GatewayError | undefined {
    const most = this.#maximumPacketSize;
    if ((payload.length + topic.length) * UTF8_BYTES + PUBLISH_OVERHEAD <= most) return undefined;
    const size = Buffer.byteLength(payload) + Buffer.byteLength(topic) + PUBLISH_OVERHEAD;
    if (size <= most) return undefined;
    return refusal(topic, PACKET_TOO_LARGE, `${size} bytes; it takes ${most}`);
  }

  #outcomeOf(code: number, topic: string): Delivered {
    if (code === 0) return 'taken';
    if (code === NO_MATCHING_SUBSCRIBERS) return 'no-subscriber';
    return refusal(topic, code, this.#options.reasons[code] ?? 'Unknown reason');
  }
}

/** The next packet identifier behind `last` that no message on its way has (MQTT 5.0 §2.2.1); one is free. */
export function freeId(last: number, isTaken: (id: number) => boolean): number {
  let id = last;
  do id = (id % LAST_ID) + 1;
  while (isTaken(id));
  return id;
}
