/**
 * Modbus TCP: the MBAP header in place of the CRC (Modbus Messaging on TCP/IP V1.0b §3.1.3). An
 * answer has the transaction, the unit and the function of the request; a stream whose headers make no
 * sense, or that stops inside a frame, has lost its place and is closed.
 */
import type { MonoMs } from '../../gateway/model/units.ts';
import { crc16 } from '../codec/checksums.ts';
import type { Line } from '../line/line.ts';
import { EXCEPTION_FLAG, type Expectation, GuardPort } from './guard-port.ts';

/** Transaction, protocol, length. */
const HEADER_BYTES = 6;
const CRC_BYTES = 2;
/** Unit, function and at least one byte more; at most unit and a PDU of 253. */
const SHORTEST_LENGTH = 3;
const LONGEST_LENGTH = 254;
const HIGHEST_TRANSACTION = 0xffff;

/**
 * Transactions count for each line, not for each device: two devices may name the same unit. An id
 * comes back after 65,535 requests, when no answer to its last use can be on its way.
 */
const lastTransactions = new WeakMap<Line, number>();

export class PacketPort extends GuardPort {
  #transaction = 0;
  #pending: Buffer = Buffer.alloc(0);

  protected send(frame: Buffer): void {
    this.#transaction = ((lastTransactions.get(this.line) ?? 0) % HIGHEST_TRANSACTION) + 1;
    lastTransactions.set(this.line, this.#transaction);
    const length = frame.length - CRC_BYTES;
    const packet = Buffer.alloc(HEADER_BYTES + length);
    packet.writeUInt16BE(this.#transaction, 0);
    packet.writeUInt16BE(length, 4);
    frame.copy(packet, HEADER_BYTES, 0, length);
    this.line.write(packet);
  }

  protected search(expected: Expectation, bytes: Uint8Array, at: MonoMs): void {
    this.#pending =
      this.#pending.length === 0 ? bufferOf(bytes) : Buffer.concat([this.#pending, bytes]);
    for (let packet = this.#nextPacket(); packet; packet = this.#nextPacket()) {
      if (packet.readUInt16BE(0) !== this.#transaction) continue;
      if (answers(packet, expected)) {
        this.deliver(withCrc(packet.subarray(HEADER_BYTES)), at);
        return;
      }
      this.garbled = true;
    }
  }

  /**
   * Takes the next whole packet from what has come; gives the stream up when its header makes no
   * sense.
   */
  #nextPacket(): Buffer | undefined {
    if (this.#pending.length < HEADER_BYTES) return undefined;
    const protocol = this.#pending.readUInt16BE(2);
    const length = this.#pending.readUInt16BE(4);
    if (protocol !== 0 || length < SHORTEST_LENGTH || length > LONGEST_LENGTH) {
      this.#abandonStream();
      return undefined;
    }
    const end = HEADER_BYTES + length;
    if (this.#pending.length < end) return undefined;
    const packet = this.#pending.subarray(0, end);
    this.#pending = this.#pending.subarray(end);
    return packet;
  }

  protected searchOnceMore(): void {}

  /**
   * Whole packets behind the answer are dropped; a piece of one would be taken for a header later.
   */
  protected forget(): void {
    while (this.#nextPacket());
    if (this.#pending.length > 0) this.#abandonStream();
  }

  #abandonStream(): void {
    this.garbled = true;
    this.#pending = Buffer.alloc(0);
    void this.line.close();
  }
}

function answers(packet: Buffer, { unit, function: code, dataBytes }: Expectation): boolean {
  const answeredCode = packet.readUInt8(HEADER_BYTES + 1);
  if (packet.readUInt8(HEADER_BYTES) !== unit) return false;
  if (answeredCode === (code | EXCEPTION_FLAG)) return packet.length === HEADER_BYTES + 3;
  return (
    answeredCode === code &&
    packet.readUInt8(HEADER_BYTES + 2) === dataBytes &&
    packet.length === HEADER_BYTES + 3 + dataBytes
  );
}

/** modbus-serial expects a serial frame and checks it. */
function withCrc(pdu: Buffer): Buffer {
  const frame = Buffer.alloc(pdu.length + CRC_BYTES);
  pdu.copy(frame);
  frame.writeUInt16LE(crc16(pdu), pdu.length);
  return frame;
}

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
