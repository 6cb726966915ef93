/**
 * The frames of CJ/T 188 on the wire: `68 T A0..A6 C L DATA CS 16`, one 68H only, FE bytes before it, no offset
 * on the data. Pure; the address is seven raw bytes with a text form, because not every meter keeps to BCD.
 */

export interface Frame {
  /** T: what kind of meter; AAH is any. */
  readonly type: number;
  /** A6 to A0 as printed, 14 hexadecimal digits in upper case. */
  readonly address: string;
  /** C: D7 is set by the meter, D6 when it refuses, D5 to D0 are the function. */
  readonly control: number;
  readonly data: Uint8Array;
}

/** Functions of C; a reply adds `REPLY`, a refusal `REFUSAL` to the request's. */
export const CONTROL = {
  read: 0x01,
  readAddress: 0x03,
  write: 0x04,
  readKeyVersion: 0x09,
  writeAddress: 0x15,
  writeRegister: 0x16,
} as const;
export const REPLY = 0x80;
export const REFUSAL = 0xc0;

/** Words for T; type bytes that manufacturers made up are written as two hexadecimal digits. */
export const METER_TYPES: ReadonlyMap<string, number> = new Map([
  ['water', 0x10],
  ['hot_water', 0x11],
  ['drinking_water', 0x12],
  ['grey_water', 0x13],
  ['heat', 0x20],
  ['cooling', 0x21],
  ['heat_cooling', 0x22],
  ['gas', 0x30],
  ['custom', 0x40],
]);
export const ANY_TYPE = 0xaa;
export const ANY_ADDRESS = 'AAAAAAAAAAAAAA';
export const isGasMeter = (type: number): boolean => type >> 4 === 3;
export const isHeatMeter = (type: number): boolean => type >> 4 === 2;

const START = 0x68;
const END = 0x16;
const PREAMBLE = 0xfe;
export const LONGEST_PREAMBLE = 40;
const ADDRESS_BYTES = 7;
/** 68H, T, address, C, L. */
export const HEAD_BYTES = 11;
/** With CS and 16H. */
export const FRAME_OVERHEAD_BYTES = 13;
/** A read has at most this many bytes of data, a write `LONGEST_WRITE`. */
export const LONGEST_DATA = 0x64;
export const LONGEST_WRITE = 0x32;
/** The longest frame of those that may be met on the wire: DL/T 645 with 255 bytes of data. */
const LONGEST_MET = 267;

export function encodeFrame(frame: Frame, preamble = 0): Uint8Array {
  const { type, address, control, data } = frame;
  if (data.length > LONGEST_DATA) throw new RangeError(`${data.length} bytes of data in one frame`);
  const bytes = new Uint8Array(preamble + FRAME_OVERHEAD_BYTES + data.length);
  bytes.fill(PREAMBLE, 0, preamble);
  const own = bytes.subarray(preamble);
  own.set([START, type]);
  own.set(addressBytes(address), 2);
  own.set([control, data.length], 2 + ADDRESS_BYTES);
  own.set(data, HEAD_BYTES);
  own.set([sum(own, 0, own.length - 2), END], own.length - 2);
  return bytes;
}

/** The seven bytes as they go over the wire, low byte first. */
export const addressBytes = (address: string): Uint8Array =>
  Uint8Array.from(Buffer.from(address, 'hex')).reverse();

/** The text form of seven bytes from the wire. */
export const addressText = (bytes: Uint8Array): string =>
  Buffer.from(bytes).reverse().toString('hex').toUpperCase();

/** What stands at a 68H. `foreign`: a whole frame of another protocol that shares the wire. */
export type Found =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly length: number }
  | { readonly kind: 'foreign'; readonly protocol: 'dlt645' | 'mbus'; readonly length: number }
  | { readonly kind: 'incomplete'; readonly needed: number }
  | { readonly kind: 'invalid' };

/**
 * Judges the bytes from the 68H at `at`. DL/T 645 has a second 68H at +7, long frames of M-Bus repeat their
 * length and have one at +3; both also occur in addresses of CJ/T 188, so a frame is what its own length,
 * checksum and end say it is, the shortest first: the same bytes are the same frame however they arrive.
 */
export function frameAt(bytes: Uint8Array, at: number): Found {
  const known = bytes.length - at;
  if (known < HEAD_BYTES) return { kind: 'incomplete', needed: HEAD_BYTES };
  const candidates = candidatesAt(bytes, at).sort((a, b) => a.length - b.length);
  for (const { protocol, length, sumFrom } of candidates) {
    if (known < length) return { kind: 'incomplete', needed: length };
    const last = at + length - 1;
    if (bytes[last] !== END || bytes[last - 1] !== sum(bytes, at + sumFrom, last - 1)) continue;
    return protocol === 'cjt188'
      ? { kind: 'frame', frame: decoded(bytes.subarray(at, at + length)), length }
      : { kind: 'foreign', protocol, length };
  }
  return { kind: 'invalid' };
}

interface Candidate {
  readonly protocol: 'cjt188' | 'dlt645' | 'mbus';
  readonly length: number;
  /** Where the checksum begins. */
  readonly sumFrom: number;
}

function candidatesAt(bytes: Uint8Array, at: number): Candidate[] {
  const byte = (offset: number) => bytes[at + offset] as number;
  const candidates: Candidate[] = [];
  if (byte(10) <= LONGEST_DATA)
    candidates.push({ protocol: 'cjt188', length: FRAME_OVERHEAD_BYTES + byte(10), sumFrom: 0 });
  if (byte(7) === START) candidates.push({ protocol: 'dlt645', length: 12 + byte(9), sumFrom: 0 });
  if (byte(3) === START && byte(1) === byte(2))
    candidates.push({ protocol: 'mbus', length: 6 + byte(1), sumFrom: 4 });
  return candidates;
}

function decoded(bytes: Uint8Array): Frame {
  return {
    type: bytes[1] as number,
    address: addressText(bytes.subarray(2, 2 + ADDRESS_BYTES)),
    control: bytes[2 + ADDRESS_BYTES] as number,
    data: new Uint8Array(bytes.subarray(HEAD_BYTES, bytes.length - 2)),
  };
}

function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += bytes[i] as number;
  return total & 0xff;
}

/**
 * Finds frames in whatever comes over the wire, in any pieces. What is no frame is passed over one byte at a
 * time; whole frames of DL/T 645 and M-Bus are passed over as such. Keeps less than one frame.
 */
export class FrameParser {
  #rest: Uint8Array = new Uint8Array(0);

  /** The frames that these bytes completed. */
  push(bytes: Uint8Array): Frame[] {
    return this.#take(Buffer.concat([this.#rest, bytes]), false);
  }

  /** The frames behind what was taken for the begin of one that never ended; to be called when nothing more comes. */
  finish(): Frame[] {
    return this.#take(this.#rest, true);
  }

  #take(bytes: Uint8Array, isOver: boolean): Frame[] {
    const frames: Frame[] = [];
    let at = bytes.indexOf(START);
    while (at >= 0) {
      const found = frameAt(bytes, at);
      if (found.kind === 'incomplete' && !isOver) break;
      if (found.kind === 'frame') frames.push(found.frame);
      const isWhole = found.kind === 'frame' || found.kind === 'foreign';
      at = bytes.indexOf(START, at + (isWhole ? found.length : 1));
    }
    this.#rest = new Uint8Array(at < 0 ? [] : bytes.subarray(at));
    if (this.#rest.length > LONGEST_MET) throw new Error('more than one frame is kept');
    return frames;
  }
}
