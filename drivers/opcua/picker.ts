/** What an address means of a variable's value: all of it, an element of an array, a field of a structure. Pure. */
import type { Value } from '../../gateway/model/sample.ts';
import type { OpcuaAddress } from './device.ts';
import { decimalValue, scalarValue } from './scalar.ts';
import { scalarFrom } from './scalar-bytes.ts';
import { DataType, DataValue, type NodeId, Variant, VariantArrayType } from './stack.ts';
import { type FieldPath, locate, type TypeBook } from './structure.ts';

/** Undefined: the address does not fit the value. Null: there is no value where it points. */
export type Picker = (variant: Variant) => Value | null | undefined;

/** A structure that the stack does not know and leaves as bytes. */
export interface OpaqueStructure {
  readonly nodeId: NodeId;
  buffer: Buffer;
}

/** The id of the encoding of a Decimal is that of its type (OPC 10000-6 §5.1.10). */
const DECIMAL = 'ns=0;i=50';

/** Decides once per tag; what it returns is called for each value. */
export function pickerOf(
  { index, field }: Pick<OpcuaAddress, 'index' | 'field'>,
  book: TypeBook | undefined,
): Picker {
  const inside = (type: DataType, raw: unknown): Value | null | undefined => {
    if (raw instanceof Variant) return whole(raw);
    if (raw instanceof DataValue) return whole(raw.value);
    if (type === DataType.ExtensionObject) return structureValue(raw, field, book);
    return field.length === 0 ? scalarValue(type, raw) : undefined;
  };
  const whole: Picker = ({ dataType, arrayType, value }) => {
    if (dataType === DataType.Null) return null;
    return arrayType === VariantArrayType.Scalar ? inside(dataType, value) : undefined;
  };
  if (index === undefined) return whole;
  return (variant) => {
    if (variant.dataType === DataType.Null) return null;
    const element = elementOf(variant, index);
    return element === undefined ? undefined : inside(element.type, element.raw);
  };
}

/** An element as the stack holds it; undefined where there is none. */
export function elementOf(
  { dataType, arrayType, value, dimensions }: Variant,
  index: readonly number[],
): { readonly type: DataType; readonly raw: unknown } | undefined {
  // An array of Byte may travel as a ByteString (OPC 10000-3 §5.6.2).
  const isBytes = arrayType === VariantArrayType.Scalar && dataType === DataType.ByteString;
  if (arrayType === VariantArrayType.Scalar && !isBytes) return undefined;
  const sizes = arrayType === VariantArrayType.Matrix ? (dimensions ?? []) : [value?.length ?? 0];
  if (sizes.length !== index.length) return undefined;
  let place = 0;
  for (const [i, size] of sizes.entries()) {
    const at = index[i] as number;
    if (at >= size) return undefined;
    place = place * size + at;
  }
  return { type: isBytes ? DataType.Byte : dataType, raw: value[place] };
}

export const isOpaque = (raw: unknown): raw is OpaqueStructure =>
  typeof raw === 'object' &&
  raw !== null &&
  'nodeId' in raw &&
  Buffer.isBuffer(Reflect.get(raw, 'buffer'));

function structureValue(
  raw: unknown,
  path: FieldPath,
  book: TypeBook | undefined,
): Value | null | undefined {
  if (raw === null || raw === undefined) return null;
  if (!isOpaque(raw)) return knownField(raw, path);
  const key = raw.nodeId.toString();
  if (key === DECIMAL && path.length === 0) return decimalValue(raw.buffer) ?? null;
  const structure = book?.byEncoding(key)?.structure;
  if (book === undefined || structure === undefined || path.length === 0) return undefined;
  try {
    const located = locate(raw.buffer, structure, path, book);
    if (located === 'absent') return null;
    if (located === 'misfit') return undefined;
    const { builtIn, start, end } = located;
    return scalarValue(builtIn, scalarFrom(builtIn, raw.buffer.subarray(start, end)));
  } catch {
    // The body is not what its definition says: the device's fault, and no value.
    return null;
  }
}

/** A structure of the standard, which the stack has decoded; its fields begin with a small letter there. */
function knownField(raw: unknown, path: FieldPath): Value | null | undefined {
  let at: unknown = raw;
  let type: DataType | undefined;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    const key = typeof part === 'number' ? part : part.charAt(0).toLowerCase() + part.slice(1);
    if (!(key in at)) return undefined;
    if (typeof key === 'string') type = builtInOf(at, key);
    at = Reflect.get(at, key);
  }
  const found = type ?? TYPES_OF_KINDS.get(at instanceof Date ? 'date' : typeof at);
  return path.length === 0 || found === undefined ? undefined : scalarValue(found, at);
}

/** Of fields whose type has a name of its own: times, durations, enumerations. */
const TYPES_OF_KINDS: ReadonlyMap<string, DataType> = new Map([
  ['boolean', DataType.Boolean],
  ['number', DataType.Double],
  ['string', DataType.String],
  ['date', DataType.DateTime],
]);

/** By the name that the stack's own description of the structure has for the type. */
function builtInOf(structure: object, name: string): DataType | undefined {
  const fields: unknown = Reflect.get(Object(Reflect.get(structure, 'schema')), 'fields');
  const field: unknown = Array.isArray(fields)
    ? fields.find((one) => Reflect.get(Object(one), 'name') === name)
    : undefined;
  const type: unknown = field === undefined ? undefined : Reflect.get(Object(field), 'fieldType');
  return typeof type === 'string' ? DataType[type as keyof typeof DataType] : undefined;
}
