/** From a value to what is sent to a server, or to the reason why nothing is. Pure. */
import { NumericRange } from 'node-opcua-numeric-range';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import { plainValue, type Value } from '../../gateway/model/sample.ts';
import type { WriteRequest } from '../driver.ts';
import type { OpcuaAddress } from './device.ts';
import { elementOf, isOpaque } from './picker.ts';
import { scalarValue } from './scalar.ts';
import { scalarBytes } from './scalar-bytes.ts';
import { type EncodedScalar, encodeScalar } from './scalar-encoding.ts';
import { DataType, Variant, VariantArrayType } from './stack.ts';
import { fieldInfo, locate, type TypeBook } from './structure.ts';
import type { ValueType } from './value-types.ts';

/** What goes into the WriteValue. */
export interface SentValue {
  readonly variant: Variant;
  /** Of an element of an array (OPC 10000-4 §7.27). */
  readonly indexRange: NumericRange;
  /** What a read of the address gives when the write has done its work; of an enumeration the number. */
  readonly expected: Value;
}

export interface Refused {
  readonly refusal: { readonly code: ErrorCode; readonly details: ErrorDetails };
}

type Request = WriteRequest<OpcuaAddress>;

/**
 * `type`: what the server says of the variable. `current`: what it holds, wanted for a field of a structure and where
 * the type does not say how a value travels.
 */
export function planWrite(
  request: Request,
  type: ValueType | undefined,
  current: Variant | undefined,
): SentValue | Refused {
  if (request.address.field.length > 0) return planField(request, type?.book, current);
  const { index } = request.address;
  const builtIn = type?.builtIn ?? current?.dataType;
  const rank = type?.rank ?? -2;
  const isArray = rank >= 0 || (current && current.arrayType !== VariantArrayType.Scalar);
  if (builtIn === undefined || (isArray ?? false) !== (index !== undefined)) return notOne(request);
  const encoded = encodeScalar(builtIn, request.value, type?.names);
  if ('refused' in encoded) return refusedValue(request, builtIn, encoded, type?.names);
  const expected = scalarValue(builtIn, encoded.raw);
  if (expected === undefined || expected === null) return notOne(request);
  return { ...placed(builtIn, encoded.raw, index), expected };
}

/** The field alone is changed: all other bytes go back as they came. */
function planField(
  request: Request,
  book: TypeBook | undefined,
  current: Variant | undefined,
): SentValue | Refused {
  const { index, field } = request.address;
  const raw: unknown = current && (index ? elementOf(current, index)?.raw : current.value);
  const structure = isOpaque(raw) ? book?.byEncoding(raw.nodeId.toString())?.structure : undefined;
  if (!isOpaque(raw) || book === undefined || structure === undefined) return notOne(request);
  const place = located(raw.buffer, structure, field, book);
  if (typeof place === 'string') return notOne(request);
  const { builtIn, start, end } = place;
  const names = fieldInfo(structure, field, book)?.names;
  const encoded = encodeScalar(builtIn, request.value, names);
  if ('refused' in encoded) return refusedValue(request, builtIn, encoded, names);
  const expected = scalarValue(builtIn, encoded.raw);
  if (expected === undefined || expected === null) return notOne(request);
  const bytes = scalarBytes(builtIn, encoded.raw);
  raw.buffer = Buffer.concat([raw.buffer.subarray(0, start), bytes, raw.buffer.subarray(end)]);
  return { ...placed(DataType.ExtensionObject, raw, index), expected };
}

/** A body that is not what its definition says holds no field. */
function located(...where: Parameters<typeof locate>): ReturnType<typeof locate> {
  try {
    return locate(...where);
  } catch {
    return 'misfit';
  }
}

/** An element goes as an array of one, with as many dimensions as its variable. */
function placed(
  type: DataType,
  raw: unknown,
  index: readonly number[] | undefined,
): Omit<SentValue, 'expected'> {
  const variant = new Variant();
  variant.dataType = type;
  variant.value = index === undefined ? raw : [raw];
  if (index === undefined) return { variant, indexRange: new NumericRange() };
  const isMatrix = index.length > 1;
  variant.arrayType = isMatrix ? VariantArrayType.Matrix : VariantArrayType.Array;
  if (isMatrix) variant.dimensions = index.map(() => 1);
  return { variant, indexRange: new NumericRange(index.join(',')) };
}

const notOne = ({ tag }: Request): Refused => ({
  refusal: { code: 'opcua.not-one-value', details: { tag: tag.id } },
});

const CODES = {
  kind: 'opcua.value-kind',
  range: 'opcua.value-range',
  name: 'opcua.value-name',
} as const;

/** Names that are told of an enumeration. */
const MOST_TOLD = 20;

function refusedValue(
  { tag, value }: Request,
  type: DataType,
  { refused }: Extract<EncodedScalar, { readonly refused: unknown }>,
  names: ReadonlyMap<number, string> | undefined,
): Refused {
  const known = [...(names?.values() ?? [])].slice(0, MOST_TOLD).join(', ');
  const details = {
    tag: tag.id,
    type: DataType[type],
    found: `${plainValue(value)}`,
    ...(names && { known }),
  };
  return { refusal: { code: CODES[refused], details } };
}
