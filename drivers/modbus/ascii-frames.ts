/** Modbus ASCII frames among characters. Pure. */
import type { ExplainedPart } from '../explanation.ts';
import { fromAscii } from './ascii-text.ts';
import type { Defect, Found, FoundFrame } from './found-frame.ts';
import { isReply, isRequest } from './frame-shape.ts';
import { rtuFrames } from './rtu-frames.ts';

const SEVEN_BITS = 0x7f;

/**
 * Lines between a colon and CR LF. Bytes without any colon are taken for the bytes of an RTU frame, with
 * its CRC or without, so that people see what it looks like in ASCII.
 */
export function asciiFrames(bytes: Uint8Array): Found {
  const text = String.fromCharCode(...bytes.map((byte) => byte & SEVEN_BITS));
  if (!text.includes(':')) return binaryFrames(bytes);
  const frames: FoundFrame[] = [];
  let defect: Defect | undefined;
  for (const { index, 0: line, 1: digits = '' } of text.matchAll(/:([^:\r\n]*)(?:\r?\n|\r)?/g)) {
    const read = fromAscii(digits);
    if ('body' in read) {
      frames.push(lineAt(read.body, index, line.length));
      defect = undefined;
    } else defect = read.reject;
  }
  return defect ? { frames, defect } : { frames };
}

function binaryFrames(bytes: Uint8Array): Found {
  const found = rtuFrames(bytes);
  if (found.frames.length > 0 || (!isRequest(bytes) && !isReply(bytes))) return found;
  const place: FoundFrame['place'] = (at, length) => ({ at, length });
  return { frames: [{ body: bytes, place, around: [] }] };
}

function lineAt(body: Uint8Array, at: number, length: number): FoundFrame {
  const part = (from: number, count: number, en: string, zh: string): ExplainedPart => ({
    at: at + from,
    length: count,
    label: { en, zh },
  });
  const lrcAt = 1 + 2 * body.length;
  const end = length - lrcAt - 2;
  return {
    body,
    place: (from, count) => ({ at: at + 1 + 2 * from, length: 2 * count }),
    around: [
      part(0, 1, 'begin of the frame', '帧起始'),
      part(lrcAt, 2, 'LRC', 'LRC 校验'),
      ...(end > 0 ? [part(lrcAt + 2, end, 'end of the frame', '帧结束')] : []),
    ],
  };
}
