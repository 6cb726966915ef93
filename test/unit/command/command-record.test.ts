import { describe, expect, it, test } from 'vitest';
import {
  factsOf,
  keptEnd,
  LONGEST_FACTS,
  type RecordedEnd,
  recordedCommand,
  recordedEnd,
  understoodEnd,
} from '../../../gateway/command/command-record.ts';
import type { Kept } from '../../../gateway/host/state-store.ts';
import type { Value } from '../../../gateway/model/sample.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';
import { command, release } from '../../support/command-fixture.ts';

const onDisk = (kept: Kept): Kept => JSON.parse(JSON.stringify(kept));

describe('a command in the ledger', () => {
  test.each<[string, Value]>([
    ['a flag', false],
    ['a number', 12.5],
    ['a text', 'auto'],
    ['a large integer', 2n ** 64n],
    ['a negative decimal', { unscaled: -12345678901234567890n, decimals: 2 }],
  ])('is known again with every digit of %s', (_, value) => {
    const made = command({ value, hold: millis(5) });
    expect(recordedCommand(onDisk(factsOf(made, value, 'crash')))).toEqual({
      ...{ kind: 'write', by: 'hot', value, hold: 5, before: value, occasion: 'crash' },
    });
  });

  it('that releases, and one whose text is too long, have no value', () => {
    expect(recordedCommand(factsOf(release(), undefined, undefined))).toMatchObject({
      kind: 'release',
      value: undefined,
    });
    const long = factsOf(command({ value: 'x'.repeat(LONGEST_FACTS) }), undefined, undefined);
    expect(JSON.stringify(long).length).toBeLessThan(100);
    expect(recordedCommand(long)).toMatchObject({ kind: 'write', value: undefined });
  });

  test.each<[string, Kept]>([
    ['nothing', null],
    ['a list', [1]],
    ['another kind', { kind: 'jump', by: 'x', hold: 0 }],
    ['nobody', { kind: 'write', hold: 0 }],
    ['no hold', { kind: 'write', by: 'x' }],
  ])('is not understood where it is %s', (_, facts) => {
    expect(recordedCommand(facts)).toBeUndefined();
  });
});

describe('an end in the ledger', () => {
  const owner = { origin: 'local', by: 'li', value: 5n, since: utcMs(1), until: utcMs(9) } as const;
  const end: RecordedEnd = {
    outcome: 'rejected',
    reason: { code: 'command.owned', details: { tag: 'press.pump', by: 'li' } },
    readBack: { unscaled: 5n, decimals: 1 },
    owner,
    allowedAt: utcMs(77),
    tookMs: 12,
    left: utcMs(3),
    claim: { by: 'hot', value: true, since: utcMs(2), until: undefined },
  };

  it('is known again as it was', () => {
    expect(recordedEnd(onDisk(keptEnd(end)))).toEqual(end);
  });

  it('that is too long keeps its outcome and its code', () => {
    const long = { ...end, readBack: 'x'.repeat(LONGEST_FACTS) };
    expect(recordedEnd(keptEnd(long))).toMatchObject({
      outcome: 'rejected',
      reason: { code: 'command.owned' },
      left: 3,
    });
  });

  it('of another version is not understood; the outcome stands', () => {
    expect(recordedEnd({ outcome: 'lost' })).toBeUndefined();
    expect(recordedEnd({ outcome: 'failed', code: 'no.such-code' })?.reason).toBeUndefined();
    const entry = {
      key: 'remote/abc',
      origin: 'remote',
      tag: 't',
      time: utcMs(0),
      facts: null,
    } as const;
    const reason = { code: 'command.repeated-unclear', details: { id: 'abc' } };
    expect(understoodEnd({ ...entry, outcome: 'failed', end: undefined })).toMatchObject({
      outcome: 'failed',
      reason,
    });
    expect(understoodEnd({ ...entry, outcome: undefined, end: undefined })).toMatchObject({
      outcome: 'unknown',
      reason,
    });
  });
});
