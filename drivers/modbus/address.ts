/**
 * Where a tag stands in a Modbus device, as people write it:
 *
 * - `holding:100 float32 cdab` — table (`coil`, `discrete`, `input`, `holding`), the address as it
 *   goes over the wire, counted from 0, decimal or hexadecimal (`0x64`), then type and order.
 * - `holding:10.3` — one bit of a register, 0 is the lowest.
 * - `holding:40 string16` — 16 bytes of text, two in each register.
 * - `holding:64 m10k32 cdab` — four decimal digits in each register; `sm10k32` is the signed form.
 * - `40001 float32`, `400001`, `4x0001` — a manual's register number, counted from 1: exactly five or
 *   six digits, or an x, behind the table's digit (0 coil, 1 discrete, 3 input, 4 holding). The wire
 *   address is one less.
 *
 * Registers are `uint16` in the device's own order when nothing else is said. Any other bare number is refused, because
 * `100` may mean two addresses in four tables.
 */
import { byLikeness } from '../../gateway/host/likeness.ts';
import type { Refusal } from '../../gateway/host/schema.ts';
import {
  NUMBER_TYPES,
  ORDERS,
  type Order,
  type RegisterType,
  type RegisterValue,
  registersOf,
} from '../codec/registers.ts';

export const TABLES = ['coil', 'discrete', 'input', 'holding'] as const;
export type Table = (typeof TABLES)[number];

/** A parsed address: which registers or bits, and what stands in them. */
export interface Address extends Omit<RegisterValue, 'order'> {
  readonly table: Table;
  /** As on the wire, counted from 0. */
  readonly address: number;
  /** As written; undefined: the device's own. */
  readonly order: Order | undefined;
}

export const isBitTable = (table: Table): boolean => table === 'coil' || table === 'discrete';

/** Bits (of a bit table) or registers that the value takes. */
export const sizeOf = (address: Address): number =>
  isBitTable(address.table) ? 1 : registersOf(address);

const HIGHEST_ADDRESS = 0xffff;
const HIGHEST_BIT = 15;
/** 125 registers: what one request can read (Modbus Application Protocol V1.1b3 §6.3). */
const LONGEST_STRING = 250;
const TABLE_OF_DIGIT: ReadonlyMap<string, Table> = new Map([
  ['0', 'coil'],
  ['1', 'discrete'],
  ['3', 'input'],
  ['4', 'holding'],
]);

/** Reads the text of a tag's `address:`. */
export function modbusAddress(text: string): { readonly value: Address } | Refusal {
  const [place = '', ...words] = text.trim().split(/\s+/);
  const located = locate(place);
  if ('code' in located) return located;
  const described = describe(words);
  if ('code' in described) return described;

  const { table, address, bit } = located;
  const isBit = isBitTable(table) || bit !== undefined;
  if (isBitTable(table) && bit !== undefined) return { code: 'modbus.bit-of-bit' };
  if (isBit && (described.order || (described.type ?? 'bool') !== 'bool'))
    return { code: 'modbus.bit-with-type' };
  if (!isBit && described.type === 'bool') return { code: 'modbus.bit-missing' };
  const value: Address = {
    table,
    address,
    type: isBit ? 'bool' : (described.type ?? 'uint16'),
    order: described.order,
    length: described.length,
    bit: bit ?? 0,
  };
  if (address + sizeOf(value) - 1 > HIGHEST_ADDRESS) return { code: 'modbus.address-range' };
  return { value };
}

interface Cell {
  readonly table: Table;
  readonly address: number;
}

function locate(place: string): (Cell & { readonly bit: number | undefined }) | Refusal {
  const [, stem = '', bitText] = /^(.*?)(?:\.(\d+))?$/.exec(place) ?? [];
  const bit = bitText === undefined ? undefined : Number(bitText);
  if (bit !== undefined && bit > HIGHEST_BIT) return { code: 'modbus.bit-range' };
  const cell = stem.includes(':') ? wireCell(stem) : manualCell(stem);
  return 'code' in cell ? cell : { ...cell, bit };
}

/** `holding:100` */
function wireCell(stem: string): Cell | Refusal {
  const [word = '', digits = ''] = stem.split(':', 2);
  const table = TABLES.find((name) => name === word.toLowerCase());
  if (!table)
    return {
      code: 'modbus.table-unknown',
      details: { table: word, nearest: byLikeness(word, TABLES)[0] ?? '' },
    };
  if (!/^(\d{1,5}|0x[\da-f]{1,4})$/i.test(digits) || Number(digits) > HIGHEST_ADDRESS)
    return { code: 'modbus.address-range' };
  return { table, address: Number(digits) };
}

/** `40001`, `400001`, `4x0001` */
function manualCell(stem: string): Cell | Refusal {
  const [, digit = '', behindX] = /^(\d)(?:x(\d{1,5})|\d{4,5})$/i.exec(stem) ?? [];
  const table = TABLE_OF_DIGIT.get(digit);
  if (!table) return { code: 'modbus.address-ambiguous' };
  const number = Number(behindX ?? stem.slice(1));
  if (number === 0 || number > HIGHEST_ADDRESS + 1)
    return { code: 'modbus.manual-number', details: { table } };
  return { table, address: number - 1 };
}

interface Description {
  readonly type: RegisterType | undefined;
  readonly order: Order | undefined;
  readonly length: number;
}

const TYPE_WORDS = ['bool', ...NUMBER_TYPES] as const;
/** The orders as people also write them for 16 and 64 bits. */
const ORDER_WORDS: ReadonlyMap<string, Order> = new Map<string, Order>([
  ...ORDERS.map((order) => [order, order] as const),
  ['ab', 'abcd'],
  ['ba', 'badc'],
  ['abcdefgh', 'abcd'],
  ['ghefcdab', 'cdab'],
  ['badcfehg', 'badc'],
  ['hgfedcba', 'dcba'],
]);
const KNOWN_WORDS = [...TYPE_WORDS, 'string16', ...ORDER_WORDS.keys()];

function describe(words: readonly string[]): Description | Refusal {
  let type: RegisterType | undefined;
  let order: Order | undefined;
  let length = 0;
  for (const written of words) {
    const word = written.toLowerCase();
    const text = /^string(\d*)$/.exec(word);
    const nextType = text ? 'string' : TYPE_WORDS.find((name) => name === word);
    const nextOrder = ORDER_WORDS.get(word);
    if (!nextType && !nextOrder)
      return {
        code: 'modbus.type-unknown',
        details: { word: written, nearest: byLikeness(word, KNOWN_WORDS)[0] ?? '' },
      };
    if ((nextType && type) || (nextOrder && order))
      return { code: 'modbus.type-twice', details: { word: written } };
    if (text) {
      length = Number(text[1]);
      if (length < 1 || length > LONGEST_STRING)
        return { code: 'modbus.string-length', details: { max: LONGEST_STRING } };
    }
    type ??= nextType;
    order ??= nextOrder;
  }
  return { type, order, length };
}
