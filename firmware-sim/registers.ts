/**
 * The four tables of a simulated device. Points lie where the description puts them; everything
 * between them is a hole that a read must not touch.
 */
import { type MonoMs, monoMs } from '../gateway/model/units.ts';
import { decode, type Encoding, encode, type PointValue, registersOf } from './encoding.ts';

export type BitTable = 'coil' | 'discrete';
export type RegisterTable = 'input' | 'holding';

/** A named value in a table. */
export interface Point extends Encoding {
  readonly name: string;
  readonly table: BitTable | RegisterTable;
  /** Zero-based address on the wire. */
  readonly address: number;
  /** For a bool in a register: its bit, 0 the lowest. */
  readonly bit: number | undefined;
  readonly writable: boolean;
  /** A command register is written and never read: reading it is exception 02. */
  readonly readable: boolean;
}

/** What a point is worth now. */
export type Source = (point: Point, now: MonoMs) => PointValue;

/**
 * What a slave needs of its tables. `undefined` and `false` mean: this touches a hole (exception
 * 02).
 */
export interface RegisterImage {
  /** One byte a bit, 0 or 1. */
  readBits(table: BitTable, address: number, count: number, now: MonoMs): Uint8Array | undefined;
  /** Two bytes a register, high byte first. */
  readRegisters(
    table: RegisterTable,
    address: number,
    count: number,
    now: MonoMs,
  ): Uint8Array | undefined;
  writeCoils(address: number, bits: Uint8Array): boolean;
  writeRegisters(address: number, bytes: Uint8Array): boolean;
  /** The reply to this read left the device undamaged. */
  served?(table: BitTable | RegisterTable, address: number, count: number): void;
  /** What a named point shows; undefined where there is none, or its type is not one that is written. */
  shows?(name: string, now: MonoMs): boolean | number | undefined;
  /** What a restart does: written values give way to the source again, counters begin at `upAt`. */
  restart(upAt: MonoMs): void;
}

export interface PointImage extends RegisterImage {
  readonly points: readonly Point[];
  /**
   * Lays a value into the tables; it stays until the next `set`, write or restart. Throws for an
   * unknown name.
   */
  set(name: string, value: PointValue): void;
}

export interface ImageOptions {
  /**
   * `each-read` asks the source for every point that a read touches; `never` asks it once at the
   * start, so that a read is a copy of bytes (for benches).
   */
  readonly refresh?: 'each-read' | 'never';
}

/** A point with every option defaulted: a big-endian unscaled read-only value. */
export const definePoint = (
  point: Pick<Point, 'name' | 'table' | 'address' | 'type'> & Partial<Point>,
): Point => ({
  order: 'abcd',
  scale: 1,
  offset: 0,
  length: 1,
  bit: undefined,
  writable: false,
  readable: true,
  ...point,
});

/** The tables of a device whose points are fed by `source`. */
export function createImage(
  points: readonly Point[],
  source: Source,
  options: ImageOptions = {},
): PointImage {
  const cells = points.map((point): Cell => ({ point, width: widthOf(point), held: false }));
  const tables = {
    coil: createTable(cells, 'coil', 1),
    discrete: createTable(cells, 'discrete', 1),
    input: createTable(cells, 'input', 2),
    holding: createTable(cells, 'holding', 2),
  };
  const byName = new Map(cells.map((cell) => [cell.point.name, cell]));
  const put = (cell: Cell, value: PointValue) => tables[cell.point.table].put(cell, value);
  const isFrozen = options.refresh === 'never';
  const refresh = (touched: readonly Cell[], now: MonoMs) => {
    for (const cell of touched) if (!cell.held) put(cell, source(cell.point, now));
  };
  const read = (name: Point['table'], address: number, count: number, now: MonoMs) => {
    const table = tables[name];
    if (!table.isReadable(address, count)) return undefined;
    if (!isFrozen) refresh(table.touched(address, count), now);
    return table.copy(address, count);
  };
  if (isFrozen) refresh(cells, monoMs(0));
  return {
    points,
    readBits: read,
    readRegisters: read,
    writeCoils: (address, bits) => tables.coil.write(address, bits),
    writeRegisters: (address, bytes) => tables.holding.write(address, bytes),
    shows(name, now) {
      const cell = byName.get(name);
      if (!cell) return undefined;
      const { table, address, type, bit } = cell.point;
      if (!isFrozen) refresh([cell], now);
      const bytes = tables[table].copy(address, cell.width);
      if (isBitTable(table)) return bytes[0] === 1;
      if (type === 'bool') return ((Buffer.from(bytes).readUInt16BE() >> (bit ?? 0)) & 1) === 1;
      return decode(cell.point, bytes);
    },
    set(name, value) {
      const cell = byName.get(name);
      if (!cell) throw new RangeError(`the simulated device has no point ${name}`);
      cell.held = true;
      put(cell, value);
    },
    restart(upAt) {
      for (const cell of cells) cell.held = false;
      if (isFrozen) refresh(cells, upAt);
    },
  };
}

