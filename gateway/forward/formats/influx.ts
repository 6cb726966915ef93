/**
 * InfluxDB line protocol (https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/): measurement
 * `headgate`, tags `device` and `gateway`, a field for each tag, times in nanoseconds. Numbers are floats always, because
 * a field keeps the type of its first value; one of more than 15 digits has them all in `<tag>_text`. A quality other
 * than good is the field `<tag>_quality`, and stands alone where it is bad.
 */
import type { Value } from '../../model/sample.ts';
import { type BlockFormat, momentsOf, packed, plainText, type Reading } from './reading.ts';

const SAFE_DIGITS = 15;

export const influxFormat: BlockFormat = ({ gateway }, readings) => {
  const lines = momentsOf(readings).map(({ device, time, readings: at }) => {
    const tags = device === '' ? '' : `,device=${escaped(device)}`;
    const fields = at.flatMap(fieldsOf).join(',');
    return `headgate${tags},gateway=${escaped(gateway)} ${fields} ${Math.round(time)}000000`;
  });
  return packed(lines).map((pack) => ({ device: '', text: pack.join('\n') }));
};

function fieldsOf({ quantity, value, quality }: Reading): string[] {
  const name = escaped(quantity);
  return [
    ...(value === null ? [] : valueFields(name, value)),
    ...(quality === 'good' ? [] : [`${name}_quality="${quality}"`]),
  ];
}

function valueFields(name: string, value: Value): string[] {
  if (typeof value === 'boolean') return [`${name}=${value}`];
  if (typeof value === 'string') return [`${name}=${quoted(value)}`];
  const text = plainText(value);
  const digits = text.replace(/e.*|\D/g, '').replace(/^0+/, '').length;
  const isExact = typeof value === 'number' || digits <= SAFE_DIGITS;
  return [`${name}=${text}`, ...(isExact ? [] : [`${name}_text=${quoted(text)}`])];
}

/** Measurements, tag and field keys, tag values: commas, spaces, equals signs and backslashes; no line breaks. */
const escaped = (text: string): string =>
  text.replace(/[\r\n]+/g, ' ').replace(/[,= \\]/g, (sign) => `\\${sign}`);

/** A field that is text: quotes and backslashes; no line breaks. */
const quoted = (text: string): string =>
  `"${text.replace(/[\r\n]+/g, ' ').replace(/["\\]/g, (sign) => `\\${sign}`)}"`;
