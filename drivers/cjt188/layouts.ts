/**
 * The data identifiers of CJ/T 188 and what stands behind DI and SER in their replies. A layout is chosen by
 * identifier and length, not by the year that a meter claims. Pure. Layouts of 2018 are from a single public
 * implementation, not from the standard's text.
 */
import type { Dimension } from './unit-codes.ts';

/** Identifiers as they are written, high byte first; of a row its first. */
export const DI = {
  metering: 0x901f,
  metering2: 0x911f,
  clock: 0x907f,
  history: 0xd120,
  history2: 0xd200,
  timedFreeze: 0xd300,
  instantFreeze: 0xd400,
  prices: 0x8102,
  settlementDay: 0x8103,
  readingDay: 0x8104,
  purchase: 0x8105,
  keyVersion: 0x8106,
  address: 0x810a,
  writePrices: 0xa010,
  writeSettlementDay: 0xa011,
  writeReadingDay: 0xa012,
  writePurchase: 0xa013,
  writeKey: 0xa014,
  writeClock: 0xa015,
  writeRegister: 0xa016,
  valve: 0xa017,
  writeAddress: 0xa018,
  factory: 0xa019,
} as const;

/** The fields of the metering data. */
export const METERING_FIELDS = [
  'volume',
  'settlement_volume',
  'heat',
  'settlement_heat',
  'cooling',
  'settlement_cooling',
  'power',
  'flow',
  'supply_temperature',
  'return_temperature',
  'supply_pressure',
  'return_pressure',
  'working_hours',
  'clock',
  'status',
] as const;
export const HISTORY2_FIELDS = ['heat', 'cooling', 'volume'] as const;
export const FREEZE_FIELDS = ['volume', 'flow', 'temperature', 'pressure', 'clock'] as const;

export type FieldName =
  | (typeof METERING_FIELDS)[number]
  | (typeof FREEZE_FIELDS)[number]
  /** A value whose unit alone says what it is. */
  | 'value'
  | 'settlement_day'
  | 'reading_day'
  | 'key_version'
  | 'meter_address'
  | `price_${1 | 2 | 3}`
  | `price_volume_${1 | 2}`
  | 'purchase_number'
  | 'purchase_amount'
  | 'purchase_total'
  | 'balance';

/** Whose option sets the decimals. */
export type DecimalsOf = 'volume' | 'heat' | 'power' | 'flow' | 'temperature';

type FieldKind = 'measured' | 'number' | 'clock' | 'status' | 'address';

export interface Field {
  readonly name: FieldName;
  /** Behind DI and SER. */
  readonly at: number;
  readonly length: number;
  /** `measured`: BCD and one byte of unit. `number`: BCD alone. */
  readonly kind: FieldKind;
  /** Of a measured field; undefined: the unit says it. */
  readonly dimension?: Dimension;
  readonly decimals: number;
  readonly decimalsOf?: DecimalsOf;
}

export type LayoutYear = 2004 | 2018;
export interface Layout {
  readonly fields: readonly Field[];
  /** The edition that a heat meter's layout is of; undefined where the editions agree. */
  readonly year?: LayoutYear;
}

type Unplaced = Omit<Field, 'at'>;

const measured = (
  name: FieldName,
  dimension: Dimension | undefined,
  [length, decimals, decimalsOf]: readonly [number, number, DecimalsOf?],
): Unplaced => ({
  name,
  length,
  kind: 'measured',
  decimals,
  ...(dimension && { dimension }),
  ...(decimalsOf && { decimalsOf }),
});
const volume = (name: FieldName) => measured(name, 'volume', [5, 2, 'volume']);
const energy = (name: FieldName) => measured(name, 'energy', [5, 2, 'heat']);
const power = (length: number) => measured('power', 'power', [length, 2, 'power']);
const flow = (length: number, decimals: number) =>
  measured('flow', 'flow', [length, decimals, 'flow']);
const plain = (name: FieldName, length: number, decimals = 0): Unplaced => ({
  name,
  length,
  kind: 'number',
  decimals,
});
const temperature = (name: FieldName, length: number): Unplaced => ({
  ...plain(name, length, 2),
  decimalsOf: 'temperature',
});
const CLOCK: Unplaced = { name: 'clock', length: 7, kind: 'clock', decimals: 0 };
const STATUS: Unplaced = { name: 'status', length: 2, kind: 'status', decimals: 0 };

function layout(fields: readonly Unplaced[], year?: LayoutYear): Layout {
  let at = 0;
  const placed = fields.map((field) => {
    const here = { ...field, at };
    at += field.length;
    return here;
  });
  return { fields: placed, ...(year && { year }) };
}

const WATER = layout([volume('volume'), volume('settlement_volume'), CLOCK, STATUS]);