interface Cell {
  readonly point: Point;
  /** Registers, or bits in a bit table. */
  readonly width: number;
  /** Written from outside: the source has no say until the next restart. */
  held: boolean;
}

interface Table {
  isReadable(address: number, count: number): boolean;
  touched(address: number, count: number): readonly Cell[];
  put(cell: Cell, value: PointValue): void;
  copy(address: number, count: number): Uint8Array;
  write(address: number, bytes: Uint8Array): boolean;
}

const isBitTable = (table: Point['table']): boolean => table === 'coil' || table === 'discrete';
const widthOf = (point: Point): number => (isBitTable(point.table) ? 1 : registersOf(point));

/** What an address of a table is. */
const HOLE = 0;
const READABLE = 1;
const WRITE_ONLY = 2;

/** One table: `unit` bytes an address, from the lowest to the highest point. */
function createTable(all: readonly Cell[], name: Point['table'], unit: 1 | 2): Table {
  const cells = all
    .filter((cell) => cell.point.table === name)
    .sort((a, b) => a.point.address - b.point.address);
  const base = cells[0]?.point.address ?? 0;
  const end = Math.max(base, ...cells.map((cell) => cell.point.address + cell.width));
  const widest = Math.max(1, ...cells.map((cell) => cell.width));
  const bytes = new Uint8Array((end - base) * unit);
  const uses = new Uint8Array(end - base);
  for (const { point, width } of cells)
    uses.fill(
      point.readable ? READABLE : WRITE_ONLY,
      point.address - base,
      point.address - base + width,
    );
  const touched = (address: number, count: number): readonly Cell[] => {
    const found: Cell[] = [];
    for (let at = firstFrom(cells, address - widest + 1); at < cells.length; at++) {
      const cell = cells[at] as Cell;
      if (cell.point.address >= address + count) break;
      if (cell.point.address + cell.width > address) found.push(cell);
    }
    return found;
  };
  const hasNone = (use: number, address: number, count: number): boolean =>
    address >= base &&
    address + count <= end &&
    !uses.subarray(address - base, address - base + count).includes(use);
  return {
    isReadable: (address, count) =>
      hasNone(HOLE, address, count) && hasNone(WRITE_ONLY, address, count),
    touched,
    put({ point }, value) {
      const at = (point.address - base) * unit;
      if (unit === 1) bytes[at] = value ? 1 : 0;
      else if (point.type === 'bool') putBit(bytes, at, point.bit ?? 0, Boolean(value));
      else bytes.set(encode(point, value), at);
    },
    copy: (address, count) => bytes.slice((address - base) * unit, (address - base + count) * unit),
    write(address, written) {
      const count = written.length / unit;
      const hit = touched(address, count);
      if (!hasNone(HOLE, address, count) || hit.some((cell) => !cell.point.writable)) return false;
      for (const cell of hit) cell.held = true;
      bytes.set(written, (address - base) * unit);
      return true;
    },
  };
}

/** The index of the first cell at or behind `address`. */
function firstFrom(cells: readonly Cell[], address: number): number {
  let low = 0;
  let high = cells.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cells[middle] as Cell).point.address < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

function putBit(bytes: Uint8Array, at: number, bit: number, value: boolean): void {
  const byte = at + (bit < 8 ? 1 : 0);
  const mask = 1 << (bit & 7);
  bytes[byte] = value ? (bytes[byte] ?? 0) | mask : (bytes[byte] ?? 0) & ~mask;
}
