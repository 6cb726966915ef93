import { beforeEach, describe, expect, it } from 'vitest';
import { Lanes } from '../../../gateway/forward/lanes.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { type Cursor, type Seq, seqOf } from '../../../gateway/journal/journal.ts';
import { seconds } from '../../../gateway/model/units.ts';
import { EPOCH, sample } from '../../support/forward-fixture.ts';
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal.ts';

let clock: VirtualClock;
let journal: MemoryJournal;
let cursor: Cursor;
let underWay: Set<Seq>;
let lanes: Lanes;

const append = (count: number) => {
  for (let index = 0; index < count; index++) journal.put([sample('press.x', index)]);
};
/** What is taken at once, as `seq` of a live block and `-seq` of one of the backlog. */
const take = (live: number, backlog = live): readonly number[] => {
  const taken = lanes.take({
    live: { blocks: live, samples: 4_096 },
    backlog: { blocks: backlog, samples: 4_096 },
  });
  for (const { block } of taken) underWay.add(block.seq);
  return taken.map(({ lane, block }) => (lane === 'live' ? block.seq : -block.seq));
};
const settle = (...seqs: readonly number[]) => {
  for (const seq of seqs) {
    cursor.acknowledge(seqOf(seq));
    underWay.delete(seqOf(seq));
  }
};

beforeEach(() => {
  clock = virtualClock();
  journal = memoryJournal(EPOCH);
  cursor = journal.cursor('cloud');
  underWay = new Set();
  const isUnderWay = (seq: Seq) => underWay.has(seq);
  lanes = new Lanes({ journal, cursor, clock, isUnderWay });
});

describe('the lanes of an uplink', () => {
  it('hand over what is new before what waits from an outage, and the rest of that beside it', () => {
    append(5);
    lanes.connected();
    lanes.restart();
    expect(take(2)).toEqual([-1, -2]);
    append(2);
    expect(take(2)).toEqual([6, 7]);
    expect(take(2)).toEqual([-3, -4]);
    expect(take(2)).toEqual([-5]);
    expect(take(2)).toEqual([]);
  });

  it('hand over nothing of a lane without room', () => {
    append(3);
    lanes.connected();
    lanes.restart();
    append(3);
    expect(take(0, 2)).toEqual([-1, -2]);
    expect(take(2, 0)).toEqual([4, 5]);
    expect(take(0)).toEqual([]);
  });

  it('begin at the cursor again after a restart, past what was acknowledged out of order', () => {
    append(4);
    lanes.connected();
    lanes.restart();
    append(3);
    expect([take(9), take(9)]).toEqual([
      [5, 6, 7],
      [-1, -2, -3, -4],
    ]);
    settle(2, 6);
    underWay.clear();
    lanes.restart();
    expect([take(9), take(9)]).toEqual([
      [5, 7],
      [-1, -3, -4],
    ]);
  });

  it('call new blocks history that wait for ten seconds, and stay with the newest', async () => {
    lanes.connected();
    lanes.restart();
    append(6);
    expect(take(2)).toEqual([1, 2]);
    await clock.advance(seconds(10));
    expect(take(1)).toEqual([3]);
    await clock.advance(seconds(1));
    settle(1);
    expect(take(9)).toEqual([-4, -5, -6]);
    append(1);
    expect(take(9)).toEqual([7]);
  });

  it('hand over what is in doubt once more, before the backlog, after the next restart', () => {
    append(3);
    lanes.connected();
    lanes.restart();
    take(9);
    settle(1, 2);
    underWay.clear();
    lanes.sendAgain([seqOf(2), seqOf(1), seqOf(2)]);
    lanes.restart();
    expect([take(9), take(9), take(9)]).toEqual([[-1], [-2], [-3]]);
    expect(lanes.resent).toBe(2);
  });
});
