/**
 * What the ledger tells of each tag at a start: the claims that stand, the writes that limits look at, the commands without an
 * end. Pure.
 */
import type { CommandOrigin } from '../model/command.ts';
import { type MonoMs, monoMs, type UtcMs, utcMs } from '../model/units.ts';
import { type Claim, type Claims, NO_CLAIMS, withClaim } from './arbiter.ts';
import {
  type RecordedClaim,
  type RecordedCommand,
  type RecordedEnd,
  recordedCommand,
  recordedEnd,
} from './command-record.ts';
import type { LedgerEntry, LedgerHistory } from './ledger.ts';
import { isUnsent, type WritableTag } from './open-command.ts';
import { NO_WRITES, type WriteHistory, withDoubt, withWrite } from './write-history.ts';

/** One entry of the ledger, understood. */
export interface PastCommand {
  readonly entry: LedgerEntry;
  /** Undefined: it is damaged, or of another version. */
  readonly command: RecordedCommand | undefined;
  readonly end: RecordedEnd | undefined;
}

export interface RecordedPast {
  readonly claims: Claims;
  readonly writes: WriteHistory;
  readonly isSilent: boolean;
}

export interface Moment {
  readonly utc: UtcMs;
  readonly mono: MonoMs;
}

/** All that is known, by tag, oldest first. */
export function pastCommands(history: LedgerHistory): ReadonlyMap<string, readonly PastCommand[]> {
  const entries = new Map([...history.recent, ...history.open].map((entry) => [entry.key, entry]));
  const sorted = [...entries.values()].toSorted((a, b) => a.time - b.time);
  return Map.groupBy(sorted.map(understood), ({ entry }) => entry.tag);
}

export const understood = (entry: LedgerEntry): PastCommand => ({
  entry,
  command: recordedCommand(entry.facts),
  end: recordedEnd(entry.end),
});

/** What one tag begins with. */
export function recordedPast(
  past: readonly PastCommand[],
  { policy }: Pick<WritableTag, 'policy'>,
  now: Moment,
): RecordedPast {
  const claims = standingClaims(past, now);
  return {
    claims,
    writes: writesOf(past, policy.maxPerHour ?? 1, now),
    isSilent: claims.length === 0 && wasLeft(past),
  };
}

/** What remote claims is over: nobody knows whether the origin still speaks. That of an interlock is seen anew. */
const LASTING: readonly CommandOrigin[] = ['local', 'rule'];

function standingClaims(past: readonly PastCommand[], now: Moment): Claims {
  return LASTING.reduce((claims, origin) => {
    const latest = past.findLast(({ entry }) => entry.origin === origin);
    const claim = latest && claimLeft(latest);
    const standing = latest && claim && claimFrom(latest.entry, claim, now);
    return standing ? withClaim(claims, standing) : claims;
  }, NO_CLAIMS);
}

/** The claim of its origin when this command was the latest. */
function claimLeft({ entry, command, end }: PastCommand): RecordedClaim | undefined {
  if (end) return end.claim;
  if (command === undefined || command.value === undefined || command.kind === 'release')
    return undefined;
  const isGone = entry.outcome !== undefined && isUnsent(entry.outcome);
  const { by, value, hold } = command;
  if (hold === 0 || isGone) return undefined;
  const until = hold === 'released' ? undefined : utcMs(entry.time + hold);
  return { by, value, since: entry.time, until };
}

/** Never longer than it was to last, whatever became of the clock. */
function claimFrom(
  { key, origin }: LedgerEntry,
  { by, value, since, until }: RecordedClaim,
  { utc, mono }: Moment,
): Claim | undefined {
  const bare = { origin, by, value, key, since };
  if (until === undefined) return { ...bare, until };
  const left = Math.min(until - utc, until - since);
  return left > 0 ? { ...bare, until: monoMs(mono + left) } : undefined;
}

/** Somebody claimed the tag, and no safe value was written since. */
function wasLeft(past: readonly PastCommand[]): boolean {
  const isClaimed = (one: PastCommand) =>
    one.entry.origin !== 'interlock' && claimLeft(one) !== undefined;
  const claimed = past.findLastIndex(isClaimed);
  return claimed >= 0 && !past.slice(claimed).some(({ entry }) => entry.origin === 'interlock');
}

function writesOf(past: readonly PastCommand[], most: number, now: Moment): WriteHistory {
  const writes = past.flatMap(({ entry, command, end }) => {
    // One without an end may have left just before the crash, however long before it was intended.
    const left = end ? end.left : entry.outcome === undefined ? now.utc : undefined;
    if (left === undefined || command?.value === undefined) return [];
    const wasTaken = entry.outcome !== 'rejected';
    const isSure = entry.outcome === 'verified';
    return [{ value: command.value, at: momentOf(left, now), wasTaken, isSure }];
  });
  return writes
    .toSorted((a, b) => a.at - b.at)
    .reduce((before, { isSure, ...write }) => {
      const history = withWrite(before, write, most);
      return isSure || !write.wasTaken ? history : withDoubt(history);
    }, NO_WRITES);
}

/** What the clock says is still to come happened just now. */
const momentOf = (time: UtcMs, { utc, mono }: Moment): MonoMs =>
  monoMs(Math.min(mono, mono - (utc - time)));
