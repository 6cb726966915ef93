/**
 * Modbus ASCII: each byte as two hexadecimal digits between a colon and CR LF, with an LRC in place of
 * the CRC (Modbus over Serial Line V1.02 §2.5.2). Pure.
 */
import { lrc } from '../codec/checksums.ts';

const CRC_BYTES = 2;
const LRC_BYTES = 1;
/** Colon, CR, LF. */
const MARKS = 3;

/** Characters of the frame that in RTU has so many bytes, CRC included. */
export const asciiLength = (rtuBytes: number): number =>
  2 * (rtuBytes - CRC_BYTES + LRC_BYTES) + MARKS;

/** Unit, function and data as text, `:…` and CR LF. */
export function toAscii(body: Uint8Array): string {
  const digits = Buffer.from(body.buffer, body.byteOffset, body.length).toString('hex');
  const check = lrc(body).toString(16).padStart(2, '0');
  return `:${digits}${check}\r\n`.toUpperCase();
}

/**
 * Unit, function and data of what stands between the colon and the end of the line, in large or small
 * digits; `reject` says why not.
 */
export function fromAscii(
  digits: string,
): { readonly body: Buffer } | { readonly reject: 'lrc' | 'digits' | 'incomplete' } {
  if (!/^[\da-f]*$/i.test(digits)) return { reject: 'digits' };
  if (digits.length % 2 === 1 || digits.length < SHORTEST_DIGITS) return { reject: 'incomplete' };
  const bytes = Buffer.from(digits, 'hex');
  const body = bytes.subarray(0, -LRC_BYTES);
  return lrc(body) === bytes.at(-1) ? { body } : { reject: 'lrc' };
}

/** Unit, function and LRC. */
const SHORTEST_DIGITS = 6;
