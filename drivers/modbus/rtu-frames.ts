/**
 * RTU frames one behind the other, found by their lengths and checksums: of the silences between them
 * nothing is left. Pure.
 */
import { crc16 } from '../codec/checksums.ts';
import type { Defect, Found, FoundFrame } from './found-frame.ts';
import { isRequest, replyShape, requestShape, type Shape } from './frame-shape.ts';
import { CRC_BYTES, EXCEPTION_FLAG } from './guard-port.ts';

/** Unit, function, CRC. */
const SHORTEST_FRAME = 4;

export function rtuFrames(bytes: Uint8Array): Found {
  const frames: FoundFrame[] = [];
  let end = 0;
  for (let at = 0; at + SHORTEST_FRAME <= bytes.length; ) {
    const length = frameLength(bytes, at, frames.at(-1)?.body);
    if (length === undefined) at++;
    else {
      frames.push(frameAt(bytes, at, length));
      at += length + CRC_BYTES;
      end = at;
    }
  }
  if (frames.length === 0 && hasCrc(bytes, 0, bytes.length - CRC_BYTES))
    return { frames: [frameAt(bytes, 0, bytes.length - CRC_BYTES)] };
  const defect = defectIn(bytes.subarray(end), frames.at(-1)?.body);
  return defect ? { frames, defect } : { frames };
}

/** Of the frame that begins here: an answer where one is due, else a request, else any answer. */
function frameLength(
  bytes: Uint8Array,
  at: number,
  before: Uint8Array | undefined,
): number | undefined {
  const reply = replyShape(bytes, at);
  const request = requestShape(bytes, at);
  const isReplyDue = before !== undefined && isRequest(before) && isBetween(bytes, at, before);
  const candidates: readonly Shape[] = isReplyDue ? [reply, request] : [request, reply];
  for (const length of candidates) {
    if (typeof length !== 'number' || !hasCrc(bytes, at, at + length)) continue;
    if (length !== request || length === reply || isRequest(bytes.subarray(at, at + length)))
      return length;
  }
  return undefined;
}

/** The same unit speaks of the same function. */
const isBetween = (bytes: Uint8Array, at: number, request: Uint8Array): boolean =>
  bytes[at] === request[0] && ((bytes[at + 1] ?? 0) & ~EXCEPTION_FLAG) === request[1];

function hasCrc(bytes: Uint8Array, from: number, to: number): boolean {
  if (to < from + 2 || to + CRC_BYTES > bytes.length) return false;
  return crc16(bytes, from, to) === ((bytes[to] ?? 0) | ((bytes[to + 1] ?? 0) << 8));
}

const frameAt = (bytes: Uint8Array, at: number, length: number): FoundFrame => ({
  body: bytes.subarray(at, at + length),
  place: (from, count) => ({ at: at + from, length: count }),
  around: [{ at: at + length, length: CRC_BYTES, label: { en: 'CRC', zh: 'CRC 校验' } }],
});

/** What is wrong with bytes in which no frame was found. */
function defectIn(rest: Uint8Array, before: Uint8Array | undefined): Defect | undefined {
  for (let at = 0; at + 1 < rest.length; at++) {
    if (before && !isBetween(rest, at, before)) continue;
    const shapes = before ? [replyShape(rest, at)] : [requestShape(rest, at), replyShape(rest, at)];
    const known = shapes.filter((shape) => shape !== 'unknown');
    if (known.length === 0) continue;
    const ends = known.map((shape) =>
      shape === 'short' ? Number.POSITIVE_INFINITY : at + shape + CRC_BYTES,
    );
    if (ends.includes(rest.length)) return 'crc';
    return ends.some((end) => end > rest.length) ? 'incomplete' : 'crc';
  }
  return before ? undefined : rest.length > 0 ? 'noFrame' : 'incomplete';
}
