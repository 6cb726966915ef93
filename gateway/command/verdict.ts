/**
 * What a command may do now: the steps 2 to 4 of COMMANDS.md, and of them what is looked at once more at the wire. Pure.
 */
import { type CommandOrigin, ORIGIN_WORDS, type TagOwner } from '../model/command.ts';
import type { ErrorDetails } from '../model/errors.ts';
import type { TagId, Value } from '../model/sample.ts';
import type { MonoMs, UtcMs } from '../model/units.ts';
import { type Claim, type Claims, ownerOf, rankOf } from './arbiter.ts';
import { isSame } from './comparison.ts';
import { limitReason } from './limits.ts';
import {
  type Ending,
  isClaiming,
  isOver,
  isSafe,
  type OpenCommand,
  rejected,
  type Waiting,
  type WritableTag,
  wantedOf,
} from './open-command.ts';
import { isShown } from './read-back.ts';
import type { WriteHistory } from './write-history.ts';

export type Verdict =
  | { readonly kind: 'acts' }
  /** The tag shows it already; nothing is to be sent. */
  | { readonly kind: 'held'; readonly value: Value }
  | { readonly kind: 'waits'; readonly waiting: Waiting; readonly again: MonoMs | undefined }
  | { readonly kind: 'ends'; readonly ending: Ending };

/** How things stand with one tag. */
export interface TagView {
  readonly tag: WritableTag;
  readonly now: MonoMs;
  /** Those that stand. */
  readonly claims: Claims;
  /** True where there is no interlock; undefined: unknown. */
  readonly permit: boolean | undefined;
  readonly history: WriteHistory;
  /** What the tag holds now, as far as it is known. */
  readonly present: Value | undefined;
  readonly isReadable: boolean;
  /** What it holds as read back after the last write; undefined where that is not known. */
  readonly held: Value | undefined;
  readonly utcOf: (moment: MonoMs) => UtcMs;
}

const ACTS: Verdict = { kind: 'acts' };

/** Before the command is given to the bus. */
export function verdictOn(command: OpenCommand, view: TagView): Verdict {
  return (
    overtime(command, view) ??
    below(command, view) ??
    held(command, view) ??
    limited(command, view) ??
    locked(command, view) ??
    resting(command, view) ??
    ACTS
  );
}

/** With the line reserved, before the first byte. */
export function lastVerdictOn(command: OpenCommand, view: TagView): Verdict {
  return overtime(command, view) ?? below(command, view) ?? locked(command, view) ?? ACTS;
}

type Step = (command: OpenCommand, view: TagView) => Verdict | undefined;

export const expiredEnding = (tag: TagId): Ending => ({
  outcome: 'expired',
  reason: { code: 'command.expired', details: { tag } },
});

const overtime: Step = (command, { tag: { tag }, now }) =>
  isOver(command, now) ? { kind: 'ends', ending: expiredEnding(tag.id) } : undefined;

/** Step 2. A claim that is not there any more has been taken over. */
const below: Step = (command, view) => {
  const { tag, claims } = view;
  const { origin } = command.command;
  const owner = ownerOf(claims);
  if (isClaiming(command)) {
    if (owner?.key === command.key) return undefined;
    if (owner && claims.some(({ key }) => key === command.key))
      return { kind: 'waits', again: undefined, waiting: ownedBy(owner, view) };
    const ending = rejected('command.superseded', { tag: tag.tag.id });
    return { kind: 'ends', ending };
  }
  if (owner === undefined || rankOf(owner.origin) >= rankOf(origin)) return undefined;
  return { kind: 'ends', ending: { outcome: 'rejected', ...ownedBy(owner, view) } };
};

/** What is said where a higher claim stands in the way. */
export function ownedBy(
  claim: Claim,
  { tag: { tag }, utcOf }: Pick<TagView, 'tag' | 'utcOf'>,
): Waiting & { readonly owner: TagOwner } {
  const details = { tag: tag.id, by: claim.by, ...originDetails(claim.origin) };
  return { reason: { code: 'command.owned', details }, owner: tagOwner(claim, utcOf) };
}

export const originDetails = (origin: CommandOrigin): ErrorDetails => ({
  origin,
  originZh: ORIGIN_WORDS[origin].zh,
});

export const tagOwner = (
  { origin, by, value, since, until }: Claim,
  utcOf: TagView['utcOf'],
): TagOwner => ({
  origin,
  by,
  value,
  since,
  until: until === undefined ? undefined : utcOf(until),
});

/** Levels that nobody at the box or upstream waits for are not written where they are there already. */
const held: Step = (command, { tag, held: there }) => {
  const { origin } = command.command;
  const isLevel = tag.policy.kind === 'level' && !tag.policy.isFading;
  const isOwn = origin === 'rule' || origin === 'interlock' || command.occasion !== undefined;
  const wanted = wantedOf(command);
  if (!isLevel || !isOwn || wanted === undefined || there === undefined) return undefined;
  return isShown(tag, wanted, there) ? { kind: 'held', value: there } : undefined;
};

/** Step 3. */
const limited: Step = (command, view) => {
  const wanted = wantedOf(command);
  if (isSafe(command) || wanted === undefined) return undefined;
  const { tag, utcOf } = view;
  const limit = limitReason({ ...view, tag: tag.tag.id, policy: tag.policy }, wanted);
  if (limit === undefined) return undefined;
  const { code, details, allowedAt } = limit;
  const moment = allowedAt === undefined ? {} : { allowedAt: utcOf(allowedAt) };
  return stopped(command, { reason: { code, details }, ...moment }, allowedAt);
};

/** Step 4. */
const locked: Step = (command, { tag: { tag, policy }, permit }) => {
  if (permit === true || isSafe(command)) return undefined;
  const wanted = wantedOf(command);
  if (policy.safe && wanted !== undefined && isSame(policy.safe.value, wanted)) return undefined;
  const code = permit === undefined ? 'command.interlock-unknown' : 'command.interlocked';
  return stopped(command, { reason: { code, details: { tag: tag.id } } }, undefined);
};

/** Of one that did not leave, and is tried again. */
const resting: Step = ({ notBefore, waiting }, { now, tag: { tag }, utcOf }) => {
  if (notBefore === undefined || now >= notBefore) return undefined;
  const reason = waiting?.reason ?? { code: 'command.not-sent', details: { tag: tag.id } };
  return { kind: 'waits', again: notBefore, waiting: { reason, allowedAt: utcOf(notBefore) } };
};

/** One with a claim waits; one without is over. */
const stopped = (command: OpenCommand, waiting: Waiting, again: MonoMs | undefined): Verdict =>
  isClaiming(command)
    ? { kind: 'waits', waiting, again }
    : { kind: 'ends', ending: { outcome: 'rejected', ...waiting } };
