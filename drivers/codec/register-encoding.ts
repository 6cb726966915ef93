/**
 * Values on their way into 16-bit registers: the inverse of the decoders, exact. What does not fit is
 * refused with its reason and never clipped, wrapped or cut off.
 */
import type { Decimal, Value } from '../../gateway/model/sample.ts';
import { toBcd } from './bcd.ts';
import { toM10k } from './m10k.ts';
import {
  byteSources,
  type FloatType,
  type IntegerType,
  isFloatType,
  type NumberType,
  type RegisterValue,
  registersOf,
} from './registers.ts';
import { asDecimal, rawFloatOf, rawOf, type Scaling } from './scale.ts';

/**
 * The bytes of the registers as they go over the wire; or why the value cannot be written. `kind`: it
 * is no number, or no text. `range`: the type cannot hold it. `step`: it falls between two raw integers.
 */
export type Encoded =
  | { readonly bytes: Uint8Array }
  | { readonly refused: 'kind' | 'range' | 'step' };

/** Encodes a number or a text; a bool is a bit of a register and has no registers of its own. */
export function encode(
  place: RegisterValue & { readonly type: Exclude<RegisterValue['type'], 'bool'> },
  scaling: Scaling | undefined,
  value: Value,
): Encoded {
  const { type } = place;
  const encoded =
    type === 'string' ? textBytes(value, place.length) : numberBytes(type, scaling, value);
  return 'refused' in encoded ? encoded : { bytes: onWire(place, encoded.bytes) };
}

function numberBytes(type: NumberType, scaling: Scaling | undefined, value: Value): Encoded {
  if (typeof value === 'number' && !Number.isFinite(value)) return { refused: 'range' };
  if (typeof value === 'boolean' || typeof value === 'string') return { refused: 'kind' };
  const decimal = asDecimal(value);
  if (!decimal) return { refused: 'range' };
  if (isFloatType(type)) return floatBytes(type, scaling, decimal);
  const raw = rawOf(decimal, scaling ?? PLAIN);
  if (raw === undefined) return { refused: 'step' };
  const bytes = integerBytes(type, raw);
  return bytes ? { bytes } : { refused: 'range' };
}

const PLAIN: Scaling = {
  scale: { unscaled: 1n, decimals: 0 },
  offset: { unscaled: 0n, decimals: 0 },
  decimals: undefined,
};

/** The nearest float; a value too large for it, or so small that nothing of it is left, is refused. */
function floatBytes(type: FloatType, scaling: Scaling | undefined, value: Decimal): Encoded {
  const raw = rawFloatOf(value, scaling ?? PLAIN);
  const bytes = new Uint8Array(type === 'float32' ? 4 : 8);
  const view = new DataView(bytes.buffer);
  if (type === 'float32') view.setFloat32(0, raw);
  else view.setFloat64(0, raw);
  const held = type === 'float32' ? view.getFloat32(0) : view.getFloat64(0);
  const isLost = !Number.isFinite(held) || (held === 0 && raw !== 0);
  return isLost ? { refused: 'range' } : { bytes };
}

function integerBytes(type: IntegerType, raw: bigint): Uint8Array | undefined {
  const registers = registersOf({ type, length: 0 });
  if (type.startsWith('bcd')) return toBcd(raw, 2 * registers);
  if (type.startsWith('m10k')) return toM10k(raw, { registers, signed: false });
  if (type.startsWith('sm10k')) return toM10k(raw, { registers, signed: true });
  return binaryBytes(raw, { registers, signed: type.startsWith('int') });
}

function binaryBytes(
  raw: bigint,
  { registers, signed }: { readonly registers: number; readonly signed: boolean },
): Uint8Array | undefined {
  const bits = 16 * registers;
  const held = signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw);
  if (held !== raw) return undefined;
  const digits = BigInt.asUintN(bits, raw)
    .toString(16)
    .padStart(4 * registers, '0');
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** UTF-8, the rest filled with zeros. */
function textBytes(value: Value, length: number): Encoded {
  if (typeof value !== 'string') return { refused: 'kind' };
  const text = new TextEncoder().encode(value);
  if (text.length > length) return { refused: 'range' };
  const bytes = new Uint8Array(2 * Math.ceil(length / 2));
  bytes.set(text);
  return { bytes };
}

function onWire(place: RegisterValue, bigEndian: Uint8Array): Uint8Array {
  if (place.order === 'abcd') return bigEndian;
  const bytes = new Uint8Array(bigEndian.length);
  for (const [i, source] of byteSources(place).entries()) bytes[source] = bigEndian[i] as number;
  return bytes;
}
