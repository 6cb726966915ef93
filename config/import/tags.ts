/** From the rows of a table of points to tags; a row that is not understood costs no other one. Pure. */
import type { DriverOptions } from '../../drivers/driver.ts';
import { printable } from '../../gateway/host/quoted.ts';
import type { ErrorDetails } from '../../gateway/model/errors.ts';
import { asMap } from '../checker.ts';
import { issueProblem, type Problem, problem } from '../problem.ts';
import { tagOptions } from '../schema.ts';
import type { Column } from './columns.ts';
import { type Base, type Place, placeOf } from './place.ts';
import type { Row, Table } from './table.ts';
import {
  accessOf,
  type CellRefusal,
  factorOf,
  functionOf,
  orderOf,
  typeOf,
  type Understood,
  unitOf,
} from './words.ts';

/** Something wrong with a row; `line` is the number of the row. */
export interface RowProblem extends Omit<Problem, 'col'> {
  /** The title of the column, as written. */
  readonly column: string;
}

export interface ImportedTag {
  readonly name: string;
  /** As in a site, in the order to print them. */
  readonly keys: Readonly<Record<string, string | number>>;
  /** What the row says for people, on one line; empty when it says nothing. */
  readonly note: string;
}

export interface Imported {
  readonly tags: readonly ImportedTag[];
  readonly problems: readonly RowProblem[];
}

export interface ImportOptions {
  readonly file: string;
  readonly driver: DriverOptions;
  readonly base: Base | undefined;
  /** What things are called in profiles: `A相电压` is `voltage_l1`; without blanks, small letters. */
  readonly vocabulary: ReadonlyMap<string, string>;
}

export function tagsOf(table: Table, options: ImportOptions): Imported {
  const tags: ImportedTag[] = [];
  const problems: RowProblem[] = [];
  const rows = new Map<string, number>();
  for (const row of table.rows) {
    const reader = readerOf(row, table, options.file);
    const tag = tagOf(reader, options);
    const first = tag && rows.get(tag.name);
    if (tag && first !== undefined)
      reader.refuse('name', { code: 'import.name-twice', details: { name: tag.name, first } });
    if (tag && reader.problems.length === 0) {
      rows.set(tag.name, row.number);
      tags.push(tag);
    }
    problems.push(...reader.problems);
  }
  return { tags, problems };
}

/** One row, and what is wrong with it. */
interface Reader {
  readonly problems: readonly RowProblem[];
  cell(column: Column): string;
  refuse(column: Column, refusal: CellRefusal): void;
  add(column: Column, problem: Problem): void;
  /** The meaning of a cell; undefined when it is empty, or refused. */
  read<T>(column: Column, of: (written: string) => Understood<T>): T | undefined;
}

function readerOf(row: Row, { titles }: Table, file: string): Reader {
  const problems: RowProblem[] = [];
  // Two checks may say the same of one cell: the driver's, and that of every site.
  const add = (column: Column, { col: _, ...one }: Problem) => {
    const title = titles.get(column) ?? column;
    if (!problems.some(({ code, column: other }) => code === one.code && other === title))
      problems.push({ ...one, line: row.number, column: title });
  };
  const refuse = (column: Column, { code, details }: CellRefusal) =>
    add(column, problem({ file, line: row.number, col: 1 }, code, details));
  return {
    problems,
    cell: row.cell,
    add,
    refuse,
    read(column, of) {
      const written = row.cell(column);
      if (written === '') return undefined;
      const understood = of(written);
      if ('value' in understood) return understood.value;
      refuse(column, understood);
      return undefined;
    },
  };
}

function tagOf(reader: Reader, options: ImportOptions): ImportedTag | undefined {
  const { driver } = options;
  if (reader.cell('address') === '') {
    reader.refuse('address', { code: 'import.address-missing', details: {} });
    return undefined;
  }
  const isModbus = driver.type === 'modbus';
  const placed = isModbus ? modbusPlace(reader, options) : plainPlace(reader);
  const scale = reader.read('scale', factorOf);
  const offset = reader.read('offset', factorOf);
  const decimals = reader.read('decimals', factorOf);
  const unit = unitOf(reader.cell('unit'));
  const access = reader.read('access', accessOf) ?? placed?.access;
  if (placed === undefined || reader.problems.length > 0) return undefined;
  const keys = {
    address: placed.address,
    ...(unit && { unit }),
    ...(scale !== undefined && Number(scale) !== 1 && { scale: Number(scale) }),
    ...(offset !== undefined && Number(offset) !== 0 && { offset: Number(offset) }),
    ...(decimals !== undefined && { decimals: Number(decimals) }),
    ...(access && access !== 'read' && { access }),
  };
  checkTag(reader, keys, options);
  const written = reader.cell('name');
  const name = nameOf(written, options.vocabulary) ?? placed.name;
  const note = [name === written ? '' : written, reader.cell('note')].filter(Boolean).join(' · ');
  return { name, keys, note: printable(note.replace(/\s+/g, ' '), LONGEST_NOTE) };
}

