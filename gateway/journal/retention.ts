/**
 * Which blocks leave the journal next. Pure: it is shown the oldest candidates and decides; the
 * order of sacrifice is FORMAT.md, "Removal".
 */
import type { Bytes, Millis, UtcMs } from '../model/units.ts';
import { BLOCK_CLASSES, type BlockClass } from './journal.ts';

/** One step is one short transaction, so that an append never waits long for it. */
export const STEP_BLOCKS_MAX = 64;
/** What a loss frees beyond need, as a share of the target: fewer losses, fewer gap blocks. */
const LOSS_SLACK = 0.01;
/** The first to go when nothing acknowledged is left. */
const SACRIFICE: readonly BlockClass[] = BLOCK_CLASSES.toReversed();

export interface BlockFacts {
  readonly seq: number;
  readonly committedAt: UtcMs;
  readonly bytes: number;
  readonly isGap: boolean;
  /** Another block that is still there refers to it: it leaves after that one. */
  readonly isNeeded: boolean;
}

export interface RetentionFacts {
  readonly now: UtcMs;
  readonly keep: Millis;
  readonly used: Bytes;
  /** Above this, size decides. */
  readonly target: Bytes;
  /** The oldest blocks that every uplink has acknowledged, ascending, at most STEP_BLOCKS_MAX. */
  readonly acknowledged: readonly BlockFacts[];
  /** The oldest ones of a class that some uplink has not; asked only when size demands it. */
  readonly unacknowledged: (blockClass: BlockClass) => readonly BlockFacts[];
}

export interface RetentionStep {
  readonly remove: readonly number[];
  /** The class whose loss has to be recorded; undefined when all of it was acknowledged. */
  readonly lost: BlockClass | undefined;
}

/** The next step, or undefined when there is nothing to do. */
export function nextRetentionStep(facts: RetentionFacts): RetentionStep | undefined {
  const { unacknowledged, now, keep, used, target } = facts;
  const acknowledged = facts.acknowledged.filter(isFree);
  const expired = acknowledged.filter(({ committedAt }) => committedAt < now - keep);
  if (expired.length > 0) return { remove: expired.map(({ seq }) => seq), lost: undefined };
  const excess = used - target;
  if (excess <= 0) return undefined;
  if (acknowledged.length > 0) return { remove: oldest(acknowledged, excess), lost: undefined };
  // One gap alone would only be replaced by another.
  for (const lost of SACRIFICE) {
    const blocks = unacknowledged(lost).filter(isFree);
    if (blocks.length > 1 || blocks[0]?.isGap === false)
      return { remove: oldest(blocks, excess + target * LOSS_SLACK), lost };
  }
  return undefined;
}

const isFree = ({ isNeeded }: BlockFacts): boolean => !isNeeded;

/** As many as make up for the excess, at least one. */
function oldest(blocks: readonly BlockFacts[], excess: number): number[] {
  const seqs: number[] = [];
  let freed = 0;
  for (const { seq, bytes } of blocks) {
    seqs.push(seq);
    freed += bytes;
    if (freed >= excess) break;
  }
  return seqs;
}
