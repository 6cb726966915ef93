/** From a value to the request that writes it, or to the reason why nothing is sent. Pure. */
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import { plainValue, type Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { encode } from '../codec/register-encoding.ts';
import type { RegisterValue } from '../codec/registers.ts';
import type { WriteRequest, WriteWish } from '../driver.ts';
import { sizeOf } from './address.ts';
import type { ModbusDevice } from './options.ts';
import { resolved, scalingOf } from './plan.ts';
import type { ChangeRequest, ReadRequest } from './request.ts';
import type { ModbusAddress } from './tag-options.ts';

export interface Refused {
  readonly refusal: { readonly code: ErrorCode; readonly details: ErrorDetails };
}

/** A bit that is written by reading its register, changing it, and writing it back. */
export interface Modification {
  readonly read: ReadRequest;
  /** The request that writes what was read, with the bit changed. */
  readonly write: (word: number) => ChangeRequest;
}

export type PlannedWrite = { readonly request: ChangeRequest } | Modification | Refused;

/** Modbus Application Protocol V1.1b3 §6.12 and §6.17. */
const MOST_WRITTEN = 123;
const MOST_WRITTEN_AND_READ = 121;

/** Why the value, or where there is none any value, is not written. */
export function refusedWrite(
  device: ModbusDevice,
  wish: WriteWish<ModbusAddress>,
): Refused['refusal'] | undefined {
  const { value, address } = wish;
  const planned =
    value === undefined
      ? refusedPlace(device, resolved(address, device), wish)
      : planWrite(device, { ...wish, value });
  return planned && 'refusal' in planned ? planned.refusal : undefined;
}

/** Which request writes the value, by the device's options. */
export function planWrite(
  device: ModbusDevice,
  { tag, address, value, framing }: WriteRequest<ModbusAddress> & Pick<WriteWish, 'framing'>,
): PlannedWrite {
  const place = resolved(address, device);
  const refusal = refusedPlace(device, place, { tag, framing });
  if (refusal) return refusal;
  if (place.type === 'bool') {
    const on = asFlag(value);
    if (on === undefined)
      return refused('modbus.value-kind', { tag: tag.id, type: 'bool', found: shown(value) });
    return place.table === 'coil' ? coil(device, place.address, on) : bit(device, place, on);
  }
  return registers(device, { ...place, type: place.type }, tag, value);
}

/** What cannot be written whatever the value is. */
function refusedPlace(
  device: ModbusDevice,
  place: ModbusAddress,
  { tag: { id: tag }, framing }: Pick<WriteWish, 'tag' | 'framing'>,
): Refused | undefined {
  const { table, type } = place;
  if (table !== 'coil' && table !== 'holding')
    return refused('modbus.not-writable', { tag, table });
  // On a serial wire, also behind a converter, every unit obeys unit 0, whether or not that is meant (V1.02 §2.2).
  const isUnsaid = device.broadcast === undefined || (!device.broadcast && framing === 'wire');
  if (device.unit === 0 && isUnsaid) return refused('modbus.broadcast-unsaid', { tag });
  // A broadcast knows the functions 5, 6, 15 and 16 only, and nobody would answer the read.
  if (type === 'bool' && table === 'holding' && device.broadcast)
    return refused('modbus.broadcast-bit', { tag });
  if (type === 'bool') return undefined;
  if (place.scaleFrom !== undefined) return refused('modbus.write-scaled', { tag });
  const registers = sizeOf(place);
  if (device.writes === 'single' && registers > 1)
    return refused('modbus.write-single', { tag, registers });
  const most = device.writes === 'read_write' ? MOST_WRITTEN_AND_READ : MOST_WRITTEN;
  const limit = Math.min(most, device.maxRegisters);
  return registers > limit
    ? refused('modbus.write-too-long', { tag, registers, limit })
    : undefined;
}

const refused = (code: ErrorCode, details: ErrorDetails): Refused => ({
  refusal: { code, details },
});

const shown = (value: Value): string => `${plainValue(value)}`;

/** true, false, 1 and 0. */
function asFlag(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 0 || value === 1 || value === 0n || value === 1n) return Number(value) === 1;
  return undefined;
}

const coil = ({ writes }: ModbusDevice, start: number, on: boolean): PlannedWrite => ({
  request:
    writes === 'multiple'
      ? { kind: 'write-coils', start, coils: [on] }
      : { kind: 'write-coil', start, on },
});

function bit(
  device: ModbusDevice,
  place: ModbusAddress & RegisterValue,
  on: boolean,
): PlannedWrite {
  const isSwapped = place.order === 'badc' || place.order === 'dcba';
  const mask = 1 << (isSwapped ? place.bit ^ 8 : place.bit);
  const start = place.address;
  if (device.bitWrites === 'mask')
    return {
      request: { kind: 'mask-register', start, and: ~mask & 0xffff, or: on ? mask : 0 },
    };
  return {
    read: { kind: 'read', table: 'holding', start, quantity: 1 },
    write: (word) => words(device, start, wordBytes(on ? word | mask : word & ~mask)),
  };
}

const wordBytes = (word: number): Uint8Array => Uint8Array.of((word >> 8) & 0xff, word & 0xff);

function registers(
  device: ModbusDevice,
  place: ModbusAddress & Parameters<typeof encode>[0],
  tag: Tag,
  value: Value,
): PlannedWrite {
  const { type } = place;
  const details = { tag: tag.id, type, found: shown(value) };
  const encoded = encode(place, scalingOf(place, tag), value);
  if ('refused' in encoded) return refused(VALUE_CODES[encoded.refused], details);
  return { request: words(device, place.address, encoded.bytes) };
}

const VALUE_CODES = {
  kind: 'modbus.value-kind',
  range: 'modbus.value-range',
  step: 'modbus.value-step',
} as const;

/** 06, 16 or 23, as the device wants it. */
function words(
  { writes, broadcast }: ModbusDevice,
  start: number,
  bytes: Uint8Array,
): ChangeRequest {
  if (writes === 'read_write' && !broadcast) return { kind: 'write-and-read', start, bytes };
  if (bytes.length > 2 || writes === 'multiple') return { kind: 'write-registers', start, bytes };
  return { kind: 'write-register', start, word: ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0) };
}
