import { describe, expect, it } from 'vitest';
import { LONGEST_HOLD, readCommand } from '../../../gateway/forward/command-message.ts';
import { envelope, plainMessage, signedMessage, signerOf } from '../../support/signed-command.ts';

const DISPATCH = signerOf('dispatch');
const GOOD = {
  gw: 'weihai-3',
  id: '01JDW8Y0Q4RZX3',
  tag: 'press.pump',
  value: false,
  issued: 1_732_345_678_123,
  expires: 1_732_345_708_123,
  by: 'dispatch',
};
const { value: _, ...RELEASED } = GOOD;

const read = (text: string) => readCommand(Buffer.from(text));
const problemOf = (text: string) => {
  const said = read(text);
  if (said.ok) throw new Error('it was read');
  expect(said.problem.form.problemZh).toMatch(/[\u4e00-\u9fff]/);
  return said.problem.form.problem;
};

describe('a command from upstream', () => {
  it('is read as it is meant', () => {
    const text = plainMessage({ ...GOOD, value: 12.5, hold_ms: 60_000, counter: 12 });
    expect(read(text)).toEqual({
      ok: true,
      request: {
        gateway: 'weihai-3',
        id: '01JDW8Y0Q4RZX3',
        tag: 'press.pump',
        wish: { kind: 'write', value: 12.5 },
        issued: 1_732_345_678_123,
        expires: 1_732_345_708_123,
        hold: 60_000,
        by: 'dispatch',
        counter: 12,
        signature: undefined,
      },
    });
  });

  it.each([
    ['a release', { ...RELEASED, release: true }, { kind: 'release' }],
    ['false', GOOD, { kind: 'write', value: false }],
    ['zero', { ...GOOD, value: 0 }, { kind: 'write', value: 0 }],
    ['an empty text', { ...GOOD, value: '' }, { kind: 'write', value: '' }],
    [
      'digits',
      { ...GOOD, value: '9007199254740993' },
      { kind: 'write', value: '9007199254740993' },
    ],
  ])('may wish %s', (_, fields, wish) => {
    expect(read(plainMessage(fields))).toMatchObject({
      ok: true,
      request: { wish, hold: undefined, counter: undefined },
    });
  });

  it('that is signed carries the text and the signature as they came', () => {
    const text = JSON.stringify({ v: 1, ...GOOD });
    const said = read(signedMessage(GOOD, DISPATCH));
    expect(said).toMatchObject({ ok: true, request: { by: 'dispatch', id: GOOD.id } });
    const signature = said.ok ? said.request.signature : undefined;
    expect(signature).toMatchObject({ text: expect.stringContaining(GOOD.id) });
    expect(signature?.bytes.length).toBe(64);
    expect(read(envelope(` ${text}`, new Uint8Array(64)))).toMatchObject({
      request: { signature: { text: ` ${text}`, bytes: new Uint8Array(64) } },
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['another version', { v: 2 }, '"v" has to be 1'],
    ['a version in words', { v: '1' }, '"v" has to be 1'],
    ['an unknown key', { priority: 1 }, 'unknown key "priority"'],
    ['a key of other case', { Value: 1 }, 'unknown key "Value"'],
    ['a signature beside a plain command', { sig: 'x' }, 'unknown key "gw"'],
    ['no gateway', { gw: undefined }, '"gw" has to be a text of 1 to 100'],
    ['a number for a gateway', { gw: 3 }, '"gw" has to be a text of 1 to 100'],
    ['no id', { id: undefined }, '"id" has to be a text of 1 to 100'],
    ['no tag', { tag: undefined }, '"tag" has to be a text of 1 to 200'],
    ['a blank tag', { tag: ' ' }, '"tag" has to be a text of 1 to 200'],
    ['a long tag', { tag: 'x'.repeat(201) }, '"tag" has to be a text of 1 to 200'],
    ['a tag with a zero-width space', { tag: 'press.\u200bpump' }, 'without control characters'],
    ['a tag with a NUL', { tag: 'press.pump\u0000' }, 'without control characters'],
    ['nobody', { by: undefined }, '"by" has to be a text of 1 to 100'],
    ['somebody who turns lines round', { by: 'dis\u202epatch' }, 'without control characters'],
    ['no time', { issued: undefined }, '"issued" has to be milliseconds since 1970'],
    ['a time in words', { expires: '2026-01-01' }, '"expires" has to be milliseconds since 1970'],
    ['half a millisecond', { issued: 0.5 }, '"issued" has to be milliseconds since 1970'],
    ['a time before 1970', { issued: -1 }, '"issued" has to be milliseconds since 1970'],
    ['an end at its beginning', { expires: GOOD.issued }, '"expires" has to be later than issued'],
    ['an end before its beginning', { expires: 0 }, '"expires" has to be later than issued'],
    ['half a hold', { hold_ms: 0.5 }, '"hold_ms" has to be 0 to 86400000'],
    ['no hold', { hold_ms: null }, '"hold_ms" has to be 0 to 86400000'],
    ['a hold without end', { hold_ms: LONGEST_HOLD + 1 }, '"hold_ms" has to be 0 to 86400000'],
    ['a counter below 0', { counter: -1 }, '"counter" has to be a whole number, 0 or more'],
    ['a counter in words', { counter: '12' }, '"counter" has to be a whole number, 0 or more'],
    ['no wish', { value: undefined }, 'exactly one of "value" and "release"'],
    ['two wishes', { release: true }, 'exactly one of "value" and "release"'],
    ['a release that is none', { value: undefined, release: false }, '"release" has to be true'],
    ['nothing for a value', { value: null }, '"value" has to be true, false, a number'],
    ['a list for a value', { value: [1] }, 'objects and lists inside are not taken'],
    ['an object for a value', { value: { valueOf: 1 } }, 'objects and lists inside are not taken'],
    [
      'a novel for a value',
      { value: 'x'.repeat(1_001) },
      '"value" has to be true, false, a number',
    ],
  ])('with %s is refused, and says why', (_, fields, problem) => {
    expect(problemOf(plainMessage({ ...GOOD, ...fields }))).toContain(problem);
  });

  it.each([
    ['not JSON', 'stop the pump', 'not a JSON object'],
    ['a key twice', `${plainMessage(GOOD).slice(0, -1)},"value":true}`, 'repeated key "value"'],
    ['a number beyond doubles', plainMessage(GOOD).replace('false', '1e309'), 'in "value"'],
    [
      'a number that loses digits',
      plainMessage(GOOD).replace('false', '9007199254740993'),
      'in "value"',
    ],
    ['a strange key', plainMessage({ ['\u001b[2J'.repeat(20)]: 1 }), 'unknown key "?[2J?[2J'],
    ['a signature and nothing signed', '{"v":1,"sig":"x"}', '"signed" has to be a text'],
    ['a signed object, not a text', '{"v":1,"signed":{},"sig":"x"}', 'objects and lists inside'],
    [
      'something signed and no signature',
      '{"v":1,"signed":"{}"}',
      '"sig" has to be 64 bytes in base64',
    ],
    ['a signature of 63 bytes', envelope('{}', new Uint8Array(63)), '"sig" has to be 64 bytes'],
    ['a signature of 65 bytes', envelope('{}', new Uint8Array(65)), '"sig" has to be 64 bytes'],
    ['a signed text that is none', envelope('x', new Uint8Array(64)), 'not a JSON object'],
    [
      'a signed text in a signed text',
      signedMessage({ signed: '{}' }, DISPATCH),
      'unknown key "signed"',
    ],
  ])('with %s is refused, and says why', (_, text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it('is signed by one text of a signature only, although base64 has several', () => {
    const text = signedMessage(GOOD, DISPATCH);
    expect(read(text).ok).toBe(true);
    const last = text.slice(-5, -4);
    const other = String.fromCharCode(last.charCodeAt(0) + 1);
    const bent = `${text.slice(0, -5)}${other}=="}`;
    expect(Buffer.from(JSON.parse(bent).sig, 'base64')).toEqual(
      Buffer.from(JSON.parse(text).sig, 'base64'),
    );
    expect(problemOf(bent)).toContain('"sig" has to be 64 bytes in base64');
  });

  it('that is refused names its id and its tag where they can be read', () => {
    const problem = { ...GOOD, more: 1 };
    expect(read(plainMessage(problem))).toMatchObject({ problem: { id: GOOD.id, tag: GOOD.tag } });
    expect(read(signedMessage(problem, DISPATCH))).toMatchObject({
      problem: { id: GOOD.id, tag: GOOD.tag },
    });
    expect(read(plainMessage({ ...problem, id: 'a/../#', tag: '\u0007' }))).toMatchObject({
      problem: { id: undefined, tag: undefined },
    });
    expect(read('{')).toMatchObject({ problem: { id: undefined, tag: undefined } });
  });
});
