/**
 * What a write becomes on the wire, and what is never written. A valve takes 5 to 60 seconds to travel, so its
 * reply tells the state before or during it; the state afterwards is read with the metering data. Pure.
 */
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import { plainValue, type Value } from '../../gateway/model/sample.ts';
import type { WriteRequest, WriteWish } from '../driver.ts';
import type { Cjt188Address } from './address.ts';
import { clockBytes, isLocalTime } from './data.ts';
import { ANY_ADDRESS, CONTROL, isGasMeter, LONGEST_WRITE } from './frame.ts';
import { DI } from './layouts.ts';
import type { Cjt188Device, Permission } from './options.ts';
import { DATA_HEAD_BYTES } from './reply.ts';

/** A write that may go out. */
export interface PlannedWrite {
  readonly control: number;
  readonly di: number;
  readonly payload: Uint8Array;
}
export interface Refused {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** Data of A017: 55H opens, 99H closes. */
export const VALVE_OPEN = 0x55;
export const VALVE_CLOSE = 0x99;

/** Why the value, or where there is none any value, is not written. */
export function refusedWrite(
  device: Cjt188Device,
  wish: WriteWish<Cjt188Address>,
): Refused | undefined {
  const { value } = wish;
  const planned =
    value === undefined ? allowedTarget(device, wish) : planWrite(device, { ...wish, value });
  return 'code' in planned ? planned : undefined;
}

/** Checks a write against the device's options before anything is sent. */
export function planWrite(
  device: Cjt188Device,
  { tag, address, value }: WriteRequest<Cjt188Address>,
): PlannedWrite | Refused {
  const target = allowedTarget(device, { tag, address });
  if ('code' in target) return target;
  const { di, expected } = target;
  const payload = target.payload(value);
  if (payload === undefined)
    return {
      code: 'cjt188.value-unusable',
      details: { tag: tag.id, value: String(plainValue(value)), expected },
    };
  if (di === DI.valve && payload[0] === VALVE_OPEN && isGasMeter(device.type))
    return { code: 'cjt188.gas-reopening', details: { tag: tag.id } };
  return { control: CONTROL.write, di, payload };
}

function allowedTarget(
  device: Cjt188Device,
  { tag, address }: Pick<WriteRequest<Cjt188Address>, 'tag' | 'address'>,
): Target | Refused {
  const target = targetOf(address);
  if (target === undefined) return { code: 'cjt188.not-writable', details: { tag: tag.id } };
  const { permission } = target;
  if (!device.allow.includes(permission))
    return { code: 'cjt188.not-allowed', details: { tag: tag.id, permission } };
  if (device.address === ANY_ADDRESS)
    return { code: 'cjt188.wildcard-write', details: { tag: tag.id } };
  return target;
}

interface Target {
  readonly permission: Permission;
  readonly di: number;
  readonly expected: string;
  /** Undefined for a value that cannot be written. */
  readonly payload: (value: Value) => Uint8Array | undefined;
}

function targetOf({ di, read, bits }: Cjt188Address): Target | undefined {
  if (bits === 'valve')
    return { permission: 'valve', di: DI.valve, expected: 'open, closed', payload: valvePayload };
  if (read === 'clock' && di === undefined)
    return {
      permission: 'clock',
      di: DI.writeClock,
      expected: 'YYYY-MM-DDThh:mm:ss',
      payload: (value) =>
        typeof value === 'string' && isLocalTime(value) ? clockBytes(value) : undefined,
    };
  const day = { permission: 'write', expected: '1..31', payload: dayPayload } as const;
  if (read === 'settlement_day') return { ...day, di: DI.writeSettlementDay };
  if (read === 'reading_day') return { ...day, di: DI.writeReadingDay };
  if (typeof read === 'string' || read.type !== 'hex' || di === undefined) return undefined;
  if (read.at !== 0 || GUARDED.has(di)) return undefined;
  return {
    permission: 'write',
    di,
    expected: `1..${LONGEST_PAYLOAD} × 00..FF`,
    payload: hexPayload,
  };
}

/** Written by a word of their own, or by a function of their own that changes what a meter bills by. */
const GUARDED: ReadonlySet<number> = new Set([
  DI.writeClock,
  DI.writeRegister,
  DI.valve,
  DI.writeAddress,
]);

function valvePayload(value: Value): Uint8Array | undefined {
  if (value === 'open') return Uint8Array.of(VALVE_OPEN);
  return value === 'closed' || value === 'close' ? Uint8Array.of(VALVE_CLOSE) : undefined;
}

const LAST_DAY = 31;

const dayPayload = (value: Value): Uint8Array | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LAST_DAY
    ? Uint8Array.of(Math.floor(value / 10) * 16 + (value % 10))
    : undefined;

const LONGEST_PAYLOAD = LONGEST_WRITE - DATA_HEAD_BYTES;

function hexPayload(value: Value): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined;
  const digits = value.replaceAll(' ', '');
  if (!/^(?:[\da-f]{2})+$/i.test(digits) || digits.length > 2 * LONGEST_PAYLOAD) return undefined;
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}
