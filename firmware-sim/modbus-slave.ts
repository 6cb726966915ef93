/**
 * What a Modbus device answers: a request PDU in, a reply PDU out (Modbus Application Protocol
 * V1.1b3 §6). Knows nothing of frames, wires or time-outs.
 */
import type { MonoMs } from '../gateway/model/units.ts';
import type { BitTable, RegisterImage, RegisterTable } from './registers.ts';

/** The most one request may ask for; real devices often allow less than the document. */
export interface SlaveLimits {
  readonly registers: number;
  readonly bits: number;
  readonly writeRegisters: number;
  readonly writeBits: number;
  /** The functions the device knows; undefined: all. */
  readonly functions: readonly number[] | undefined;
}

/** V1.1b3 §6.1 to §6.4, §6.11 and §6.12. */
export const MODBUS_LIMITS: SlaveLimits = {
  registers: 125,
  bits: 2000,
  writeRegisters: 123,
  writeBits: 1968,
  functions: undefined,
};
/** V1.1b3 §6.17: what function 23 writes shares the frame with what it reads. */
const MOST_WRITTEN_BY_READ_WRITE = 121;

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

/** The addresses a read request asks for. */
export interface ReadRange {
  readonly table: BitTable | RegisterTable;
  readonly address: number;
  readonly count: number;
}

const READ_TABLES = ['coil', 'discrete', 'holding', 'input'] as const;

/** Which table a read request (functions 1 to 4) asks for; undefined for everything else. */
export function readRangeOf(pdu: Uint8Array): ReadRange | undefined {
  const table = READ_TABLES[(pdu[0] ?? 0) - 1];
  return table && pdu.length === 5
    ? { table, address: word(pdu, 1), count: word(pdu, 3) }
    : undefined;
}

/** Whether a request changes something: functions 5, 6, 15, 16, 22 and 23. */
export const isWrite = (pdu: Uint8Array): boolean =>
  [5, 6, 15, 16, 22, 23].some((code) => code === pdu[0]);

/** Whether a reply carries what was read, as functions 1 to 4 and 23 do: a count and its bytes. */
export const isReadReply = (reply: Uint8Array | undefined): reply is Uint8Array =>
  [1, 2, 3, 4, 23].some((code) => code === reply?.[0]);

/**
 * The reply to a request, an exception included; undefined when the request is malformed, which a
 * real device answers with silence.
 */
export function respond(
  image: RegisterImage,
  limits: SlaveLimits,
  pdu: Uint8Array,
  now: MonoMs,
): Uint8Array | undefined {
  const [code] = pdu;
  if (code === undefined) return undefined;
  if (limits.functions && !limits.functions.includes(code)) return exception(pdu, ILLEGAL_FUNCTION);
  const range = readRangeOf(pdu);
  if (range) return read(image, limits, pdu, range, now);
  const hasSize = (fixed: number, counted = 0) => pdu.length === fixed + counted;
  switch (code) {
    case 1:
    case 2:
    case 3:
    case 4:
      return undefined;
    case 5:
      return hasSize(5) ? writeCoil(image, pdu) : undefined;
    case 6:
      return hasSize(5) ? writeRegister(image, pdu) : undefined;
    case 15:
    case 16:
      return pdu.length > 6 && hasSize(6, pdu[5]) ? writeMany(image, limits, pdu) : undefined;
    case 22:
      return hasSize(7) ? maskWrite(image, pdu, now) : undefined;
    case 23:
      return pdu.length > 10 && hasSize(10, pdu[9])
        ? readAndWrite(image, limits, pdu, now)
        : undefined;
    default:
      return exception(pdu, ILLEGAL_FUNCTION);
  }
}

/** The reply that refuses a request: its function with the top bit set, and why. */
export const exception = (pdu: Uint8Array, code: number): Uint8Array =>
  Uint8Array.of((pdu[0] ?? 0) | 0x80, code);

