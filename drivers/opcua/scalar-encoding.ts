/** Values of the gateway as scalars of the stack, the inverse of scalar.ts: exact, or refused with the reason. Pure. */
import { type Decimal, decimalText, isDecimal, type Value } from '../../gateway/model/sample.ts';
import { asDecimal } from '../codec/scale.ts';
import { parseNode } from './node-ref.ts';
import {
  coerceNodeId,
  DataType,
  LocalizedText,
  QualifiedName,
  StatusCode,
  StatusCodes,
} from './stack.ts';

/**
 * What the stack takes; or why the value cannot be written. `kind`: another kind of value is wanted. `range`: the type
 * cannot hold it exactly. `name`: the enumeration has no such name.
 */
export type EncodedScalar =
  | { readonly raw: unknown }
  | { readonly refused: 'kind' | 'range' | 'name' };

/** `names` of an enumeration, which then takes a name or a number. Types that are no scalars take nothing. */
export function encodeScalar(
  type: DataType,
  value: Value,
  names?: ReadonlyMap<number, string>,
): EncodedScalar {
  if (names !== undefined && typeof value === 'string') {
    const number = [...names].find(([, name]) => name === value)?.[0];
    return number === undefined ? { refused: 'name' } : { raw: number };
  }
  const range = RANGES[type];
  if (range) return integer(type, value, range);
  switch (type) {
    case DataType.Boolean:
      return flag(value);
    case DataType.Float:
    case DataType.Double:
      return float(type, value);
    default:
      return typeof value === 'string' ? fromText(type, value) : { refused: 'kind' };
  }
}

const bits = (count: number, isSigned: boolean): readonly [bigint, bigint] => {
  const all = 1n << BigInt(count);
  return isSigned ? [-all / 2n, all / 2n - 1n] : [0n, all - 1n];
};
const RANGES: Readonly<Partial<Record<DataType, readonly [bigint, bigint]>>> = {
  [DataType.SByte]: bits(8, true),
  [DataType.Byte]: bits(8, false),
  [DataType.Int16]: bits(16, true),
  [DataType.UInt16]: bits(16, false),
  [DataType.Int32]: bits(32, true),
  [DataType.UInt32]: bits(32, false),
  [DataType.Int64]: bits(64, true),
  [DataType.UInt64]: bits(64, false),
};

function flag(value: Value): EncodedScalar {
  if (typeof value === 'boolean') return { raw: value };
  if (value === 0 || value === 1 || value === 0n || value === 1n)
    return { raw: Number(value) === 1 };
  return { refused: 'kind' };
}

function integer(
  type: DataType,
  value: Value,
  [least, most]: readonly [bigint, bigint],
): EncodedScalar {
  const is64 = type === DataType.Int64 || type === DataType.UInt64;
  // JSON has no integers beyond 2^53 but as text.
  const isDigits = is64 && typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (typeof value === 'boolean' || (typeof value === 'string' && !isDigits))
    return { refused: 'kind' };
  const whole = typeof value === 'string' ? BigInt(value) : wholeOf(value);
  if (whole === undefined || whole < least || whole > most) return { refused: 'range' };
  if (!is64) return { raw: Number(whole) };
  const pattern = BigInt.asUintN(64, whole);
  return { raw: [Number(pattern >> 32n), Number(pattern & 0xffff_ffffn)] };
}

function wholeOf(value: number | bigint | Decimal): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value === 'bigint') return value;
  const unit = 10n ** BigInt(value.decimals);
  return value.unscaled % unit === 0n ? value.unscaled / unit : undefined;
}

/** A fraction becomes the nearest float; a whole number has to stay what it is. */
function float(type: DataType, value: Value): EncodedScalar {
  if (typeof value === 'boolean' || typeof value === 'string') return { refused: 'kind' };
  const double = isDecimal(value) ? Number(decimalText(value)) : Number(value);
  const held = type === DataType.Float ? Math.fround(double) : double;
  const isLost = !Number.isFinite(held) || (held === 0 && double !== 0);
  const whole = isLost ? undefined : wholeOf(value);
  if (isLost || (whole !== undefined && whole !== wholeOf(held))) return { refused: 'range' };
  return isDecimal(value) && !isSame(value, asDecimal(double))
    ? { refused: 'range' }
    : { raw: held };
}

function isSame(a: Decimal, b: Decimal | undefined): boolean {
  if (b === undefined) return false;
  return a.unscaled * 10n ** BigInt(b.decimals) === b.unscaled * 10n ** BigInt(a.decimals);
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;
const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function fromText(type: DataType, text: string): EncodedScalar {
  const raw = readText(type, text);
  return raw === undefined ? { refused: 'kind' } : { raw };
}

function readText(type: DataType, text: string): unknown {
  switch (type) {
    case DataType.String:
    case DataType.XmlElement:
      return text;
    case DataType.LocalizedText:
      return new LocalizedText({ text, locale: null });
    case DataType.DateTime: {
      const time = ISO_TIME.test(text) ? new Date(text) : undefined;
      return time && !Number.isNaN(time.getTime()) ? time : undefined;
    }
    case DataType.Guid:
      return GUID.test(text) ? text : undefined;
    case DataType.ByteString:
      return /^([\da-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
    case DataType.NodeId:
    case DataType.ExpandedNodeId:
      return nodeId(text);
    case DataType.QualifiedName: {
      const [, index = '0', name] = /^(?:(\d{1,5}):)?(.*)$/s.exec(text) ?? [];
      return new QualifiedName({ namespaceIndex: Number(index), name: name ?? '' });
    }
    case DataType.StatusCode: {
      const status: unknown = Reflect.get(StatusCodes, text);
      return status instanceof StatusCode ? status : undefined;
    }
    default:
      return undefined;
  }
}

/** With the index of its namespace: the server would not take another form. */
function nodeId(text: string): unknown {
  const parsed = parseNode(text);
  if ('code' in parsed || parsed.value.kind !== 'id') return undefined;
  const { namespace, id } = parsed.value;
  return 'index' in namespace ? coerceNodeId(id, namespace.index) : undefined;
}
