/** A command as a message from upstream, and what its sender is told. Crosses threads as it is; see COMMANDS.md. */
import type { CommandEnd } from './command.ts';
import type { ErrorCode } from './errors.ts';
import type { Value } from './sample.ts';
import type { Millis, UtcMs } from './units.ts';

/** Of 8 to 64 characters that mean nothing in a topic. */
export const COMMAND_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** What is wanted of the tag; the value as JSON has it. */
export type RemoteWish =
  | { readonly kind: 'write'; readonly value: boolean | number | string }
  | { readonly kind: 'release' };

/** What a message says: bounded and of the right form, and nobody has judged it yet. */
export interface CommandRequest {
  readonly gateway: string;
  readonly id: string;
  readonly tag: string;
  readonly wish: RemoteWish;
  /** By the sender's clock. */
  readonly issued: UtcMs;
  /** Later than `issued`. */
  readonly expires: UtcMs;
  /** Undefined: as the tag says. */
  readonly hold: Millis | undefined;
  readonly by: string;
  readonly counter: number | undefined;
  /** Undefined: the message was not signed. */
  readonly signature: CommandSignature | undefined;
}

export interface CommandSignature {
  /** The signed object as it came; all of the request is from it. */
  readonly text: string;
  /** 64 bytes, which may be any. */
  readonly bytes: Uint8Array;
}

/** The answer to one request. Each gets exactly one `ended`; where it was taken, `accepted` comes before. */
export type CommandReply =
  | { readonly state: 'accepted'; readonly id: string; readonly tag: string }
  | CommandEnded;

export interface CommandEnded {
  readonly state: 'ended';
  readonly id: string;
  readonly tag: string | undefined;
  /** What was wanted; undefined of a release, and where nobody looked at it. */
  readonly value?: Value | undefined;
  readonly end: CommandEnd;
}

/** Messages that were refused on the way in, since the last of these: how many, by why. */
export interface RefusedCommands {
  readonly uplink: string;
  readonly counts: Readonly<Partial<Record<ErrorCode, number>>>;
}
