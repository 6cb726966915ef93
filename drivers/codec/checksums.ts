/** Checksums of the field protocols. */

const CRC16_TABLE = new Uint16Array(256).map((_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});

/**
 * CRC-16 of `bytes[from, to)`: polynomial 8005H reflected, start value FFFFH (Modbus over Serial
 * Line V1.02 §2.5.1.2). On the wire the low byte goes first.
 */
export function crc16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff;
  for (let i = from; i < to; i++)
    crc = (crc >> 8) ^ (CRC16_TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number);
  return crc;
}

/**
 * LRC of `bytes[from, to)`: the two's complement of their sum in eight bits (Modbus over Serial Line
 * V1.02 §2.5.2.2).
 */
export function lrc(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += bytes[i] as number;
  return -sum & 0xff;
}
