/**
 * Who has a say about a tag: one claim an origin at most, the highest is the owner. Says what a command means to those
 * that claim the tag, and what is to be written when the owner's claim is over. Pure.
 */
import { COMMAND_ORIGINS, type CommandOrigin } from '../model/command.ts';
import type { Value } from '../model/sample.ts';
import type { MonoMs, UtcMs } from '../model/units.ts';

export interface Claim {
  readonly origin: CommandOrigin;
  readonly by: string;
  readonly value: Value;
  /** The command that wants, or wanted, the value written. */
  readonly key: string;
  readonly since: UtcMs;
  /** Undefined: until it is released. */
  readonly until: MonoMs | undefined;
}

/** Of one tag, the highest first, one an origin at most. */
export type Claims = readonly Claim[];

export const NO_CLAIMS: Claims = [];

/** 0 is the highest. */
export const rankOf = (origin: CommandOrigin): number => COMMAND_ORIGINS.indexOf(origin);

export const ownerOf = (claims: Claims): Claim | undefined => claims[0];

export const claimOf = (claims: Claims, origin: CommandOrigin): Claim | undefined =>
  claims.find((claim) => claim.origin === origin);

/** With this claim in the place of its origin's earlier one. */
export const withClaim = (claims: Claims, claim: Claim): Claims =>
  [...withoutClaim(claims, claim.origin), claim].sort(
    (a, b) => rankOf(a.origin) - rankOf(b.origin),
  );

export const withoutClaim = (claims: Claims, origin: CommandOrigin): Claims =>
  claims.filter((claim) => claim.origin !== origin);

/** Those whose time is not over. */
export const standing = (claims: Claims, now: MonoMs): Claims =>
  claims.every((claim) => isStanding(claim, now))
    ? claims
    : claims.filter((claim) => isStanding(claim, now));

const isStanding = ({ until }: Claim, now: MonoMs): boolean => until === undefined || until > now;

/** `takes-over`: it may act. `waits`: as a claim below the owner's. `refused`: it has no say while that one has. */
export type Arbitration = 'takes-over' | 'waits' | 'refused';

/** What the claims on a tag mean to a command that comes. */
export function arbitrated(
  claims: Claims,
  { origin, isClaiming }: { readonly origin: CommandOrigin; readonly isClaiming: boolean },
): Arbitration {
  const owner = ownerOf(claims);
  if (owner === undefined || rankOf(origin) <= rankOf(owner.origin)) return 'takes-over';
  return isClaiming && origin !== 'remote' ? 'waits' : 'refused';
}

/** `claim`: its value is to be written. `silence`: nobody is left. */
export type Next =
  | { readonly kind: 'claim'; readonly claim: Claim }
  | { readonly kind: 'silence' }
  | { readonly kind: 'nothing' };

/** Who gets their way when `before` has become `after`: somebody only where the owner's claim is over. */
export function nextAfter(before: Claims, after: Claims): Next {
  const [was, is] = [ownerOf(before), ownerOf(after)];
  if (was === undefined) return { kind: 'nothing' };
  if (is === undefined) return { kind: 'silence' };
  if (rankOf(is.origin) <= rankOf(was.origin)) return { kind: 'nothing' };
  return { kind: 'claim', claim: is };
}
