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
  /** Undefined: nobody said; then numbers that may be a manual's are refused. */
  readonly base: Base | undefined;
}

const TABLE_OF_DIGIT: ReadonlyMap<string, TableName> = new Map([
  ['0', 'coil'],
  ['1', 'discrete'],
  ['3', 'input'],
  ['4', 'holding'],
]);

/** `40001`, `4x0001`, `holding:100`, and with a function `100`, `0x0064`, `64H`, `100.3`, `100-101`. */
export function placeOf(written: string, surroundings: Surroundings): Understood<Place> {
  const text = written
    .normalize('NFKC')
    .replace(/\s+/g, '')
    .replace(/[-~].*$/, '');
  const [, stem = '', bitText] = /^(.*?)(?:\.(\d{1,2}))?$/.exec(text) ?? [];
  const bit = bitText === undefined ? undefined : Number(bitText);
  const cell =
    fullPlace(stem) ?? manualNumber(stem, surroundings) ?? bareNumber(stem, surroundings);
  if (cell === undefined)
    return { code: 'import.address-form', details: { found: quoted(written) } };
  return 'code' in cell ? cell : { value: { ...cell.value, bit } };
}

type Cell = Omit<Place, 'bit'>;

/** `holding:100` */
function fullPlace(stem: string): Understood<Cell> | undefined {
  const [, table, digits] = /^(coil|discrete|input|holding):(.+)$/i.exec(stem) ?? [];
  const address = numberOf(digits ?? '');
  if (table === undefined || address === undefined) return undefined;
  return { value: { table: table.toLowerCase() as TableName, address } };
}

/** `4x0001` (0x is hexadecimal), and `40001` where no function says that it is a bare number. */
function manualNumber(stem: string, { area: said }: Surroundings): Understood<Cell> | undefined {
  const [, digit, behindX, first, rest] =
    /^(?:([134])x(\d{1,5})|([0134])(\d{4,5}))$/i.exec(stem) ?? [];
  const table = TABLE_OF_DIGIT.get(digit ?? first ?? '');
  const number = Number(behindX ?? rest);
  if (table === undefined || number === 0 || (behindX === undefined && said)) return undefined;
  return { value: { table, address: number - 1 } };
}

function bareNumber(
  stem: string,
  { area: said, base }: Surroundings,
): Understood<Cell> | undefined {
  const number = numberOf(stem);
  if (number === undefined) return undefined;
  const found = quoted(stem);
  if (said === undefined) return { code: 'import.function-missing', details: { found } };
  const asManual = base === undefined ? manualNumber(stem, { area: undefined, base }) : undefined;
  if (asManual && 'value' in asManual && asManual.value.table === said.table) {
    const manual = `${stem.charAt(0)}x${stem.slice(1)}`;
    return { code: 'import.address-ambiguous', details: { found, function: said.table, manual } };
  }
  const address = number - (base ?? 0);
  if (address < 0) return { code: 'import.base', details: { found } };
  return { value: { table: said.table, address } };
}

/** Decimal, `0x1F` or `1FH`. */
function numberOf(text: string): number | undefined {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const [, hex] = /^(?:0x([\da-f]{1,6}))$/i.exec(text) ?? /^([\da-f]{1,6})h$/i.exec(text) ?? [];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}
