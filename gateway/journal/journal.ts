/**
 * The durable log: append at the end, any number of readers, nothing removed before it was
 * acknowledged or replaced by a recorded gap.
 */
import type { ClockMark } from '../model/clock-mark.ts';
import type { TagId } from '../model/sample.ts';
import type { Bytes, Millis, UtcMs } from '../model/units.ts';
import type { SampleBatch } from './batch.ts';

declare const unit: unique symbol;
/** A block's number in its journal: 1, 2, 3, … without holes, across all classes. */
export type Seq = number & { readonly [unit]: 'seq' };
export const seqOf = (value: number): Seq => value as Seq;

/**
 * `record`: finished facts · `alarm`: alarms, commands, audit · `telemetry`: everything else, and the
 * first to go.
 */
export const BLOCK_CLASSES = ['record', 'alarm', 'telemetry'] as const;
export type BlockClass = (typeof BLOCK_CLASSES)[number];

/** Why samples are missing. `thinned`: their extremes stayed, in the block of the gap itself. */
export const GAP_REASONS = [
  'queue-overflow',
  'retention',
  'thinned',
  'journal-lost',
  'write-failed',
] as const;
export type GapReason = (typeof GAP_REASONS)[number];

/** A recorded loss. It takes a seq of its own and is forwarded like any block. */
export interface Gap {
  readonly reason: GapReason;
  readonly class: BlockClass;
  /** Samples lost; undefined where they cannot be counted any more (a destroyed journal). */
  readonly count: number | undefined;
  /**
   * The blocks that are gone, those of its class in this range that do not come themselves; undefined when the samples
   * never became a block.
   */
  readonly seqs: { readonly from: Seq; readonly to: Seq } | undefined;
  readonly from: UtcMs;
  readonly to: UtcMs;
}

/** The key of a block in the journal it was first stored in. */
export interface BlockName {
  readonly epoch: string;
  readonly seq: number;
}

export interface Block {
  readonly seq: Seq;
  readonly class: BlockClass;
  readonly committedAt: UtcMs;
  /** Empty in a gap block, but for one of reason `thinned`: there it is what stayed. */
  readonly samples: SampleBatch;
  /** The id behind a tag number of `samples`. */
  readonly tagOf: (tag: number) => TagId;
  readonly gap: Gap | undefined;
  /** It was saved from a damaged journal: what it was there. Whoever knows that key has it. */
  readonly salvaged?: BlockName;
}

/** By how much the times of unsynced samples in these blocks were off: what has to be added, whole ms. */
export interface ClockCorrection {
  readonly seqs: { readonly from: Seq; readonly to: Seq };
  readonly shift: number;
}

/** A block that is durable, as whoever handed it over is told. */
export interface Commit {
  readonly class: BlockClass;
  readonly seq: Seq;
  /** 0 for a gap. */
  readonly samples: number;
}

/**
 * Names a batch of the field side across a restart of the worker, so that a batch handed over twice is
 * stored once. `number` rises by one; `origin` is new at each start of the process.
 */
export interface BatchKey {
  readonly origin: string;
  readonly number: number;
}

/** A UTC day that is over, as its row says. */
export interface FinishedDay {
  /** `2026-11-30` */
  readonly day: string;
  readonly first: number;
  readonly last: number;
  /** Of the block `last`, hexadecimal. */
  readonly link: string;
}

export interface Journal {
  /**
   * Made when the file was made, eight hexadecimal digits or more; with seq it names a block for
   * ever.
   */
  readonly epoch: string;
  /** The newest block; 0 in an empty journal. */
  readonly head: Seq;
  /** The newest UTC day that is over, with the link of its last block; undefined before the first one is. */
  readonly lastDay: FinishedDay | undefined;

  /**
   * Resolves when durable under the declared policy. A batch that comes again, which only the newest
   * of its origin can, is not stored again; its seq is returned. `clock` is what the clock was worth that stamped the
   * samples; without, what it is worth now.
   */
  append(
    blockClass: BlockClass,
    batch: SampleBatch,
    key: BatchKey,
    clock?: ClockMark,
  ): Promise<Seq>;
  /** As append; without a key it cannot come twice. */
  appendGap(gap: Gap, key?: BatchKey): Promise<Seq>;
  /**
   * At most `limit` blocks with seq >= from, ascending, and of more than one no more than so many samples. Blocks
   * removed by retention are skipped; their gap comes at its own seq. Times of an unset clock are corrected as soon as it
   * is known by how much.
   */
  read(from: Seq, limit: number, samples?: number): readonly Block[];
  /** Which unsynced times are corrected now, whoever has read them before. */
  corrections(): readonly ClockCorrection[];
  /** Made at the first call and kept under its name from then on. */
  cursor(uplink: string): Cursor;
  /** Removes what age and size ask for, a small step at a time; true while there is more to do. */
  retain(): Promise<boolean>;
  stats(): JournalStats;
  close(): Promise<void>;
}

