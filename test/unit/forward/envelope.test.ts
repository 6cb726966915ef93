import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEnvelopeEncoder, type EnvelopeOptions } from '../../../gateway/forward/envelope.ts';
import { decodeEnvelope, type Envelope } from '../../../gateway/forward/envelope-reader.ts';
import { type Block, seqOf } from '../../../gateway/journal/journal.ts';
import { isBad, QUALITIES, type Quality } from '../../../gateway/model/quality.ts';
import {
  isDecimal,
  type Sample,
  type TagId,
  type TimeBasis,
} from '../../../gateway/model/sample.ts';
import { bytes, utcMs } from '../../../gateway/model/units.ts';
import { createTextEncoder } from '../../support/envelope-texts.ts';
import { blockOf, EPOCH, sample, T0, tag } from '../../support/forward-fixture.ts';
import { memoryJournal } from '../../support/memory-journal.ts';

const encode = (block: Block, set: Partial<EnvelopeOptions> = {}, historical = false) =>
  createTextEncoder({ gateway: 'weihai-3', epoch: EPOCH, tags: [], ...set })(block, historical);
const textOf = (samples: readonly Sample[], set: Partial<EnvelopeOptions> = {}) =>
  encode(blockOf(samples), set)[0]?.text;
const rowsOf = (samples: readonly Sample[], set: Partial<EnvelopeOptions> = {}) =>
  /"samples":(.*)}$/.exec(textOf(samples, set) ?? '')?.[1];

