/** Goes through the journal's blocks by time, and hands on only what an uplink of this kind has a use for. */
import { type Block, type Journal, type Seq, seqOf } from '../../journal/journal.ts';
import type { TagId } from '../../model/sample.ts';
import type { UtcMs } from '../../model/units.ts';
import { type Reading, readingsOf } from './reading.ts';

/** What is read at once: a small part of a second of the thread's time. */
const BLOCKS_AT_ONCE = 32;
const SAMPLES_AT_ONCE = 4_096;

export interface ReadBlock {
  readonly seq: Seq;
  readonly storedAt: UtcMs;
  readonly readings: readonly Reading[];
}

/** The blocks behind `after`, ascending; none at the end of the journal. */
export function blocksAfter(
  journal: Pick<Journal, 'head' | 'read'>,
  after: Seq,
  tags: ReadonlySet<TagId>,
): readonly ReadBlock[] {
  if (after >= journal.head) return [];
  return journal.read(seqOf(after + 1), BLOCKS_AT_ONCE, SAMPLES_AT_ONCE).map((block) => ({
    seq: block.seq,
    storedAt: block.committedAt,
    readings: readingsOf(block, tags),
  }));
}

/** The newest block that was stored before `time`, and all before it; 0 where there is none. */
export function seqBefore(journal: Pick<Journal, 'head' | 'read'>, time: UtcMs): Seq {
  let [low, high] = [0, Number(journal.head)];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    const found = journal.read(seqOf(middle), 1)[0];
    if (found === undefined || found.committedAt >= time) high = middle - 1;
    else low = Math.max(middle, found.seq);
  }
  return seqOf(Math.min(low, high));
}

/** When the oldest block was stored that is still there. */
export const oldestStored = (journal: Pick<Journal, 'read'>): UtcMs | undefined =>
  first(journal.read(seqOf(1), 1))?.committedAt;

const first = (blocks: readonly Block[]): Block | undefined => blocks[0];
