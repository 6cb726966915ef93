/**
 * How long requests and answers are, by their own bytes: from the unit to the last byte of data, without
 * checksum (Modbus Application Protocol V1.1b3 §6). Pure.
 */
import { EXCEPTION_BYTES, EXCEPTION_FLAG } from './guard-port.ts';
import { identificationLength } from './identification.ts';

/** `short`: it depends on bytes that are not there yet. `unknown`: a function of a vendor's own. */
export type Shape = number | 'short' | 'unknown';

/** MEI type of device identification, the one that is in use. */
const IDENTIFICATION_MEI = 0x0e;

/** The bytes of a request that begins at `from`. */
export function requestShape(bytes: Uint8Array, from: number): Shape {
  switch (bytes[from + 1]) {
    case undefined:
      return 'short';
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 8:
      return 6;
    case 7:
    case 11:
    case 12:
    case 17:
      return 2;
    case 15:
    case 16:
      return counted(bytes, from, 6);
    case 20:
    case 21:
      return counted(bytes, from, 2);
    case 22:
      return 8;
    case 23:
      return counted(bytes, from, 10);
    case 24:
      return 4;
    case 43:
      return bytes[from + 2] === IDENTIFICATION_MEI ? 5 : 'unknown';
    default:
      return 'unknown';
  }
}

/** The bytes of an answer that begins at `from`; an exception is one too. */
export function replyShape(bytes: Uint8Array, from: number): Shape {
  const code = bytes[from + 1];
  if (code !== undefined && code & EXCEPTION_FLAG) return EXCEPTION_BYTES;
  switch (code) {
    case undefined:
      return 'short';
    case 1:
    case 2:
    case 3:
    case 4:
    case 12:
    case 17:
    case 20:
    case 21:
    case 23:
      return counted(bytes, from, 2);
    case 5:
    case 6:
    case 8:
    case 11:
    case 15:
    case 16:
      return 6;
    case 7:
      return 3;
    case 22:
      return 8;
    case 24:
      return from + 4 > bytes.length ? 'short' : 4 + word(bytes, from + 2);
    case 43:
      if (bytes[from + 2] !== IDENTIFICATION_MEI) return 'unknown';
      return identificationLength(bytes, from, bytes.length) ?? 'short';
    default:
      return 'unknown';
  }
}

/** A byte count at that place, and so many bytes behind it. */
function counted(bytes: Uint8Array, from: number, place: number): Shape {
  const count = bytes[from + place];
  return count === undefined ? 'short' : place + 1 + count;
}

/** Two bytes, the high one first. */
export const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const MOST_BITS = 2000;
const MOST_REGISTERS = 125;

/** Whether a body can be a request at all: of the right length, and asking for what may be asked. */
export function isRequest(body: Uint8Array): boolean {
  if (requestShape(body, 0) !== body.length) return false;
  const quantity = word(body, 4);
  switch (body[1]) {
    case 1:
    case 2:
      return quantity >= 1 && quantity <= MOST_BITS;
    case 3:
    case 4:
      return quantity >= 1 && quantity <= MOST_REGISTERS;
    case 5:
      return quantity === 0 || quantity === 0xff00;
    case 16:
      return 2 * quantity === body[6];
    case 15:
      return Math.ceil(quantity / 8) === body[6];
    case 23:
      return 2 * word(body, 8) === body[10];
    default:
      return true;
  }
}

/** Whether the function is none that the documents describe. */
export const isVendors = (body: Uint8Array): boolean => replyShape(body, 0) === 'unknown';

/** Whether the answer to such a request is the request over again. */
export const isCopied = (request: Uint8Array): boolean =>
  REPEATS.get(request[1] ?? 0) === request.length;

/** Whether a body can be an answer, by its own length. */
export const isReply = (body: Uint8Array): boolean => replyShape(body, 0) === body.length;

/**
 * What is wrong with a body as the answer to a request; undefined when nothing is. An exception answers
 * every request with its function.
 */
export function mismatch(
  request: Uint8Array,
  reply: Uint8Array,
): 'unit' | 'function' | 'length' | 'content' | undefined {
  const code = request[1] ?? 0;
  if (request[0] !== reply[0]) return 'unit';
  if (reply[1] === (code | EXCEPTION_FLAG)) return undefined;
  if (reply[1] !== code) return 'function';
  const wanted = answeredBytes(request);
  if (wanted !== undefined && reply[2] !== wanted) return 'length';
  const isRepeated =
    !REPEATS.has(code) || startsWith(reply, request.subarray(0, REPEATS.get(code)));
  return isRepeated ? undefined : 'content';
}

/** How much of its request an answer repeats: unit, function, address, and value or quantity. */
const REPEATS: ReadonlyMap<number, number> = new Map([
  [5, 6],
  [6, 6],
  [15, 6],
  [16, 6],
  [22, 8],
]);

/** The byte count that the answer to a read has. */
function answeredBytes(request: Uint8Array): number | undefined {
  switch (request[1]) {
    case 1:
    case 2:
      return Math.ceil(word(request, 4) / 8);
    case 3:
    case 4:
    case 23:
      return 2 * word(request, 4);
    default:
      return undefined;
  }
}

export const startsWith = (bytes: Uint8Array, head: Uint8Array): boolean =>
  bytes.length >= head.length && head.every((byte, i) => bytes[i] === byte);