function read(
  image: RegisterImage,
  limits: SlaveLimits,
  pdu: Uint8Array,
  { table, address, count }: ReadRange,
  now: MonoMs,
): Uint8Array {
  const isBits = table === 'coil' || table === 'discrete';
  if (count < 1 || count > (isBits ? limits.bits : limits.registers))
    return exception(pdu, ILLEGAL_VALUE);
  const data = isBits
    ? packed(image.readBits(table, address, count, now))
    : image.readRegisters(table, address, count, now);
  if (!data) return exception(pdu, ILLEGAL_ADDRESS);
  const reply = new Uint8Array(2 + data.length);
  reply[0] = pdu[0] ?? 0;
  reply[1] = data.length;
  reply.set(data, 2);
  return reply;
}

/** Eight to a byte, the first in the lowest bit, the rest of the last byte zero (§6.1). */
function packed(bits: Uint8Array | undefined): Uint8Array | undefined {
  if (!bits) return undefined;
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries())
    if (bit) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
  return bytes;
}

function writeCoil(image: RegisterImage, pdu: Uint8Array): Uint8Array {
  const value = word(pdu, 3);
  if (value !== 0 && value !== 0xff00) return exception(pdu, ILLEGAL_VALUE);
  const bit = Uint8Array.of(value ? 1 : 0);
  return image.writeCoils(word(pdu, 1), bit) ? pdu.slice() : exception(pdu, ILLEGAL_ADDRESS);
}

const writeRegister = (image: RegisterImage, pdu: Uint8Array): Uint8Array =>
  image.writeRegisters(word(pdu, 1), pdu.slice(3, 5))
    ? pdu.slice()
    : exception(pdu, ILLEGAL_ADDRESS);

/** V1.1b3 §6.16: (current AND and-mask) OR (or-mask AND NOT and-mask). */
function maskWrite(image: RegisterImage, pdu: Uint8Array, now: MonoMs): Uint8Array {
  const address = word(pdu, 1);
  const current = image.readRegisters('holding', address, 1, now);
  if (!current) return exception(pdu, ILLEGAL_ADDRESS);
  const next = current.map((byte, at) => {
    const [and = 0, or = 0] = [pdu[3 + at], pdu[5 + at]];
    return (byte & and) | (or & ~and);
  });
  return image.writeRegisters(address, next) ? pdu.slice() : exception(pdu, ILLEGAL_ADDRESS);
}

/** V1.1b3 §6.17: it writes first. */
function readAndWrite(
  image: RegisterImage,
  limits: SlaveLimits,
  pdu: Uint8Array,
  now: MonoMs,
): Uint8Array {
  const wanted = { table: 'holding', address: word(pdu, 1), count: word(pdu, 3) } as const;
  const count = word(pdu, 7);
  const most = Math.min(limits.writeRegisters, MOST_WRITTEN_BY_READ_WRITE);
  if (count < 1 || count > most || pdu[9] !== count * 2) return exception(pdu, ILLEGAL_VALUE);
  if (wanted.count < 1 || wanted.count > limits.registers) return exception(pdu, ILLEGAL_VALUE);
  if (!image.readRegisters('holding', wanted.address, wanted.count, now))
    return exception(pdu, ILLEGAL_ADDRESS);
  if (!image.writeRegisters(word(pdu, 5), pdu.slice(10))) return exception(pdu, ILLEGAL_ADDRESS);
  return read(image, limits, pdu, wanted, now);
}

function writeMany(image: RegisterImage, limits: SlaveLimits, pdu: Uint8Array): Uint8Array {
  const isBits = pdu[0] === 15;
  const address = word(pdu, 1);
  const count = word(pdu, 3);
  const size = isBits ? Math.ceil(count / 8) : count * 2;
  const most = isBits ? limits.writeBits : limits.writeRegisters;
  if (count < 1 || count > most || size !== pdu[5]) return exception(pdu, ILLEGAL_VALUE);
  const data = pdu.slice(6);
  const done = isBits
    ? image.writeCoils(address, unpacked(data, count))
    : image.writeRegisters(address, data);
  return done ? pdu.slice(0, 5) : exception(pdu, ILLEGAL_ADDRESS);
}

const unpacked = (bytes: Uint8Array, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, at) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1);

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
