/** What is inside of a simulated water, gas or heat meter, and the bytes it shows (CJ/T 188-2004 §8). */
import type { Clock } from '../gateway/host/clock.ts';
import { type Millis, type MonoMs, millis, minutes } from '../gateway/model/units.ts';
import { bcdLowFirst, scaledTo } from './digits.ts';
import {
  bcdBytes,
  calendarOf,
  type MeterClock,
  meterClock,
  partsFromBcd,
  partsOf,
} from './meter-clock.ts';
import { type MeterProcess, meterProcess } from './meter-process.ts';
import type { Signal } from './process.ts';
import { type Valve, valve } from './valve.ts';

export type Quantity188 =
  | 'volume'
  | 'heat'
  | 'power'
  | 'flow'
  | 'supply_temperature'
  | 'return_temperature'
  | 'working_hours';

export interface Meter188Options {
  /** Fourteen hexadecimal digits as printed: manufacturer, then number. */
  readonly address: string;
  /** The type byte: 10H to 19H water, 20H to 29H heat, 30H to 39H gas. */
  readonly type: number;
  /** The edition of a heat meter's data; 2004 when left out. */
  readonly layout?: 2004 | 2018;
  /** Which byte of an identifier it wants first; `either` when left out. It answers as it was asked. */
  readonly diOrder?: 'high-first' | 'low-first' | 'either';
  readonly isUnitFirst?: boolean;
  /** The present heat stands before that of the settlement day, as in some firmware. */
  readonly isCurrentFirst?: boolean;
  /** What stands in its replies where the request's number belongs; `echo` when left out. */
  readonly ser?: 'echo' | 'zero' | 'own';
  /** FE in front of each reply; 4 when left out. */
  readonly preamble?: number;
  /** Where they are not those of the document. */
  readonly decimals?: Readonly<Partial<Record<Quantity188, number>>>;
  /** Unit bytes; m³ and kWh when left out. */
  readonly volumeUnit?: number;
  readonly heatUnit?: number;
  /** Quantities that it shows as FF; `settlement` are the values of the settlement day. */
  readonly absent?: readonly (Quantity188 | 'settlement')[];
  /** Seven bytes that stand where the clock belongs, for meters whose clock shows nonsense. */
  readonly shownClock?: Uint8Array;
  /** What its clock is ahead of UTC; the time of China when left out. */
  readonly clockOffset?: Millis;
  /** How long its valve takes; without one it has none. */
  readonly valveTravel?: Millis;
  readonly isBatteryLow?: boolean;
  /** The manufacturer's half of the status. */
  readonly vendorStatus?: number;
  /** Bytes of status in an abnormal reply; 2 when left out. */
  readonly abnormalBytes?: 1 | 2;
  /** Puts its address into the data of an address reply, too. */
  readonly repeatsAddress?: boolean;
  /** Falls asleep after so long; what then reaches it first only wakes it. */
  readonly sleepsAfter?: Millis;
  readonly signals?: ReadonlyMap<string, Signal>;
  /** The quantities of what somebody may look at, by name. */
  readonly displays?: ReadonlyMap<string, string>;
}

export interface Meter188State {
  readonly options: Meter188Options;
  readonly process: MeterProcess;
  readonly clock: MeterClock;
  readonly valve: Valve | undefined;
  /** Writable single bytes, BCD, by identifier: settlement day, reading day, key version. */
  readonly parameters: Map<string, number>;
  address: string;
  /** Added to the volume since the register was set. */
  correction: bigint;
  ownSer: number;
  awakeUntil: MonoMs;
}

export function meter188State(options: Meter188Options, seed: number, clock: Clock): Meter188State {
  const now = clock.mono();
  return {
    options,
    process: meterProcess(options.signals ?? new Map(), seed, now),
    clock: meterClock(clock, options.clockOffset),
    valve: options.valveTravel === undefined ? undefined : valve(options.valveTravel, now),
    parameters: new Map([
      ['8103', 1],
      ['8104', 1],
      ['8106', 0],
    ]),
    address: options.address,
    correction: 0n,
    ownSer: 0,
    awakeUntil: now,
  };
}

const wander = (min: number, max: number): Signal => ({
  shape: 'walk',
  min,
  max,
  period: minutes(5),
});
/** One unit an hour, from a plausible beginning. */
const rising = (min: number, hours: number): Signal => ({
  shape: 'counter',
  min,
  max: 999_999.99,
  period: millis((999_999.99 - min) * hours * 3_600_000),
});
const FALLBACKS: Readonly<Record<Quantity188, Signal>> = {
  volume: rising(123.45, 4),
  heat: rising(4_321, 1),
  power: wander(0, 20),
  flow: wander(0, 1.5),
  supply_temperature: wander(40, 60),
  return_temperature: wander(25, 40),
  working_hours: rising(1_000, 1),
};
/** What stands still while nothing flows. */
const FLOWING: readonly Quantity188[] = ['flow', 'power'];

const M3 = 0x2c;
const KWH = 0x05;
const KW = 0x17;
const M3_PER_HOUR = 0x35;

/** A quantity as it stands in a reply: its digits, and a byte of unit where it has one. */
export interface ShownField {
  readonly quantity: Quantity188;
  readonly bytes: number;
  readonly decimals: number;
  readonly unit?: number;
  /** 0 the present value, n the one at the n-th last settlement. */
  readonly settlement?: number;
}

