/**
 * Whose turn it is at one tag: who has a say about it, what waits, and when to look again. What values and ranks mean is in
 * limits, arbiter and verdict. Every command that enters ends exactly once.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import { utcOf } from '../host/stamp.ts';
import { CATALOGUE } from '../model/errors.ts';
import type { Sample, TagId, Value } from '../model/sample.ts';
import { later, type Millis, type MonoMs, millis, monoMs, seconds } from '../model/units.ts';
import { arbitrated, type Claims, claimOf, ownerOf, standing } from './arbiter.ts';
import type { AttemptEnd } from './attempt.ts';
import { driftAfter, isRestoring, NO_DRIFT, restoredAt } from './drift.ts';
import {
  type Ending,
  type Field,
  isClaiming,
  isLasting,
  isOver,
  isSafe,
  type OpenCommand,
  type OwnWish,
  type Reason,
  rejected,
  shownBy,
  type WritableTag,
  wantedOf,
} from './open-command.ts';
import { isShown } from './read-back.ts';
import { TagClaims } from './tag-claims.ts';
import { TagWriter } from './tag-writer.ts';
import {
  expiredEnding,
  lastVerdictOn,
  ownedBy,
  type TagView,
  type Verdict,
  verdictOn,
} from './verdict.ts';
import { WaitingCommands } from './waiting-commands.ts';
import type { WriteHistory } from './write-history.ts';

/** What has to be so in the end and did not leave is tried again after this, and twice as long each time. */
const FIRST_REST: Millis = seconds(1);
const LONGEST_REST: Millis = seconds(10);

export interface TagTurnsOptions {
  readonly clock: Clock;
  readonly field: Field;
  readonly tag: WritableTag;
  readonly permit: (tag: TagId) => boolean | undefined;
  readonly latest: (tag: TagId) => Sample | undefined;
  /** Makes a command of the door's own, on its way into the ledger; `ready` or `fail` says how that went. */
  readonly ask: (wish: OwnWish) => OpenCommand;
  readonly end: (command: OpenCommand, ending: Ending) => void;
  /** Each time a command begins to wait for a limit, an interlock or a higher owner. */
  readonly onWaiting: (command: OpenCommand) => void;
  /** Nothing is under way and nothing waits. */
  readonly onIdle: () => void;
}

export class TagTurns {
  readonly claims: TagClaims;
  readonly waiting = new WaitingCommands();
  readonly #options: TagTurnsOptions;
  readonly #writer: TagWriter;
  #drift = NO_DRIFT;
  #isBlocked = false;
  #isClosed = false;
  #isTurning = false;
  #turnsAgain = false;
  #cancel: Cancel = () => {};