describe('the envelope', () => {
  it('is the one of the contract, to the byte', () => {
    const block = blockOf([
      sample('press.oil_temp', 74.2),
      sample('press.energy', 9007199254740993n),
      sample('press.oil_temp', 74.3, { time: T0 + 1000, quality: 'uncertain:range' }),
    ]);
    expect(encode({ ...block, seq: seqOf(18231) })).toEqual([
      {
        device: 'press',
        text:
          '{"v":1,"gw":"weihai-3","epoch":"9f3c2a17","seq":18231,"part":0,"parts":1,"device":"press","hist":false,' +
          '"samples":{"oil_temp":[[1732345678123,74.2],[1732345679123,74.3,"uncertain:range"]],' +
          '"energy":[[1732345678123,"9007199254740993"]]}}',
      },
    ]);
  });

  it.each([
    ['a number as a number', 74.2, '74.2'],
    ['a large number as a number', 1e300, '1e+300'],
    ['an integer within 15 digits as a number', 999_999_999_999_999n, '999999999999999'],
    ['an integer beyond 15 digits as text', -1_000_000_000_000_000n, '"-1000000000000000"'],
    ['a decimal with the digits the meter shows', { unscaled: 1234560n, decimals: 2 }, '12345.60'],
    ['a decimal below one', { unscaled: -5n, decimals: 3 }, '-0.005'],
    ['a decimal of zero', { unscaled: 0n, decimals: 1 }, '0.0'],
    [
      'a decimal beyond 15 digits as text',
      { unscaled: 1234567890123456n, decimals: 2 },
      '"12345678901234.56"',
    ],
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['text', 'auf "Störung"\n', JSON.stringify('auf "Störung"\n')],
  ] as const)('carries %s', (_, value, text) => {
    expect(rowsOf([sample('a.b', value)])).toBe(`{"b":[[${T0},${text}]]}`);
  });

  it('prints a number with no more decimals than declared', () => {
    const tags = [tag('a.b', 1), tag('a.c', 0), tag('a.d', 2)];
    const samples = [
      sample('a.b', 74.199999999999989),
      sample('a.c', 3.0000000001),
      sample('a.d', 0.1 + 0.2),
      sample('a.d', -0.001),
      sample('a.d', 1e200),
      sample('a.e', 0.1 + 0.2),
    ];
    expect(rowsOf(samples, { tags })).toBe(
      `{"b":[[${T0},74.2]],"c":[[${T0},3]],"d":[[${T0},0.3],[${T0},0],[${T0},1e+200]],"e":[[${T0},0.30000000000000004]]}`,
    );
  });

  it('prints every number as JavaScript prints it, whatever its decimals and its neighbours', () => {
    const short = fc
      .tuple(fc.integer({ min: -(2 ** 45), max: 2 ** 45 }), fc.integer({ min: 0, max: 6 }))
      .map(([whole, decimals]) => whole / 10 ** decimals);
    const number = fc.oneof(short, fc.double({ noNaN: true, noDefaultInfinity: true }));
    const value = fc.oneof({ arbitrary: number, weight: 8 }, fc.boolean(), fc.constant('油'));
    const row = fc.tuple(value, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const samples = rows.flatMap(([value, count, later], tag) =>
          Array.from({ length: count }, () =>
            sample(`a.t${tag}`, value, { time: T0 + (later === 9 ? 1 : 0) }),
          ),
        );
        const told = rows.map(([value, count, later], tag) => {
          const text = typeof value === 'string' ? `"${value}"` : `${value}`;
          const one = `[${T0 + (later === 9 ? 1 : 0)},${text}]`;
          return `"t${tag}":[${Array(count).fill(one)}]`;
        });
        expect(rowsOf(samples)).toBe(`{${told}}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it('sends null for a bad sample, and for a number that JSON does not have', () => {
    const samples = [
      sample('a.b', null, { quality: 'bad:comm' }),
      sample('a.b', Number.NaN),
      sample('a.b', Number.POSITIVE_INFINITY, { quality: 'uncertain:range' }),
    ];
    expect(rowsOf(samples)).toBe(
      `{"b":[[${T0},null,"bad:comm"],[${T0},null,"bad:device"],[${T0},null,"bad:device"]]}`,
    );
  });

  it('writes the quality when it is not good, and whenever the time is not the gateway’s own', () => {
    const samples = [
      sample('a.b', 1, { timeBasis: 'unsynced' }),
      sample('a.b', 2, { timeBasis: 'source', quality: 'good:local-override' }),
    ];
    expect(rowsOf(samples)).toBe(
      `{"b":[[${T0},1,"good","unsynced"],[${T0},2,"good:local-override","source"]]}`,
    );
    const others = [
      sample('a.b', 1),
      sample('a.c', 2, { quality: 'uncertain:range' }),
      sample('a.d', 3),
    ];
    expect(rowsOf(others)).toBe(
      `{"b":[[${T0},1]],"c":[[${T0},2,"uncertain:range"]],"d":[[${T0},3]]}`,
    );
  });

  it('tells a gap in a message of the gateway’s own', () => {
    const journal = memoryJournal(EPOCH);
    const times = { from: utcMs(T0), to: utcMs(T0 + 5) };
    const lost = { reason: 'journal-lost', class: 'record', ...times } as const;
    const seqs = { from: seqOf(3), to: seqOf(9) };
    journal.putGap({ reason: 'retention', class: 'telemetry', count: 7, seqs, ...times });
    journal.putGap({ ...lost, count: undefined, seqs: undefined });
    const parts = journal.read(seqOf(1), 2).flatMap((block) => encode(block, {}, true));
    expect(parts[0]).toEqual({
      device: '',
      text:
        '{"v":1,"gw":"weihai-3","epoch":"9f3c2a17","seq":1,"part":0,"parts":1,"device":"","hist":true,' +
        `"gap":{"reason":"retention","class":"telemetry","count":7,"seqs":[3,9],"from":${T0},"to":${T0 + 5}}}`,
    });
    expect(decodeEnvelope(parts[1]?.text ?? '').gap).toEqual({
      ...lost,
      count: null,
      seqs: null,
    });
  });

  it('tells what stayed of thinned blocks behind the gap that counts the rest, as history', () => {
    const times = { from: utcMs(T0), to: utcMs(T0 + 5) };
    const seqs = { from: seqOf(3), to: seqOf(9) };
    const gap = { reason: 'thinned', class: 'telemetry', count: 7, seqs, ...times } as const;
    const block = { ...blockOf([sample('a.x', 1), sample('b.x', 2)]), gap };
    const parts = encode(block).map(({ text }) => decodeEnvelope(text));
    expect(parts.map(({ part, parts, device, hist }) => [part, parts, device, hist])).toEqual([
      [0, 3, '', true],
      [1, 3, 'a', true],
      [2, 3, 'b', true],
    ]);
    expect(parts.map((each) => each.gap?.count)).toEqual([7, undefined, undefined]);
    expect(parts.map(({ samples }) => samples.size)).toEqual([0, 1, 1]);
  });

  it('sends an empty block all the same, so that its number is no hole', () => {
    const [part, ...more] = encode(blockOf([]));
    expect(more).toEqual([]);
    expect(decodeEnvelope(part?.text ?? '').samples.size).toBe(0);
  });

  it('says of a block the same, whatever other blocks it has printed before', () => {
    const encodeNext = createTextEncoder({ gateway: 'g', epoch: EPOCH, tags: [] });
    const encodeFirst = (block: Block) =>
      createTextEncoder({ gateway: 'g', epoch: EPOCH, tags: [] })(block, false);
    const tags = ['a.x', 'b.x', 'a.y', 'b.y', 'c.1.x', 'a.z'];
    const samples = fc.array(
      fc.tuple(fc.constantFrom(...tags), fc.constantFrom(1, 7n, 'text', true)),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(samples, (rows) => {
        const block = blockOf(rows.map(([id, value]) => sample(id, value)));
        expect(encodeNext(block, false)).toEqual(encodeFirst(block));
      }),
    );
    const many = blockOf(Array.from({ length: 3_000 }, (_, at) => sample(`d.t${at}`, at)));
    expect(encodeNext(many, false)).toEqual(encodeFirst(many));
  });

  it('says of blocks with one and the same column of tags what it says of each alone', () => {
    const encodeNext = createTextEncoder({ gateway: 'g', epoch: EPOCH, tags: [] });
    const names = ['b.x', 'a.x', 'b.y'];
    const blocks = [
      [1, 2, 3],
      [1n, 'text', 4],
      [true, 5, 7n],
    ].map((values) => blockOf(names.map((id, at) => sample(id, values[at] as number))));
    const [first] = blocks as [Block];
    const same = blocks.map((block) => ({
      ...{ ...block, tagOf: first.tagOf },
      samples: { ...block.samples, tags: first.samples.tags },
    }));
    const renamed = { ...first, tagOf: () => 'c.z' as TagId };
    const others = {
      ...first,
      samples: { ...first.samples, tags: first.samples.tags.slice().reverse() },
    };
    for (const block of [...same, others, first, renamed])
      expect(encodeNext(block, false)).toEqual(
        createTextEncoder({ gateway: 'g', epoch: EPOCH, tags: [] })(block, false),
      );
  });

  it('keeps the text of a new block while the backlog goes on, and the other way round', () => {
    const encodeNext = createEnvelopeEncoder({ gateway: 'g', epoch: EPOCH, tags: [] });
    const [one, other] = [blockOf([sample('a.x', 1)]), blockOf([sample('longer.name', 2)])];
    const [live] = encodeNext(one, false);
    const [old] = encodeNext(other, true);
    const texts = [live, old].map((part) => decodeEnvelope(`${part?.text}`).device);
    expect(texts).toEqual(['a', 'longer']);
  });

  it.each([1e14, 8.64e15, -5, 0.5])('writes any time, %d', (time) => {
    const row = (value: number) => `[${time},${value}]`;
    expect(rowsOf([sample('a.x', 1, { time }), sample('a.y', 2, { time })])).toBe(
      `{"x":[${row(1)}],"y":[${row(2)}]}`,
    );
  });

  it('has one part for each device, in the order of their first samples', () => {
    const parts = encode(
      blockOf([sample('b.x', 1), sample('a.x', 2), sample('b.y', 3), sample('line.1.x', 4)]),
    );
    expect(parts.map(({ device }) => device)).toEqual(['b', 'a', 'line.1']);
    expect(parts.map(({ text }) => decodeEnvelope(text)).map(({ part, parts }) => [part, parts]))
      .toEqual([[0, 3], [1, 3], [2, 3]]); // biome-ignore format: a table
  });

  it('splits a device’s samples where a part would get larger than the limit', () => {
    const samples = Array.from({ length: 5000 }, (_, row) =>
      sample(`press.t${row % 7}`, Math.sin(row) * 1e-7, { time: T0 + row, timeBasis: 'unsynced' }),
    );
    const limit = bytes(4096);
    const parts = encode(blockOf(samples), { partLimit: limit });
    expect(parts.length).toBeGreaterThan(50);
    expect(Math.max(...parts.map(({ text }) => Buffer.byteLength(text)))).toBeLessThanOrEqual(
      limit,
    );
    expect(parts.flatMap(readBack).sort(byTime)).toEqual(samples.map(asRead));
  });

  it('measures text in bytes, not in characters', () => {
    const samples = Array.from({ length: 50 }, () => sample('表.名', '水'.repeat(100)));
    const parts = encode(blockOf(samples), { partLimit: bytes(1500) });
    expect(parts.map(({ text }) => Buffer.byteLength(text)).filter((size) => size > 1500)).toEqual(
      [],
    );
    expect(parts.flatMap(readBack).length).toBe(50);
  });

  it('splits the same block the same way whatever the site says of its tags', () => {
    const samples = Array.from({ length: 500 }, (_, row) => sample(`a.t${row % 3}`, row / 3));
    const set = { partLimit: bytes(2048) };
    const without = encode(blockOf(samples), set);
    const tags = [tag('a.t0', 1), tag('a.t1', 0)];
    const withDecimals = encode(blockOf(samples), { ...set, tags }, true);
    const shape = (parts: typeof without) =>
      parts.map(({ text }) =>
        [...decodeEnvelope(text).samples].map(([q, rows]) => [q, rows.length]),
      );
    expect(shape(withDecimals)).toEqual(shape(without));
    expect(encode(blockOf(samples), set)).toEqual(without);
  });

  it('gives a text that is larger than the limit a part of its own', () => {
    const samples = [sample('a.x', 1), sample('a.x', 'x'.repeat(5000)), sample('a.x', 2)];
    const parts = encode(blockOf(samples), { partLimit: bytes(1024) });
    expect(parts.map(readBack).map((rows) => rows.length)).toEqual([1, 1, 1]);
  });

  it('loses nothing on the way to the receiver, and every part fits, for any samples', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(anySample, { maxLength: 60 }),
          fc.array(anySample.map(withOwnTime), { maxLength: 60 }),
        ),
        fc.integer({ min: 600, max: 4000 }),
        (samples, limit) => {
          const parts = encode(blockOf(samples), { partLimit: bytes(limit) });
          for (const { text } of parts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
          const read = parts.flatMap(readBack);
          const key = (row: { tag: string }) => row.tag;
          const grouped = (rows: readonly { tag: string }[]) => Map.groupBy(rows, key);
          expect(grouped(read)).toEqual(grouped(samples.map(asRead)));
          const selection = { has: (_: unknown, tag: string) => tag !== 'a.x' };
          const some = encode(blockOf(samples), { partLimit: bytes(limit), selection });
          expect(grouped(some.flatMap(readBack))).toEqual(
            grouped(samples.filter(({ tag }) => tag !== 'a.x').map(asRead)),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('the reader', () => {
  const good = textOf([sample('a.b', 1)]) as string;

  it.each([
    ['no JSON', '{'],
    ['another version', good.replace('"v":1', '"v":2')],
    ['a part beyond the parts', good.replace('"part":0', '"part":1')],
    ['a negative seq', good.replace('"seq":1', '"seq":-1')],
    ['a seq beyond what a number holds', good.replace('"seq":1', '"seq":9007199254740993')],
    ['no gateway', good.replace('"gw"', '"xx"')],
    ['a list', '[]'],
    ['null', 'null'],
    ['samples that are a list', good.replace(/{"b":.*}}/, '[]}')],
    ['a sample without a value', good.replace(',1]', ']')],
    ['an object as a value', good.replace(',1]', ',{}]')],
    ['a quality it does not know', good.replace(',1]', ',1,"fine"]')],
    ['a fifth field', good.replace(',1]', ',1,"good","source",0]')],
  ])('refuses %s', (_, text) => {
    expect(text).not.toBe(good);
    expect(() => decodeEnvelope(text)).toThrow('[forward.envelope-invalid]');
  });

  it('ignores a field it does not know', () => {
    expect(decodeEnvelope(good.replace('"v":1', '"v":1,"new":{}'))).toEqual(decodeEnvelope(good));
  });

  it('never throws anything but its one error, whatever it reads', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          decodeEnvelope(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'forward.envelope-invalid' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

interface ReadBack {
  readonly tag: string;
  readonly time: number;
  readonly value: unknown;
  readonly quality: string;
  readonly timeBasis: string;
}

function readBack({ text }: { text: string }): ReadBack[] {
  const envelope: Envelope = decodeEnvelope(text);
  return [...envelope.samples].flatMap(([quantity, rows]) =>
    rows.map((row) => ({ tag: `${envelope.device}.${quantity}`, ...row })),
  );
}

/** What a receiver sees of a sample. */
const asRead = ({ tag, value, quality, time, timeBasis }: Sample): ReadBack => {
  const digits = typeof value === 'bigint' ? value : isDecimal(value) ? value.unscaled : undefined;
  if (digits === undefined) return { tag, time, value, quality, timeBasis };
  const decimals = isDecimal(value) ? value.decimals : 0;
  const exact = `${digits < 0n ? -digits : digits}`.length <= 15;
  const number = Number(`${digits}e-${decimals}`);
  const text = decimals === 0 ? `${digits}` : decimalText(digits, decimals);
  return { tag, time, value: exact ? number : text, quality, timeBasis };
};

const decimalText = (unscaled: bigint, decimals: number): string => {
  const scale = 10n ** BigInt(decimals);
  const size = unscaled < 0n ? -unscaled : unscaled;
  const fraction = `${size % scale}`.padStart(decimals, '0');
  return `${unscaled < 0n ? '-' : ''}${size / scale}.${fraction}`;
};

const byTime = (a: ReadBack, b: ReadBack) => a.time - b.time;

const anyValue = fc.oneof(
  { arbitrary: fc.integer({ min: -99_999, max: 99_999 }).map((whole) => whole / 100), weight: 4 },
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.record({ unscaled: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), decimals: fc.nat(9) }),
);

const mostly = <T>(usual: T, others: readonly T[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 8 }, fc.constantFrom(...others));

const withOwnTime = (one: Sample): Sample => ({ ...one, timeBasis: 'gateway' });

const anySample: fc.Arbitrary<Sample> = fc
  .record({
    tag: fc.constantFrom('a.x', 'a.y', 'b."q"', 'ü.__proto__', 'line.1.t'),
    value: anyValue,
    quality: mostly<Quality>('good', QUALITIES),
    time: fc.oneof(
      { arbitrary: fc.constant(T0), weight: 8 },
      fc.integer({ min: 0, max: 4_102_444_800_000 }),
    ),
    timeBasis: mostly<TimeBasis>('gateway', ['source', 'unsynced']),
  })
  .map(({ tag, value, ...marks }) => sample(tag, isBad(marks.quality) ? null : value, marks));
