/** DL/T 645 for all inputs. A long run has more than 100,000 cases. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { integerScaler } from '../../drivers/codec/scale.ts';
import { dlt645Address } from '../../drivers/dlt645/address.ts';
import { wordsOf } from '../../drivers/dlt645/catalogue.ts';
import { dlt645Driver } from '../../drivers/dlt645/driver.ts';
import { signed, unsigned } from '../../drivers/dlt645/element.ts';
import { dlt645Explainer } from '../../drivers/dlt645/explain.ts';
import { FrameParser } from '../../drivers/dlt645/frame.ts';
import { numberBytes, readElement } from '../../drivers/dlt645/value.ts';
import { isDecimal } from '../../gateway/model/sample.ts';
import { seconds } from '../../gateway/model/units.ts';
import {
  METER,
  METER_ACCESS,
  meter,
  meterFrame,
  meterOnLine,
  meterRequest,
} from '../support/dlt645-fixture.ts';
import { cases } from '../support/long-run.ts';

const runs = (long: number, usual: number) => ({ numRuns: cases(usual, long) });

const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(''));
const frame = fc
  .tuple(digits(12), fc.nat({ max: 255 }), fc.uint8Array({ maxLength: 60 }))
  .map(([address, control, data]) => meterFrame(address, control, data));
/** Rich in what frames are made of. */
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.array(fc.constantFrom(0x68, 0x16, 0xfe, 0x33, 0x00, 0xff, 0x91, 0x04), { maxLength: 30 }),
  fc.constant([...Buffer.from('+IPD,12:HELLO\r\n')]),
);
const stream = fc
  .array(fc.oneof(frame, noise), { maxLength: 8 })
  .map((pieces) => Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });

function pieces(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.filter((end) => end < bytes.length), bytes.length];
  let from = 0;
  return ends
    .toSorted((a, b) => a - b)
    .map((end) => {
      const piece = bytes.subarray(from, end);
      from = end;
      return piece;
    });
}

/** What §5 of the facts says, over all bytes at once: another way to the same frames. */
function framesOnPaper(bytes: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at + 9] ?? 256;
    const whole = Buffer.from(bytes.subarray(at, at + 12 + length));
    const body = whole.subarray(0, -2);
    const isFrame =
      length <= 200 &&
      whole.length === 12 + length &&
      whole[0] === 0x68 &&
      whole[7] === 0x68 &&
      whole.at(-1) === 0x16 &&
      whole.at(-2) === body.reduce((sum, byte) => (sum + byte) % 256, 0);
    if (isFrame) found.push(whole.toString('hex'));
    at += isFrame ? whole.length : 1;
  }
  return found;
}

const asHex = ({
  address,
  control,
  data,
}: {
  address: string;
  control: number;
  data: Uint8Array;
}) => meterFrame(address, control, data).toString('hex');

test('however a stream is cut, its frames are the same', () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, places) => {
      const parser = new FrameParser();
      const found = pieces(bytes, places).flatMap((piece) => parser.push(piece));
      expect([...found, ...parser.finish()].map(asHex)).toEqual(framesOnPaper(bytes));
    }),
    runs(50_000, 1_500),
  );
});

test('byte by byte, they are the same too', () => {
  fc.assert(
    fc.property(stream, (bytes) => {
      const parser = new FrameParser();
      const found = [...bytes].flatMap((byte) => parser.push(Uint8Array.of(byte)));
      expect([...found, ...parser.finish()].map(asHex)).toEqual(framesOnPaper(bytes));
    }),
    runs(20_000, 500),
  );
});

test('a frame is found behind any noise that holds no start, at once', () => {
  const quiet = fc.uint8Array({ maxLength: 60 }).map((bytes) => bytes.filter((it) => it !== 0x68));
  fc.assert(
    fc.property(quiet, frame, quiet, (before, own, behind) => {
      const found = new FrameParser().push(Buffer.concat([before, own, behind]));
      expect(found.map(asHex)).toEqual([own.toString('hex')]);
    }),
    runs(20_000, 500),
  );
});

test('a number is what it was', () => {
  const numbers = fc.record({
    bytes: fc.integer({ min: 1, max: 8 }),
    decimals: fc.integer({ min: 0, max: 6 }),
    isSigned: fc.boolean(),
    size: fc.bigInt({ min: 0n, max: 10n ** 16n - 1n }),
    isNegative: fc.boolean(),
  });
  fc.assert(
    fc.property(numbers, ({ bytes, decimals, isSigned, size, isNegative }) => {
      const most = isSigned ? 8n * 10n ** BigInt(2 * bytes - 1) : 10n ** BigInt(2 * bytes);
      const unscaled = (size % most) * (isNegative && isSigned ? -1n : 1n);
      const element = (isSigned ? signed : unsigned)(bytes, decimals, '');
      const wire = numberBytes(element, { unscaled, decimals });
      if (wire === undefined) throw new Error('does not fit');
      const point = { unscaled: 1n, decimals };
      const offset = { unscaled: 0n, decimals: 0 };
      const scale = integerScaler({ scale: point, offset, decimals: undefined });
      const value = readElement(element, wire, scale);
      const expected = isDecimal(value)
        ? value.unscaled === unscaled && value.decimals === decimals
        : Number(value) === Number(unscaled) / 10 ** decimals;
      return expected;
    }),
    runs(20_000, 1_000),
  );
});

