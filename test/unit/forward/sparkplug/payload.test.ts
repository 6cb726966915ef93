/** The codec of Sparkplug B against protobufjs, which knows the schema and nothing of ours. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSparkplug, encodeSparkplug } from '../../../../firmware-sim/sparkplug-schema.ts';
import { DATATYPE, datatypeName } from '../../../../gateway/forward/sparkplug/datatype.ts';
import type { Metric, ReadMetric, Scalar } from '../../../../gateway/forward/sparkplug/payload.ts';
import { readPayload } from '../../../../gateway/forward/sparkplug/payload-reader.ts';
import { writePayload } from '../../../../gateway/forward/sparkplug/payload-writer.ts';
import { scalarOf, shortest } from '../../../../gateway/forward/sparkplug/scalar.ts';

const T = 1_732_345_678_123;
const metric = (datatype: number, value: Scalar | null, set: Partial<Metric> = {}): Metric => ({
  name: 'm',
  time: T,
  datatype,
  isTold: true,
  value,
  ...set,
});
const readBack = (bytes: Uint8Array) => {
  const read = readPayload(bytes);
  if (!read.ok) throw new Error(`${read.problem.en} at ${read.at}`);
  return read.payload;
};
const firstOf = (bytes: Uint8Array): ReadMetric => readBack(bytes).metrics[0] as ReadMetric;

/** What each datatype can hold, and the field that the specification wants it in. */
const SCALARS: readonly (readonly [number, string, fc.Arbitrary<Scalar>])[] = [
  [DATATYPE.Int8, 'intValue', fc.integer({ min: -128, max: 127 })],
  [DATATYPE.Int16, 'intValue', fc.integer({ min: -32_768, max: 32_767 })],
  [DATATYPE.Int32, 'intValue', fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  [DATATYPE.UInt8, 'intValue', fc.integer({ min: 0, max: 255 })],
  [DATATYPE.UInt16, 'intValue', fc.integer({ min: 0, max: 65_535 })],
  [DATATYPE.UInt32, 'intValue', fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [DATATYPE.Int64, 'longValue', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [DATATYPE.UInt64, 'longValue', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [DATATYPE.DateTime, 'longValue', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [DATATYPE.Double, 'doubleValue', fc.double()],
  [DATATYPE.Boolean, 'booleanValue', fc.boolean()],
  [DATATYPE.String, 'stringValue', fc.string({ unit: 'grapheme' })],
  [DATATYPE.Text, 'stringValue', fc.string()],
  [DATATYPE.UUID, 'stringValue', fc.uuid()],
  [DATATYPE.Bytes, 'bytesValue', fc.uint8Array()],
  [DATATYPE.File, 'bytesValue', fc.uint8Array()],
];

describe('payloads that are written', () => {
  it.each(
    SCALARS.map(([type, field, values]) => [datatypeName(type), type, field, values] as const),
  )('%s is read by another library, and by ourselves', (_, type, field, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = writePayload({ time: T, seq: 7, metrics: [metric(type, value)] });
        const other = decodeSparkplug(bytes);
        expect(other).toMatchObject({ timestamp: `${T}`, seq: '7' });
        const found = other.metrics?.[0] as Readonly<Record<string, unknown>>;
        expect(found).toMatchObject({ name: 'm', timestamp: `${T}`, datatype: type });
        const sent = found[field];
        expect(sent instanceof Uint8Array ? [...sent] : sent).toEqual(asField(value, field));
        expect(scalarOf(firstOf(bytes))).toEqual({ ok: true, value });
      }),
    );
  });

  it('carries marks, aliases, nulls and properties', () => {
    const properties = [
      { key: 'Quality', datatype: DATATYPE.Int32, value: 500 },
      { key: 'engUnit', datatype: DATATYPE.String, value: '°C' },
    ];
    const bytes = writePayload({
      time: T,
      metrics: [
        { ...metric(DATATYPE.Double, null), alias: 300, isHistorical: true, properties },
        { alias: 5, time: T, datatype: DATATYPE.Double, isTold: false, value: 1 },
      ],
    });
    expect(decodeSparkplug(bytes)).toEqual({
      timestamp: `${T}`,
      metrics: [
        {
          name: 'm',
          alias: '300',
          timestamp: `${T}`,
          datatype: DATATYPE.Double,
          isHistorical: true,
          isNull: true,
          properties: {
            keys: ['Quality', 'engUnit'],
            values: [
              { type: DATATYPE.Int32, intValue: 500 },
              { type: DATATYPE.String, stringValue: '°C' },
            ],
          },
        },
        { alias: '5', timestamp: `${T}`, doubleValue: 1 },
      ],
    });
    expect(readBack(bytes).metrics[0]).toMatchObject({
      isNull: true,
      isHistorical: true,
      alias: 300n,
      properties: [
        { key: 'Quality', type: DATATYPE.Int32, value: 500 },
        { key: 'engUnit', type: DATATYPE.String, value: '°C' },
      ],
    });
  });

  it('has lengths of one, two and three bytes', () => {
    for (const length of [0, 1, 100, 127, 128, 16_383, 16_384, 70_000]) {
      const text = 'x'.repeat(length);
      const bytes = writePayload({ time: T, metrics: [metric(DATATYPE.String, text)] });
      expect(decodeSparkplug(bytes).metrics?.[0]?.stringValue).toBe(text);
    }
  });
});

describe('payloads that are read', () => {
  it('takes integers as different senders write them', () => {
    const read = (datatype: number | undefined, field: object) =>
      scalarOf(firstOf(encodeSparkplug({ metrics: [{ datatype, ...field }] })));
    const value = (one: Scalar) => ({ ok: true, value: one });
    const mismatch = (name: string) => ({ ok: false, why: 'mismatch', name });
    expect(read(DATATYPE.Int8, { intValue: 0xffff_ffe9 })).toEqual(value(-23));
    expect(read(DATATYPE.Int8, { intValue: 0xe9 })).toEqual(value(-23));
    expect(read(DATATYPE.Int16, { intValue: 0xffe9 })).toEqual(value(-23));
    expect(read(DATATYPE.Int8, { intValue: 300 })).toEqual(mismatch('Int8'));
    expect(read(DATATYPE.UInt8, { intValue: 256 })).toEqual(mismatch('UInt8'));
    expect(read(DATATYPE.UInt32, { longValue: '4294967295' })).toEqual(value(4_294_967_295));
    expect(read(DATATYPE.UInt32, { longValue: '4294967296' })).toEqual(mismatch('UInt32'));
    expect(read(DATATYPE.Int64, { longValue: '18446744073709551611' })).toEqual(value(-5n));
    expect(read(DATATYPE.Float, { floatValue: 0.1 })).toEqual(value(0.1));
    expect(read(DATATYPE.Boolean, { intValue: 1 })).toEqual(mismatch('Boolean'));
    expect(read(DATATYPE.String, {})).toEqual(mismatch('String'));
    expect(read(undefined, { intValue: 4_294_967_295 })).toEqual(mismatch('a value'));
    expect(read(undefined, { intValue: 5 })).toEqual(value(5));
  });

  it('tells what it does not read: arrays, data sets, templates', () => {
    const read = (field: object) => scalarOf(firstOf(encodeSparkplug({ metrics: [field] })));
    const bytesValue = new Uint8Array([0xe9, 0x7b]);
    expect(read({ datatype: DATATYPE.Int8Array, bytesValue })).toEqual({
      ...{ ok: false, why: 'unsupported', name: 'Int8Array' },
    });
    const columns = ['a'];
    const rows = [{ elements: [{ intValue: 1 }] }];
    const datasetValue = { numOfColumns: 1, columns, types: [3], rows };
    expect(read({ datatype: DATATYPE.DataSet, datasetValue })).toMatchObject({ name: 'DataSet' });
    const templateValue = { isDefinition: true, metrics: [{ name: 'x' }] };
    expect(read({ datatype: DATATYPE.Template, templateValue })).toMatchObject({
      name: 'Template',
    });
    expect(read({ datatype: 99, intValue: 1 })).toMatchObject({
      why: 'unsupported',
      name: 'datatype 99',
    });
  });

  it('passes over metadata, nested properties and fields that it does not know', () => {
    const nested = { keys: ['in'], values: [{ type: 3, intValue: 1 }] };
    const bytes = encodeSparkplug({
      timestamp: T,
      metrics: [
        {
          name: 'm',
          metadata: { isMultiPart: false, contentType: 'x', description: 'y' },
          properties: { keys: ['set'], values: [{ type: 20, propertysetValue: nested }] },
          booleanValue: true,
        },
      ],
    });
    const unknown = Buffer.from([0xfa, 0x3f, 2, 1, 2, 0xc1, 0x3e, ...new Array(8).fill(7)]);
    expect(readBack(Buffer.concat([bytes, unknown]))).toMatchObject({
      time: BigInt(T),
      metrics: [{ name: 'm', value: { field: 'boolean', value: true } }],
    });
  });

  it('refuses what is cut, too long or of another kind, with the place', () => {
    const refused = (...bytes: number[]) => readPayload(new Uint8Array(bytes));
    const cut = { en: 'it ends too early', zh: '报文不完整' };
    expect(refused(0x08)).toEqual({ ok: false, at: 1, problem: cut });
    expect(refused(0x12, 5, 1)).toEqual({ ok: false, at: 1, problem: cut });
    expect(refused(0x08, ...new Array(10).fill(0xff), 1)).toMatchObject({ at: 1 });
    expect(refused(0x00, 1)).toMatchObject({ problem: { en: 'a field without a number' } });
    expect(refused(0x0a, 1, 1)).toMatchObject({
      problem: { en: 'field 1 is of the wrong kind, 2' },
    });
    expect(refused(0x33)).toMatchObject({ problem: { en: 'an unknown kind of field, 3' } });
    expect(refused(0x22, 1, 0xff)).toMatchObject({ problem: { en: 'a text that is not UTF-8' } });
    const keyless = { properties: { keys: ['a', 'b'], values: [{ intValue: 1 }] } };
    expect(readPayload(encodeSparkplug({ metrics: [keyless] }))).toMatchObject({ ok: false });
    // A length beyond 2^32, which would not be one after a conversion to 32 bits.
    expect(refused(0x12, 0x81, 0x80, 0x80, 0x80, 0x10, 8)).toMatchObject({ ok: false });
  });

  it('says something of any bytes, and never more than they hold', () => {
    const valid = fc
      .array(fc.record({ name: fc.string(), alias: fc.nat(), datatype: fc.nat(40) }))
      .map((metrics) => encodeSparkplug({ timestamp: T, seq: 3, metrics }));
    const damaged = fc
      .tuple(valid, fc.nat(), fc.nat(255))
      .map(([bytes, at, byte]) => bytes.map((one, i) => (i === at % bytes.length ? byte : one)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        const read = readPayload(bytes);
        if (!read.ok) expect(read.at).toBeLessThanOrEqual(bytes.length);
        else {
          for (const one of read.payload.metrics) scalarOf(one);
          expect(read.payload.metrics.length).toBeLessThanOrEqual(bytes.length / 2);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds the shortest number of a single-precision one', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (single) => {
        expect(Math.fround(shortest(single))).toBe(single);
      }),
    );
    expect(shortest(Math.fround(16_777_217))).toBe(16_777_216);
  });
});

/** The value as the other library shows it. */
function asField(value: Scalar, field: string): unknown {
  if (field === 'intValue') return Number(value) >>> 0;
  if (field === 'longValue') return `${BigInt.asUintN(64, BigInt(value as bigint))}`;
  if (field === 'bytesValue') return [...(value as Uint8Array)];
  return value;
}
