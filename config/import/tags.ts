/** From the rows of a table of points to tags; a row that is not understood costs no other one. Pure. */
import type { DriverOptions } from '../../drivers/driver.ts';
import { printable, quoted } from '../../gateway/host/quoted.ts';
import { asMap } from '../checker.ts';
import { issueProblem } from '../problem.ts';
import { tagOptions } from '../schema.ts';
import type { Column } from './columns.ts';
import { modbusPlace, type Placed, type Span } from './modbus-row.ts';
import { type Numbering, numberingOf } from './numbering.ts';
import type { Base } from './place.ts';
import { type Reader, type RowProblem, readersOf } from './reader.ts';
import type { Row, Table } from './table.ts';
import { bareName } from './vocabulary.ts';
import { accessOf, factorOf, stepOf, unitNoted, unitOf } from './words.ts';

export interface ImportedTag {
  readonly name: string;
  /** As the row names it. */
  readonly label: string;
  /** As in a site, in the order to print them. */
  readonly keys: Readonly<Record<string, string | number>>;
  /** What else the row says for people, on one line; empty when it says nothing. */
  readonly note: string;
  /** The number of its row. */
  readonly row: number;
}

export interface Imported {
  readonly tags: readonly ImportedTag[];
  readonly problems: readonly RowProblem[];
  /** Empty unless assumptions are taken. */
  readonly doubts: readonly RowProblem[];
}

export interface ImportOptions {
  readonly file: string;
  readonly driver: DriverOptions;
  readonly base: Base | undefined;
  /** What things are called in profiles: `A相电压` is `voltage_l1`; without blanks, small letters. */
  readonly vocabulary: ReadonlyMap<string, string>;
  /** Of values of several registers where no cell says it: `cdab`. */
  readonly order?: string | undefined;
  /** Whether what a cell probably means is taken, and told; else it is refused. */
  readonly assuming?: boolean;
}

export function tagsOf(table: Table, options: ImportOptions): Imported {
  const { assuming = false } = options;
  const readRows = readersOf(table, { file: options.file, assuming });
  const numbering = numberingOf(table, options);
  const above: Taken = { rows: new Map(), spans: [] };
  const tags: ImportedTag[] = [];
  const readers = table.rows.map((row) => {
    const reader = readRows.of(row);
    const tag = tagOf(reader, { ...options, numbering, taken: above, row });
    if (tag) tags.push(tag);
    return reader;
  });
  const problems = readers.flatMap((reader) => reader.problems);
  // Of a row that is left out nothing is taken.
  const taken = readers.filter((reader) => reader.problems.length === 0);
  return {
    tags,
    problems,
    doubts: [...readRows.doubts, ...taken.flatMap((reader) => reader.doubts)],
  };
}

/** What the rows above have. */
interface Taken {
  /** The number of the row, by the name of the tag. */
  readonly rows: Map<string, number>;
  readonly spans: Span[];
}

interface TagParts extends ImportOptions {
  readonly numbering: Numbering;
  readonly taken: Taken;
  readonly row: Row;
}

function tagOf(reader: Reader, parts: TagParts): ImportedTag | undefined {
  const { driver, numbering, taken, row, assuming } = parts;
  const written = reader.cell('address');
  if (written === '') {
    reader.refuse('address', { code: 'import.address-missing', details: {} });
    return undefined;
  }
  const placed: Placed | undefined =
    driver.type === 'modbus'
      ? modbusPlace(reader, numbering)
      : { address: written, name: slug(written) ?? 'tag' };
  const { unit, scale } = unitAndScale(reader);
  const offset = reader.read('offset', factorOf);
  const said = reader.read('decimals', factorOf);
  const access = reader.read('access', accessOf) ?? placed?.access;
  if (placed === undefined || reader.problems.length > 0) return undefined;
  const decimals = said ?? (assuming ? digitsOf(placed, scale) : undefined);
  const keys = {
    address: placed.address,
    ...(unit && { unit }),
    ...(scale !== undefined && Number(scale) !== 1 && { scale: Number(scale) }),
    ...(offset !== undefined && Number(offset) !== 0 && { offset: Number(offset) }),
    ...(decimals !== undefined && { decimals: Number(decimals) }),
    ...(access && access !== 'read' && { access }),
  };
  checkTag(reader, keys, parts);
  const label = reader.cell('name');
  const name = freeName(reader, nameOf(label, parts.vocabulary) ?? placed.name, placed, taken);
  noteOverlap(reader, placed, taken);
  if (reader.problems.length > 0) return undefined;
  taken.rows.set(name, row.number);
  if (placed.span) taken.spans.push(placed.span);
  const known = assuming || name === label ? '' : label;
  const note = [known, reader.cell('note')].filter(Boolean).join(' · ');
  return { name, label: onOneLine(label), keys, note: onOneLine(note), row: row.number };
}

const LONGEST_NOTE = 120;
const onOneLine = (text: string) => printable(text.replace(/\s+/g, ' '), LONGEST_NOTE);

/** A unit such as `0.1V` says both, unless the table has another scale. */
function unitAndScale(reader: Reader): { readonly unit?: string; readonly scale?: string } {
  const written = reader.cell('unit') || (unitNoted(reader.cell('note')) ?? '');
  const scale = reader.read('scale', factorOf);
  const step = stepOf(written);
  const unit = unitOf(step?.unit ?? written);
  if (step !== undefined && Number(scale) !== Number(step.scale)) {
    const words = { code: 'import.unit-step', details: { found: quoted(written) } } as const;
    if (scale !== undefined) reader.refuse('unit', words);
    else reader.doubt('unit', { ...words, assumed: `${step.scale} × ${unit}` });
  }
  const factor = scale ?? step?.scale;
  return { ...(unit !== undefined && { unit }), ...(factor !== undefined && { scale: factor }) };
}

/** As many digits as a whole number has behind its scale. */
const digitsOf = ({ isWhole }: Placed, scale: string | undefined): string | undefined => {
  const digits = /\.(\d*[1-9])0*$/.exec(scale ?? '')?.[1]?.length;
  return isWhole && digits !== undefined ? String(digits) : undefined;
};

/** What stands twice gets its place behind its name. */
function freeName(reader: Reader, name: string, placed: Placed, taken: Taken): string {
  const first = taken.rows.get(name);
  if (first === undefined) return name;
  const words = { code: 'import.name-twice', details: { name, first } } as const;
  const other = `${name}_${placed.name}`;
  if (taken.rows.has(other)) reader.refuse('name', words);
  else reader.doubt('name', { ...words, assumed: other });
  return other;
}

/** Two values that share a register, and are not the same: one of the two has a wrong type, or a wrong address. */
function noteOverlap(reader: Reader, { span, address }: Placed, { spans }: Taken): void {
  if (!reader.isAssuming) return;
  const other = span && spans.find((one) => one.table === span.table && cross(one, span));
  if (!other) return;
  const details = { address, other: other.address };
  reader.assume('address', { code: 'import.overlap', details, assumed: address });
}

const cross = (a: Span, b: Span): boolean =>
  a.from <= b.to && b.from <= a.to && (a.from !== b.from || a.to !== b.to);

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

const LONGEST_NAME = 64;

function slug(written: string): string | undefined {
  const text = written.normalize('NFKC').trim().toLowerCase();
  if (/[^\x20-\x7e]/.test(text)) return undefined;
  const name = text.replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(name) && name.length <= LONGEST_NAME ? name : undefined;
}
