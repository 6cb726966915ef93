/**
 * What people at the box ask of the door, by the names `commands` and `command` of the control socket, and the answers.
 * Types only. All of it is JSON: keys say their unit, times are milliseconds since 1970, values are as `plainValue` writes
 * them, and what is not known is left out. See COMMANDS.md.
 */
import type { CommandOrigin, CommandOutcome, SafeOccasion, WritePolicy } from '../model/command.ts';
import type { ErrorCode } from '../model/errors.ts';

/** A value as JSON can hold it. A number of more than 15 digits is text; the door reads it by the type of the tag. */
export type PlainValue = boolean | number | string;

/** Why something is not as it was wanted; the texts are in the catalogue, and the details of it have no bigint. */
export interface PlainReason {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** Who has a tag now. */
export interface PlainOwner {
  readonly origin: CommandOrigin;
  readonly by: string;
  readonly value: PlainValue;
  readonly since: number;
  /** Left out: until it is released. */
  readonly until?: number;
}

/** `command`: writes, or releases, with the origin `local`. */
export type CommandQuestion = {
  readonly tag: string;
  /** Who says so: a person, or a user of the machine. */
  readonly by: string;
} & (
  | {
      readonly value: PlainValue;
      /** How long it claims the tag; 0: not at all; null: until it is released. */
      readonly hold_ms: number | null;
    }
  | { readonly release: true }
);

/**
 * Given once: when the command has ended, or as soon as it waits for a limit, an interlock or a higher owner. One that only
 * waits for another command of its tag to end gets its answer after that.
 */
export type CommandAnswer = CommandEndedAnswer | CommandWaitingAnswer;

interface CommandAnswerFacts {
  /** What the gateway calls the command. */
  readonly id: string;
  readonly tag: string;
  /** Who has the tag after it; of one that was refused for somebody else's sake: who that is. */
  readonly owner?: PlainOwner;
  /** When it would be allowed, or is tried again. */
  readonly allowed_at?: number;
}

export interface CommandEndedAnswer extends CommandAnswerFacts {
  readonly state: 'ended';
  /** Of a release: of what was written because of it; `written` where nothing had to be. */
  readonly outcome: CommandOutcome;
  /** Why it is not better. */
  readonly reason?: PlainReason;
  readonly read_back?: PlainValue;
  readonly took_ms: number;
}

/** It has a claim, and is written when nothing stands in its way any more. */
export interface CommandWaitingAnswer extends CommandAnswerFacts {
  readonly state: 'waiting';
  readonly reason: PlainReason;
}

/** `commands`: what can be written, and what was. */
export interface CommandsQuestion {
  /** Only this tag; all when left out. */
  readonly tag?: string;
  /** How many past commands at most; 0: none. */
  readonly last: number;
}

export interface CommandsAnswer {
  /** In the order of the site; empty for a tag that cannot be written, or that nobody knows. */
  readonly tags: readonly ShownTag[];
  /** The newest first. */
  readonly last: readonly PastCommand[];
}

export interface ShownTag {
  readonly tag: string;
  readonly unit?: string;
  /** What the tag holds as far as is known. */
  readonly value?: PlainValue;
  readonly policy: PlainPolicy;
  /** Left out: nobody has a say about it. */
  readonly owner?: PlainOwner;
  /** What stands in the way of a write at present, of whomever. */
  readonly limits: readonly PresentLimit[];
  /** The highest command that waits. */
  readonly waiting?: WaitingCommand;
}

export interface PlainPolicy {
  readonly type: WritePolicy['type'];
  readonly kind: WritePolicy['kind'];
  readonly by: WritePolicy['by'];
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly PlainValue[];
  readonly has_interlock: boolean;
  readonly safe?: { readonly value: PlainValue; readonly on: readonly SafeOccasion[] };
  readonly settle_ms: number;
}

/**
 * `interval`, `on`, `off`, `hourly`: nothing may leave before `until` (on, off: nothing that changes the state).
 * `step`, `slew`: only values within `min` and `max` may. `present-unknown`: these two cannot be told, and nothing may.
 * `interlock`: only the safe value may.
 */
export type PresentLimit =
  | { readonly kind: 'interval' | 'on' | 'off' | 'hourly'; readonly until: number }
  | { readonly kind: 'step' | 'slew'; readonly min: number; readonly max: number }
  | { readonly kind: 'present-unknown' }
  | { readonly kind: 'interlock'; readonly is: 'false' | 'unknown' };

export interface WaitingCommand {
  readonly origin: CommandOrigin;
  readonly by: string;
  readonly value: PlainValue;
  readonly reason?: PlainReason;
  /** When it is tried again. */
  readonly allowed_at?: number;
}

export interface PastCommand {
  readonly id: string;
  /** When it came to the door. */
  readonly time: number;
  readonly origin: CommandOrigin;
  readonly by: string;
  readonly tag: string;
  /** Left out: a release. */
  readonly value?: PlainValue;
  /** Left out: it has not ended. */
  readonly outcome?: CommandOutcome;
  /** Of one from before a restart the details may be gone. */
  readonly reason?: PlainReason;
  readonly read_back?: PlainValue;
  readonly took_ms?: number;
}

/** Of the status of the gateway: what became of commands since the start, and how things stand. */
export interface CommandFacts {
  /** How many ended so. */
  readonly outcomes: Readonly<Record<CommandOutcome, number>>;
  /** Messages from upstream that were refused on the way in. */
  readonly refused: number;
  /** Commands that wait for a limit, an interlock or a higher owner. */
  readonly waiting: number;
  /** Tags that are owned, by the origin of their owner. */
  readonly owned: Readonly<Record<CommandOrigin, number>>;
}
