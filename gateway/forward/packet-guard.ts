/**
 * Stands between a broker and mqtt.js. Only the packets that a client with its subscriptions can be sent get through, and
 * none that is too long: mqtt.js handles some of the others after it was closed, and throws where nothing can catch it.
 * Acknowledgements of what mqtt.js knows nothing of are taken out on the way.
 */
import { type Bytes, bytes } from '../model/units.ts';

/** All that a broker has to say to this client fits in far less. */
export const LONGEST_PACKET = bytes(64 * 1024);
/** First bytes, type and flags (MQTT 5.0 §2.1): CONNACK, PUBACK, PINGRESP, DISCONNECT. */
const EXPECTED: readonly number[] = [0x20, 0x40, 0xd0, 0xe0];
/** And, once something is subscribed to with QoS 1: SUBACK, PUBLISH with QoS 0 or 1. */
const EXPECTED_OF_SUBSCRIBER: readonly number[] = [
  ...EXPECTED,
  0x90,
  ...[0x30, 0x31, 0x32, 0x33, 0x3a, 0x3b],
];
const PUBACK = 0x40;
const MAX_LENGTH_BYTES = 4;
/** Behind the packet identifier (MQTT 5.0 §3.4.2). */
const REASON_AT = 2;
/** MQTT 5.0 §3.4.2.1. */
const PUBACK_REASONS: readonly number[] = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const IMPLEMENTATION_SPECIFIC = 0x83;

const NOTHING = Buffer.alloc(0);

/** What of the bytes goes on; nothing where something is wrong with them. */
export interface Sifted {
  readonly rest: Buffer;
  readonly complaint?: string;
}

/** Told the packet identifier and the reason code (MQTT 5.0 §3.4.2.1) of each PUBACK; 0 where it names none. */
export type OnAcknowledged = (id: number, reason: number) => void;

export interface PacketGuardOptions {
  readonly longest: Bytes;
  readonly subscribes?: boolean;
  /** Takes the PUBACKs; left out: they go on. */
  readonly onAcknowledged?: OnAcknowledged | undefined;
}

export class PacketGuard {
  readonly #longest: Bytes;
  readonly #expected: readonly number[];
  readonly #onAcknowledged: OnAcknowledged | undefined;
  #first = 0;
  /** Bytes of the present packet's body that are still to come; 0 between packets. */
  #rest = 0;
  /** Length bytes read of the present header; -1 between packets. */
  #lengthBytes = -1;
  #length = 0;
  #id = 0;
  #reason = 0;

  constructor({ longest, subscribes = false, onAcknowledged }: PacketGuardOptions) {
    this.#longest = longest;
    this.#expected = subscribes ? EXPECTED_OF_SUBSCRIBER : EXPECTED;
    this.#onAcknowledged = onAcknowledged;
  }

  /** Checks the next bytes, cut anywhere. */
  sift(chunk: Buffer): Sifted {
    const kept: Buffer[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#rest === 0) {
        const isFirst = this.#lengthBytes < 0;
        if (isFirst && this.#takes(chunk[at]) && at > from) kept.push(chunk.subarray(from, at));
        const complaint = this.#readHeader(chunk[at++] as number);
        if (complaint !== undefined) return { rest: NOTHING, complaint };
      } else {
        const step = Math.min(this.#rest, chunk.length - at);
        if (this.#first === PUBACK) this.#readAcknowledgement(chunk, at, step);
        this.#rest -= step;
        at += step;
      }
      if (this.#takes(this.#first)) {
        from = at;
        if (this.#isBetween) this.#onAcknowledged?.(this.#id, this.#reason);
      }
    }
    const tail = chunk.subarray(from);
    return { rest: kept.length === 0 ? tail : Buffer.concat([...kept, tail]) };
  }

  get #isBetween(): boolean {
    return this.#rest === 0 && this.#lengthBytes < 0;
  }

  #takes(first: number | undefined): boolean {
    return first === PUBACK && this.#onAcknowledged !== undefined;
  }

  /**
   * A refusal that goes on and whose reason is none of PUBACK's is put as "implementation specific": Mosquitto 2.0 answers
   * 0x95 to a message beyond its message_size_limit, and mqtt.js would take that for a broken connection, again and again.
   */
  #readAcknowledgement(chunk: Buffer, bodyAt: number, step: number): void {
    const done = this.#length - this.#rest;
    for (let at = done; at <= REASON_AT && at < done + step; at++) {
      const byte = chunk[bodyAt + at - done] as number;
      if (at < REASON_AT) this.#id = ((this.#id & 0xff) << 8) | byte;
      else {
        this.#reason = byte;
        if (!this.#takes(PUBACK) && !PUBACK_REASONS.includes(byte))
          chunk[bodyAt + at - done] = IMPLEMENTATION_SPECIFIC;
      }
    }
  }

  #readHeader(byte: number): string | undefined {
    if (this.#lengthBytes < 0) {
      this.#first = byte;
      this.#lengthBytes = 0;
      this.#length = 0;
      this.#reason = 0;
      return this.#expected.includes(byte)
        ? undefined
        : `an unexpected packet, 0x${byte.toString(16).padStart(2, '0')}`;
    }
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes++;
    if (this.#length > this.#longest) return `a packet of more than ${this.#longest} bytes`;
    if (byte >= 0x80)
      return this.#lengthBytes < MAX_LENGTH_BYTES ? undefined : 'a malformed length';
    this.#lengthBytes = -1;
    this.#rest = this.#length;
    return this.#takes(this.#first) && this.#length < REASON_AT
      ? 'an acknowledgement of nothing'
      : undefined;
  }
}
