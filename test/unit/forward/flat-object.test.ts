import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Flat, readFlat, readFlatBytes } from '../../../gateway/forward/flat-object.ts';

const SETTINGS = { seed: Number(process.env.SEED ?? 20_261_130), numRuns: 1_000 };

const scalar = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
  fc.maxSafeInteger(),
  fc.string({ unit: 'grapheme' }),
);
const fieldsOf = (text: string) => {
  const read = readFlat(text);
  return read.ok ? [...read.fields] : read.problem;
};

describe('a flat object', () => {
  it('is read as JSON is, whatever space stands in it', () => {
    const text = ' {\t"a" : -1.5e-3 ,\r\n"b":"\\u0041\\n\\"","":null , "c":false}\n';
    expect(fieldsOf(text)).toEqual([
      ['a', -0.0015],
      ['b', 'A\n"'],
      ['', null],
      ['c', false],
    ]);
    expect(fieldsOf('{}')).toEqual([]);
  });

  it('may have keys that objects of JavaScript are made of; they are keys like others', () => {
    const text = '{"__proto__":1,"constructor":2,"toString":3}';
    expect(fieldsOf(text)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
      ['toString', 3],
    ]);
  });

  it.each<[string, unknown]>([
    ['', { kind: 'not-json' }],
    ['[]', { kind: 'not-json' }],
    ['null', { kind: 'not-json' }],
    ['{', { kind: 'not-json' }],
    ['{"a":1', { kind: 'not-json' }],
    ['{"a":1,}', { kind: 'not-json' }],
    ['{,"a":1}', { kind: 'not-json' }],
    ['{"a":1 "b":2}', { kind: 'not-json' }],
    ['{"a":1}{"a":1}', { kind: 'not-json' }],
    ['{"a":1} x', { kind: 'not-json' }],
    ['{a:1}', { kind: 'not-json' }],
    ["{'a':1}", { kind: 'not-json' }],
    ['{"a":undefined}', { kind: 'not-json' }],
    ['{"a":NaN}', { kind: 'not-json' }],
    ['{"a":+1}', { kind: 'not-json' }],
    ['{"a":01}', { kind: 'not-json' }],
    ['{"a":.5}', { kind: 'not-json' }],
    ['{"a":0x10}', { kind: 'not-json' }],
    ['{"a":truefalse}', { kind: 'not-json' }],
    ['{"a":"\t"}', { kind: 'not-json' }],
    ['{"a":"\\x"}', { kind: 'not-json' }],
    ['{"a":/* no */1}', { kind: 'not-json' }],
    ['\ufeff{"a":1}', { kind: 'not-json' }],
    ['{"a":1,"a":1}', { kind: 'repeated-key', key: 'a' }],
    ['{"a":1,"\\u0061":2}', { kind: 'repeated-key', key: 'a' }],
    ['{"a":{}}', { kind: 'nested' }],
    ['{"a":[]}', { kind: 'nested' }],
    ['{"a":1e309}', { kind: 'number', key: 'a' }],
    ['{"a":-1e309}', { kind: 'number', key: 'a' }],
    ['{"a":1e-400}', { kind: 'number', key: 'a' }],
    ['{"a":9007199254740993}', { kind: 'number', key: 'a' }],
    ['{"a":"\\ud800"}', { kind: 'characters' }],
    ['{"\\udc00":1}', { kind: 'characters' }],
  ])('%s is none', (text, problem) => {
    expect(fieldsOf(text)).toEqual(problem);
  });

  it('has no negative zero, and no bytes that are no UTF-8', () => {
    expect(fieldsOf('{"a":-0}')).toEqual([['a', 0]]);
    expect(fieldsOf('{"a":-0.0e5}')).toEqual([['a', 0]]);
    expect(readFlatBytes(Buffer.from([0x7b, 0xff, 0x7d]))).toEqual({
      ok: false,
      problem: { kind: 'characters' },
    });
  });

  it('that is nested deeply, or very long, costs no more than its bytes', () => {
    expect(fieldsOf(`{"a":${'['.repeat(1_000_000)}`)).toEqual({ kind: 'nested' });
    expect(fieldsOf(`{"a":"${'\\\\'.repeat(500_000)}"`)).toEqual({ kind: 'not-json' });
    expect(fieldsOf('"'.repeat(100_000))).toEqual({ kind: 'not-json' });
  });

  it('reads all that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), scalar)), (entries) => {
        const fields = new Map<string, Flat>(entries);
        const object = Object.fromEntries([...fields].map(([k, v]) => [k, v === 0 ? 0 : v]));
        const text = `{${[...fields].map((each) => each.map((part) => JSON.stringify(part)).join(':'))}}`;
        const read = readFlat(text);
        expect(read.ok && Object.fromEntries(read.fields)).toEqual(object);
      }),
      SETTINGS,
    );
  });

  it('takes nothing that JSON.parse refuses, and reads nothing else than it', () => {
    const piece = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        '\\"',
        '\\u00',
        'a',
        '"a"',
        '"b"',
        ' ',
        '\n',
        '0',
        '1',
      ],
      ...[
        '-',
        '.',
        'e',
        '1.5',
        '1e3',
        'true',
        'false',
        'null',
        '{"a":',
        ',"b":',
        '\u0000',
        '\u007f',
        '\u2028',
      ],
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `{"k":1${pieces.join('')}`;
        const read = readFlat(text);
        if (!read.ok) return;
        taken++;
        expect(Object.fromEntries(read.fields)).toEqual(JSON.parse(text));
      }),
      { ...SETTINGS, numRuns: 50_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
