/** From a value to the request that writes it, or to the reason why nothing is sent. Pure. */
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import { plainValue, type Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { encode } from '../codec/register-encoding.ts';
import type { RegisterValue } from '../codec/registers.ts';
import type { WriteRequest } from '../driver.ts';
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

/** Which request writes the value, by the device's options. */
export function planWrite(
  device: ModbusDevice,
  { tag, address, value }: WriteRequest<ModbusAddress>,
): PlannedWrite {
  const place = resolved(address, device);
  if (place.table !== 'coil' && place.table !== 'holding')
    return refused('modbus.not-writable', { tag: tag.id, table: place.table });
  if (place.type === 'bool') {
    const on = asFlag(value);
    if (on === undefined)
      return refused('modbus.value-kind', { tag: tag.id, type: 'bool', found: shown(value) });
    return place.table === 'coil' ? coil(device, place.address, on) : bit(device, place, tag, on);
  }
  return registers(device, { ...place, type: place.type }, tag, value);
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
  tag: Tag,
  on: boolean,
): PlannedWrite {
  // A broadcast knows the functions 5, 6, 15 and 16 only, and nobody would answer the read.
  if (device.broadcast) return refused('modbus.broadcast-bit', { tag: tag.id });
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
  if (place.scaleFrom !== undefined) return refused('modbus.write-scaled', { tag: tag.id });
  const encoded = encode(place, scalingOf(place, tag), value);
  if ('refused' in encoded) return refused(VALUE_CODES[encoded.refused], details);
  const count = encoded.bytes.length / 2;
  if (device.writes === 'single' && count > 1)
    return refused('modbus.write-single', { tag: tag.id, registers: count });
  const most = device.writes === 'read_write' ? MOST_WRITTEN_AND_READ : MOST_WRITTEN;
  const limit = Math.min(most, device.maxRegisters);
  if (count > limit)
    return refused('modbus.write-too-long', { tag: tag.id, registers: count, limit });
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
