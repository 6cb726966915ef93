/** The fields of one frame for programs, in the words of the protocol's vectors. Pure. */
import { plainValue } from '../../gateway/model/sample.ts';
import type { Plain } from '../explanation.ts';
import {
  clockOf,
  type Decoded,
  type Digits,
  decodeFields,
  digitsOf,
  isBatteryLow,
  STANDARD,
  unitVote,
  type Variant,
  valveOf,
} from './data.ts';
import { addressText, CONTROL, type Frame, REFUSAL, REPLY } from './frame.ts';
import { DI, type FieldName, type Layout, layoutOf } from './layouts.ts';
import { diText } from './plan.ts';
import { BASE_UNIT, converted, TARGET_UNITS, unitName, unitOfCode } from './unit-codes.ts';
import { placed } from './value.ts';
import { VALVE_CLOSE, VALVE_OPEN } from './write.ts';

export type Fields = Readonly<Record<string, Plain>>;

export const isReply = ({ control }: Frame): boolean => (control & REPLY) !== 0;
export const isRefusal = ({ control }: Frame): boolean => (control & REFUSAL) === REFUSAL;

/** What a frame says of itself. */
export function frameFields(frame: Frame): Fields {
  const head = {
    type: hexByte(frame.type),
    address: frame.address,
    control: hexByte(frame.control),
  };
  if (isRefusal(frame)) return { ...head, ...refusalFields(frame.data) };
  const identified = identifierOf(frame);
  if (!identified) return { ...head, ...rest('data', frame.data) };
  const { di, order } = identified;
  const payload = frame.data.subarray(3);
  return {
    ...head,
    di: diText(di),
    diOrder: order,
    ser: frame.data[2] as number,
    ...(isReply(frame) ? replyFields(frame, di, payload) : requestFields(di, payload)),
  };
}

const SERIAL_AND_STATUS = 3;

function refusalFields(data: Uint8Array): Fields {
  if (data.length !== SERIAL_AND_STATUS) return { st: hexBytes(data) };
  return { ser: data[0] as number, st: hexBytes(data.subarray(1)) };
}

/** Identifiers that a document names; which byte goes first is seen by them. */
function isKnownIdentifier(di: number): boolean {
  const row = di >> 8;
  if (row === 0x90 || row === 0x91) return (di & 0x0f) === 0x0f;
  if (row === 0x81) return (di & 0xff) >= 0x02 && (di & 0xff) <= 0x0a;
  return (row >= 0xd1 && row <= 0xd4) || row === 0xa0 || row === 0xa1;
}

export function identifierOf({
  data,
}: Frame): { readonly di: number; readonly order: 'BE' | 'LE' } | undefined {
  const [first, second, ser] = data;
  if (first === undefined || second === undefined || ser === undefined) return undefined;
  const highFirst = (first << 8) | second;
  const lowFirst = (second << 8) | first;
  return !isKnownIdentifier(highFirst) && isKnownIdentifier(lowFirst)
    ? { di: lowFirst, order: 'LE' }
    : { di: highFirst, order: 'BE' };
}

/** What a valve is told; 66H and 77H are a manufacturer's. */
const VALVE_WORDS: ReadonlyMap<number | undefined, string> = new Map([
  [VALVE_OPEN, 'open'],
  [VALVE_CLOSE, 'close'],
  [0x66, 'freeOpen'],
  [0x77, 'freeClose'],
]);
const REGISTER_DIGITS = 4;

function requestFields(di: number, payload: Uint8Array): Fields {
  if (payload.length === 0) return {};
  switch (di) {
    case DI.valve:
      return { valve: VALVE_WORDS.get(payload[0]) ?? hexText(payload) };
    case DI.writeClock:
      return payload.length === 7 ? { time: plainClock(clockOf(payload)) } : rest('data', payload);
    case DI.writeSettlementDay:
      return { settlementDay: plainDigits(digitsOf(payload, 0)) };
    case DI.writeReadingDay:
      return { readingDay: plainDigits(digitsOf(payload, 0)) };
    case DI.writeAddress:
      return { newAddress: addressText(payload) };
    case DI.writeRegister: {
      const unit = payload[REGISTER_DIGITS];
      return {
        value: plainDigits(digitsOf(payload.subarray(0, REGISTER_DIGITS), 2)),
        ...(unit !== undefined && { unit: unitName(unit) }),
      };
    }
    default:
      return rest('data', payload);
  }
}

const READS: ReadonlySet<number> = new Set([
  CONTROL.read,
  CONTROL.readAddress,
  CONTROL.readKeyVersion,
]);
const WRITES: ReadonlySet<number> = new Set([
  CONTROL.write,
  CONTROL.writeAddress,
  CONTROL.writeRegister,
]);
const STATUS_BYTES = 2;

function replyFields({ control }: Frame, di: number, payload: Uint8Array): Fields {
  const asked = control & ~REPLY;
  if (WRITES.has(asked) && payload.length === STATUS_BYTES) return statusFields(payload);
  const layout = READS.has(asked) ? layoutOf(di, payload.length) : undefined;
  if (layout) return layoutFields(layout, payload);
  return { ...rest('data', payload), ...(READS.has(asked) && { layout: 'unknown' }) };
}

