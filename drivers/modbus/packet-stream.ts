/**
 * A TCP stream cut into Modbus packets. A stream whose headers make no sense, or that stops inside a
 * packet, has lost its place for good.
 */
import { HEADER_BYTES } from './packet-port.ts';

/** Unit, function and at least one byte more; at most unit and a PDU of 253. */
const SHORTEST_LENGTH = 3;
const LONGEST_LENGTH = 254;
const NOTHING = Buffer.alloc(0);

export class PacketStream {
  #pending: Buffer = NOTHING;

  /** The whole packets that these bytes complete, or undefined when the stream has lost its place. */
  push(bytes: Uint8Array): readonly Buffer[] | undefined {
    this.#pending =
      this.#pending.length === 0 ? bufferOf(bytes) : Buffer.concat([this.#pending, bytes]);
    const packets: Buffer[] = [];
    while (this.#pending.length >= HEADER_BYTES) {
      const length = packetLength(this.#pending);
      if (length === undefined) return undefined;
      if (this.#pending.length < length) break;
      const isLast = this.#pending.length === length;
      packets.push(isLast ? this.#pending : this.#pending.subarray(0, length));
      this.#pending = isLast ? NOTHING : this.#pending.subarray(length);
    }
    return packets;
  }

  /** Whether the last packet is not all there. */
  get isInside(): boolean {
    return this.#pending.length > 0;
  }

  /** Begins anew with the next byte. */
  reset(): void {
    this.#pending = NOTHING;
  }
}

/** Of the packet that begins here, header included; undefined when this is no header. */
function packetLength(bytes: Buffer): number | undefined {
  const length = bytes.readUInt16BE(4);
  const isHeader =
    bytes.readUInt16BE(2) === 0 && length >= SHORTEST_LENGTH && length <= LONGEST_LENGTH;
  return isHeader ? HEADER_BYTES + length : undefined;
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
