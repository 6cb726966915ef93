/** Frames of DL/T 645 (§5 in both versions): bytes to frames and back. Pure. */

/** What goes over the wire between 68H and 16H; a frame says nothing of the version. */
export interface Frame {
  /** Twelve digits, the highest first; `A` stands for any (DL/T 645-2007 §5.2.2). */
  readonly address: string;
  readonly control: number;
  /** Without the 33H that the sender adds to each byte. */
  readonly data: Uint8Array;
}

/** To every meter; none answers. */
export const BROADCAST = '999999999999';
/** To the only meter of a line, whatever its address. */
export const ANY_ADDRESS = 'AAAAAAAAAAAA';

/** Bits of the control code. */
export const FROM_METER = 0x80;
export const ABNORMAL = 0x40;
export const MORE_FOLLOWS = 0x20;

const START = 0x68;
const END = 0x16;
const WAKE_UP = 0xfe;
const OFFSET = 0x33;
const ADDRESS_BYTES = 6;
const SECOND_START = 7;
const CONTROL = 8;
const LENGTH = 9;
const HEAD_BYTES = 10;
/** Head, checksum and end. */
export const FRAME_OVERHEAD_BYTES = 12;
/** The most data of a read (DL/T 645-2007 §5.2.5); a write has 50 at most. */
export const MOST_DATA_BYTES = 200;
export const LONGEST_FRAME_BYTES = FRAME_OVERHEAD_BYTES + MOST_DATA_BYTES;
/** Meters send up to four FEH before a reply. */
export const REPLY_PREAMBLE_BYTES = 4;

/** A frame as it is sent, behind `preamble` bytes FEH that wake the receiver. */
export function encodeFrame({ address, control, data }: Frame, preamble = 0): Buffer {
  const frame = Buffer.alloc(preamble + FRAME_OVERHEAD_BYTES + data.length, WAKE_UP);
  const body = frame.subarray(preamble);
  body[0] = START;
  body.set(addressBytes(address), 1);
  body[SECOND_START] = START;
  body[CONTROL] = control;
  body[LENGTH] = data.length;
  for (const [i, byte] of data.entries()) body[HEAD_BYTES + i] = byte + OFFSET;
  const end = HEAD_BYTES + data.length;
  body[end] = checksum(body, 0, end);
  body[end + 1] = END;
  return frame;
}

/** Twelve digits as the six bytes of the wire, low byte first. */
export const addressBytes = (address: string): Buffer => Buffer.from(address, 'hex').reverse();

/** Six bytes of the wire as twelve digits. */
export const addressText = (bytes: Uint8Array): string =>
  Buffer.from(bytes).reverse().toString('hex').toUpperCase();

/** What stands at one place of a run of bytes. */
export type Look =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly end: number }
  /** The head of a frame and not all of it. */
  | { readonly kind: 'incomplete' }
  /** A whole frame whose checksum or last byte is wrong. */
  | { readonly kind: 'checksum' | 'no-end' }
  | { readonly kind: 'nothing' };

/** Looks for a frame that begins at `from`. */
export function lookAt(bytes: Uint8Array, from: number): Look {
  if (bytes[from] !== START) return { kind: 'nothing' };
  const second = bytes[from + SECOND_START];
  if (second === undefined) return { kind: 'incomplete' };
  if (second !== START) return { kind: 'nothing' };
  const length = bytes[from + LENGTH];
  if (length === undefined) return { kind: 'incomplete' };
  if (length > MOST_DATA_BYTES) return { kind: 'nothing' };
  const check = from + HEAD_BYTES + length;
  if (check + 1 >= bytes.length) return { kind: 'incomplete' };
  if (bytes[check + 1] !== END) return { kind: 'no-end' };
  if (bytes[check] !== checksum(bytes, from, check)) return { kind: 'checksum' };
  const data = bytes.slice(from + HEAD_BYTES, check).map((byte) => byte - OFFSET);
  return {
    kind: 'frame',
    frame: {
      address: addressText(bytes.subarray(from + 1, from + 1 + ADDRESS_BYTES)),
      control: bytes[from + CONTROL] ?? 0,
      data,
    },
    end: check + 2,
  };
}

/** Sum modulo 256 of everything from the first 68H to the last byte of data. */
function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += bytes[i] as number;
  return sum & 0xff;
}

/**
 * Frames out of a stream that comes in any pieces, with noise in between. 68H and 16H may stand in the data, so
 * the length alone says where a frame ends; what turns out to be none gives up one byte and the search goes on
 * behind it. Keeps at most one frame's bytes.
 */
export class FrameParser {
  #rest: Uint8Array = new Uint8Array(0);

  /** The frames that are complete now, in the order of the wire. */
  push(bytes: Uint8Array): readonly Frame[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    return this.#search(all, false);
  }

  /** Nothing more will come: the frames that the head of a frame without its end had hidden. */
  finish(): readonly Frame[] {
    return this.#search(this.#rest, true);
  }

  #search(bytes: Uint8Array, isFinal: boolean): readonly Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      at = bytes.indexOf(START, at);
      if (at < 0) break;
      const look = lookAt(bytes, at);
      if (look.kind === 'frame') frames.push(look.frame);
      if (look.kind === 'incomplete' && !isFinal) break;
      at = look.kind === 'frame' ? look.end : at + 1;
    }
    this.#rest = at < 0 || isFinal ? new Uint8Array(0) : bytes.slice(at);
    return frames;
  }
}