/**
 * What one uplink has acknowledged: a set of seq ranges, kept in the journal's own database. It becomes durable
 * within five seconds, so a crash can repeat a delivery but never skip one.
 */
export interface Cursor {
  readonly uplink: string;
  /** Everything up to here is acknowledged. */
  readonly upTo: Seq;
  isAcknowledged(seq: Seq): boolean;
  acknowledge(seq: Seq): void;
  /** The first seq after `after` that is not acknowledged. */
  nextAfter(after: Seq): Seq;
}

/**
 * What something was written for: blocks by their class, the ledger of commands, cursors that no block took along, removal,
 * what a damaged file cost, SQLite's copying from its log into the file, opening; and beside the journal the stores of state
 * and the log. The list only grows at its end.
 */
export const WEAR_CAUSES = [
  'telemetry',
  'record',
  'alarm',
  'commands',
  'acknowledgements',
  'retention',
  'salvage',
  'checkpoint',
  'opening',
  'state',
  'log',
] as const;
export type WearCause = (typeof WEAR_CAUSES)[number];

/** Bytes towards the disk, and how often it was told to have them safe. */
export interface Written {
  readonly bytes: number;
  readonly syncs: number;
}

/** One day of UTC, `2026-11-30`, by cause; what is not there is nothing. */
export interface WearDay {
  readonly day: string;
  readonly causes: { readonly [cause in WearCause]?: Written };
}

export interface WearTotal extends Written {
  readonly day: string;
}

/** What the gateway does to the flash. */
export interface WearFacts {
  /**
   * Who counts the journal's bytes: the kernel, whole pages that became dirty, or, where the file system keeps no such books,
   * bytes of calls; without either, frames of SQLite's log.
   */
  readonly counted: 'write_bytes' | 'wchar' | 'frames';
  /** Since when. */
  readonly since: UtcMs;
  readonly total: Written;
  readonly today: WearDay;
  /** The last day before on which the gateway ran. */
  readonly before: WearDay | undefined;
  /** Days that are over, the newest first, at most 30. */
  readonly days: readonly WearTotal[];
  /** Bytes of a usual day: the mean of the whole ones; undefined before there is one. */
  readonly usualDay: number | undefined;
  /** Bytes a day at the rate of the last hour; undefined within the first minute. */
  readonly presentDay: number | undefined;
}

/** What waits for an uplink. */
export interface UplinkBacklog {
  readonly uplink: string;
  readonly blocks: number;
  /** When the oldest block was stored that it has not acknowledged; undefined when it has acknowledged all. */
  readonly oldest: UtcMs | undefined;
}

/** How the journal stands with the room on its disk. Bytes. */
export interface JournalRoomFacts {
  readonly level: 'enough' | 'low' | 'critical';
  /** What others, and the journal, may still take. */
  readonly free: Bytes;
  /** Files that can still be made there. */
  readonly inodes: number;
  /** The most the journal's file may hold at present … */
  readonly cap: Bytes;
  /** … and as it is configured. */
  readonly capacity: Bytes;
  /** What is not there of what it would need; 0 when all is. */
  readonly missing: Bytes;
  readonly wal: Bytes;
  readonly ballast: Bytes;
}

export interface JournalStats {
  readonly epoch: string;
  readonly head: Seq;
  readonly blocks: number;
  readonly samples: number;
  /** Not yet acknowledged by the slowest uplink. */
  readonly backlogBlocks: number;
  readonly backlogs: readonly UplinkBacklog[];
  readonly bytesOnDisk: Bytes;
  readonly bytesWritten: Bytes;
  readonly commits: number;
  readonly gaps: number;
  readonly lostSamples: number;
  readonly lastDay: FinishedDay | undefined;
  readonly oldest: UtcMs | undefined;
  /**
   * How long an outage can last before something unacknowledged must go; undefined while the rate
   * is unknown. At the rate of the last hour.
   */
  readonly autonomy: Millis | undefined;
  readonly wear: WearFacts;
  readonly room: JournalRoomFacts;
}

/** What has become of a damaged journal that was set aside. */
export interface SalvageFacts {
  readonly state: 'looking' | 'saving' | 'done';
  readonly file: string;
  /** Of the present state, 0…1. */
  readonly share: number;
  /** Blocks that were seen in the file, duplicates left out. */
  readonly found: number;
  readonly blocks: number;
  readonly samples: number;
  /** Seen, and not what was stored any more. */
  readonly damagedBlocks: number;
  /** Whole, and without room. */
  readonly leftBlocks: number;
  /** Samples of both, as their rows tell. */
  readonly lostSamples: number;
  /** Not even seen: seqs between the first and the last block that neither are there nor were removed. */
  readonly missingBlocks: number;
}
