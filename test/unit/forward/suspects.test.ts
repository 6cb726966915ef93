import { describe, expect, it } from 'vitest';
import { CONVICT_AFTER, SUSPECT_AFTER, Suspects } from '../../../gateway/forward/suspects.ts';
import { type Seq, seqOf } from '../../../gateway/journal/journal.ts';

const seqs = (...numbers: number[]): Seq[] => numbers.map(seqOf);
const suspected = (...numbers: number[]): Suspects => {
  const suspects = new Suspects();
  for (let loss = 0; loss < SUSPECT_AFTER; loss++)
    expect(suspects.lost(seqs(...numbers))).toBeUndefined();
  return suspects;
};
/** Another one is taken, and then the connection is lost with this one alone. */
const strike = (suspects: Suspects, seq: number) => {
  suspects.settled(seqOf(1_000));
  expect(suspects.next(false)).toBe(seq);
  return suspects.lost(seqs(seq));
};

describe('the search for the block at which a broker hangs up', () => {
  it('suspects what was under way at several losses in a row', () => {
    const suspects = new Suspects();
    suspects.lost(seqs(1, 2, 3));
    suspects.lost(seqs(2, 3, 4));
    expect(suspects.has(seqOf(3))).toBe(false);
    suspects.lost(seqs(3, 4, 5));
    expect([1, 2, 3, 4, 5].filter((seq) => suspects.has(seqOf(seq)))).toEqual([3]);
  });

  it('convicts the one at which a connection is lost again and again that had taken others', () => {
    const suspects = suspected(7);
    const verdicts = Array.from({ length: CONVICT_AFTER }, () => strike(suspects, 7));
    expect(verdicts).toEqual([...Array(CONVICT_AFTER - 1).fill(undefined), 7]);
    expect(suspects.has(seqOf(7))).toBe(false);
  });

  it('convicts nothing at a broker that takes nothing', () => {
    const suspects = suspected(7);
    for (let loss = 0; loss < 20; loss++) {
      expect(suspects.next(false)).toBeUndefined();
      expect(suspects.next(true)).toBe(7);
      expect(suspects.lost(seqs(7))).toBeUndefined();
    }
  });

  it('clears the one that is taken, and counts no loss with others under way against it', () => {
    const suspects = suspected(7, 8);
    for (let loss = 0; loss < 20; loss++) {
      suspects.settled(seqOf(1_000));
      expect(suspects.lost(seqs(7, 9))).toBeUndefined();
    }
    suspects.settled(seqOf(7));
    expect(suspects.has(seqOf(7))).toBe(false);
    expect(suspects.has(seqOf(8))).toBe(true);
  });

  it('gives the other suspects their turn before one that was struck', () => {
    const suspects = suspected(7, 8);
    expect(strike(suspects, 7)).toBeUndefined();
    expect(suspects.next(true)).toBe(8);
    expect(strike(suspects, 8)).toBeUndefined();
    expect(suspects.next(true)).toBe(7);
  });
});
