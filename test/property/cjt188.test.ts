/** CJ/T 188 against whatever may come over a wire. A long run has 100,000 cases. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cjt188Explainer } from '../../drivers/cjt188/explain.ts';
import { encodeFrame, type Frame, FrameParser } from '../../drivers/cjt188/frame.ts';
import { converted, unitOfCode } from '../../drivers/cjt188/unit-codes.ts';
import { isBad } from '../../gateway/model/quality.ts';
import { seconds } from '../../gateway/model/units.ts';
import { fromHex, meterReply, meterSession } from '../support/cjt188-fixture.ts';
import { cases } from '../support/long-run.ts';

const RUNS = cases(5_000, 100_000);
const SETTINGS = { numRuns: RUNS, seed: Number(process.env.SEED ?? 20_260_188) };
/** A session costs a hundred times a frame. */
const SESSIONS = { ...SETTINGS, numRuns: Math.ceil(RUNS / 4) };
const PATIENCE_MS = 60_000 + RUNS * 5;

const frame: fc.Arbitrary<Frame> = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  address: fc
    .uint8Array({ minLength: 7, maxLength: 7 })
    .map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase()),
  control: fc.integer({ min: 0, max: 255 }),
  data: fc.uint8Array({ maxLength: 100 }),
});
const wireFrame = fc.tuple(frame, fc.nat({ max: 40 })).map(([one, fe]) => encodeFrame(one, fe));
/** Bytes that look like the begin and end of frames more often than chance has it. */
const trickyByte = fc.oneof(
  fc.constantFrom(0x68, 0x16, 0xfe, 0x00, 0x10, 0x81),
  fc.integer({ min: 0, max: 255 }),
);
const noise = fc.array(trickyByte, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
const quietNoise = noise.map((bytes) => bytes.map((byte) => (byte === 0x68 ? 0x69 : byte)));
const foreign = fc.constantFrom(
  fromHex('68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16'),
  fromHex('68 03 03 68 08 01 72 7B 16'),
  fromHex('10 5B 01 5C 16'),
);
const stream = fc
  .array(fc.oneof(wireFrame, noise, foreign), { maxLength: 6 })
  .map((pieces) => Buffer.concat(pieces));
const cuts = fc.array(fc.nat({ max: 700 }), { maxLength: 10 });

function framesIn(bytes: Uint8Array, places: readonly number[]): Frame[] {
  const parser = new FrameParser();
  const ends = [...new Set([...places, bytes.length])].filter((end) => end <= bytes.length);
  let from = 0;
  const found = ends
    .toSorted((a, b) => a - b)
    .flatMap((end) => {
      const frames = parser.push(bytes.subarray(from, end));
      from = end;
      return frames;
    });
  return [...found, ...parser.finish()];
}

test('the same bytes are the same frames, however they arrive', { timeout: PATIENCE_MS }, () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, places) => {
      const whole = framesIn(bytes, []);
      expect(framesIn(bytes, places)).toEqual(whole);
      expect(framesIn(bytes, [...bytes.keys()])).toEqual(whole);
    }),
    SETTINGS,
  );
});

test('all frames are found between foreign ones and noise', { timeout: PATIENCE_MS }, () => {
  const piece = fc.tuple(fc.oneof(quietNoise, foreign), frame, fc.nat({ max: 40 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const parser = new FrameParser();
      const found = pieces.flatMap(([before, one, fe]) => [
        ...parser.push(before),
        ...parser.push(encodeFrame(one, fe)),
      ]);
      expect([...found, ...parser.finish()]).toEqual(pieces.map(([, one]) => one));
    }),
    SETTINGS,
  );
});

test('a frame is found behind any noise', { timeout: PATIENCE_MS }, () => {
  fc.assert(
    fc.property(noise, frame, (before, one) => {
      const parser = new FrameParser();
      const found = [...parser.push(before), ...parser.push(encodeFrame(one)), ...parser.finish()];
      // One in some ten thousand times noise and the frame's begin are a frame themselves.
      fc.pre(found.every((it) => it.address === one.address));
      expect(found).toContainEqual(one);
    }),
    SETTINGS,
  );
});