const energyField = (
  quantity: 'volume' | 'heat',
  settlement: number,
  unit: number,
): ShownField => ({
  quantity,
  bytes: 4,
  decimals: 2,
  unit,
  settlement,
});

const isHeat = (type: number): boolean => type >> 4 === 2;

/** What identifier D12n shows: the main register at the n-th last settlement. */
export function historyField({ type, volumeUnit, heatUnit }: Meter188Options, back: number) {
  return isHeat(type)
    ? energyField('heat', back, heatUnit ?? KWH)
    : energyField('volume', back, volumeUnit ?? M3);
}

/** The fields of identifier 901F in front of clock and status: §8.1, and the widths of 2018. */
export function meteringFields(options: Meter188Options): readonly ShownField[] {
  const { volumeUnit = M3, heatUnit = KWH, type, layout, isCurrentFirst } = options;
  const volume = energyField('volume', 0, volumeUnit);
  if (!isHeat(type)) return [volume, energyField('volume', 1, volumeUnit)];
  const heats = [energyField('heat', 1, heatUnit), energyField('heat', 0, heatUnit)];
  const isNew = layout === 2018;
  const temperature = { bytes: isNew ? 2 : 3, decimals: 2 };
  return [
    ...(isCurrentFirst ? heats.reverse() : heats),
    { quantity: 'power', bytes: isNew ? 3 : 4, decimals: 2, unit: KW },
    { quantity: 'flow', bytes: isNew ? 3 : 4, decimals: isNew ? 3 : 4, unit: M3_PER_HOUR },
    volume,
    { quantity: 'supply_temperature', ...temperature },
    { quantity: 'return_temperature', ...temperature },
    { quantity: 'working_hours', bytes: isNew ? 4 : 3, decimals: 0 },
  ];
}

/** The bytes of a field now; `isZero`: as it shows for a moment after a brown-out. */
export function shownField(
  meter: Meter188State,
  field: ShownField,
  now: MonoMs,
  isZero: boolean,
): Uint8Array {
  const { absent = [], isUnitFirst } = meter.options;
  const isAbsent =
    absent.includes(field.quantity) || (field.settlement !== 0 && absent.includes('settlement'));
  const digits = isAbsent
    ? new Uint8Array(field.bytes).fill(0xff)
    : bcdLowFirst(isZero ? 0n : amountOf(meter, field, now), field.bytes);
  if (field.unit === undefined) return digits;
  const unit = Buffer.of(field.unit);
  return Buffer.concat(isUnitFirst ? [unit, digits] : [digits, unit]);
}

/** The digits of a field as a whole number; never below 0. */
export function amountOf(meter: Meter188State, field: ShownField, now: MonoMs): bigint {
  const { process, options } = meter;
  const { quantity, settlement } = field;
  if (!process.isFlowing && FLOWING.includes(quantity)) return 0n;
  const at = settlement ? settlementOf(meter, settlement, now) : now;
  const decimals = options.decimals?.[quantity] ?? field.decimals;
  const amount = scaledTo(process.value([quantity], FALLBACKS[quantity], at), decimals);
  const corrected = quantity === 'volume' ? amount + meter.correction : amount;
  return corrected < 0n ? 0n : corrected;
}

/** What the display shows of a value that has a name; undefined where it is none of the present ones. */
export function displayOf(meter: Meter188State, name: string, at: MonoMs): number | undefined {
  const { options } = meter;
  const quantity = options.displays?.get(name);
  const field = meteringFields(options).find((one) => one.quantity === quantity && !one.settlement);
  if (!field) return undefined;
  const decimals = options.decimals?.[field.quantity] ?? field.decimals;
  return Number(amountOf(meter, field, at) % 10n ** BigInt(field.bytes * 2)) / 10 ** decimals;
}

/** At midnight of the settlement day, the first of the month unless it was written. */
function settlementOf(meter: Meter188State, back: number, now: MonoMs): MonoMs {
  const { year, month, day } = partsOf(meter.clock.calendarAt(now));
  const [settlementDay = 1] = partsFromBcd(Uint8Array.of(meter.parameters.get('8103') ?? 1)) ?? [];
  const last = day >= settlementDay ? month : month - 1;
  return meter.clock.momentOf(calendarOf(year, last - back + 1, settlementDay));
}

/** ss mm hh DD MM YY YY, low byte first. */
export function shownClock(meter: Meter188State, now: MonoMs): Uint8Array {
  if (meter.options.shownClock) return meter.options.shownClock;
  const { year, month, day, hour, minute, second } = partsOf(meter.clock.calendarAt(now));
  return bcdBytes(second, minute, hour, day, month, year, Math.floor(year / 100));
}

const VALVE_BITS = { open: 0b00, closed: 0b01, stuck: 0b11 } as const;
const BATTERY_LOW = 0b100;

/** §8.4: valve and battery, then the manufacturer's byte. */
export function statusOf(meter: Meter188State, now: MonoMs): Uint8Array {
  const position = meter.valve?.position(now) ?? 'open';
  const battery = meter.options.isBatteryLow ? BATTERY_LOW : 0;
  return Uint8Array.of(VALVE_BITS[position] | battery, meter.options.vendorStatus ?? 0);
}
