/** What is inside of a simulated electricity meter, and what its registers show at a moment. */
import type { Clock } from '../gateway/host/clock.ts';
import type { Millis, MonoMs } from '../gateway/model/units.ts';
import { bcdLowFirst, scaledTo } from './digits.ts';
import type { MeterRegister, MeterShape } from './dlt645-registers.ts';
import { bcdBytes, calendarOf, type MeterClock, meterClock, partsOf } from './meter-clock.ts';
import { type MeterProcess, meterProcess } from './meter-process.ts';
import type { Signal } from './process.ts';

export interface Meter645Options {
  /** `2007` when left out. */
  readonly version?: '1997' | '2007';
  /** Twelve digits. */
  readonly address: string;
  /** Printed on the plate, where it differs from the address. */
  readonly meterNumber?: string;
  readonly phases?: 1 | 3;
  /** 4 when left out. */
  readonly tariffs?: number;
  /** By identifier, upper case. */
  readonly signals?: ReadonlyMap<string, Signal>;
  /** Numbers in a form of the maker's own, or that the standard does not have, by identifier. */
  readonly registers?: ReadonlyMap<string, Pick<MeterRegister, 'bytes' | 'decimals' | 'isSigned'>>;
  /** The identifiers of what somebody may look at, by name. */
  readonly displays?: ReadonlyMap<string, string>;
  /** What a register shows that the meter does not have; `FF` when left out. */
  readonly absent?: 'FF' | '00';
  /** Refuses identifiers of blocks as cheap meters do. */
  readonly hasNoBlocks?: boolean;
  /** FE in front of each reply, 0 to 4; 4 when left out. */
  readonly preamble?: number;
  /** The most data bytes in a frame; the document allows 200. */
  readonly frameLimit?: number;
  /** Six digits, and the level that comes with them; `000000` and 2 when left out. */
  readonly password?: string;
  readonly passwordLevel?: number;
  /** Whether the programming switch is on; on when left out. */
  readonly isProgrammable?: boolean;
  /** Takes switching commands only through its security module, as modern meters do. */
  readonly hasSecurityModule?: boolean;
  /** What its clock is ahead of UTC; the time of China when left out. */
  readonly clockOffset?: Millis;
}

export interface Meter645State {
  readonly options: Meter645Options;
  readonly shape: MeterShape;
  readonly process: MeterProcess;
  readonly clock: MeterClock;
  readonly startedAt: MonoMs;
  /** Items that are stored as they were written, by identifier; low byte first. */
  readonly parameters: Map<string, Uint8Array>;
  address: string;
  /** Printed on the plate. */
  meterNumber: string;
  /** Moments of the freezes that were ordered, the oldest first. */
  freezes: readonly MonoMs[];
  /** When it freezes by itself: minute, hour, day, month; 99 stands for every. */
  schedule: { readonly pattern: readonly number[]; readonly since: MonoMs } | undefined;
  /** The day it last let its clock be corrected by a broadcast. */
  correctedOn: number | undefined;
}

export function meter645State(options: Meter645Options, seed: number, clock: Clock): Meter645State {
  const startedAt = clock.mono();
  return {
    options,
    shape: { phases: options.phases ?? 3, tariffs: options.tariffs ?? 4 },
    process: meterProcess(options.signals ?? new Map(), seed, startedAt),
    clock: meterClock(clock, options.clockOffset),
    startedAt,
    parameters: new Map(),
    address: options.address,
    meterNumber: options.meterNumber ?? options.address,
    freezes: [],
    schedule: undefined,
    correctedOn: undefined,
  };
}

/** Shares of the tariffs in a total, repeated where there are more. */
const TARIFF_WEIGHTS = [1n, 3n, 4n, 2n] as const;
/** Identifiers of what stands still when the switch is open: currents and powers. */
const FLOWING = /^(020[2-5]|B6[2-4])/;

/** The bytes of a register as it showed at a moment, low byte first. */
export function shownBy(meter: Meter645State, register: MeterRegister, at: MonoMs): Uint8Array {
  if (register.isAbsent)
    return new Uint8Array(register.bytes).fill(meter.options.absent === '00' ? 0 : 0xff);
  const moment = register.settlement ? settlementOf(meter, register.settlement, at) : at;
  const amount = amountOf(meter, register, moment);
  const bytes = bcdLowFirst(amount < 0n ? -amount : amount, register.bytes);
  const top = register.bytes - 1;
  if (register.isSigned) bytes[top] = ((bytes[top] ?? 0) & 0x7f) | (amount < 0n ? 0x80 : 0);
  if (!register.isDemand) return bytes;
  return Buffer.concat([bytes, minuteStamp(quarterBefore(meter.clock.calendarAt(moment)))]);
}

/** The number that a register shows; its digits roll over. */
export function numberOf(meter: Meter645State, register: MeterRegister, at: MonoMs): number {
  const { bytes, decimals } = register;
  return Number(amountOf(meter, register, at) % 10n ** BigInt(bytes * 2)) / 10 ** decimals;
}

function amountOf(meter: Meter645State, register: MeterRegister, at: MonoMs): bigint {
  const { process, shape } = meter;
  const [own = ''] = register.quantities;
  if (!process.isFlowing && FLOWING.test(own)) return 0n;
  const value = process.value(register.quantities, register.fallback, at);
  const amount = scaledTo(value, register.decimals);
  const { tariff } = register;
  if (!tariff || register.isDemand || process.has(own)) return amount;
  return shareOf(amount, tariff, shape.tariffs);
}

/** The tariffs add up to the total to the last digit. */
function shareOf(total: bigint, tariff: number, tariffs: number): bigint {
  const weights = Array.from({ length: tariffs }, (_, n) => TARIFF_WEIGHTS[n % 4] ?? 1n);
  const sum = weights.reduce((all, weight) => all + weight, 0n);
  const parts = weights.map((weight) => (total * weight) / sum);
  const rest = total - parts.slice(0, -1).reduce((all, part) => all + part, 0n);
  return (tariff === tariffs ? rest : parts[tariff - 1]) ?? 0n;
}

/** Settlement is at midnight of the first of each month. */
function settlementOf(meter: Meter645State, back: number, at: MonoMs): MonoMs {
  const { year, month } = partsOf(meter.clock.calendarAt(at));
  return meter.clock.momentOf(calendarOf(year, month - back + 1, 1));
}

const QUARTER_MS = 15 * 60_000;
const quarterBefore = (calendar: number): number => Math.floor(calendar / QUARTER_MS) * QUARTER_MS;

/** YYMMDDhhmm, low byte first. */
export function minuteStamp(calendar: number): Uint8Array {
  const { year, month, day, hour, minute } = partsOf(calendar);
  return bcdBytes(minute, hour, day, month, year);
}
