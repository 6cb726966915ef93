/**
 * What a value that was read means as its datatype (§6). Lenient where senders differ, never where a number would change. Pure.
 */
import { DATATYPE, datatypeName, isScalar, SMALL_INTEGERS } from './datatype.ts';
import type { ReadMetric, Scalar } from './payload.ts';

export type ScalarRead =
  | { readonly ok: true; readonly value: Scalar | null }
  /** `unsupported`: an array, a DataSet, a Template. `mismatch`: no value of its datatype. */
  | { readonly ok: false; readonly why: 'unsupported' | 'mismatch'; readonly name: string };

/** `known`: the datatype of the birth, for a metric that does not say its own. */
export function scalarOf({ datatype, value, isNull }: ReadMetric, known?: number): ScalarRead {
  const type = datatype ?? known;
  const name = type === undefined ? 'a value' : (datatypeName(type) ?? `datatype ${type}`);
  if (value?.field === 'unsupported') return { ok: false, why: 'unsupported', name: value.name };
  if (type !== undefined && !isScalar(type)) return { ok: false, why: 'unsupported', name };
  if (isNull) return { ok: true, value: null };
  if (value === undefined) return { ok: false, why: 'mismatch', name };
  const found = type === undefined ? plainOf(value) : typedOf(type, value);
  return found === undefined ? { ok: false, why: 'mismatch', name } : { ok: true, value: found };
}

type Value = Exclude<NonNullable<ReadMetric['value']>, { readonly field: 'unsupported' }>;

/** Without a datatype an integer that may have a sign has none of two meanings that could be chosen. */
function plainOf(value: Value): Scalar | undefined {
  if (value.field === 'int') return value.value < 2 ** 31 ? value.value : undefined;
  if (value.field === 'long') return value.value < 2n ** 63n ? value.value : undefined;
  return value.field === 'float' ? shortest(value.value) : value.value;
}

function typedOf(type: number, value: Value): Scalar | undefined {
  const integer = SMALL_INTEGERS.get(type);
  if (integer) return smallInteger(value, integer);
  switch (type) {
    case DATATYPE.Int64:
      return value.field === 'long' ? BigInt.asIntN(64, value.value) : undefined;
    case DATATYPE.UInt64:
    case DATATYPE.DateTime:
      return value.field === 'long' ? value.value : undefined;
    case DATATYPE.Float:
    case DATATYPE.Double:
      return numberOf(value);
    case DATATYPE.Boolean:
      return value.field === 'boolean' ? value.value : undefined;
    case DATATYPE.Bytes:
    case DATATYPE.File:
      return value.field === 'bytes' ? value.value : undefined;
    default:
      return value.field === 'string' ? value.value : undefined;
  }
}

function numberOf(value: Value): Scalar | undefined {
  if (value.field === 'double') return value.value;
  if (value.field === 'float') return shortest(value.value);
  return value.field === 'int' || value.field === 'long' ? plainOf(value) : undefined;
}

/**
 * Negative numbers come as two's complement of 32 bits, or of the bits that count; some senders put a UInt32 into the long
 * field. A number that its datatype cannot hold is none.
 */
function smallInteger(
  value: Value,
  { bits, isSigned }: { readonly bits: number; readonly isSigned: boolean },
): number | undefined {
  if (value.field !== 'int' && value.field !== 'long') return undefined;
  const raw = Number(value.value);
  const size = 2 ** bits;
  if (!isSigned) return raw < size ? raw : undefined;
  const signed = raw < size ? raw - (raw >= size / 2 ? size : 0) : raw - 2 ** 32;
  return signed >= -size / 2 && signed < size / 2 ? signed : undefined;
}

/** A single-precision number as it was meant: 0.1, not 0.10000000149011612. */
export function shortest(single: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const tried = Number(single.toPrecision(digits));
    if (Object.is(Math.fround(tried), single)) return tried;
  }
  return single;
}
