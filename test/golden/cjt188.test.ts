/** Frames of real meters and computed ones: explained, encoded, and read through the whole driver. */
import { describe, expect, test } from 'vitest';
import { cjt188Explainer } from '../../drivers/cjt188/explain.ts';
import { encodeFrame, frameAt } from '../../drivers/cjt188/frame.ts';
import type { Explanation } from '../../drivers/explanation.ts';
import { seconds } from '../../gateway/model/units.ts';
import { fromHex, meterSession } from '../support/cjt188-fixture.ts';
import vectors from './cjt188-vectors.json' with { type: 'json' };

type Vector = (typeof vectors)[number];
type Expected = Readonly<Record<string, unknown>>;

/** Every byte of every frame is explained, once and in order. */
function expectWholeParts({ parts }: Explanation, bytes: Uint8Array): void {
  let end = 0;
  for (const { at, length, label } of parts) {
    expect(at).toBe(end);
    expect(length).toBeGreaterThan(0);
    expect(label.zh).toMatch(/\p{Script=Han}/u);
    end = at + length;
  }
  expect(end).toBe(bytes.length);
}

function expectExplained(bytes: Uint8Array, expected: Expected): void {
  const explanation = cjt188Explainer.explain(bytes);
  expectWholeParts(explanation, bytes);
  if ('reject' in expected) {
    expect(explanation).toMatchObject({ ok: false, reject: expected.reject });
    return;
  }
  if (!explanation.ok) throw new Error(explanation.reject);
  for (const [key, value] of Object.entries(expected))
    expect([key, explanation.fields[key]]).toEqual([key, value]);
}

const withRequest = vectors.filter(({ request }) => request !== null);
const withResponse = vectors.filter(({ response }) => response !== null);
const bytesOf = (hex: string | null) => fromHex(hex ?? '');

describe('explained', () => {
  test.each(withResponse)('reply of $id: $desc', ({ response, expect: expected }: Vector) => {
    const isJudgedByRequest = 'reject' in expected && expected.reject === 'serMismatch';
    expectExplained(bytesOf(response), isJudgedByRequest ? { ser: 9, current: 34.56 } : expected);
  });

  test.each(withRequest)(
    'request of $id: $desc',
    ({ request, response, expect: expected }: Vector) => {
      const bytes = bytesOf(request);
      expectExplained(bytes, response === null ? expected : requestPart(expected));
    },
  );

  test.each(withRequest)(
    'exchange of $id: $desc',
    ({ request, response, expect: expected }: Vector) => {
      expectExplained(Buffer.concat([bytesOf(request), bytesOf(response)]), expected);
    },
  );

  test.each(withResponse)(
    'exchange of $id in noise',
    ({ request, response, expect: expected }: Vector) => {
      const noise = Buffer.of(0x00, 0xff, 0x16, 0xfe);
      const bytes = Buffer.concat([noise, bytesOf(request), noise, bytesOf(response), noise]);
      const explanation = cjt188Explainer.explain(bytes);
      expect(explanation).toMatchObject(
        'reject' in expected ? { ok: false } : { ok: true, fields: expected },
      );
    },
  );
});

/** What a request already says of what its exchange is expected to say. */
function requestPart(expected: Expected): Expected {
  const { di, ser } = expected;
  return { ...(di !== undefined && { di }), ...(ser !== undefined && { ser }) };
}

describe('encoded again', () => {
  const frames = vectors
    .flatMap(({ id, request, response }) => [
      { id, hex: request },
      { id, hex: response },
    ])
    .filter(({ id, hex }) => hex !== null && id !== 'C04');
  test.each(frames)('$id $hex', ({ hex }) => {
    const bytes = bytesOf(hex);
    const preamble = bytes.indexOf(0x68);
    const found = frameAt(bytes, preamble);
    if (found.kind !== 'frame') throw new Error(found.kind);
    expect(Buffer.from(encodeFrame(found.frame, preamble))).toEqual(bytes);
  });
});

/** What the tags of a meter with these words read from a vector's reply. */
const READ: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  C01: { meter_address: '00002020120218' },
  C02: { volume: 2, settlement_volume: 2, clock: null, status: 0xff00, valve: 'open' },
  C03: { volume: 556677, settlement_volume: 556677, clock: '2015-05-11T22:01:31', valve: 'closed' },
  C05: { volume: 5959, settlement_volume: null, clock: null },
  C10: { heat: 20, 'heat raw': 0.02, 'heat unit': 'MWh', volume: 10.34, supply_temperature: 25.35 },
  C11: { heat: 1270, 'heat GJ': 4.572, volume: 19.07, working_hours: 166, status: 8 },
  C12: { volume: 0.6, clock: 'invalid' },
  C20: { volume: 8765.43, valve: 'open', battery_low: true, clock: '2024-11-15T08:30:00' },
  C21: { heat: 3427.778, 'heat raw': 12.34, settlement_heat: 2777.778, power: 123.5, flow: 0.125 },
  C22: { volume: null },
  C24: { 'history:1': 34.56, 'history:1 unit': 'm3' },
  C26: { volume: 123.45678, 'volume raw': 123456.78, 'volume unit': 'L' },
};

describe('read through the driver', () => {
  const cases = vectors.filter(({ id }) => id in READ);
  test.each(cases)('$id: $desc', async ({ id, request, response }: Vector) => {
    const values = READ[id] ?? {};
    const reply = bytesOf(response);
    const head = reply.subarray(reply.indexOf(0x68));
    const parts = meterSession(Object.keys(values), {
      address: Buffer.from(head.subarray(2, 9)).reverse().toString('hex'),
      type: head.subarray(1, 2).toString('hex'),
      ser: 'loose',
      di_order: request?.includes('1F 90') ? 'low_first' : 'high_first',
    });
    const reading = parts.read();
    parts.line.arrive(reply);
    const { samples, outcome } = await reading;
    expect(outcome).toBe('answered');
    expect(samples.map(({ value }) => value)).toEqual(Object.values(values));
    for (const { value, quality } of samples)
      expect(quality).toBe(value === null ? 'bad:device' : 'good');
  });

  test('C25: the reply to an older request is not taken', async () => {
    const { response } = vectors.find(({ id }) => id === 'C25') ?? { response: null };
    const parts = meterSession(['volume'], { di_order: 'high_first' });
    const reading = parts.read();
    parts.line.arrive(bytesOf(response));
    await parts.clock.advance(seconds(10));
    expect(await reading).toMatchObject({ outcome: 'garbled', samples: [{ quality: 'bad:comm' }] });
  });
});
