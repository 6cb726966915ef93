/**
 * The door of one tag over its whole life: takes up what was before, keeps its safe value where silence, a crash, a stop or an
 * interlock ask for it. In between it is the turns of those who want something.
 */

import type { Value } from '../model/sample.ts';
import { later, type Millis, type MonoMs, monoMs } from '../model/units.ts';
import { type Claims, claimOf } from './arbiter.ts';
import {
  type Ending,
  isUnsent,
  type OpenCommand,
  rejected,
  type WritableTag,
} from './open-command.ts';
import { Resolution } from './resolution.ts';
import { TagTurns, type TagTurnsOptions } from './tag-turns.ts';
import type { WriteHistory } from './write-history.ts';

/** What a tag begins with. */
export interface TagPast {
  readonly claims: Claims;
  readonly writes: WriteHistory;
  /** Without an end. */
  readonly open: readonly OpenCommand[];
  /** A claim was over while nobody looked. */
  readonly isSilent: boolean;
}

export interface TagStart {
  readonly past: TagPast;
  readonly wasCleanStop: boolean;
  /** Until then an interlock that is not known yet is no reason for the safe value. */
  readonly grace: Millis;
}

export type TagDeskOptions = Omit<TagTurnsOptions, 'onIdle'>;

export class TagDesk {
  readonly turns: TagTurns;
  readonly #options: TagDeskOptions;
  #resolution: Resolution | undefined;
  #grace: MonoMs = monoMs(Number.NEGATIVE_INFINITY);
  #isStopping = false;
  #onIdle: () => void = () => {};

  constructor(options: TagDeskOptions) {
    this.#options = options;
    this.turns = new TagTurns({ ...options, onIdle: () => this.#onIdle() });
  }

  get tag(): WritableTag {
    return this.#options.tag;
  }

  /** Takes up what was before. Nothing is written until commands without an end have one. */
  start({ past, wasCleanStop, grace }: TagStart): void {
    const { clock, field, tag } = this.#options;
    const { claims, writes, open, isSilent } = past;
    const on = tag.policy.safe?.on ?? [];
    this.#grace = later(clock.mono(), grace);
    this.turns.restore(claims, writes, wasCleanStop);
    if (open.length > 0) {
      this.turns.block(true);
      this.#resolution = new Resolution({
        ...{ clock, field, tag, commands: open },
        onEnd: (endings) => {
          this.#resolution = undefined;
          for (const [command, ending] of endings) {
            if (isUnsent(ending.outcome)) command.left = undefined;
            this.turns.claims.end(command, ending);
          }
          this.turns.block(false);
        },
      });
    }
    if (claims.length === 0 && !wasCleanStop && on.includes('crash'))
      this.turns.claims.makeSafe('crash');
    else if (claims.length === 0 && isSilent && on.includes('silent'))
      this.turns.claims.makeSafe('silent');
    else if (claims.length > 0 && wasCleanStop && on.includes('stop')) this.turns.claims.resume();
    this.#resolution?.start();
    this.turns.turn();
  }

  /** Whoever evaluates the interlock came to another result. */
  interlockChanged(): void {
    const { tag } = this.#options;
    const { permit, now, claims } = this.turns.view();
    const isMet = permit === true || (permit === undefined && now < this.#grace);
    const isClaimed = claimOf(claims, 'interlock') !== undefined;
    const isWanted = tag.policy.safe?.on.includes('interlock') === true && !this.#isStopping;
    if (!isMet && !isClaimed && isWanted) this.turns.claims.makeSafe('interlock');
    const released: Ending = rejected('command.released', { tag: tag.tag.id });
    if (isMet && isClaimed) this.turns.claims.unclaim('interlock', released);
    this.turns.turn();
  }

  /** The tag that shows what becomes of writes was read; null: without success. */
  take(value: Value | null): void {
    this.#resolution?.take(value);
    this.turns.take(value);
  }

  /** Takes nothing any more. Resolves when the safe value of a stop has been written, and nothing is under way. */
  stop(): Promise<void> {
    const on = this.#options.tag.policy.safe?.on ?? [];
    this.#isStopping = true;
    this.#resolution?.close();
    this.turns.close();
    const { claims } = this.turns;
    claims.unclaim('remote', rejected('command.closed', { tag: this.tag.tag.id }));
    const isLeft = claims.isHeld && claims.all.length === 0;
    if (on.includes('stop')) this.turns.claims.makeSafe('stop');
    else if (isLeft && on.includes('silent')) this.turns.claims.makeSafe('silent');
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.turns.turn();
    });
  }
}
