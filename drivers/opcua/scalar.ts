/** Scalars as the stack decodes them, as values of the gateway: every digit; text for what is no number. Pure. */
import type { Decimal, Value } from '../../gateway/model/sample.ts';
import { DataType, LocalizedText, NodeId, QualifiedName, StatusCode } from './stack.ts';

/** What stands for a raw scalar. Undefined: none of this type does; null: there is no value in it. */
type Reader = (raw: unknown) => Value | null | undefined;

const asIs: Reader = (raw) =>
  typeof raw === 'number' || typeof raw === 'boolean'
    ? raw
    : (raw ?? null) === null
      ? null
      : undefined;
/** A null String is an empty one (OPC 10000-6 §5.2.2.4: languages may not tell them apart). */
const text: Reader = (raw) => (typeof raw === 'string' ? raw : '');

const READERS: Readonly<Partial<Record<DataType, Reader>>> = {
  [DataType.Boolean]: asIs,
  [DataType.SByte]: asIs,
  [DataType.Byte]: asIs,
  [DataType.Int16]: asIs,
  [DataType.UInt16]: asIs,
  [DataType.Int32]: asIs,
  [DataType.UInt32]: asIs,
  [DataType.Int64]: (raw) => integer64(raw, true),
  [DataType.UInt64]: (raw) => integer64(raw, false),
  [DataType.Float]: (raw) =>
    typeof raw === 'number' && Number.isFinite(raw) ? shortestFloat(raw) : null,
  [DataType.Double]: (raw) => (typeof raw === 'number' && Number.isFinite(raw) ? raw : null),
  [DataType.String]: text,
  [DataType.DateTime]: dateText,
  [DataType.Guid]: (raw) => (typeof raw === 'string' ? raw.toLowerCase() : null),
  [DataType.ByteString]: (raw) => (raw instanceof Uint8Array ? hexText(raw) : ''),
  [DataType.XmlElement]: text,
  [DataType.NodeId]: nodeIdText,
  [DataType.ExpandedNodeId]: nodeIdText,
  [DataType.StatusCode]: (raw) => (raw instanceof StatusCode ? raw.name : null),
  [DataType.QualifiedName]: (raw) => (raw instanceof QualifiedName ? qualifiedText(raw) : null),
  [DataType.LocalizedText]: (raw) => (raw instanceof LocalizedText ? (raw.text ?? '') : ''),
};

/**
 * The value of a scalar. Null: the device has none, or one that is no number (NaN, infinite). Undefined: the type is no
 * scalar of the gateway. Numbers as numbers, 64-bit integers beyond 2^53 as bigint, times as ISO text in UTC, bytes as
 * hexadecimal digits, ids and names as in the standard's text form, of a LocalizedText the text alone.
 */
export function scalarValue(type: DataType, raw: unknown): Value | null | undefined {
  return READERS[type]?.(raw);
}

/** The stack holds 64 bits as two halves, the higher first. */
function integer64(raw: unknown, isSigned: boolean): Value | null {
  if (!Array.isArray(raw)) return null;
  const [high, low] = raw as [number, number];
  const top = isSigned ? high | 0 : high >>> 0;
  const number = top * 0x1_0000_0000 + (low >>> 0);
  if (Number.isSafeInteger(number)) return number;
  return (BigInt(top) << 32n) | BigInt(low >>> 0);
}

/** 9 significant digits tell any two floats of 32 bits apart, and 6 are always kept. */
const MOST_FLOAT_DIGITS = 9;
const KEPT_FLOAT_DIGITS = 6;

/** The number with the fewest digits that is this float of 32 bits: 0.1, not 0.10000000149011612. */
export function shortestFloat(value: number): number {
  if (Number.isInteger(value)) return value;
  for (let digits = KEPT_FLOAT_DIGITS; digits < MOST_FLOAT_DIGITS; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number(value.toPrecision(MOST_FLOAT_DIGITS));
}

/** To the 100 ns that a DateTime counts (OPC 10000-6 §5.2.2.5). */
function dateText(raw: unknown): string | null {
  if (!(raw instanceof Date) || Number.isNaN(raw.getTime())) return null;
  const iso = raw.toISOString();
  const picoseconds: unknown = Reflect.get(raw, 'picoseconds');
  if (typeof picoseconds !== 'number' || picoseconds === 0) return iso;
  return `${iso.slice(0, -1)}${`${Math.floor(picoseconds / 100_000)}`.padStart(4, '0')}Z`;
}

const hexText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

function nodeIdText(raw: unknown): string | null {
  return raw instanceof NodeId ? raw.toString().replace(/^ns=0;/, '') : null;
}

const qualifiedText = ({ namespaceIndex, name }: QualifiedName): string =>
  namespaceIndex === 0 ? `${name ?? ''}` : `${namespaceIndex}:${name ?? ''}`;

/** More shifts a number out of anything that is measured. */
const LARGEST_SCALE = 64;

/** The body of a Decimal: the scale, then the digits as an integer of any length (OPC 10000-6 §5.1.10). */
export function decimalValue(body: Uint8Array): Decimal | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (body.length < 3 || body.length > 2 + LARGEST_SCALE) return undefined;
  const scale = view.getInt16(0, true);
  if (Math.abs(scale) > LARGEST_SCALE) return undefined;
  let unscaled = 0n;
  for (let i = body.length - 1; i >= 2; i--) unscaled = (unscaled << 8n) | BigInt(body[i] ?? 0);
  unscaled = BigInt.asIntN(8 * (body.length - 2), unscaled);
  return scale >= 0
    ? { unscaled, decimals: scale }
    : { unscaled: unscaled * 10n ** BigInt(-scale), decimals: 0 };
}
