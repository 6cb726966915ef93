/** Frames of real meters and of the layout on paper, explained. Origins stand with the vectors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dlt645Explainer } from '../../drivers/dlt645/explain.ts';
import { encodeFrame, FrameParser } from '../../drivers/dlt645/frame.ts';
import { renderDlt645 } from '../../tools/dlt645-reference.ts';
import vectors from './dlt645-vectors.json' with { type: 'json' };

interface Vector {
  readonly id: string;
  readonly desc: string;
  readonly request: string | null;
  readonly response: string | null;
  readonly expect: Readonly<Record<string, unknown>>;
}
const VECTORS = vectors as readonly Vector[];
const bytes = (hex: string | null) => Buffer.from((hex ?? '').replaceAll(' ', ''), 'hex');

/** D41 has only the rest of its values; the others came with the exchange before. */
const expected = ({ id, expect: fields }: Vector) => {
  const { values, unit, ...alone } = fields;
  return id === 'D41' ? alone : fields;
};

const explained = (hex: Uint8Array) => {
  const explanation = dlt645Explainer.explain(hex);
  return explanation.ok ? explanation.fields : { reject: explanation.reject };
};

describe('is explained', () => {
  test.each(VECTORS)('$id $desc', (vector) => {
    const request = bytes(vector.request);
    const response = bytes(vector.response);
    const whole = Buffer.concat([request, response]);
    expect(explained(whole)).toMatchObject(expected(vector));
    if (vector.response !== null) expect(explained(response)).toMatchObject(expected(vector));
    const noisy = Buffer.concat([Buffer.of(0, 0x68, 0xff), request, Buffer.of(0x16), response]);
    expect(explained(noisy)).toMatchObject(expected(vector));
  });
});

test('two exchanges of one long item give its values', () => {
  const long = VECTORS.filter(({ id }) => id === 'D40' || id === 'D41');
  const whole = long.flatMap(({ request, response }) => [bytes(request), bytes(response)]);
  expect(explained(Buffer.concat(whole))).toMatchObject(long.at(-1)?.expect ?? {});
});

const frames = VECTORS.flatMap(({ id, request, response }) =>
  [request, response].flatMap((hex) => (hex === null ? [] : [{ id, frame: bytes(hex) }])),
);

test.each(frames.filter(({ id }) => id !== 'D17' && id !== 'D18'))(
  'a frame of $id is made again from what it says',
  ({ frame }) => {
    const parser = new FrameParser();
    const [found, ...others] = [...frame].flatMap((byte) => parser.push(Uint8Array.of(byte)));
    expect(others).toEqual([]);
    if (found === undefined) throw new Error('no frame');
    expect(encodeFrame(found, frame.indexOf(0x68))).toEqual(frame);
  },
);

test('docs/dlt645-identifiers.md is what the tables say (npm run generate)', () => {
  const written = readFileSync(
    join(import.meta.dirname, '../../docs/dlt645-identifiers.md'),
    'utf8',
  );
  expect(written).toBe(renderDlt645());
});
