/**
 * How the journal stands with the room on its disk, which others use too: three levels, the page limit that fits, and
 * what becomes of the ballast. Pure.
 */
import { type Bytes, bytes } from '../../model/units.ts';

/**
 * `enough`: the journal can grow to its configured size · `low`: others have taken some of that, the page limit is what is
 * left · `critical`: the next commits may find nothing; the ballast is given up and the file does not grow.
 */
export const SPACE_LEVELS = ['enough', 'low', 'critical'] as const;
export type SpaceLevel = (typeof SPACE_LEVELS)[number];

export const PAGE_BYTES = 512;
const WAL_BYTES_MAX = 2 ** 20;
const BALLAST_BYTES_MAX = 2 * 2 ** 20;
/** WAL and ballast of a small journal, or on a small volume, as a share of that. */
const SMALL_SHARE = 1 / 16;
/** Of the volume, left to others: logs, state, configuration. */
const OTHERS_SHARE = 0.05;
/** A journal that cannot have that much has no room at all. */
const CAP_MIN = 128 * 1024;

/** What the journal would take, fixed when it is opened. */
export interface SpacePlan {
  /** The most the file itself may hold. */
  readonly capacity: Bytes;
  /** The WAL is written back when it is that large; one transaction comes on top. */
  readonly wal: Bytes;
  readonly transaction: Bytes;
  readonly ballast: Bytes;
}

/** What is on the disk now. */
export interface SpaceFacts {
  /** For us: without what is reserved for root. */
  readonly free: Bytes;
  readonly file: Bytes;
  readonly wal: Bytes;
  readonly ballast: Bytes;
  /** All pages of the file, with those that are in the WAL only. */
  readonly pages: Bytes;
  /** The disk has refused a write since the last look. */
  readonly isRefused: boolean;
}

export interface SpaceVerdict {
  readonly level: SpaceLevel;
  /** The page limit, in bytes. */
  readonly cap: Bytes;
  /** How much more there would have to be for page limit, WAL, a transaction and ballast to fit; 0 when they do. */
  readonly missing: Bytes;
  readonly ballast: 'keep' | 'give-up' | 'make';
}

/** `total`: free on the volume or taken by the journal already. */
export function spacePlan(maxSize: Bytes, total: Bytes): SpacePlan {
  const size = Math.min(maxSize, total * (1 - OTHERS_SHARE));
  const wal = bytes(Math.floor(Math.min(WAL_BYTES_MAX, size * SMALL_SHARE)));
  const ballast = bytes(Math.floor(Math.min(BALLAST_BYTES_MAX, size * SMALL_SHARE)));
  return { capacity: wholePages(maxSize - 2 * wal), wal, transaction: wal, ballast };
}

/** What the file itself may hold where there is `total` for all of it. */
export const fittingSize = (plan: SpacePlan, total: Bytes): Bytes =>
  wholePages(total * (1 - OTHERS_SHARE) - plan.wal - plan.transaction - plan.ballast);

/** The next step, from what is seen and how it was. */
export function spaceVerdict(plan: SpacePlan, facts: SpaceFacts, before: SpaceLevel): SpaceVerdict {
  const { free, file, wal, ballast, pages, isRefused } = facts;
  const fitting = fittingSize(plan, bytes(free + file + wal + ballast));
  const missing = bytes(Math.max(0, plan.capacity - fitting));
  const capOf = (size: number) => bytes(Math.min(plan.capacity, Math.max(CAP_MIN, pages, size)));
  const growth = Math.max(0, plan.wal - wal) + plan.transaction;
  // Once it was critical, the room for a new ballast has to be there twice, or it would come and go.
  const asked = growth + (before === 'critical' ? 2 * plan.ballast - ballast : 0);
  if (isRefused || free < asked)
    return {
      level: 'critical',
      cap: capOf(0),
      missing,
      ballast: ballast > 0 ? 'give-up' : 'keep',
    };
  return {
    level: missing > 0 ? 'low' : 'enough',
    cap: capOf(fitting),
    missing,
    ballast: ballast === 0 && free >= growth + 2 * plan.ballast ? 'make' : 'keep',
  };
}

const wholePages = (size: number): Bytes =>
  bytes(Math.floor(Math.max(0, size) / PAGE_BYTES) * PAGE_BYTES);
