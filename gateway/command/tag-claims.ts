/**
 * The claims on one tag, and what follows when they change: commands of a claim that is over end, the next claim gets its way,
 * and with nobody left the safe value is written.
 */
import type { Clock } from '../host/clock.ts';
import type { Command, SafeOccasion } from '../model/command.ts';
import { between, later, type MonoMs, millis } from '../model/units.ts';
import {
  type Claim,
  type Claims,
  NO_CLAIMS,
  nextAfter,
  ownerOf,
  standing,
  withClaim,
  withoutClaim,
} from './arbiter.ts';
import {
  type Ending,
  isClaiming,
  isSafe,
  isUnsent,
  type OpenCommand,
  type OwnWish,
  rejected,
  type WritableTag,
  wantedOf,
} from './open-command.ts';
import { expiredEnding } from './verdict.ts';
import { isOrphan, type WaitingCommands } from './waiting-commands.ts';

export interface TagClaimsOptions {
  readonly clock: Clock;
  readonly tag: WritableTag;
  readonly waiting: WaitingCommands;
  readonly underWay: UnderWay;
  /** Makes a command of the door's own, on its way into the ledger; `ready` or `fail` says how that went. */
  readonly ask: (wish: OwnWish) => OpenCommand;
  readonly end: (command: OpenCommand, ending: Ending) => void;
}

/** The one write under way. */
export interface UnderWay {
  readonly command: OpenCommand | undefined;
  readonly hasLeft: boolean;
  /** Takes it back; only before it has left. */
  withdraw(): void;
}

export class TagClaims {
  readonly #options: TagClaimsOptions;
  #claims: Claims = NO_CLAIMS;
  /** Somebody who claimed the tag wrote it, and it was not made safe since. */
  #isHeld = false;
  #isClosed = false;

  constructor(options: TagClaimsOptions) {
    this.#options = options;
  }

  /** Those whose time is over stay until they are looked for. */
  get all(): Claims {
    return this.#claims;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  restore(claims: Claims): void {
    this.#claims = claims;
    this.#isHeld = claims.length > 0;
  }

  /** From now on nothing follows from a claim that is over. */
  close(): void {
    this.#isClosed = true;
  }

  /** The command waits for its turn; with a claim it takes the place of its origin's earlier one. */
  admit(command: OpenCommand): void {
    const { clock, tag, waiting } = this.#options;
    const { origin, by, hold } = command.command;
    const value = wantedOf(command);
    waiting.add(command);
    if (!isClaiming(command) || value === undefined) return;
    const until = hold === 'released' ? undefined : later(clock.mono(), hold);
    const claim = { origin, by, value, key: command.key, since: clock.utc(), until };
    const ending = rejected('command.superseded', { tag: tag.tag.id });
    this.#change(withClaim(this.#claims, claim), ending);
  }

  /** Has the safe value written. With `interlock` it claims the tag. */
  makeSafe(occasion: SafeOccasion): OpenCommand | undefined {
    const { safe } = this.#options.tag.policy;
    if (safe === undefined) return undefined;
    const hold = occasion === 'interlock' ? 'released' : millis(0);
    const wish = { origin: 'interlock', by: occasion, value: safe.value, hold, occasion } as const;
    const command = this.#options.ask(wish);
    this.admit(command);
    return command;
  }

  /** The origin's claim is over; a command of it that waits ends like this. Returns what is written because of it. */
  unclaim(origin: Command['origin'], ending: Ending): OpenCommand | undefined {
    return this.#change(withoutClaim(this.#claims, origin), ending);
  }

  /** Ends claims whose time is over. */
  expire(now: MonoMs): void {
    const claims = standing(this.#claims, now);
    if (claims !== this.#claims) this.#change(claims, expiredEnding(this.#options.tag.tag.id));
  }

  /** The write of the command left, or the tag held its value already. */
  wrote(command: OpenCommand): void {
    const { origin } = command.command;
    const ending = rejected('command.superseded', { tag: this.#options.tag.tag.id });
    if (isSafe(command)) this.#isHeld = false;
    else if (isClaiming(command)) this.#isHeld = true;
    // It is the last word of its origin, which claims nothing with it.
    else this.unclaim(origin, ending);
  }

  /** Ends the command, and its claim where nobody holds a tag with what did not get there. */
  end(command: OpenCommand, ending: Ending): void {
    const { end } = this.#options;
    const before = this.#claims;
    if (this.#isLost(command, ending)) this.#claims = withoutClaim(before, command.command.origin);
    end(command, ending);
    const { owner: _, allowedAt: __, ...same } = ending;
    for (const follower of command.followers.splice(0)) end(follower, same);
    if (this.#claims !== before) this.#follow(before);
  }

  /** A rule goes on wanting what it wants, and a claim that stood before its value was to be written again stands. */
  #isLost({ key, command: { origin }, occasion }: OpenCommand, { outcome }: Ending): boolean {
    const isClaimed = this.#claims.some((claim) => claim.key === key);
    if (!isUnsent(outcome) || !isClaimed || occasion === 'again') return false;
    return origin === 'local' || origin === 'remote' || outcome === 'expired';
  }

  #change(claims: Claims, ending: Ending): OpenCommand | undefined {
    const { waiting, underWay } = this.#options;
    const before = this.#claims;
    const { command } = underWay;
    this.#claims = claims;
    if (command && !underWay.hasLeft && isOrphan(command, claims)) {
      underWay.withdraw();
      this.end(command, ending);
    }
    for (const orphan of waiting.orphans(claims)) {
      waiting.drop(orphan);
      this.end(orphan, ending);
    }
    return this.#follow(before);
  }

  /** Where the owner's claim is over, the next gets its way. */
  #follow(before: Claims): OpenCommand | undefined {
    if (this.#isClosed) return undefined;
    const { tag, waiting } = this.#options;
    const next = nextAfter(before, this.#claims);
    const fallsSilent = next.kind === 'silence' && this.#isHeld;
    if (fallsSilent && tag.policy.safe?.on.includes('silent'))
      return waiting.fallback ?? this.makeSafe('silent');
    // A pulse does something each time, and nobody asked for it again.
    if (next.kind !== 'claim' || tag.policy.kind === 'pulse') return undefined;
    return this.#again(next.claim);
  }

  /** The owner's value is written again: an orderly stop has left the safe one, or the device has forgotten. */
  resume(): void {
    const owner = ownerOf(this.#claims);
    if (owner?.origin === 'interlock') this.makeSafe('interlock');
    else if (owner && this.#options.tag.policy.kind === 'level') this.#again(owner);
  }

  #again(claim: Claim): OpenCommand {
    const { clock, waiting, underWay, ask } = this.#options;
    const own = underWay.command?.key === claim.key ? underWay.command : waiting.find(claim.key);
    if (own) return own;
    const { origin, by, value, until } = claim;
    const hold = until === undefined ? 'released' : between(clock.mono(), until);
    const command = ask({ origin, by, value, hold, occasion: 'again' });
    this.#claims = withClaim(this.#claims, { ...claim, key: command.key });
    waiting.add(command);
    return command;
  }
}
