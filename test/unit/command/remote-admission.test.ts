import { describe, expect, it } from 'vitest';
import {
  judgeRemote,
  type RemoteTag,
  type RemoteView,
} from '../../../gateway/command/remote-admission.ts';
import { signatureJudge } from '../../../gateway/command/remote-signature.ts';
import { readCommand } from '../../../gateway/forward/command-message.ts';
import type { Operator } from '../../../gateway/model/command.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis, minutes, monoMs, seconds, utcMs } from '../../../gateway/model/units.ts';
import {
  type CommandFields,
  envelope,
  plainMessage,
  type Signer,
  signedMessage,
  signerOf,
} from '../../support/signed-command.ts';

const NOW = 1_732_345_678_123;
const DISPATCH = signerOf('dispatch');
const SHIFT = signerOf('shift');
const TAGS: Readonly<Record<string, RemoteTag>> = {
  'press.pump': { type: 'flag', hold: seconds(60) },
  'press.setpoint': { type: 'number', hold: millis(0) },
  'press.recipe': { type: 'text', hold: millis(0) },
  'press.any': { type: 'any', hold: millis(0) },
};
const GOOD = {
  gw: 'weihai-3',
  id: '01JDW8Y0Q4RZX3',
  tag: 'press.pump',
  value: true,
  issued: NOW - 2_000,
  expires: NOW + 28_000,
  by: 'dispatch',
};

const operator = ({ name, publicKey }: Signer, tags?: readonly string[]): [string, Operator] => [
  name,
  { publicKey, tags },
];
const OPERATORS = new Map([operator(DISPATCH), operator(SHIFT, ['press.*', 'line.b.stop'])]);

function viewOf(
  operators: RemoteView['policy']['operators'],
  set: Partial<RemoteView> = {},
): RemoteView {
  return {
    gateway: 'weihai-3',
    policy: { maxAge: minutes(1), operators },
    utc: utcMs(NOW),
    mono: monoMs(500),
    isSynced: true,
    signature: signatureJudge(operators),
    highestCounter: () => undefined,
    newestIssued: () => undefined,
    tag: (id) => (Object.hasOwn(TAGS, id) ? TAGS[id] : undefined),
    ...set,
  };
}

function judge(text: string, view: RemoteView) {
  const said = readCommand(Buffer.from(text));
  if (!said.ok) throw new Error(said.problem.form.problem);
  const judged = judgeRemote(said.request, view);
  if (!judged.ok) {
    const error = new GatewayError(judged.code, judged.details);
    expect(`${error.describe('en')}${error.describe('zh')}`).not.toMatch(/[{}]/);
  }
  return judged;
}
const judgePlain = (fields: CommandFields, set: Partial<RemoteView> = {}) =>
  judge(plainMessage({ ...GOOD, ...fields }), viewOf(new Map(), set));
const judgeSigned = (fields: CommandFields, signer: Signer, set: Partial<RemoteView> = {}) =>
  judge(signedMessage({ ...GOOD, by: signer.name, ...fields }, signer), viewOf(OPERATORS, set));

