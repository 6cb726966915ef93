/** The words of tables of points, as manuals and people write them. Pure. */
import { byLikeness } from '../../gateway/host/likeness.ts';
import { quoted } from '../../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import type { TagAccess } from '../site.ts';
import type { Column } from './columns.ts';

/** Why a cell is of no use. */
export interface CellRefusal {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}
/** What a cell probably means: taken where assumptions are, refused elsewhere. */
export interface Doubt extends CellRefusal {
  readonly assumed: string;
  /** The column that would have said it. */
  readonly about?: Column;
}
export type Understood<T> = { readonly value: T; readonly doubt?: Doubt } | CellRefusal;

export type TableName = 'coil' | 'discrete' | 'input' | 'holding';

const plainText = (written: string): string =>
  written.normalize('NFKC').toLowerCase().replace(/[\s_]/g, '');

function unknownWord(written: string, known: readonly string[]): CellRefusal {
  const likely = byLikeness(written, known).slice(0, 10).join(', ');
  return { code: 'import.word-unknown', details: { found: quoted(written), known: likely } };
}

export interface Area {
  readonly table: TableName;
  /** What the function codes allow; undefined: nothing is said about it. */
  readonly access: TagAccess | undefined;
}

const TABLE_WORDS: ReadonlyMap<string, TableName> = new Map([
  ...words<TableName>('coil', 'coil, coils, 0x, do, 线圈, 线圈状态, 输出线圈'),
  ...words<TableName>(
    'discrete',
    'discrete, discreteinput, discreteinputs, 1x, di, 离散输入, 离散量输入, 输入状态',
  ),
  ...words<TableName>('input', 'input, inputregister, inputregisters, ir, 3x, ai, 输入寄存器'),
  ...words<TableName>(
    'holding',
    'holding, holdingregister, holdingregisters, hr, 4x, ao, 保持寄存器',
  ),
]);

const READS: ReadonlyMap<number, TableName> = new Map([
  [1, 'coil'],
  [2, 'discrete'],
  [3, 'holding'],
  [4, 'input'],
]);
const WRITES: ReadonlyMap<number, TableName> = new Map([
  [5, 'coil'],
  [15, 'coil'],
  [6, 'holding'],
  [16, 'holding'],
]);

/** `3`, `03H`, `0x04`, `FC3`, `03/06`, `holding`, `保持寄存器`. */
export function functionOf(written: string): Understood<Area> {
  const text = plainText(written);
  const table = TABLE_WORDS.get(text);
  if (table) return { value: { table, access: undefined } };
  const codes = text
    .replaceAll(/fc|功能码|h\b/g, '')
    .split(/[/,、;+&]/)
    .map((one) => (/^(0x[\da-f]{1,2}|\d{1,2})$/.test(one) ? Number(one) : 0));
  const reads = codes.flatMap((code) => READS.get(code) ?? []);
  const writes = codes.flatMap((code) => WRITES.get(code) ?? []);
  const [first] = [...reads, ...writes];
  if (first === undefined || reads.length + writes.length < codes.length)
    return unknownWord(written, ['1', '2', '3', '4', '03/06', ...TABLE_WORDS.keys()]);
  const access = writes.length === 0 ? undefined : reads.length === 0 ? 'write' : 'read-write';
  return { value: { table: first, access } };
}

const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ...words(
    'int16',
    `int16, s16, i16, short, int, integer, signed, signed16, signedint, signedinteger, 整型, 整数,
    短整型, 16位有符号, 有符号16位, 有符号整型, int16t,
    16位有符号整数`,
  ),
  ...words(
    'uint16',
    `uint16, u16, ushort, uint, word, unsigned, unsigned16, unsignedint, unsignedinteger, 无符号整数, 16位无符号, 无符号16位, 无符号整型,
    uint16t, 16位无符号整数`,
  ),
  ...words(
    'int32',
    `int32, s32, i32, dint, long, longinteger, longint, signedlong, signed32, 32位有符号, 有符号32位,
    int32t, 长整型, 32位有符号整数`,
  ),
  ...words(
    'uint32',
    `uint32, u32, udint, dword, ulong, unsignedlong, unsigned32, 32位无符号, 无符号32位, uint32t,
    无符号长整型, 32位无符号整数`,
  ),
  ...words('int64', 'int64, s64, i64, lint, signed64, 64位有符号, 有符号64位'),
  ...words('uint64', 'uint64, u64, ulint, lword, unsigned64, 64位无符号, 无符号64位'),
  ...words(
    'float32',
    `float32, float, f32, real, real4, single, floatingpoint, 浮点, 浮点数, 浮点型, 单精度, 单精度浮点, 单精度浮点数,
    32位浮点, 32位浮点数`,
  ),
  ...words(
    'float64',
    'float64, double, f64, lreal, 双精度, 双精度浮点, 双精度浮点数, 64位浮点, 64位浮点数',
  ),
  ...words('bcd16', 'bcd16, bcd'),
  ...words('bcd32', 'bcd32'),
  ...words('bcd64', 'bcd64'),
  ...words('bool', 'bool, boolean, bit, 位, 布尔, 布尔型, 开关量'),
  ...words('string', 'string, ascii, char, 字符串, 文本'),
]);

