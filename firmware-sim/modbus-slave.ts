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
}

/** V1.1b3 §6.1 to §6.4. */
export const MODBUS_LIMITS: SlaveLimits = { registers: 125, bits: 2000 };
/** V1.1b3 §6.11 and §6.12. */
const WRITE_LIMITS: SlaveLimits = { registers: 123, bits: 1968 };

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
  const range = readRangeOf(pdu);
  if (range) return read(image, limits, pdu, range, now);
  switch (pdu[0]) {
    case 1:
    case 2:
    case 3:
    case 4:
      return undefined;
    case 5:
      return pdu.length === 5 ? writeCoil(image, pdu) : undefined;
    case 6:
      return pdu.length === 5 ? writeRegister(image, pdu) : undefined;
    case 15:
    case 16:
      return pdu.length > 6 && pdu.length === 6 + (pdu[5] ?? 0) ? writeMany(image, pdu) : undefined;
    default:
      return pdu.length > 0 ? exception(pdu, ILLEGAL_FUNCTION) : undefined;
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

function writeMany(image: RegisterImage, pdu: Uint8Array): Uint8Array {
  const isBits = pdu[0] === 15;
  const address = word(pdu, 1);
  const count = word(pdu, 3);
  const size = isBits ? Math.ceil(count / 8) : count * 2;
  const most = isBits ? WRITE_LIMITS.bits : WRITE_LIMITS.registers;
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