describe('a request from upstream', () => {
  it('becomes a command that ends where it says, on our own clock', () => {
    expect(judgePlain({})).toEqual({
      ok: true,
      command: {
        id: GOOD.id,
        origin: 'remote',
        by: 'dispatch',
        tag: 'press.pump',
        wish: { kind: 'write', value: true },
        hold: 60_000,
        expires: 28_500,
        issued: NOW - 2_000,
      },
    });
  });

  it.each<[string, CommandFields, object]>([
    ['the hold that it says', { hold_ms: 5 }, { hold: 5 }],
    ['no hold where it says so', { hold_ms: 0 }, { hold: 0 }],
    ['no hold of a tag that nobody knows', { tag: 'press.x' }, { hold: 0 }],
    [
      'none for a release',
      { value: undefined, release: true, hold_ms: 5 },
      { hold: 0, wish: { kind: 'release' } },
    ],
  ])('has %s', (_, fields, command) => {
    expect(judgePlain(fields)).toMatchObject({ ok: true, command });
  });

  it.each([
    ['press.setpoint', 12.5, 12.5],
    ['press.setpoint', '12.50', 12.5],
    ['press.setpoint', '-3', -3],
    ['press.setpoint', '-0', 0],
    ['press.setpoint', '999999999999999', 999_999_999_999_999],
    ['press.setpoint', '9007199254740993', 9_007_199_254_740_993n],
    ['press.setpoint', '-9007199254740993', -9_007_199_254_740_993n],
    ['press.setpoint', '1234567890123456.78', { unscaled: 123_456_789_012_345_678n, decimals: 2 }],
    ['press.setpoint', '1e3', '1e3'],
    ['press.setpoint', ' 1', ' 1'],
    ['press.setpoint', '１２', '１２'],
    ['press.setpoint', '1'.repeat(41), '1'.repeat(41)],
    ['press.setpoint', true, true],
    ['press.recipe', '12.50', '12.50'],
    ['press.any', '12', '12'],
    ['press.pump', '1', '1'],
    ['press.unknown', '12', '12'],
  ] as const)('for %s has the value that its type says (%#)', (tag, value, wished) => {
    expect(judgePlain({ tag, value })).toMatchObject({
      command: { wish: { kind: 'write', value: wished } },
    });
  });

  it.each<[string, CommandFields, string, string]>([
    ['another gateway', { gw: 'weihai-4' }, 'rejected', 'command.wrong-gateway'],
    ['a gateway of other case', { gw: 'Weihai-3' }, 'rejected', 'command.wrong-gateway'],
    ['a short id', { id: 'x'.repeat(7) }, 'rejected', 'command.id'],
    ['a long id', { id: 'x'.repeat(65) }, 'rejected', 'command.id'],
    ['an id with a slash', { id: 'command/1' }, 'rejected', 'command.id'],
    ['an id with a line behind', { id: 'command-1 ' }, 'rejected', 'command.id'],
    ['its time over', { expires: NOW }, 'expired', 'command.stale'],
    ['its time long over', { issued: 1, expires: 2 }, 'expired', 'command.stale'],
    ['too long a time', { expires: NOW + 58_001 }, 'rejected', 'command.lifetime'],
    ['a beginning far ahead', { issued: NOW + 5_001 }, 'rejected', 'command.ahead'],
  ])('with %s is refused', (_, fields, outcome, code) => {
    expect(judgePlain(fields)).toMatchObject({ ok: false, outcome, code });
  });

  it.each<[string, CommandFields]>([
    ['the shortest id', { id: 'x'.repeat(8) }],
    ['the longest id', { id: 'x'.repeat(64) }],
    ['a millisecond left', { expires: NOW + 1 }],
    ['the longest time', { expires: NOW + 58_000 }],
    ['a clock five seconds ahead', { issued: NOW + 5_000 }],
  ])('with %s is taken', (_, fields) => {
    expect(judgePlain(fields)).toMatchObject({ ok: true });
  });

  it('is refused where the tag had a newer one, and not where it is as old', () => {
    const newestIssued = (tag: string) => (tag === GOOD.tag ? utcMs(GOOD.issued) : undefined);
    const older = judgePlain({ issued: GOOD.issued - 1 }, { newestIssued });
    expect(older).toMatchObject({ outcome: 'rejected', code: 'command.out-of-order' });
    expect(judgePlain({}, { newestIssued })).toMatchObject({ ok: true });
    const another = { issued: GOOD.issued - 1, tag: 'press.recipe', value: 'a' };
    expect(judgePlain(another, { newestIssued })).toMatchObject({ ok: true });
  });

  it('that is wrong in everything is refused for the first of its faults', () => {
    const order: readonly [string, CommandFields][] = [
      ['command.wrong-gateway', { gw: 'x' }],
      ['command.id', { id: 'x' }],
      ['command.operator-unknown', { by: 'nobody' }],
      ['command.operator-tag', { tag: 'oven.fan' }],
      ['command.counter', { counter: 1 }],
      ['command.lifetime', { issued: 1 }],
      ['command.ahead', { issued: NOW + 6_000 }],
      ['command.out-of-order', {}],
    ];
    const set = { highestCounter: () => 1, newestIssued: () => utcMs(NOW + 9_000) };
    for (const [at, [code]] of order.entries()) {
      const fields = Object.assign(
        {},
        ...order
          .slice(at)
          .map(([, each]) => each)
          .toReversed(),
      );
      expect(judgeSigned(fields, SHIFT, set)).toMatchObject({ ok: false, code });
    }
  });
});

