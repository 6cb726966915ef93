/**
 * PUBLISH packets (MQTT 5.0 §3.3, MQTT 3.1.1 §3.3) as bytes, many to a write: while a backlog drains, the way of a message
 * through mqtt.js costs three times what it costs the broker.
 */
import { UTF8_BYTES } from './byte-page.ts';
import type { MqttMessage } from './mqtt-message.ts';

export interface PublishPagesOptions {
  readonly version: 4 | 5;
  /** How many topics the broker knows by a number (MQTT 5.0 §3.2.2.3.8). */
  readonly aliases: number;
  /** Whether the line has taken all bytes, so that they may be written over; else they belong to it. */
  readonly write: (bytes: Uint8Array) => boolean;
}

const PAGE_BYTES = 64 * 1024;
/** First byte and length; property length; identifier; expiry, alias. */
const FIXED_BYTES = 5 + 1 + 2 + 5 + 3;
/** MQTT 5.0 §3.3.1: type, QoS 1, retain. */
const PUBLISH = 0x30;
const QOS_1 = 0x02;
const RETAIN = 0x01;
/** MQTT 5.0 §2.2.2.2. */
const MESSAGE_EXPIRY = 0x02;
const CONTENT_TYPE = 0x03;
const TOPIC_ALIAS = 0x23;

export class PublishPages {
  readonly #options: PublishPagesOptions;
  readonly #aliases = new Map<string, number>();
  #page = Buffer.allocUnsafeSlow(PAGE_BYTES);
  #length = 0;

  constructor(options: PublishPagesOptions) {
    this.#options = options;
  }

  /** With QoS 1 and that packet identifier, or with 0 for QoS 0. It leaves with the next `flush` at the latest. */
  add(message: MqttMessage, id: number): void {
    const { topic, payload, retain, contentType = '' } = message;
    const names = (topic.length + contentType.length) * UTF8_BYTES;
    const most = typeof payload === 'string' ? payload.length * UTF8_BYTES : payload.length;
    this.#makeRoom(FIXED_BYTES + names + most);
    const page = this.#page;
    const start = this.#length;
    const guess = lengthBytes(FIXED_BYTES + topic.length + payload.length);
    const body = start + 1 + guess;
    let at = this.#writeHead(message, id, body);
    if (typeof payload === 'string') at += page.write(payload, at);
    else {
      page.set(payload, at);
      at += payload.length;
    }
    const length = at - body;
    const needed = lengthBytes(length);
    if (needed !== guess) page.copyWithin(start + 1 + needed, body, at);
    page[start] = PUBLISH | (id > 0 ? QOS_1 : 0) | (retain ? RETAIN : 0);
    writeLength(page, start + 1, length);
    this.#length = start + 1 + needed + length;
  }

  /** All that was added is with the line. */
  flush(): void {
    if (this.#length === 0) return;
    const isTaken = this.#options.write(this.#page.subarray(0, this.#length));
    this.#length = 0;
    if (!isTaken || this.#page.length > PAGE_BYTES) this.#page = Buffer.allocUnsafeSlow(PAGE_BYTES);
  }

  /** Topic, identifier, properties. Gives back where the payload begins. */
  #writeHead(
    { topic, retain, contentType, expiry }: MqttMessage,
    id: number,
    from: number,
  ): number {
    const page = this.#page;
    const known = this.#aliases.get(topic);
    let at = known === undefined ? writeText(page, from, topic) : writeUint16(page, from, 0);
    if (id > 0) at = writeUint16(page, at, id);
    if (this.#options.version < 5) return at;
    const properties = at++;
    const alias = known ?? this.#newAlias(topic, retain);
    if (alias !== undefined) {
      page[at] = TOPIC_ALIAS;
      at = writeUint16(page, at + 1, alias);
    }
    if (expiry !== undefined) {
      page[at] = MESSAGE_EXPIRY;
      at = page.writeUInt32BE(Math.ceil(expiry / 1_000), at + 1);
    }
    if (contentType !== undefined) {
      page[at] = CONTENT_TYPE;
      at = writeText(page, at + 1, contentType);
    }
    page[properties] = at - properties - 1;
    return at;
  }

  /** Topics come again and again, but for those of what is retained. */
  #newAlias(topic: string, retain: boolean): number | undefined {
    if (retain || this.#aliases.size >= this.#options.aliases) return undefined;
    const alias = this.#aliases.size + 1;
    this.#aliases.set(topic, alias);
    return alias;
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#page.length) return;
    this.flush();
    if (bytes > this.#page.length) this.#page = Buffer.allocUnsafeSlow(bytes);
  }
}

/** MQTT 5.0 §1.5.5: seven bits a byte. */
const lengthBytes = (length: number): number =>
  length < 2 ** 7 ? 1 : length < 2 ** 14 ? 2 : length < 2 ** 21 ? 3 : 4;

function writeLength(page: Buffer, from: number, length: number): void {
  let at = from;
  let rest = length;
  for (; rest >= 0x80; rest >>= 7) page[at++] = (rest & 0x7f) | 0x80;
  page[at] = rest;
}

/** MQTT 5.0 §1.5.4. Gives back where it ends. */
function writeText(page: Buffer, at: number, text: string): number {
  const bytes = page.write(text, at + 2);
  writeUint16(page, at, bytes);
  return at + 2 + bytes;
}

function writeUint16(page: Buffer, at: number, value: number): number {
  page[at] = value >> 8;
  page[at + 1] = value & 0xff;
  return at + 2;
}
