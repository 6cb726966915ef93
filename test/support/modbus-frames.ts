/** Frames of a device whose registers hold their own address, so that an answer shows what it answers. */
import { crc16 } from '../../drivers/codec/checksums.ts';

const REQUEST_BYTES = 8;
const MBAP_BYTES = 6;

/** Unit, function and data with their CRC. */
export function wireFrame(...bytes: readonly number[]): Buffer {
  const frame = Buffer.alloc(bytes.length + 2);
  frame.set(bytes);
  frame.writeUInt16LE(crc16(frame, 0, bytes.length), bytes.length);
  return frame;
}

/** The answer to a read request on the wire. */
export const wireAnswer = (request: Buffer): Buffer =>
  wireFrame(...answerBytes(request.subarray(0, REQUEST_BYTES - 2)));

/** The answer to a read request in a packet. */
export function packetAnswer(request: Buffer): Buffer {
  return packet(request.readUInt16BE(0), ...answerBytes(request.subarray(MBAP_BYTES)));
}

/** A packet of that transaction around unit, function and data. */
export function packet(transaction: number, ...bytes: readonly number[]): Buffer {
  const header = Buffer.alloc(MBAP_BYTES);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(bytes.length, 4);
  return Buffer.concat([header, Buffer.from(bytes)]);
}

function answerBytes(pdu: Buffer): number[] {
  const [unit = 0, code = 0] = pdu;
  const start = pdu.readUInt16BE(2);
  const quantity = pdu.readUInt16BE(4);
  const data =
    code <= 2
      ? new Array<number>(Math.ceil(quantity / 8)).fill(0)
      : Array.from({ length: quantity }, (_, i) => [(start + i) >> 8, (start + i) & 0xff]).flat();
  return [unit, code, data.length, ...data];
}