  constructor(options: TagTurnsOptions) {
    this.#options = options;
    this.#writer = new TagWriter({
      ...options,
      lastVerdict: (command) => lastVerdictOn(command, this.view()),
      onLeft: (command) => this.claims.wrote(command),
      onEnd: (command, end) => this.#attempted(command, end),
    });
    this.claims = new TagClaims({ ...options, waiting: this.waiting, underWay: this.#writer });
  }

  get isIdle(): boolean {
    return this.waiting.isEmpty && this.#writer.command === undefined;
  }

  /** How things stand, for whoever judges or shows them. */
  view(now: MonoMs = this.#options.clock.mono()): TagView {
    const { tag, permit, latest, clock } = this.#options;
    const shows = shownBy(tag);
    return {
      tag,
      now,
      claims: standing(this.claims.all, now),
      permit: tag.policy.hasInterlock ? permit(tag.tag.id) : true,
      history: this.#writer.history,
      present: shows === undefined ? undefined : (latest(shows)?.value ?? undefined),
      isReadable: shows !== undefined,
      held: this.#writer.held,
      utcOf: (moment) => utcOf(clock, moment),
    };
  }

  restore(claims: Claims, writes: WriteHistory, wasCleanStop: boolean): void {
    this.claims.restore(claims);
    this.#writer.restore(writes, wasCleanStop);
  }

  /** Nothing acts until it is over. */
  block(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    this.turn();
  }

  /** A command that passed admission, and whose intent is durable or does not need to be. */
  enter(command: OpenCommand): void {
    const view = this.#present();
    const { id } = this.#options.tag.tag;
    const owner = ownerOf(view.claims);
    const { origin } = command.command;
    const arbitration = arbitrated(view.claims, { origin, isClaiming: isClaiming(command) });
    if (this.#isClosed) this.claims.end(command, rejected('command.closed', { tag: id }));
    else if (isOver(command, view.now)) this.claims.end(command, expiredEnding(id));
    else if (arbitration === 'refused' && owner)
      this.claims.end(command, { outcome: 'rejected', ...ownedBy(owner, view) });
    else this.claims.admit(command);
    this.turn();
  }

  /** Ends the claim of the command's origin, of a rule only its own. Ends as what is written because of it. */
  release(command: OpenCommand): void {
    const { claims, now } = this.#present();
    const { origin, by } = command.command;
    const { id } = this.#options.tag.tag;
    const claim = claimOf(claims, origin);
    const isOwn = claim !== undefined && (origin !== 'rule' || claim.by === by);
    if (isOver(command, now)) this.claims.end(command, expiredEnding(id));
    else {
      const released = rejected('command.released', { tag: id });
      const follower = isOwn && this.claims.unclaim(origin, released);
      if (follower) follower.followers.push(command);
      else this.claims.end(command, RELEASED);
    }
    this.turn();
  }

  /** The intent of a command of the door's own is durable. */
  ready(command: OpenCommand): void {
    command.isReady = true;
    this.turn();
  }

  /** Ends a command that waits, where it still does. */
  fail(command: OpenCommand, ending: Ending): void {
    if (this.waiting.drop(command)) this.claims.end(command, ending);
    this.turn();
  }

  /** Takes nothing any more: what waits ends, and nobody's claim is followed by a write. */
  close(): void {
    this.claims.expire(this.#options.clock.mono());
    this.claims.close();
    this.#isClosed = true;
    this.#isBlocked = false;
    const ending = rejected('command.closed', { tag: this.#options.tag.tag.id });
    for (const command of this.waiting.ranked) this.fail(command, ending);
  }

  /** Ends everything now, whatever is known of it. */
  abandon(): void {
    const reason: Reason = { code: 'command.closed', details: { tag: this.#options.tag.tag.id } };
    this.claims.close();
    this.#isClosed = true;
    for (const command of this.waiting.ranked) this.fail(command, { outcome: 'failed', reason });
    this.#writer.abandon(reason);
  }

  /** The tag that shows what becomes of writes was read; null: without success. */
  take(value: Value | null): void {
    this.#writer.take(value);
    if (value !== null && this.isIdle && !this.#isBlocked && !this.#isClosed) this.#watch(value);
    if (!this.waiting.isEmpty) this.turn();
  }

  /** Nobody writes, and the owner's value should be there. */
  #watch(value: Value): void {
    const { restore } = this.#options.tag.policy;
    if (restore === undefined) return;
    const { now, claims, tag } = this.#present();
    const owner = ownerOf(claims);
    this.#drift = driftAfter(this.#drift, !owner || isShown(tag, owner.value, value), now);
    if (!isRestoring(this.#drift, restore, now)) return;
    this.#drift = restoredAt(this.#drift, now);
    this.claims.resume();
  }

  /** Lets everybody act who may, and sees when to look again. */
  turn(): void {
    this.#turnsAgain = true;
    if (this.#isTurning) return;
    this.#isTurning = true;
    while (this.#turnsAgain) {
      this.#turnsAgain = false;
      this.#step();
    }
    this.#isTurning = false;
    this.#arm();
    if (this.isIdle) this.#options.onIdle();
  }

  #step(): void {
    const { now } = this.#present();
    this.#recall(now);
    for (const command of this.waiting.over(now))
      this.fail(command, expiredEnding(this.#options.tag.tag.id));
    if (this.#isBlocked) return;
    for (const command of this.waiting.ranked) {
      if (!command.isReady) continue;
      const verdict = this.#verdictOn(command, now);
      if (verdict.kind === 'waits') this.#wait(command, verdict);
      else if (verdict.kind === 'ends') {
        this.fail(command, verdict.ending);
        return;
      } else {
        this.#act(command, verdict);
        return;
      }
    }
  }

  /** One at a time; who is under way is told that somebody waits. */
  #act(command: OpenCommand, verdict: Verdict & { readonly kind: 'acts' | 'held' }): void {
    if (this.#writer.command) {
      this.#writer.hurry(command.command.origin === 'interlock');
      return;
    }
    const value = wantedOf(command);
    this.waiting.drop(command);
    command.waiting = undefined;
    if (verdict.kind === 'held') this.#attempted(command, verdict);
    else if (value !== undefined) this.#writer.start(command, value);
  }

  #attempted(command: OpenCommand, end: AttemptEnd): void {
    switch (end.kind) {
      case 'held':
        this.claims.wrote(command);
        this.claims.end(command, { outcome: 'verified', readBack: end.value });
        break;
      case 'withheld':
        this.waiting.add(command);
        break;
      case 'unsent':
        if (this.#isTriedAgain(command, end.reason)) this.#rest(command, end.reason);
        else this.claims.end(command, { outcome: 'failed', reason: end.reason });
        break;
      case 'sent':
        this.claims.end(command, end.ending);
        break;
    }
    this.turn();
  }

  /** A safe value always; what a rule claims, where the reason is one that passes. */
  #isTriedAgain(command: OpenCommand, { code }: Reason): boolean {
    if (this.#isClosed) return false;
    return isSafe(command) || (isLasting(command) && CATALOGUE[code].kind === 'transient');
  }

  /** Nothing of it was sent, so trying again is not sending twice. */
  #rest(command: OpenCommand, reason: Reason): void {
    const rest = Math.min(FIRST_REST * 2 ** command.attempts++, LONGEST_REST);
    command.notBefore = later(this.#options.clock.mono(), millis(rest));
    command.waiting = { reason };
    this.waiting.add(command);
  }

  /** What is under way and has not left may have become somebody else's turn. */
  #recall(now: MonoMs): void {
    const command = this.#writer.command;
    if (command === undefined || this.#writer.hasLeft) return;
    const isStill =
      !this.#isOvertaken(command, now) && lastVerdictOn(command, this.view(now)).kind === 'acts';
    if (isStill) return;
    this.#writer.withdraw();
    this.waiting.add(command);
  }

  #verdictOn(command: OpenCommand, now: MonoMs): Verdict {
    const { id } = this.#options.tag.tag;
    return this.#isOvertaken(command, now)
      ? { kind: 'ends', ending: rejected('command.superseded', { tag: id }) }
      : verdictOn(command, this.view(now));
  }

  /** Nobody was left, or the gateway had crashed; but now somebody claims the tag, and may act. */
  #isOvertaken({ occasion }: OpenCommand, now: MonoMs): boolean {
    const owner = ownerOf(this.claims.all);
    if (owner === undefined || (occasion !== 'crash' && occasion !== 'silent')) return false;
    const waiting = this.waiting.find(owner.key);
    if (waiting === undefined) return true;
    return waiting.isReady && verdictOn(waiting, this.view(now)).kind !== 'waits';
  }

  #wait(command: OpenCommand, { waiting, again }: Verdict & { readonly kind: 'waits' }): void {
    const isNew = command.waiting === undefined;
    command.waiting = waiting;
    command.again = again;
    for (const follower of command.followers.splice(0)) this.#options.end(follower, RELEASED);
    if (isNew) this.#options.onWaiting(command);
  }

  #arm(): void {
    const { clock } = this.#options;
    const underWay = this.#writer.hasLeft ? undefined : this.#writer.command;
    const moments = [
      // What is closed looks at no claim any more, and nothing keeps the process.
      ...(this.#isClosed ? [] : this.claims.all.map(({ until }) => until)),
      ...this.waiting.moments(clock.mono()),
      underWay?.command.expires,
    ];
    const due = Math.min(...moments.map((moment) => moment ?? Number.POSITIVE_INFINITY));
    this.#cancel();
    this.#cancel = Number.isFinite(due)
      ? clock.at('command.wake', monoMs(due), () => this.turn())
      : () => {};
  }

  /** How things stand after claims whose time is over have ended. */
  #present(): TagView {
    this.claims.expire(this.#options.clock.mono());
    return this.view();
  }
}

/** What a release ends with where nothing has to be written because of it. */
const RELEASED: Ending = { outcome: 'written' };
