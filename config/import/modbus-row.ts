/** Where the value of a row stands in a Modbus device, and how it is encoded. Pure. */
import { quoted } from '../../gateway/host/quoted.ts';
import type { Numbering } from './numbering.ts';
import { firstOf, isManual, mayBeManual, type Place, placeOf } from './place.ts';
import type { Reader } from './reader.ts';
import { type Area, functionOf, orderOf, type TableName, typeOf } from './words.ts';

/** Registers of one value, the first and the last. */
export interface Span {
  readonly table: TableName;
  readonly from: number;
  readonly to: number;
  readonly address: string;
}

export interface Placed {
  readonly address: string;
  readonly access?: string | undefined;
  /** For a tag whose own name cannot be one. */
  readonly name: string;
  /** Undefined for bits, and where nobody knows how long the value is. */
  readonly span?: Span | undefined;
  /** Whether the raw number is a whole one. */
  readonly isWhole?: boolean;
}

/** Undefined when the row does not say it. */
export function modbusPlace(reader: Reader, numbering: Numbering): Placed | undefined {
  const said = reader.read('function', functionOf);
  const place = reader.read('address', (text) => placeOf(text, { ...numbering, area: said }));
  const type = reader.read('type', typeOf);
  const ordered = reader.read('order', orderOf);
  if (place === undefined || reader.problems.length > 0) return undefined;
  const bit = reader.cell('bit') === '' ? place.bit : Number(reader.cell('bit'));
  const isBit = bit !== undefined || place.table === 'coil' || place.table === 'discrete';
  noteNumbering(reader, place, said, numbering);
  const name = derivedName(place, bit);
  const at = `${place.table}:${place.address}`;
  if (isBit) {
    const what = type === undefined || type === 'bool' ? '' : ` ${type}`;
    const address = `${at}${bit === undefined ? '' : `.${bit}`}${what}`;
    return { address, access: said?.access, name };
  }
  const sized = sizedType(reader, type);
  const registers = registersOf(sized);
  const order = ordered ?? (registers > 1 ? numbering.order : undefined);
  if (registers > 1 && order === undefined)
    reader.assume('order', { code: 'import.order-missing', details: {}, assumed: 'abcd' });
  const address = `${at} ${sized}${order !== undefined && order !== 'abcd' ? ` ${order}` : ''}`;
  const to = place.address + registers - 1;
  return {
    address,
    ...{ access: said?.access, name },
    span: registers > 0 ? { table: place.table, from: place.address, to, address } : undefined,
    isWhole: /^u?int/.test(sized),
  };
}

const derivedName = ({ table, address }: Place, bit: number | undefined): string =>
  bit === undefined ? `${table}_${address}` : `${table}_${address}_${bit}`;

const BITS_PER_REGISTER = 16;
const TYPE_OF_LENGTH: ReadonlyMap<number, string> = new Map([
  [2, 'uint32'],
  [4, 'uint64'],
]);

/** NaN for a type without a length of its own. */
const registersOf = (type: string): number =>
  Number(/(16|32|48|64)$/.exec(type)?.[1]) / BITS_PER_REGISTER;

/** The type with the length of a text; a length that is not that of the type is not believed. */
function sizedType(reader: Reader, said: string | undefined): string {
  const length = Number(reader.cell('length') || 0);
  if (said === 'string') return `string${2 * length}`;
  const type = said ?? 'uint16';
  if (said === undefined && reader.isAssuming) {
    const assumed = TYPE_OF_LENGTH.get(length) ?? type;
    reader.assume('type', { code: 'import.type-missing', details: {}, assumed });
    return assumed;
  }
  const registers = registersOf(type);
  if (!type.startsWith('string') && length !== 0 && registers > 0 && registers !== length) {
    const details = { type, registers, length: reader.cell('length') };
    reader.refuse('length', { code: 'import.length-differs', details });
  }
  return type;
}

/** What is assumed about the numbers of the whole table is told where it is first of importance. */
function noteNumbering(
  reader: Reader,
  { table, address }: Place,
  said: Area | undefined,
  { base, radix, isHexByDigits, hasZero }: Numbering,
): void {
  const written = reader.cell('address');
  const stem = firstOf(written).replace(/\..*$/, '');
  const details = { found: quoted(written) };
  const assumed = `${table}:${address}`;
  if (isHexByDigits && /^[\da-f]+$/i.test(stem))
    reader.assume('address', { code: 'import.hex-by-digits', details, assumed }, 'once');
  const surroundings = { area: said, base, radix };
  const isBare = radix === 10 && base === undefined && /^\d+$/.test(stem);
  if (isBare && !hasZero && !isManual(stem, surroundings) && !mayBeManual(stem, surroundings))
    reader.assume('address', { code: 'import.base-missing', details, assumed }, 'once');
}