/** `U16`, `REAL`, `单精度浮点`; `string16` keeps its length. */
export function typeOf(written: string): Understood<string> {
  const text = plainText(written);
  const exact = /^(string|m10k|sm10k)\d+$/.test(text) ? text : TYPE_WORDS.get(text);
  return exact ? { value: exact } : unknownWord(written, [...new Set(TYPE_WORDS.values())]);
}

const ORDER_WORDS: ReadonlyMap<string, string> = new Map([
  ...words(
    'abcd',
    'abcd, 1234, ab, big, bigendian, be, 大端, 大端模式, 高字在前, 高位在前, 高字节在前, abcdefgh',
  ),
  ...words('cdab', 'cdab, 3412, wordswap, wordswapped, 低字在前, ghefcdab'),
  ...words('badc', 'badc, 2143, ba, byteswap, byteswapped, badcfehg'),
  ...words('dcba', 'dcba, 4321, hgfedcba'),
]);
const AMBIGUOUS_ORDER = /^(little|littleendian|le|小端|小端模式|低位在前|低字节在前)$/;

/** `CDAB`, `3412`, `大端`; what may mean two orders is in doubt: most who say so mean the words alone. */
export function orderOf(written: string): Understood<string> {
  const text = plainText(written).replaceAll(/[-,]/g, '');
  if (AMBIGUOUS_ORDER.test(text))
    return {
      value: 'cdab',
      doubt: {
        ...{ code: 'import.order-ambiguous', details: { found: quoted(written) } },
        assumed: 'cdab',
      },
    };
  const order = ORDER_WORDS.get(text);
  return order ? { value: order } : unknownWord(written, ['abcd', 'cdab', 'badc', 'dcba']);
}

const ACCESS_WORDS: ReadonlyMap<string, TagAccess> = new Map([
  ...words<TagAccess>('read', 'r, ro, read, readonly, 只读, 读, 可读'),
  ...words<TagAccess>('write', 'w, wo, write, writeonly, 只写, 写'),
  ...words<TagAccess>(
    'read-write',
    'rw, r/w, readwrite, read/write, read-write, 读写, 可读写, 可读可写, 读/写',
  ),
]);

/** `R/W`, `只读`; what is not understood is read, and never written. */
export function accessOf(written: string): Understood<TagAccess> {
  const access = ACCESS_WORDS.get(plainText(written));
  if (access) return { value: access };
  const unknown = unknownWord(written, ['R', 'R/W', 'W', '只读', '读写', '只写']);
  return { value: 'read', doubt: { ...unknown, assumed: 'read' } };
}

/** A decimal factor as text: `0.1`, `×0.1`, `0,1`, `/10`, `1/100`, `10^-2`. */
export function factorOf(written: string): Understood<string> {
  const text = plainText(written).replace(/^[x×*]/, '');
  if (/^-?\d{1,15}([.,]\d{1,15})?(e-?\d{1,2})?$/.test(text))
    return { value: text.replace(',', '.') };
  const zeros = /^(?:1?[/÷]|除以)1(0{0,15})$/.exec(text)?.[1]?.length;
  const power = zeros ?? Number(/^10\^-(\d{1,2})$/.exec(text)?.[1]);
  if (power === 0) return { value: '1' };
  if (power > 0) return { value: `0.${'1'.padStart(power, '0')}` };
  return { code: 'import.factor-form', details: { found: quoted(written) } };
}

/** `0.1V`, `×0.01 kWh`: what one step of the raw number is. */
export function stepOf(
  written: string,
): { readonly scale: string; readonly unit: string } | undefined {
  const text = written.normalize('NFKC').trim();
  const [, scale, unit] = /^[x×*]?\s*(\d+(?:\.\d+)?)\s*([^\d\s.,/].*)$/i.exec(text) ?? [];
  return scale === undefined || unit === undefined ? undefined : { scale, unit };
}

/** What a remark says of the unit: `Unit: m3/h`, `单位：℃`. */
export const unitNoted = (note: string): string | undefined =>
  /(?:^|[\s,;，；(（])(?:units?|单位)\s*[:：=]\s*([^\s,;，；)）]+)/i.exec(note)?.[1];

/** `℃`, `degC` and `C` are °C, `m³` is m3; a dash is no unit. */
export function unitOf(written: string): string | undefined {
  const text = written.normalize('NFKC').replaceAll('\u03bc', '\u00b5').trim();
  if (/^(c|deg\.? ?c|摄氏度)$/i.test(text)) return '°C';
  return /^([-/\u2014\u2013]*|无|none)$/i.test(text) ? undefined : text;
}

function words<T>(value: T, all: string): (readonly [string, T])[] {
  return all.split(/,\s+/).map((word) => [word, value] as const);
}
