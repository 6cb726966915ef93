/**
 * A TCP conversation made up around recorded bytes, because the socket shows none of the real
 * one; and the bytes taken out of it again. IPv4 (RFC 791) and TCP (RFC 9293), no options. Pure.
 */
import type { UtcMs } from '../../gateway/model/units.ts';
import type { Packet } from './pcap.ts';
import { isPassage, type LineEvent, type Passage } from './recording.ts';

/** RFC 5737: addresses for documentation, 192.0.2.0/24. */
const GATEWAY = [192, 0, 2, 1];
const DEVICE = [192, 0, 2, 2];
/** Whatever the real port was: it is how Wireshark knows Modbus. */
const DEVICE_PORT = 502;
/** RFC 6335 §6: the first dynamic port; each connection has its own. */
const FIRST_PORT = 49_152;
const LAST_PORT = 65_535;
const IP_HEADER_BYTES = 20;
const TCP_HEADER_BYTES = 20;
const HEADER_BYTES = IP_HEADER_BYTES + TCP_HEADER_BYTES;

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
const ACK = 0x10;

type Side = 'gateway' | 'device';

/** One packet for each passage; openings and closings with the packets they are known by. */
export function packetsOf(events: readonly (Passage | LineEvent)[]): readonly Packet[] {
  const packets: Packet[] = [];
  let connection = 0;
  let sequence: Record<Side, number> = { gateway: 0, device: 0 };
  const send = (at: UtcMs, from: Side, flags: number, payload: Uint8Array = new Uint8Array()) => {
    const to = from === 'gateway' ? 'device' : 'gateway';
    const port = FIRST_PORT + (connection % (LAST_PORT - FIRST_PORT + 1));
    const numbers = { seq: sequence[from], ack: flags & ACK ? sequence[to] : 0 };
    packets.push({ at, bytes: packet({ from, port, flags, ...numbers }, payload) });
    const length = payload.length + (flags & (SYN | FIN) ? 1 : 0);
    sequence[from] = (sequence[from] + length) % 2 ** 32;
  };
  for (const event of events) {
    const { at } = event;
    if (isPassage(event))
      send(at, event.kind === 'sent' ? 'gateway' : 'device', PSH | ACK, event.bytes);
    else if (event.kind === 'opened') {
      sequence = { gateway: 0, device: 0 };
      send(at, 'gateway', SYN);
      send(at, 'device', SYN | ACK);
      send(at, 'gateway', ACK);
    } else if (event.kind === 'closed') {
      if (event.reason === '') send(at, 'gateway', FIN | ACK);
      else send(at, 'device', RST | ACK);
      connection++;
      sequence = { gateway: 0, device: 0 };
    }
  }
  return packets;
}

interface Segment {
  readonly from: Side;
  /** The gateway's. */
  readonly port: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
}

function packet({ from, port, flags, seq, ack }: Segment, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length);
  const [source, target] = from === 'gateway' ? [GATEWAY, DEVICE] : [DEVICE, GATEWAY];
  const ports = from === 'gateway' ? [port, DEVICE_PORT] : [DEVICE_PORT, port];
  bytes.writeUInt8(0x45, 0);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt8(64, 8);
  bytes.writeUInt8(6, 9);
  bytes.set([...source, ...target], 12);
  bytes.writeUInt16BE(checksum(bytes.subarray(0, IP_HEADER_BYTES)), 10);

  const tcp = bytes.subarray(IP_HEADER_BYTES);
  tcp.writeUInt16BE(ports[0] ?? 0, 0);
  tcp.writeUInt16BE(ports[1] ?? 0, 2);
  tcp.writeUInt32BE(seq, 4);
  tcp.writeUInt32BE(ack, 8);
  tcp.writeUInt8((TCP_HEADER_BYTES / 4) << 4, 12);
  tcp.writeUInt8(flags, 13);
  tcp.writeUInt16BE(0xffff, 14);
  tcp.set(payload, TCP_HEADER_BYTES);
  const pseudoHeader = [...source, ...target, 0, 6, tcp.length >> 8, tcp.length & 0xff];
  tcp.writeUInt16BE(checksum(Buffer.concat([Buffer.from(pseudoHeader), tcp])), 16);
  return bytes;
}

/** RFC 1071: the complement of the sum of 16-bit words, carries added again. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** What packetsOf made packets of; anything that is not its TCP is passed over. */
export const eventsOfPackets = (packets: readonly Packet[]): readonly (Passage | LineEvent)[] =>
  packets.flatMap(({ at, bytes }) => eventsOf(at, Buffer.from(bytes)));

function eventsOf(at: UtcMs, bytes: Buffer): readonly (Passage | LineEvent)[] {
  if (bytes.length < HEADER_BYTES || bytes[0] !== 0x45 || bytes[9] !== 6) return [];
  const flags = bytes.readUInt8(IP_HEADER_BYTES + 13);
  const isFromDevice = bytes.readUInt16BE(IP_HEADER_BYTES) === DEVICE_PORT;
  if (flags & SYN) return flags & ACK ? [] : [{ kind: 'opened', at, settings: undefined }];
  const begin = IP_HEADER_BYTES + (bytes.readUInt8(IP_HEADER_BYTES + 12) >> 4) * 4;
  const payload = bytes.subarray(begin, bytes.readUInt16BE(2));
  const passage: Passage = { kind: isFromDevice ? 'heard' : 'sent', at, bytes: payload };
  const closing: LineEvent = { kind: 'closed', at, reason: flags & RST ? 'reset' : '' };
  return [...(payload.length > 0 ? [passage] : []), ...(flags & (FIN | RST) ? [closing] : [])];
}