/** The place of the unit that the values of one reply show by themselves. */
export function variantOf(layout: Layout, payload: Uint8Array): Variant {
  return { ...STANDARD, unitPosition: unitVote(layout, payload).position ?? 'last' };
}

const KEYS: Readonly<Record<FieldName, string>> = {
  volume: 'volume',
  settlement_volume: 'settlement',
  heat: 'currentHeat',
  settlement_heat: 'settlementHeat',
  cooling: 'currentCooling',
  settlement_cooling: 'settlementCooling',
  power: 'power',
  flow: 'flow',
  supply_temperature: 'supplyTemp',
  return_temperature: 'returnTemp',
  supply_pressure: 'supplyPressure',
  return_pressure: 'returnPressure',
  working_hours: 'hours',
  clock: 'time',
  status: 'st',
  temperature: 'temperature',
  pressure: 'pressure',
  value: 'value',
  settlement_day: 'settlementDay',
  reading_day: 'readingDay',
  key_version: 'keyVersion',
  meter_address: 'meterAddress',
  price_1: 'price1',
  price_2: 'price2',
  price_3: 'price3',
  price_volume_1: 'priceVolume1',
  price_volume_2: 'priceVolume2',
  purchase_number: 'purchaseNumber',
  purchase_amount: 'purchaseAmount',
  purchase_total: 'purchaseTotal',
  balance: 'balance',
};

type Measured = Extract<Decoded, { kind: 'measured' }>;

function layoutFields(layout: Layout, payload: Uint8Array): Fields {
  const variant = variantOf(layout, payload);
  const decoded = decodeFields(layout, payload, variant);
  const fields: Record<string, Plain> = {};
  const broken: string[] = [];
  for (const [name, one] of decoded) {
    const key = name === 'volume' && decoded.has('settlement_volume') ? 'current' : KEYS[name];
    Object.assign(
      fields,
      one.kind === 'status' ? statusFields(statusBytes(one.bits)) : { [key]: plain(one) },
    );
    if ('digits' in one && one.digits === 'invalid') broken.push(key);
  }
  const hasUnits = layout.fields.some(({ kind }) => kind === 'measured');
  return {
    ...(hasUnits && { unitFirst: variant.unitPosition === 'first' }),
    ...fields,
    ...registerFields(decoded),
    ...(broken.length > 0 && { invalid: broken }),
  };
}

const CUBIC_METRES = 0x2c;

/**
 * The registers that people read off. Of a volume in m3 the number alone and `unit`, else a pair; and what the
 * gateway makes of it, where that differs.
 */
function registerFields(decoded: ReadonlyMap<FieldName, Decoded>): Fields {
  const of = (name: FieldName) => decoded.get(name) as Measured | undefined;
  const value = of('value');
  if (value)
    return { value: plainDigits(value.digits), unit: unitName(value.unit), ...normalised(value) };
  const [current, settlement] = [of('volume'), of('settlement_volume')];
  if (!current || decoded.has('heat')) return normalised(of('heat'));
  if (!settlement) return normalised(current);
  const isPlain =
    current.unit === CUBIC_METRES &&
    (settlement.unit === CUBIC_METRES || settlement.digits === 'absent');
  if (!isPlain) return normalised(current);
  return {
    current: plainDigits(current.digits),
    settlement: plainDigits(settlement.digits),
    unit: unitName(current.unit),
  };
}

function normalised(one: Measured | undefined): Fields {
  const from = one && unitOfCode(one.unit);
  const to = from && TARGET_UNITS.get(BASE_UNIT[from.dimension]);
  if (!one || !from || !to || from === to || typeof one.digits !== 'object') return {};
  return { normalised: [plainDigits(converted(one.digits, from, to)), to.name] };
}

/** One decoded field as JSON: a measured one is a pair of number and unit. */
export function plain(decoded: Decoded): Plain {
  switch (decoded.kind) {
    case 'measured':
      return [plainDigits(decoded.digits), unitName(decoded.unit)];
    case 'number':
      return plainDigits(decoded.digits);
    case 'clock':
      return plainClock(decoded.clock);
    case 'status':
      return hexBytes(statusBytes(decoded.bits));
    case 'address':
      return addressText(decoded.bytes);
  }
}

const statusBytes = (bits: number): Uint8Array => Uint8Array.of(bits & 0xff, bits >> 8);

const statusFields = (bytes: Uint8Array): Fields => ({
  st: hexBytes(bytes),
  valve: valveOf(bytes[0] as number),
  batteryLow: isBatteryLow(bytes[0] as number),
});

const plainDigits = (digits: Digits): Plain =>
  typeof digits === 'object' ? plainValue(placed(digits)) : null;
const plainClock = (clock: string): Plain => (clock === 'absent' ? null : clock);

const rest = (key: string, bytes: Uint8Array): Fields =>
  bytes.length === 0 ? {} : { [key]: hexText(bytes) };
const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0').toUpperCase();
const hexBytes = (bytes: Uint8Array): readonly string[] => [...bytes].map(hexByte);
const hexText = (bytes: Uint8Array): string => hexBytes(bytes).join(' ');
