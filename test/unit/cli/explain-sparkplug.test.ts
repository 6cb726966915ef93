import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeSparkplug } from '../../../firmware-sim/sparkplug-schema.ts';
import { sparkplugExplainer } from '../../../gateway/cli/decode/explain-sparkplug.ts';

const T = 1_732_345_678_123;
const explain = (message: object) => sparkplugExplainer.explain(encodeSparkplug(message));

it('says what a payload holds, field by field', () => {
  const properties = { keys: ['Quality'], values: [{ type: 3, intValue: 500 }] };
  const told = explain({
    timestamp: T,
    seq: 7,
    metrics: [
      { name: 'oil_temp', alias: 3, timestamp: T, datatype: 10, doubleValue: 74.2, properties },
      { alias: 4, isHistorical: true, longValue: '18446744073709551615', datatype: 8 },
      { name: 'level', datatype: 1, intValue: 0xe9 },
      { name: 'array', datatype: 22, bytesValue: 'AAE=' },
      { name: 'none', isNull: true },
    ],
  });
  expect(told).toMatchObject({
    ok: true,
    fields: {
      timestamp: T,
      time: '2024-11-23T07:07:58.123Z',
      seq: 7,
      metrics: [
        {
          ...{ name: 'oil_temp', alias: 3, timestamp: T, datatype: 'Double', value: 74.2 },
          properties: { Quality: 500 },
        },
        { alias: 4, historical: true, value: '18446744073709551615', datatype: 'UInt64' },
        { name: 'level', value: -23 },
        { name: 'array', value: '(unsupported: Int8Array)' },
        { name: 'none', value: null },
      ],
    },
  });
  const labels = told.parts.map(({ label }) => label.en);
  expect(labels).toEqual([
    'timestamp 2024-11-23T07:07:58.123Z',
    'metric oil_temp #3 = 74.2',
    'metric #4 = "18446744073709551615" (historical)',
    'metric level = -23',
    'metric array = "(unsupported: Int8Array)"',
    'metric none = null',
    'seq 7',
  ]);
});

it('covers each byte once, and says where a payload is broken', () => {
  const bytes = encodeSparkplug({ timestamp: T, seq: 7, metrics: [{ name: 'a', intValue: 1 }] });
  const { parts } = sparkplugExplainer.explain(bytes);
  let end = 0;
  for (const { at, length } of parts) {
    expect(at).toBe(end);
    end = at + length;
  }
  expect(end).toBe(bytes.length);
  const cut = sparkplugExplainer.explain(bytes.subarray(0, -1));
  expect(cut).toMatchObject({ ok: false, reject: 'malformed' });
  expect(cut.ok || cut.words.zh).toContain('报文不完整');
});

it('says something of any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const { parts } = sparkplugExplainer.explain(bytes);
      for (const { at, length } of parts) expect(at + length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
