/** Modbus packets one behind the other, as a TCP stream carries them. Pure. */
import type { ExplainedPart } from '../explanation.ts';
import type { Found, FoundFrame } from './found-frame.ts';
import { word } from './frame-shape.ts';
import { HEADER_BYTES } from './packet-port.ts';

/** Unit and function at least; at most unit and a PDU of 253. */
const SHORTEST_LENGTH = 2;
const LONGEST_LENGTH = 254;

export function packetFrames(bytes: Uint8Array): Found {
  const frames: FoundFrame[] = [];
  let at = 0;
  let isStrange = false;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bodyLength(bytes, at);
    if (length !== undefined) {
      if (at + HEADER_BYTES + length > bytes.length) break;
      frames.push(packetAt(bytes, at, length));
      at += HEADER_BYTES + length;
    } else if (frames.length === 0) {
      isStrange = true;
      at++;
    } else return { frames, defect: 'header' };
  }
  if (at === bytes.length && frames.length > 0) return { frames };
  return { frames, defect: isStrange && frames.length === 0 ? 'header' : 'incomplete' };
}

/** Of the packet that begins here; undefined when this is no header. */
function bodyLength(bytes: Uint8Array, at: number): number | undefined {
  const length = word(bytes, at + 4);
  const isHeader =
    word(bytes, at + 2) === 0 && length >= SHORTEST_LENGTH && length <= LONGEST_LENGTH;
  return isHeader ? length : undefined;
}

function packetAt(bytes: Uint8Array, at: number, length: number): FoundFrame {
  const transaction = word(bytes, at);
  const header = (from: number, count: number, en: string, zh: string): ExplainedPart => ({
    at: at + from,
    length: count,
    label: { en, zh },
  });
  return {
    body: bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length),
    place: (from, count) => ({ at: at + HEADER_BYTES + from, length: count }),
    around: [
      header(0, 2, `transaction ${transaction}`, `事务标识 ${transaction}`),
      header(2, 2, 'protocol: Modbus', '协议标识：Modbus'),
      header(4, 2, `bytes that follow ${length}`, `后续字节数 ${length}`),
    ],
    transaction,
  };
}