const HEAT_2004 = layout(
  [
    energy('settlement_heat'),
    energy('heat'),
    power(5),
    flow(5, 4),
    volume('volume'),
    temperature('supply_temperature', 3),
    temperature('return_temperature', 3),
    plain('working_hours', 3),
    CLOCK,
    STATUS,
  ],
  2004,
);

const HEAT_2018 = layout(
  [
    energy('settlement_heat'),
    energy('heat'),
    power(4),
    flow(4, 3),
    volume('volume'),
    temperature('supply_temperature', 2),
    temperature('return_temperature', 2),
    plain('working_hours', 4),
    CLOCK,
    STATUS,
  ],
  2018,
);

const HEAT_AND_COOLING = layout(
  [
    energy('settlement_heat'),
    energy('settlement_cooling'),
    energy('heat'),
    energy('cooling'),
    power(4),
    flow(4, 4),
    volume('volume'),
    temperature('supply_temperature', 2),
    temperature('return_temperature', 2),
    plain('supply_pressure', 2, 2),
    plain('return_pressure', 2, 2),
    plain('working_hours', 4),
    CLOCK,
    STATUS,
  ],
  2018,
);

const HISTORY = layout([measured('value', undefined, [5, 2])]);
const HISTORY2_HEAT = layout([energy('heat'), energy('cooling'), volume('volume')]);
const HISTORY2_VOLUME = layout([volume('volume')]);
const FREEZE = layout([
  CLOCK,
  volume('volume'),
  flow(5, 4),
  temperature('temperature', 3),
  plain('pressure', 3, 2),
]);
const PRICES = layout([
  plain('price_1', 3, 2),
  plain('price_volume_1', 3),
  plain('price_2', 3, 2),
  plain('price_volume_2', 3),
  plain('price_3', 3, 2),
]);
const PURCHASE = layout([
  plain('purchase_number', 1),
  plain('purchase_amount', 4, 2),
  plain('purchase_total', 4, 2),
  plain('balance', 4, 2),
  STATUS,
]);
const ADDRESS = layout([{ name: 'meter_address', length: 7, kind: 'address', decimals: 0 }]);

const lengthOf = ({ fields }: Layout): number =>
  fields.reduce((sum, { length }) => sum + length, 0);
const byLength = (...layouts: readonly Layout[]): ReadonlyMap<number, Layout> =>
  new Map(layouts.map((one) => [lengthOf(one), one]));

const METERING = byLength(WATER, HEAT_2004, HEAT_2018, HEAT_AND_COOLING);
const HISTORY2 = byLength(HISTORY2_VOLUME, HISTORY2_HEAT);
const SINGLE: ReadonlyMap<number, ReadonlyMap<number, Layout>> = new Map([
  [DI.clock, byLength(layout([CLOCK]))],
  [DI.prices, byLength(PRICES)],
  [DI.settlementDay, byLength(layout([plain('settlement_day', 1)]))],
  [DI.readingDay, byLength(layout([plain('reading_day', 1)]))],
  [DI.purchase, byLength(PURCHASE)],
  [DI.keyVersion, byLength(layout([plain('key_version', 1)]))],
  [DI.address, byLength(ADDRESS)],
  [DI.valve, byLength(layout([STATUS]))],
]);

const HISTORY_MONTHS = 12;

/**
 * What stands behind DI and SER in a reply to a read of `di`, when it has `length` bytes; undefined where no
 * layout of that length is known. A vendor's metering data (902F, 903F …) is read like 901F.
 */
export function layoutOf(di: number, length: number): Layout | undefined {
  const single = SINGLE.get(di);
  if (single) return single.get(length);
  if (di >= DI.history && di < DI.history + HISTORY_MONTHS) return fitting(HISTORY, length);
  if (di >> 8 === DI.history2 >> 8) return HISTORY2.get(length);
  if (di >> 8 === DI.timedFreeze >> 8 || di >> 8 === DI.instantFreeze >> 8)
    return fitting(FREEZE, length);
  return di >> 12 === DI.metering >> 12 ? METERING.get(length) : undefined;
}

const fitting = (one: Layout, length: number): Layout | undefined =>
  lengthOf(one) === length ? one : undefined;

/** Bytes of data, DI and SER included, that a reply to a read most likely has. */
export function expectedDataBytes(di: number, isHeatMeter: boolean): number {
  const head = 3;
  if (di === DI.metering2) return head + lengthOf(HEAT_AND_COOLING);
  if (di >> 12 === DI.metering >> 12) return head + lengthOf(isHeatMeter ? HEAT_2004 : WATER);
  if (di >> 8 === DI.history2 >> 8)
    return head + lengthOf(isHeatMeter ? HISTORY2_HEAT : HISTORY2_VOLUME);
  if (di >> 8 === DI.timedFreeze >> 8 || di >> 8 === DI.instantFreeze >> 8)
    return head + lengthOf(FREEZE);
  const [known] = SINGLE.get(di)?.keys() ?? [];
  return head + (known ?? lengthOf(HISTORY));
}
