/**
 * Watches the bytes that a broker sends, ahead of mqtt.js: only the packets that a client without subscriptions can be
 * sent get through, and none that is too long. mqtt.js handles some of the others after it was closed, and throws where
 * nothing can catch it.
 */
import type { Bytes } from '../model/units.ts';

/** First bytes, type and flags (MQTT 5.0 §2.1): CONNACK, PUBACK, PINGRESP, DISCONNECT. */
const EXPECTED: readonly number[] = [0x20, 0x40, 0xd0, 0xe0];
const MAX_LENGTH_BYTES = 4;

export class PacketGuard {
  readonly #longest: Bytes;
  /** Bytes of the present packet that are still to come; 0 between packets. */
  #rest = 0;
  /** Length bytes read of the present header; -1 between packets. */
  #lengthBytes = -1;
  #length = 0;

  constructor(longest: Bytes) {
    this.#longest = longest;
  }

  /** Looks at the next bytes, cut anywhere; what is wrong with them, or undefined. */
  complaint(chunk: Uint8Array): string | undefined {
    for (let at = 0; at < chunk.length; ) {
      if (this.#rest > 0) {
        const step = Math.min(this.#rest, chunk.length - at);
        this.#rest -= step;
        at += step;
        continue;
      }
      const wrong = this.#readHeader(chunk[at++] as number);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #readHeader(byte: number): string | undefined {
    if (this.#lengthBytes < 0) {
      this.#lengthBytes = 0;
      this.#length = 0;
      return EXPECTED.includes(byte)
        ? undefined
        : `an unexpected packet, 0x${byte.toString(16).padStart(2, '0')}`;
    }
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes++;
    if (this.#length > this.#longest) return `a packet of more than ${this.#longest} bytes`;
    if (byte >= 0x80)
      return this.#lengthBytes < MAX_LENGTH_BYTES ? undefined : 'a malformed length';
    this.#lengthBytes = -1;
    this.#rest = this.#length;
    return undefined;
  }
}