test('any bytes have an explanation, part by part', { timeout: PATIENCE_MS }, () => {
  const readable = fc
    .tuple(
      fc.constantFrom(0x01, 0x03, 0x04, 0x09, 0x15, 0x81, 0x83, 0x84, 0x89, 0x95, 0xb3, 0xc1),
      fc.constantFrom(
        '901F',
        '1F90',
        '911F',
        'D120',
        'D201',
        'D300',
        '8102',
        '8105',
        '810A',
        'A017',
      ),
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(0, 1, 5, 15, 19, 23, 40, 43, 54),
    )
    .map(([control, di, bytes, length]) => {
      const payload = Buffer.concat([bytes, Buffer.alloc(60)]).subarray(0, length);
      const data = Buffer.concat([Buffer.from(di, 'hex'), Buffer.of(7), payload]);
      return encodeFrame({ type: 0x20, address: '00000000000001', control, data });
    });
  const pieces = fc.array(fc.oneof(readable, wireFrame, noise, foreign), { maxLength: 4 });
  fc.assert(
    fc.property(pieces, fc.nat({ max: 40 }), (written, cut) => {
      const bytes = Buffer.concat(written);
      const shown = bytes.subarray(0, Math.max(0, bytes.length - cut));
      const explanation = cjt188Explainer.explain(shown);
      let end = 0;
      for (const { at, length } of explanation.parts) {
        expect(at).toBeGreaterThanOrEqual(end);
        end = at + length;
      }
      expect(end).toBeLessThanOrEqual(shown.length);
      expect(() => JSON.stringify(explanation)).not.toThrow();
    }),
    SETTINGS,
  );
});

const PAYLOAD = '43 65 87 00 2C 00 60 87 00 2C 00 30 08 15 11 24 20 04 00';

/** What a read of the volume gives while these bytes come, cut at these places. */
async function readWhile(bytesFor: (asked: Buffer) => Buffer, places: readonly number[]) {
  const parts = meterSession(['volume'], { di_order: 'high_first' });
  const reading = parts.read();
  const bytes = bytesFor(parts.lastRequest());
  const ends = [...places.filter((end) => end < bytes.length), bytes.length].toSorted(
    (a, b) => a - b,
  );
  let from = 0;
  for (const end of ends) {
    if (end > from) parts.line.arrive(bytes.subarray(from, end));
    from = end;
  }
  await parts.clock.advance(seconds(10));
  const { samples } = await reading;
  expect(parts.clock.pending()).toEqual([]);
  return samples[0];
}

test('a read finds its reply in any noise, however it is cut', {
  timeout: PATIENCE_MS,
}, async () => {
  await fc.assert(
    fc.asyncProperty(noise, noise, cuts, async (before, behind, places) => {
      const sample = await readWhile(
        (asked) => Buffer.concat([before, meterReply(asked, PAYLOAD), behind]),
        places,
      );
      expect(sample).toMatchObject({ value: 8765.43, quality: 'good' });
    }),
    SESSIONS,
  );
});

test('a damaged reply is never a value', { timeout: PATIENCE_MS }, async () => {
  const damage = fc.record({ at: fc.nat({ max: 34 }), mask: fc.integer({ min: 1, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(damage, cuts, async ({ at, mask }, places) => {
      const sample = await readWhile((asked) => {
        const reply = meterReply(asked, PAYLOAD);
        reply.writeUInt8(reply.readUInt8(at) ^ mask, at);
        return reply;
      }, places);
      expect(sample?.value).toBeNull();
    }),
    SESSIONS,
  );
});

test('any payload gives samples that are bad exactly when they are empty', {
  timeout: PATIENCE_MS,
}, async () => {
  const addresses = [
    'volume',
    'heat',
    'heat unit',
    'power raw',
    'clock',
    'valve',
    'di:901F@3 bcd4',
  ];
  const bytes = fc.oneof(
    fc
      .constantFrom(19, 40, 43, 54)
      .chain((length) => fc.array(trickyByte, { minLength: length, maxLength: length })),
    fc.array(trickyByte, { maxLength: 90 }),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (payload) => {
      const parts = meterSession(addresses, { type: 'heat', di_order: 'high_first' });
      const reading = parts.read();
      parts.line.arrive(meterReply(parts.lastRequest(), Buffer.from(payload).toString('hex')));
      const { samples } = await reading;
      expect(samples).toHaveLength(addresses.length);
      for (const { value, quality } of samples) expect(value === null).toBe(isBad(quality));
    }),
    SESSIONS,
  );
});

test('a conversion keeps the order of readings and gives the meter’s digits back', {
  timeout: PATIENCE_MS,
}, () => {
  const codes = fc.constantFrom(0x01, 0x02, 0x05, 0x08, 0x0a, 0x0b, 0x0e, 0x0f, 0x11, 0x12, 0x13);
  const kilowattHours = unitOfCode(0x05);
  if (!kilowattHours) throw new Error('kWh is a unit');
  fc.assert(
    fc.property(
      codes,
      fc.nat({ max: 99_999_998 }),
      fc.nat({ max: 4 }),
      (code, digits, decimals) => {
        const unit = unitOfCode(code);
        if (!unit) throw new Error('a unit');
        const raw = { unscaled: BigInt(digits), decimals };
        const one = converted(raw, unit, kilowattHours);
        const next = converted({ ...raw, unscaled: raw.unscaled + 1n }, unit, kilowattHours);
        expect(next.decimals).toBe(one.decimals);
        expect(next.unscaled > one.unscaled).toBe(true);
        expect(converted(one, kilowattHours, unit, decimals)).toEqual(raw);
      },
    ),
    SETTINGS,
  );
});