describe('a request where operators are declared', () => {
  it('is taken from each of them', () => {
    expect(judgeSigned({}, DISPATCH)).toMatchObject({ ok: true, command: { by: 'dispatch' } });
    expect(judgeSigned({}, SHIFT)).toMatchObject({ ok: true, command: { by: 'shift' } });
  });

  it('has to be signed', () => {
    expect(judge(plainMessage(GOOD), viewOf(OPERATORS))).toMatchObject({
      code: 'command.unsigned',
    });
  });

  it.each<[string, string]>([
    ['a name that nobody has', 'nobody'],
    ['a name of other case', 'Dispatch'],
    ['a name of a prototype', '__proto__'],
    ['another name of one', 'constructor'],
    ['a look-alike', 'dispаtch'],
  ])('with %s is refused', (_, by) => {
    const refused = judgeSigned({ by }, DISPATCH);
    expect(refused).toMatchObject({ code: 'command.operator-unknown' });
  });

  it.each<[string, (text: string, signature: Buffer) => string]>([
    ['the signature of somebody else', (text) => envelope(text, SHIFT.sign(text))],
    ['the signature of another text', (text) => envelope(text, DISPATCH.sign(`${text} `))],
    ['a text that was changed', (text, by) => envelope(text.replace('true', 'false'), by)],
    ['a space more', (text, by) => envelope(text.replace(',', ', '), by)],
    ['a signature that is not for a command', (text) => envelope(text, DISPATCH.signAlone(text))],
    ['nothing but zeros', (text) => envelope(text, new Uint8Array(64))],
    [
      'a bit turned',
      (text, by) =>
        envelope(
          text,
          by.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
        ),
    ],
    [
      'its halves swapped',
      (text, by) => envelope(text, Buffer.concat([by.subarray(32), by.subarray(0, 32)])),
    ],
  ])('with %s is refused', (_, message) => {
    const text = JSON.stringify({ v: 1, ...GOOD });
    const refused = judge(message(text, DISPATCH.sign(text)), viewOf(OPERATORS));
    expect(refused).toMatchObject({ outcome: 'rejected', code: 'command.signature' });
  });

  it.each<[string, boolean]>([
    ['press.pump', true],
    ['press.anything', true],
    ['line.b.stop', true],
    ['press.deeper.pump', false],
    ['press2.pump', false],
    ['press', false],
    ['line.b.start', false],
    ['Press.pump', false],
    ['*', false],
    ['.pump', false],
  ])('for %s by an operator with tags of his own: %s', (tag, mayWrite) => {
    const judged = judgeSigned({ tag }, SHIFT);
    expect(judged.ok).toBe(mayWrite);
    if (!judged.ok) expect(judged.code).toBe('command.operator-tag');
  });

  it('has a counter above the highest of its operator, where it has one', () => {
    const set = { highestCounter: (by: string) => (by === 'dispatch' ? 12 : undefined) };
    for (const counter of [0, 11, 12])
      expect(judgeSigned({ counter }, DISPATCH, set)).toMatchObject({ code: 'command.counter' });
    expect(judgeSigned({ counter: 13 }, DISPATCH, set)).toMatchObject({ command: { counter: 13 } });
    expect(judgeSigned({ counter: 0 }, SHIFT, set)).toMatchObject({ command: { counter: 0 } });
    const without = judgeSigned({}, DISPATCH, set);
    expect(without.ok && without.command).not.toHaveProperty('counter');
  });
});

describe('a request where no operators are declared', () => {
  it('is refused with a signature that nobody can check', () => {
    const judged = judge(signedMessage(GOOD, DISPATCH), viewOf(new Map()));
    expect(judged).toMatchObject({ code: 'command.operator-unknown' });
  });

  it('may say a counter, which says nothing and is not kept', () => {
    const judged = judgePlain({ counter: 1 }, { highestCounter: () => 5 });
    expect(judged.ok && judged.command).not.toHaveProperty('counter');
  });
});

describe('a request on a clock that cannot be believed', () => {
  const unsynced = { isSynced: false, utc: utcMs(0) };

  it('has to be signed, with a counter', () => {
    expect(judgePlain({ counter: 1 }, unsynced)).toMatchObject({ code: 'command.clock-unsynced' });
    expect(judgeSigned({}, DISPATCH, unsynced)).toMatchObject({ code: 'command.clock-unsynced' });
  });

  it('lives as long as its sender wanted, from now on, and leaves no mark of its time', () => {
    const judged = judgeSigned({ counter: 1 }, DISPATCH, unsynced);
    expect(judged).toMatchObject({ ok: true, command: { expires: 30_500, counter: 1 } });
    expect(judged.ok && judged.command).not.toHaveProperty('issued');
  });

  it('may not want to live too long all the same, nor be older than the newest', () => {
    const long = { counter: 1, expires: NOW + 58_001 };
    expect(judgeSigned(long, DISPATCH, unsynced)).toMatchObject({ code: 'command.lifetime' });
    const newer = { ...unsynced, newestIssued: () => utcMs(NOW) };
    expect(judgeSigned({ counter: 1 }, DISPATCH, newer)).toMatchObject({
      code: 'command.out-of-order',
    });
  });
});

describe('the key of an operator', () => {
  it('has 32 bytes', () => {
    const operators = new Map([['li', { publicKey: new Uint8Array(31), tags: undefined }]]);
    expect(() => signatureJudge(operators)).toThrow('32 bytes');
  });
});
