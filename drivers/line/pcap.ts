/**
 * Classic pcap files (draft-ietf-opsawg-pcap): a header with the link type, then packets with
 * their time in microseconds. Pure.
 */
import { GatewayError } from '../../gateway/model/errors.ts';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';

export interface Packet {
  readonly at: UtcMs;
  readonly bytes: Uint8Array;
}

export interface Capture {
  /** A LINKTYPE_ value of tcpdump.org/linktypes.html. */
  readonly linkType: number;
  readonly packets: readonly Packet[];
}

const MICROSECONDS_MAGIC = 0xa1b2c3d4;
const NANOSECONDS_MAGIC = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
/** The longest packet, as the header of the file says it. */
const SNAPSHOT_LIMIT_BYTES = 262_144;

/** The file's bytes. */
export function writePcap({ linkType, packets }: Capture): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.writeUInt32LE(MICROSECONDS_MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAPSHOT_LIMIT_BYTES, 16);
  header.writeUInt32LE(linkType, 20);
  const parts: Uint8Array[] = [header];
  for (const { at, bytes } of packets) {
    const { seconds, micros } = secondsOf(at);
    const before = Buffer.alloc(PACKET_HEADER_BYTES);
    before.writeUInt32LE(seconds, 0);
    before.writeUInt32LE(micros, 4);
    before.writeUInt32LE(bytes.length, 8);
    before.writeUInt32LE(bytes.length, 12);
    parts.push(before, bytes);
  }
  return Buffer.concat(parts);
}

/** A time as a pcap file has it: whole seconds and microseconds. */
export function secondsOf(at: UtcMs): { readonly seconds: number; readonly micros: number } {
  const micros = Math.round(at * 1_000);
  return { seconds: Math.floor(micros / 1e6), micros: micros % 1e6 };
}

/**
 * Reads a file of either byte order, with microseconds or nanoseconds. A packet that the end of
 * the file cuts is left out. Throws `recorder.not-a-capture`.
 */
export function readPcap(file: Uint8Array): Capture {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isLittle = [true, false].find(
    (little) =>
      file.length >= FILE_HEADER_BYTES &&
      [MICROSECONDS_MAGIC, NANOSECONDS_MAGIC].includes(view.getUint32(0, little)),
  );
  if (isLittle === undefined)
    throw new GatewayError('recorder.not-a-capture', { problem: 'no pcap file' });
  const perMilli = view.getUint32(0, isLittle) === NANOSECONDS_MAGIC ? 1e6 : 1e3;
  const packets: Packet[] = [];
  let begin = FILE_HEADER_BYTES;
  while (begin + PACKET_HEADER_BYTES <= file.length) {
    const [seconds = 0, fraction = 0, length = 0] = [0, 4, 8].map((offset) =>
      view.getUint32(begin + offset, isLittle),
    );
    const end = begin + PACKET_HEADER_BYTES + length;
    if (end > file.length) break;
    const at = utcMs(Math.round((seconds * 1_000 + fraction / perMilli) * 1_000) / 1_000);
    packets.push({ at, bytes: file.slice(begin + PACKET_HEADER_BYTES, end) });
    begin = end;
  }
  return { linkType: view.getUint32(20, isLittle) & 0xffff, packets };
}
