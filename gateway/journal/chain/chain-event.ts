/** What a hash chain says, in the order of its blocks: the same from a journal and from an export. */
import type { UtcMs } from '../../model/units.ts';
import type { BlockClass, FinishedDay } from '../journal.ts';
import type { ChainedSamples, Link } from './hash-chain.ts';

/** A block that can be read. */
export interface StoredBlock {
  readonly kind: 'block';
  readonly seq: number;
  readonly class: BlockClass;
  readonly committedAt: UtcMs;
  /** How many samples its row says that it has. */
  readonly count: number;
  /** As the row has it. */
  readonly gap: string | undefined;
  readonly samples: ChainedSamples | undefined;
  /** Undefined in a block from before the chain. */
  readonly link: Link | undefined;
}

/** A block, or of an unknown number a piece of the file, that cannot be read. */
export interface DamagedBlock {
  readonly kind: 'damaged';
  readonly seq: number | undefined;
  readonly link: Link | undefined;
  readonly reason: string;
}

/** Blocks that are not there, rightly: retention removed them, or they are not of what was asked for. */
export interface AbsentBlocks {
  readonly kind: 'removed' | 'skipped';
  readonly from: number;
  readonly to: number;
  /** Of the block `to`, where it is known. */
  readonly link: Link | undefined;
}

/** Comes behind the block `last`, or where that would be. */
export interface DayRow extends FinishedDay {
  readonly kind: 'day';
}

export type ChainEvent = StoredBlock | DamagedBlock | AbsentBlocks | DayRow;

/** What is known of a chain before its first event. */
export interface ChainHead {
  /** Empty where it is lost: then nothing says what stands before the first block. */
  readonly epoch: string;
  /** The first block that has a link; those before it are older than the chain. */
  readonly begins: number;
  /** The first block that is looked at. */
  readonly from: number;
  /** The link of the block before `from`, where it is known and `from` is not the first of the chain. */
  readonly before: Link | undefined;
}