const LONGEST_NOTE = 120;

interface Placed {
  readonly address: string;
  readonly access?: string | undefined;
  /** For a tag whose own name cannot be one. */
  readonly name: string;
}

function plainPlace(reader: Reader): Placed {
  const address = reader.cell('address');
  return { address, name: slug(address) ?? 'tag' };
}

function modbusPlace(reader: Reader, { base }: ImportOptions): Placed | undefined {
  const said = reader.read('function', functionOf);
  const place = reader.read('address', (text) => placeOf(text, { area: said, base }));
  const type = reader.read('type', typeOf);
  const order = reader.read('order', orderOf);
  const bit = reader.cell('bit') === '' ? place?.bit : Number(reader.cell('bit'));
  if (place === undefined || reader.problems.length > 0) return undefined;
  const isBit = bit !== undefined || place.table === 'coil' || place.table === 'discrete';
  const length = Number(reader.cell('length') || 0);
  if (!isBit) checkLength(reader, type ?? 'uint16', length);
  const sized = type === 'string' ? `string${2 * length}` : (type ?? 'uint16');
  const what = isBit ? (type === undefined || type === 'bool' ? '' : ` ${type}`) : ` ${sized}`;
  const needsOrder = !isBit && order !== undefined && order !== 'abcd';
  const at = bit === undefined ? '' : `.${bit}`;
  return {
    address: `${place.table}:${place.address}${at}${what}${needsOrder ? ` ${order}` : ''}`,
    access: said?.access,
    name: derivedName(place, bit),
  };
}

const derivedName = ({ table, address }: Place, bit: number | undefined): string =>
  bit === undefined ? `${table}_${address}` : `${table}_${address}_${bit}`;

const BITS_PER_REGISTER = 16;

/** A table that gives a value two registers and no type, or one of one register, is not believed. */
function checkLength(reader: Reader, type: string, length: number): void {
  const registers = Number(/(16|32|48|64)$/.exec(type)?.[1]) / BITS_PER_REGISTER;
  if (type.startsWith('string') || length === 0 || !(registers > 0) || registers === length) return;
  const details: ErrorDetails = { type, registers, length: reader.cell('length') };
  reader.refuse('length', { code: 'import.length-differs', details });
}

const COLUMN_OF_KEY: Readonly<Record<string, Column>> = {
  address: 'address',
  unit: 'unit',
  scale: 'scale',
  offset: 'offset',
  decimals: 'decimals',
  access: 'access',
};

/** What the driver and every site would say of the tag. */
function checkTag(reader: Reader, keys: ImportedTag['keys'], { file, driver }: ImportOptions) {
  const own = Object.keys(asMap(driver.addressSchema.json.properties));
  const parts = [
    driver.addressSchema.parse(
      Object.fromEntries(Object.entries(keys).filter(([key]) => own.includes(key))),
    ),
    tagOptions.parse(keys),
  ];
  for (const parsed of parts)
    for (const issue of parsed.ok ? [] : parsed.issues) {
      const key = String(issue.path[0] ?? 'address');
      const known = { key, protocol: driver.type };
      const place = { file, line: 1, col: 1 };
      reader.add(COLUMN_OF_KEY[key] ?? 'address', issueProblem(place, issue, known));
    }
}

/** The vocabulary's name for it, or its own in small letters; undefined for what has no Latin letters. */
function nameOf(written: string, vocabulary: ReadonlyMap<string, string>): string | undefined {
  return vocabulary.get(bareName(written)) ?? slug(written);
}

/** Without blanks and case: how names of a vocabulary are compared. */
export const bareName = (written: string): string =>
  written.normalize('NFKC').toLowerCase().replace(/\s/g, '');

const LONGEST_NAME = 64;

function slug(written: string): string | undefined {
  const text = written.normalize('NFKC').trim().toLowerCase();
  if (/[^\x20-\x7e]/.test(text)) return undefined;
  const name = text.replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(name) && name.length <= LONGEST_NAME ? name : undefined;
}
