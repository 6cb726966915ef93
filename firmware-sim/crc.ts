/**
 * CRC-16/MODBUS bit by bit, as Modbus over Serial Line V1.02 §6.2.2 describes it. Slow and plain
 * on purpose: it shares nothing with the table-driven one it has to agree with.
 */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

/** Unit, PDU and checksum (low byte first, §2.5.1.2): the frame as it goes on the wire. */
export function rtuFrame(unit: number, pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(pdu.length + 3);
  frame[0] = unit;
  frame.set(pdu, 1);
  const crc = crc16(frame.subarray(0, -2));
  frame[frame.length - 2] = crc & 0xff;
  frame[frame.length - 1] = crc >>> 8;
  return frame;
}

/** Whether the last two bytes are the checksum of those before; the shortest frame has four. */
export const hasValidCrc = (frame: Uint8Array): boolean =>
  frame.length >= 4 &&
  crc16(frame.subarray(0, -2)) === ((frame.at(-2) ?? 0) | ((frame.at(-1) ?? 0) << 8));
