/**
 * Packets out of a stream of bytes, however it is cut. What is no packet is passed over up to the next `##`; no more than
 * one packet is ever kept. Pure but for what it holds.
 */
import {
  crcOf,
  HEAD_LENGTH,
  LONGEST_SEGMENT,
  type Packet,
  segmentPacket,
  TAIL_LENGTH,
} from './packet.ts';

/** `form`: the sum is right and it is no data segment all the same. `length`, `tail`: no frame. */
export type Damage = 'length' | 'tail' | 'crc' | 'form';

export type Read =
  | {
      readonly kind: 'packet';
      readonly at: number;
      readonly length: number;
      readonly packet: Packet;
    }
  | {
      readonly kind: 'damaged';
      readonly at: number;
      readonly length: number;
      readonly why: Damage;
      /** Of a wrong sum: what it would have said, and the sum that its bytes have. */
      readonly packet?: Packet | undefined;
      readonly crc?: number;
    };

const HASH = 0x23;

/** What begins at `at`, which is a `##`; undefined: more bytes are needed. */
export function readAt(bytes: Uint8Array, at: number, longest = LONGEST_SEGMENT): Read | undefined {
  const digits = ascii(bytes, at + 2, at + HEAD_LENGTH);
  if (!/^\d*$/.test(digits)) return { kind: 'damaged', at, length: 2, why: 'length' };
  if (digits.length < 4) return undefined;
  const size = Number(digits);
  if (size > longest) return { kind: 'damaged', at, length: 2, why: 'length' };
  const end = at + HEAD_LENGTH + size;
  const tail = ascii(bytes, end, end + TAIL_LENGTH);
  if (!/^[0-9a-f]{0,4}$|^[0-9a-f]{4}\r\n?$/i.test(tail))
    return { kind: 'damaged', at, length: 2, why: 'tail' };
  if (tail.length < TAIL_LENGTH) return undefined;
  const segment = bytes.subarray(at + HEAD_LENGTH, end);
  const whole = { at, length: HEAD_LENGTH + size + TAIL_LENGTH };
  const crc = crcOf(segment);
  const packet = segmentPacket(segment);
  if (Number.parseInt(tail.slice(0, 4), 16) !== crc)
    return { kind: 'damaged', ...whole, why: 'crc', packet, crc };
  return packet ? { kind: 'packet', ...whole, packet } : { kind: 'damaged', ...whole, why: 'form' };
}

/** Where the next `##` begins, or a last `#` that may become one; the end where there is none. */
export function nextHead(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(HASH, from); at >= 0; at = bytes.indexOf(HASH, at + 1))
    if (at + 1 === bytes.length || bytes[at + 1] === HASH) return at;
  return bytes.length;
}

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');

export class PacketReader {
  #kept: Uint8Array = new Uint8Array();

  /** All packets and damaged packets that are whole now. */
  push(chunk: Uint8Array): Read[] {
    const bytes = Buffer.concat([this.#kept, chunk]);
    const found: Read[] = [];
    let at = nextHead(bytes, 0);
    while (at < bytes.length) {
      const read = readAt(bytes, at);
      if (read === undefined) break;
      found.push(read);
      at = nextHead(bytes, at + read.length);
    }
    this.#kept = bytes.subarray(at);
    return found;
  }
}
