/** Where a value stands, as tables of points write it. Pure. */
import { quoted } from '../../gateway/host/quoted.ts';
import type { Area, TableName, Understood } from './words.ts';

/** Whether bare numbers count from 0, as on the wire, or from 1. */
export type Base = 0 | 1;

export interface Place {
  readonly table: TableName;
  /** As on the wire. */
  readonly address: number;
  readonly bit: number | undefined;
}

interface Surroundings {
  readonly area: Area | undefined;
  /** Undefined: nobody said; then numbers that may be a manual's are in doubt. */
  readonly base: Base | undefined;
  /** Of bare numbers. */
  readonly radix?: 10 | 16 | undefined;
  /** Whether other rows show that the numbers of this table are no manual's. */
  readonly isPlain?: boolean;
}

const TABLE_OF_DIGIT: ReadonlyMap<string, TableName> = new Map([
  ['0', 'coil'],
  ['1', 'discrete'],
  ['3', 'input'],
  ['4', 'holding'],
]);

/** `40001`, `4x0001`, `holding:100`, and with a function `100`, `0x0064`, `64H`, `100.3`, `100-101`. */
export function placeOf(written: string, surroundings: Surroundings): Understood<Place> {
  const text = firstOf(written);
  const [, stem = '', bitText] = /^(.*?)(?:\.(\d{1,2}))?$/.exec(text) ?? [];
  const bit = bitText === undefined ? undefined : Number(bitText);
  const cell =
    fullPlace(stem) ?? manualNumber(stem, surroundings) ?? bareNumber(stem, surroundings);
  if (cell === undefined)
    return { code: 'import.address-form', details: { found: quoted(written) } };
  return 'code' in cell ? cell : { ...cell, value: { ...cell.value, bit } };
}

/** Without blanks; of a range, where it begins. */
export const firstOf = (written: string): string =>
  written
    .normalize('NFKC')
    .replace(/\s+/g, '')
    .replace(/[-~].*$/, '');

type Cell = Omit<Place, 'bit'>;

/** `holding:100` */
function fullPlace(stem: string): Understood<Cell> | undefined {
  const [, table, digits] = /^(coil|discrete|input|holding):(.+)$/i.exec(stem) ?? [];
  const address = numberOf(digits ?? '');
  if (table === undefined || address === undefined) return undefined;
  return { value: { table: table.toLowerCase() as TableName, address } };
}

/** `4x0001` (0x is hexadecimal), and `40001` where no function says that it is a bare number. */
function manualNumber(
  stem: string,
  { area: said, radix }: Pick<Surroundings, 'area' | 'radix'>,
): { readonly value: Cell } | undefined {
  const [, digit, behindX, first, rest] =
    /^(?:([134])x(\d{1,5})|([0134])(\d{4,5}))$/i.exec(stem) ?? [];
  const table = TABLE_OF_DIGIT.get(digit ?? first ?? '');
  const number = Number(behindX ?? rest);
  const isBare = behindX === undefined && (said !== undefined || radix === 16);
  if (table === undefined || number === 0 || isBare) return undefined;
  return { value: { table, address: number - 1 } };
}

/** Whether a number can only be a manual's: `40001` where nothing says that it counts plainly. */
export const isManual = (stem: string, how: Pick<Surroundings, 'area' | 'radix'>): boolean =>
  manualNumber(stem, how) !== undefined;

function bareNumber(stem: string, surroundings: Surroundings): Understood<Cell> | undefined {
  const { area: said, base, radix, isPlain = false } = surroundings;
  const number = numberOf(stem, radix);
  if (number === undefined) return undefined;
  const found = quoted(stem);
  const value = { table: said?.table ?? 'holding', address: number - (base ?? 0) } as const;
  if (value.address < 0) return { code: 'import.base', details: { found } };
  if (said === undefined) {
    const words = { code: 'import.function-missing', details: { found } } as const;
    return { value, doubt: { ...words, assumed: value.table, about: 'function' } };
  }
  const asManual = mayBeManual(stem, surroundings);
  if (asManual === undefined) return { value };
  const manual = `${stem.charAt(0)}x${stem.slice(1)}`;
  const details = { found, function: said.table, manual };
  const likely = isPlain ? value : asManual;
  const assumed = shown(likely);
  return { value: likely, doubt: { code: 'import.address-ambiguous', details, assumed } };
}

/** Where a bare number of this table would be if it were a manual's; undefined where it cannot be one. */
export function mayBeManual(
  stem: string,
  { area: said, base, radix }: Pick<Surroundings, 'area' | 'base' | 'radix'>,
): Cell | undefined {
  if (base !== undefined || radix === 16) return undefined;
  const manual = manualNumber(stem, { area: undefined, radix })?.value;
  return manual?.table === said?.table ? manual : undefined;
}

const shown = ({ table, address }: Cell): string => `${table}:${address}`;

/** Decimal, `0x1F` or `1FH`; a bare number in the radix of its column. */
function numberOf(text: string, radix: 10 | 16 = 10): number | undefined {
  if (radix === 10 && /^\d{1,6}$/.test(text)) return Number(text);
  const [, hex] = /^0x([\da-f]{1,6})$/i.exec(text) ?? /^([\da-f]{1,6})h$/i.exec(text) ?? [];
  const digits = hex ?? (radix === 16 && /^[\da-f]{1,6}$/i.test(text) ? text : undefined);
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}
