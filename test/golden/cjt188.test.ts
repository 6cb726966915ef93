/** Frames of real meters and computed ones: explained, encoded, and read through the whole driver. */
import { describe, expect, test } from 'vitest';
import { cjt188Explainer } from '../../drivers/cjt188/explain.ts';
import { encodeFrame, frameAt } from '../../drivers/cjt188/frame.ts';
import type { Explanation } from '../../drivers/explanation.ts';
import { fromHex } from '../support/cjt188-fixture.ts';
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
