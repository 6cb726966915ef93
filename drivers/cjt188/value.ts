/** From the data of a reply to the value of a tag. Pure. */
import type { Decimal, Value } from '../../gateway/model/sample.ts';
import type { Cjt188Address, RawRead, Wanted } from './address.ts';
import {
  clockOf,
  type Decoded,
  type Digits,
  decodeField,
  digitsOf,
  isBatteryLow,
  type Variant,
  valveOf,
} from './data.ts';
import { addressText } from './frame.ts';
import type { Field, FieldName } from './layouts.ts';
import { BASE_UNIT, converted, TARGET_UNITS, unitName, unitOfCode } from './unit-codes.ts';

/** What a reply said: the fields of its layout, where one is known, and the bytes behind DI and SER. */
export interface Payload {
  readonly fields: ReadonlyMap<FieldName, Decoded> | undefined;
  readonly data: Uint8Array;
  readonly variant: Variant;
}

/**
 * The value of a tag; null where the meter has none (FF) or sends nonsense (a broken digit, a unit that nobody
 * knows); undefined where the reply has no such field, so that the address does not suit the meter.
 */
export function tagValue(
  { read, bits, wanted }: Cjt188Address,
  payload: Payload,
  decimals: number | undefined,
): Value | null | undefined {
  if (typeof read !== 'string') return rawValue(read, wanted, payload, decimals);
  if (payload.fields === undefined) return null;
  const decoded = payload.fields.get(read);
  if (decoded === undefined) return undefined;
  if (decoded.kind === 'status' && bits)
    return bits === 'valve' ? valveOf(decoded.bits) : isBatteryLow(decoded.bits);
  return decodedValue(decoded, wanted, decimals);
}

function decodedValue(
  decoded: Decoded,
  wanted: Wanted,
  decimals: number | undefined,
): Value | null {
  switch (decoded.kind) {
    case 'measured':
      return measuredValue(decoded, wanted, decimals);
    case 'number':
      return typeof decoded.digits === 'object' ? placed(decoded.digits) : null;
    case 'clock':
      return decoded.clock === 'absent' ? null : decoded.clock;
    case 'status':
      return decoded.bits;
    case 'address':
      return addressText(decoded.bytes);
  }
}

function measuredValue(
  { digits, unit }: { readonly digits: Digits; readonly unit: number },
  wanted: Wanted,
  decimals: number | undefined,
): Value | null {
  if (wanted.kind === 'unit') return unitName(unit);
  if (typeof digits !== 'object') return null;
  if (wanted.kind === 'raw') return placed(digits);
  const from = unitOfCode(unit);
  const to =
    wanted.kind === 'in' ? wanted.unit : from && TARGET_UNITS.get(BASE_UNIT[from.dimension]);
  if (!from || from.dimension !== to?.dimension) return null;
  return placed(converted(digits, from, to, decimals));
}

function rawValue(
  { type, at, length }: RawRead,
  wanted: Wanted,
  { data, variant }: Payload,
  decimals: number | undefined,
): Value | null {
  const bytes = data.subarray(at, length === undefined ? undefined : at + length);
  if (bytes.length === 0 || bytes.length < (length ?? 0)) return null;
  switch (type) {
    case 'hex':
      return Buffer.from(bytes).toString('hex').toUpperCase();
    case 'bcd': {
      const digits = digitsOf(bytes, decimals ?? 0);
      return typeof digits === 'object' ? placed(digits) : null;
    }
    case 'uint':
      return Buffer.from(bytes).readUIntLE(0, bytes.length);
    case 'value':
      return decodedValue(decodeField(ANY_VALUE, bytes, variant), wanted, decimals);
    case 'clock': {
      const clock = clockOf(bytes);
      return clock === 'absent' ? null : clock;
    }
  }
}

const ANY_VALUE: Field = { name: 'value', at: 0, length: 5, kind: 'measured', decimals: 2 };
const FIFTEEN_DIGITS = 10n ** 15n;

/** A number where a double keeps all digits, which it does up to fifteen. */
export const placed = ({ unscaled, decimals }: Decimal): number | bigint | Decimal => {
  if (unscaled < FIFTEEN_DIGITS) return Number(unscaled) / 10 ** decimals;
  return decimals === 0 ? unscaled : { unscaled, decimals };
};
