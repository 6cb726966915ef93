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
  let isStrange = false;
  for (let at = 0; at < bytes.length; ) {
    const length = word(bytes, at + 4);
    const isWhole = at + HEADER_BYTES <= bytes.length;
    const isHeader =
      isWhole && word(bytes, at + 2) === 0 && length >= SHORTEST_LENGTH && length <= LONGEST_LENGTH;
    if (!isHeader) {
      isStrange ||= isWhole;
      if (frames.length > 0 || !isWhole) return ended(frames, isWhole ? 'header' : 'incomplete');
      at++;
      continue;
    }
    if (at + HEADER_BYTES + length > bytes.length)
      return ended(frames, isStrange ? 'header' : 'incomplete');
    frames.push(packetAt(bytes, at, length));
    at += HEADER_BYTES + length;
  }
  return frames.length > 0 ? { frames } : { frames, defect: isStrange ? 'header' : 'incomplete' };
}

/** A stream that stops making sense, or stops. */
const ended = (frames: readonly FoundFrame[], defect: 'header' | 'incomplete'): Found => ({
  frames,
  defect,
});

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
