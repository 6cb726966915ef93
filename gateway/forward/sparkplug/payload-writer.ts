/** Messages of Sparkplug B as bytes (§6; the numbers of the fields are those of its schema). Pure. */
import { DATATYPE, SMALL_INTEGERS } from './datatype.ts';
import type { Metric, Payload, Property, Scalar } from './payload.ts';
import { WireWriter } from './wire.ts';

/** The fields of a value; those of a property stand one below another from another number on. */
const METRIC_VALUE = { int: 10, long: 11, float: 12, double: 13, flag: 14, text: 15 };
const PROPERTY_VALUE = { int: 3, long: 4, float: 5, double: 6, flag: 7, text: 8 };
const METRIC_BYTES = 16;

export function writePayload({ time, seq, metrics }: Payload): Uint8Array {
  const wire = new WireWriter();
  wire.unsigned(1, time);
  for (const metric of metrics) wire.message(2, () => writeMetric(wire, metric));
  if (seq !== undefined) wire.unsigned(3, seq);
  return wire.finish();
}

function writeMetric(wire: WireWriter, metric: Metric): void {
  const { name, alias, time, datatype, isTold, isHistorical, value, properties = [] } = metric;
  if (name !== undefined) wire.text(1, name);
  if (alias !== undefined) wire.unsigned(2, alias);
  wire.unsigned(3, time);
  if (isTold) wire.unsigned(4, datatype);
  if (isHistorical) wire.flag(5, true);
  if (value === null) wire.flag(7, true);
  if (properties.length > 0) wire.message(9, () => writeProperties(wire, properties));
  if (value instanceof Uint8Array) wire.bytes(METRIC_BYTES, value);
  else if (value !== null) writeScalar(wire, METRIC_VALUE, datatype, value);
}

/** A PropertySet: all keys, then all values. */
function writeProperties(wire: WireWriter, properties: readonly Property[]): void {
  for (const { key } of properties) wire.text(1, key);
  for (const { datatype, value } of properties)
    wire.message(2, () => {
      wire.unsigned(1, datatype);
      writeScalar(wire, PROPERTY_VALUE, datatype, value);
    });
}

/** A value that does not belong to its datatype is a mistake of ours, and throws. */
function writeScalar(
  wire: WireWriter,
  fields: typeof METRIC_VALUE,
  datatype: number,
  value: Exclude<Scalar, Uint8Array>,
): void {
  if (typeof value === 'boolean' && datatype === DATATYPE.Boolean) wire.flag(fields.flag, value);
  else if (typeof value === 'string' && TEXTS.has(datatype)) wire.text(fields.text, value);
  else if (typeof value === 'bigint' && LONGS.has(datatype)) wire.long(fields.long, value);
  else if (typeof value !== 'number') throw new Error(`${value} is no value of ${datatype}`);
  else if (datatype === DATATYPE.Double) wire.double(fields.double, value);
  else if (datatype === DATATYPE.Float) wire.float(fields.float, value);
  else if (SMALL_INTEGERS.has(datatype)) wire.unsigned(fields.int, value >>> 0);
  else throw new Error(`${value} is no value of ${datatype}`);
}

const TEXTS: ReadonlySet<number> = new Set([DATATYPE.String, DATATYPE.Text, DATATYPE.UUID]);
const LONGS: ReadonlySet<number> = new Set([DATATYPE.Int64, DATATYPE.UInt64, DATATYPE.DateTime]);