/** Reads forward active energy while `reply` comes in pieces. */
async function read(reply: Uint8Array, places: readonly number[]): Promise<unknown> {
  const { session, groups, line, clock } = meterOnLine(['forward_active_energy']);
  const [group] = groups;
  if (!group) throw new Error('no group');
  const reading = session.read(group, new AbortController().signal);
  for (const piece of pieces(reply, places)) line.arrive(piece);
  await clock.advance(seconds(3));
  const { samples } = await reading;
  return samples[0]?.value;
}

test('the reply is found among others and noise, and is the value', async () => {
  const other = fc.oneof(
    noise.map((bytes) => Buffer.from(bytes)),
    digits(8).map((value) => meterFrame('202411110003', 0x91, `00000100${value}`)),
    digits(8).map((value) => meterFrame(METER, 0x91, `00000200${value}`)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(other, { maxLength: 3 }),
      digits(8),
      cuts,
      async (before, value, at) => {
        const own = meterFrame(METER, 0x91, `00000100${value}`);
        const low = Buffer.from(value, 'hex').reverse().toString('hex');
        const got = await read(Buffer.concat([...before, own]), at);
        expect(got).toBe(Number(low) / 100);
      },
    ),
    runs(3_000, 200),
  );
});

test('a damaged reply is never a value', async () => {
  const damage = fc.record({ at: fc.nat({ max: 19 }), mask: fc.integer({ min: 1, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(digits(8), damage, cuts, async (value, { at, mask }, places) => {
      const own = meterFrame(METER, 0x91, `00000100${value}`);
      own.writeUInt8(own.readUInt8(at) ^ mask, at);
      expect(await read(own, places)).toBeNull();
    }),
    runs(3_000, 200),
  );
});

test('no bytes keep decode from ending, and it says what is wrong with them', () => {
  fc.assert(
    fc.property(stream, (bytes) => {
      const explanation = dlt645Explainer.explain(bytes);
      const size = explanation.parts.reduce((sum, { length }) => sum + length, 0);
      return size === bytes.length && (explanation.ok || explanation.words.zh !== '');
    }),
    runs(20_000, 1_000),
  );
});

test('a plan reads every tag once, in groups of different names', () => {
  const word = fc.constantFrom(
    ...wordsOf('2007').map((one) => (one.includes('harmonic') ? `${one} harmonic:2` : one)),
    '0001FF00[2]',
    '0201FF00[1]',
    'voltage_a decimals:2',
    'voltage_b decimals:2',
    'forward_active_energy tariff:3',
    'forward_active_energy day:1',
  );
  const wanted = fc.array(fc.tuple(word, fc.constantFrom(1_000, 60_000)), { maxLength: 25 });
  fc.assert(
    fc.property(wanted, fc.constantFrom('auto', 'never'), (tags, blocks) => {
      const requests = tags.map(([text, scan], i) => meterRequest(text, i, scan));
      const groups = dlt645Driver.plan(meter({ blocks }), requests, METER_ACCESS);
      const numbers = (all: typeof groups) =>
        all.flatMap((group) => group.tags.map(({ index }) => index)).toSorted((a, b) => a - b);
      expect(numbers(groups)).toEqual(requests.map((_, i) => i));
      expect(new Set(groups.map(({ label }) => label)).size).toBe(groups.length);
      for (const group of groups)
        if (group.parts.length > 0) expect(numbers(group.parts)).toEqual(numbers([group]));
    }),
    runs(10_000, 300),
  );
});

test('no text breaks the reading of an address', () => {
  const words = fc.constantFrom(
    ...wordsOf('2007'),
    ...wordsOf('1997'),
    '0001FF00',
    '9010',
    'relay',
  );
  const rest = fc.array(
    fc.oneof(
      fc.string(),
      fc.constantFrom('tariff:1', 'last:2', 'bytes:4', 'signed', 'bit:0', '[1]'),
    ),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(fc.oneof(words, fc.string()), rest, (word, others) => {
      const parsed = dlt645Address([word, ...others].join(' '));
      return 'value' in parsed || parsed.code.startsWith('dlt645.');
    }),
    runs(20_000, 1_000),
  );
});
