/**
 * Which blocks leave the journal next. Pure: it is shown the oldest candidates and decides; the
 * order of sacrifice is FORMAT.md, "Removal".
 */
import type { Bytes, Millis, UtcMs } from '../../model/units.ts';
import { BLOCK_CLASSES, type BlockClass } from '../journal.ts';

/** One step is one short transaction, so that an append never waits long for it. */
export const STEP_BLOCKS_MAX = 64;
/** What one step removes, unless a single block is larger: to give a page back takes reading it. */
export const STEP_BYTES_MAX = 2 ** 20;
/** What one step decodes to thin it: some 50 ms on a server core. */
export const STEP_SAMPLES_MAX = 50_000;
/** What one step thins, as a share of the target: what that frees would hold more than it needs to otherwise. */
const THINNED_SHARE = 0.03;
/** What a loss frees beyond need, as a share of the target: fewer losses, fewer gap blocks. */
const LOSS_SLACK = 0.01;
/** The first to go when nothing acknowledged is left. */
const SACRIFICE: readonly BlockClass[] = BLOCK_CLASSES.toReversed();

export interface BlockFacts {
  readonly seq: number;
  readonly committedAt: UtcMs;
  readonly bytes: number;
  readonly samples: number;
  /** Nothing but a gap. */
  readonly isGap: boolean;
  /** Another block that is still there refers to it: it leaves after that one. */
  readonly isNeeded: boolean;
}

export interface RetentionFacts {
  /** How long ago a block was stored, ms, never more than is certain: see ClockRows. */
  readonly ageOf: (block: BlockFacts) => number;
  readonly keep: Millis;
  readonly used: Bytes;
  /** Above this, size decides, among what is acknowledged. */
  readonly target: Bytes;
  /** Above this, something that is not acknowledged has to go. Not below the target. */
  readonly lossTarget: Bytes;
  /** Others have the disk, and may give it back: until then alarms and records stay. */
  readonly isSqueezed: boolean;
  /** The oldest blocks that every uplink has acknowledged, ascending, at most STEP_BLOCKS_MAX. */
  readonly acknowledged: readonly BlockFacts[];
  /** The oldest ones of a class that some uplink has not; asked only when size demands it. */
  readonly unacknowledged: (blockClass: BlockClass) => readonly BlockFacts[];
  /** The oldest telemetry that may still be thinned, ascending, at most STEP_BLOCKS_MAX; asked only then. */
  readonly thinnable: () => readonly BlockFacts[];
}

export interface RetentionStep {
  readonly remove: readonly number[];
  /** The class whose loss has to be recorded; undefined when all of it was acknowledged. */
  readonly lost: BlockClass | undefined;
  /** The essence of what is removed stays, as a block of its own. */
  readonly isThinning: boolean;
}

/** The next step, or undefined when there is nothing to do. */
export function nextRetentionStep(facts: RetentionFacts): RetentionStep | undefined {
  const { unacknowledged, ageOf, keep, used, target, lossTarget } = facts;
  const acknowledged = facts.acknowledged.filter(isFree);
  const expired = acknowledged.filter((block) => ageOf(block) > keep);
  if (expired.length > 0) return removal(expired.map(({ seq }) => seq));
  if (used > target && acknowledged.length > 0) return removal(oldest(acknowledged, used - target));
  if (used <= lossTarget) return undefined;
  const run = runToThin(facts.thinnable(), Math.min(lossTarget * THINNED_SHARE, STEP_BYTES_MAX));
  if (run.length > 0) return { remove: run, lost: 'telemetry', isThinning: true };
  // One gap alone would only be replaced by another.
  for (const lost of facts.isSqueezed ? SACRIFICE.slice(0, 1) : SACRIFICE) {
    const blocks = unacknowledged(lost).filter(isFree);
    if (blocks.length > 1 || blocks[0]?.isGap === false) {
      const remove = oldest(blocks, used - lossTarget + lossTarget * LOSS_SLACK);
      return { remove, lost, isThinning: false };
    }
  }
  return undefined;
}

const removal = (remove: readonly number[]): RetentionStep => ({
  remove,
  lost: undefined,
  isThinning: false,
});

/** Blocks that are worth a step together; none while they are too few: the newest stay as they are. */
function runToThin(blocks: readonly BlockFacts[], bytesMax: number): number[] {
  const seqs: number[] = [];
  let [bytes, samples] = [0, 0];
  for (const block of blocks.filter(isFree)) {
    bytes += block.bytes;
    samples += block.samples;
    if (seqs.length > 0 && samples > STEP_SAMPLES_MAX) return seqs;
    seqs.push(block.seq);
    if (bytes >= bytesMax) return seqs;
  }
  return blocks.length === STEP_BLOCKS_MAX || sizeOf(blocks) >= STEP_BYTES_MAX ? seqs : [];
}

const sizeOf = (blocks: readonly BlockFacts[]): number =>
  blocks.reduce((sum, { bytes }) => sum + bytes, 0);

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
