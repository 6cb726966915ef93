/**
 * Modbus TCP: the MBAP header in place of the CRC (Modbus Messaging on TCP/IP V1.0b §3.1.3). An
 * answer has the transaction, the unit and the function of the request, so that several requests may be
 * under way at once, each with a port of its own.
 */
import type { MonoMs } from '../../gateway/model/units.ts';
import type { Line } from '../line/line.ts';
import { CRC_BYTES, GuardPort, isExpected } from './guard-port.ts';

/** Transaction, protocol, length. */
export const HEADER_BYTES = 6;
const MODBUS_PROTOCOL = 0;
const HIGHEST_TRANSACTION = 0xffff;

/**
 * Transactions count for each line, not for each device: two devices may name the same unit. An id
 * comes back after 65,535 requests, when no answer to its last use can be on its way.
 */
const lastTransactions = new WeakMap<Line, number>();

export class PacketPort extends GuardPort {
  readonly answerCharacters = 0;
  #transaction = 0;

  /** A whole packet, header included; one that is no answer to the request in flight is dropped. */
  accept(packet: Buffer, at: MonoMs): void {
    if (!this.expected || packet.readUInt16BE(0) !== this.#transaction) return;
    const body = packet.subarray(HEADER_BYTES);
    if (isExpected(body, this.expected)) this.deliver(body, at);
    else this.garbled = true;
  }

  protected send(frame: Buffer): void {
    this.#transaction = ((lastTransactions.get(this.line) ?? 0) % HIGHEST_TRANSACTION) + 1;
    lastTransactions.set(this.line, this.#transaction);
    const length = frame.length - CRC_BYTES;
    const packet = Buffer.allocUnsafe(HEADER_BYTES + length);
    packet.writeUInt16BE(this.#transaction, 0);
    packet.writeUInt16BE(MODBUS_PROTOCOL, 2);
    packet.writeUInt16BE(length, 4);
    frame.copy(packet, HEADER_BYTES, 0, length);
    this.line.write(packet);
  }
}
