/**
 * Bytes from somebody else as a message of Sparkplug B (§6). Metadata is passed over; sets of data, templates and extensions
 * are told by their names and not read. Pure.
 */
import type { ErrorText } from '../../model/errors.ts';
import type { ReadMetric, ReadPayload, ReadProperty, ReadValue } from './payload.ts';
import { WireError, type WireField, WireReader } from './wire.ts';

export type PayloadRead =
  | { readonly ok: true; readonly payload: ReadPayload }
  /** `at`: which byte. */
  | { readonly ok: false; readonly at: number; readonly problem: ErrorText['message'] };

/** More in one message is nobody's intention. */
const MOST_METRICS = 100_000;
const MOST_PROPERTIES = 100;

export function readPayload(bytes: Uint8Array): PayloadRead {
  try {
    return { ok: true, payload: payloadIn(new WireReader(bytes)) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { ok: false, at: error.at, problem: error.words };
  }
}

function payloadIn(wire: WireReader): ReadPayload {
  let [time, seq, uuid, bodyLength]: [bigint?, bigint?, string?, number?] = [];
  const metrics: ReadMetric[] = [];
  for (let field = wire.next(); field; field = wire.next()) {
    if (field.field === 1) time = wire.uint64(field);
    else if (field.field === 2) {
      if (metrics.length === MOST_METRICS)
        throw new WireError(field.at, 'too many metrics', '指标过多');
      metrics.push(metricIn(wire.message(field)));
    } else if (field.field === 3) seq = wire.uint64(field);
    else if (field.field === 4) uuid = wire.text(field);
    else if (field.field === 5) bodyLength = wire.bytes(field).length;
    else wire.skip(field);
  }
  return { time, seq, uuid, bodyLength: bodyLength ?? 0, metrics };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function metricIn(wire: WireReader): ReadMetric {
  const metric: Mutable<ReadMetric> = {
    name: undefined,
    alias: undefined,
    time: undefined,
    datatype: undefined,
    isHistorical: false,
    isTransient: false,
    isNull: false,
    value: undefined,
    properties: [],
  };
  for (let field = wire.next(); field; field = wire.next())
    switch (field.field) {
      case 1:
        metric.name = wire.text(field);
        break;
      case 2:
        metric.alias = wire.uint64(field);
        break;
      case 3:
        metric.time = wire.uint64(field);
        break;
      case 4:
        metric.datatype = wire.uint32(field);
        break;
      case 5:
        metric.isHistorical = wire.flag(field);
        break;
      case 6:
        metric.isTransient = wire.flag(field);
        break;
      case 7:
        metric.isNull = wire.flag(field);
        break;
      case 9:
        metric.properties = propertiesIn(wire.message(field), field.at);
        break;
      default:
        metric.value = valueIn(wire, field) ?? metric.value;
    }
  return metric;
}

/** Undefined for a field that is none of a value; it is passed over. */
function valueIn(wire: WireReader, field: WireField): ReadValue | undefined {
  switch (field.field) {
    case 10:
      return { field: 'int', value: wire.uint32(field) };
    case 11:
      return { field: 'long', value: wire.uint64(field) };
    case 12:
      return { field: 'float', value: wire.float(field) };
    case 13:
      return { field: 'double', value: wire.double(field) };
    case 14:
      return { field: 'boolean', value: wire.flag(field) };
    case 15:
      return { field: 'string', value: wire.text(field) };
    case 16:
      return { field: 'bytes', value: wire.bytes(field) };
  }
  wire.skip(field);
  const name = UNSUPPORTED.get(field.field);
  return name && { field: 'unsupported', name };
}

const UNSUPPORTED = new Map([
  [17, 'DataSet'],
  [18, 'Template'],
  [19, 'extension'],
] as const) as ReadonlyMap<number, 'DataSet' | 'Template' | 'extension'>;

function propertiesIn(wire: WireReader, at: number): readonly ReadProperty[] {
  const keys: string[] = [];
  const values: Omit<ReadProperty, 'key'>[] = [];
  for (let field = wire.next(); field; field = wire.next()) {
    if (Math.max(keys.length, values.length) > MOST_PROPERTIES)
      throw new WireError(field.at, 'too many properties', '属性过多');
    if (field.field === 1) keys.push(wire.text(field));
    else if (field.field === 2) values.push(propertyIn(wire.message(field)));
    else wire.skip(field);
  }
  if (keys.length !== values.length)
    throw new WireError(
      at,
      `${keys.length} keys of properties and ${values.length} values`,
      `属性有 ${keys.length} 个键和 ${values.length} 个值`,
    );
  return keys.map((key, i) => ({ key, ...(values[i] as Omit<ReadProperty, 'key'>) }));
}

function propertyIn(wire: WireReader): Omit<ReadProperty, 'key'> {
  const property: Mutable<Omit<ReadProperty, 'key'>> = {
    type: undefined,
    isNull: false,
    value: undefined,
  };
  for (let field = wire.next(); field; field = wire.next())
    switch (field.field) {
      case 1:
        property.type = wire.uint32(field);
        break;
      case 2:
        property.isNull = wire.flag(field);
        break;
      case 3:
        property.value = wire.uint32(field);
        break;
      case 4:
        property.value = wire.uint64(field);
        break;
      case 5:
        property.value = wire.float(field);
        break;
      case 6:
        property.value = wire.double(field);
        break;
      case 7:
        property.value = wire.flag(field);
        break;
      case 8:
        property.value = wire.text(field);
        break;
      default:
        wire.skip(field);
    }
  return property;
}
