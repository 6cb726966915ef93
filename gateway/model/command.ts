/** A command: one wish for one tag, with an origin, an expiry and exactly one outcome. See command/COMMANDS.md. */
import type { ErrorCode, ErrorDetails, Language } from './errors.ts';
import type { TagId, Value } from './sample.ts';
import type { Millis, MonoMs, UtcMs } from './units.ts';

/** From the highest rank to the lowest. */
export const COMMAND_ORIGINS = ['interlock', 'local', 'rule', 'remote'] as const;
export type CommandOrigin = (typeof COMMAND_ORIGINS)[number];
/** As technicians call them. */
export const ORIGIN_WORDS: Readonly<Record<CommandOrigin, Readonly<Record<Language, string>>>> = {
  interlock: { en: 'interlock', zh: '联锁' },
  local: { en: 'local', zh: '本地' },
  rule: { en: 'rule', zh: '规则' },
  remote: { en: 'remote', zh: '远程' },
};

/**
 * `verified`: read back and equal. `written`: acknowledged, and cannot be read. `rejected`: refused, nothing changed.
 * `expired`: its time was over before the wire. `failed`: it did not leave. `unknown`: it left, and what became of it
 * nobody can tell; it is never repeated by itself.
 */
export const COMMAND_OUTCOMES = [
  'verified',
  'written',
  'rejected',
  'expired',
  'failed',
  'unknown',
] as const;
export type CommandOutcome = (typeof COMMAND_OUTCOMES)[number];

/** What is wanted of a tag. */
export type CommandWish =
  | { readonly kind: 'write'; readonly value: Value }
  | { readonly kind: 'release' };

/** A command as it comes to the door. */
export interface Command {
  /** Unique for ever, with its origin: of a rule `press-overheat!12`, of upstream as the sender chose it. */
  readonly id: string;
  readonly origin: CommandOrigin;
  /** The operator, the rule, the person. */
  readonly by: string;
  readonly tag: TagId;
  readonly wish: CommandWish;
  /** How long its origin claims the tag; 0: not at all; `released`: until a release. */
  readonly hold: Millis | 'released';
  /** After this it must not reach the wire; undefined: it may always. */
  readonly expires: MonoMs | undefined;
  /** When the sender made it, by the sender's clock; of remote commands. */
  readonly issued?: UtcMs;
  /** Rising with each command of the same signer. */
  readonly counter?: number;
  /** Why a rule asked for it; JSON, goes into the audit as it is. */
  readonly causes?: object;
}

/** Who has a tag now, for people. */
export interface TagOwner {
  readonly origin: CommandOrigin;
  readonly by: string;
  readonly value: Value;
  readonly since: UtcMs;
  /** Undefined: until it is released. */
  readonly until: UtcMs | undefined;
}

/** How a command ended. */
export interface CommandEnd {
  readonly outcome: CommandOutcome;
  /** Why it is not better. */
  readonly reason?: { readonly code: ErrorCode; readonly details: ErrorDetails };
  /** What the tag held at last; undefined where it was not, or could not be, read. */
  readonly readBack?: Value;
  /** Of one that was refused for somebody else's sake. */
  readonly owner?: TagOwner;
  /** When it would be allowed, of one that a limit refused. */
  readonly allowedAt?: UtcMs;
  /** An earlier command had the same id, and this is its end. */
  readonly isRepeated?: true;
  readonly tookMs: number;
}

/** What a site lets be done to a tag. */
export interface WritePolicy {
  readonly by: readonly Exclude<CommandOrigin, 'interlock'>[];
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly values: readonly Value[] | undefined;
  readonly maxStep: number | undefined;
  /** In the unit of the tag. */
  readonly slewPerHour: number | undefined;
  readonly minInterval: Millis;
  readonly minOn: Millis;
  readonly minOff: Millis;
  readonly maxPerHour: number | undefined;
  readonly hasInterlock: boolean;
  readonly safe: SafeValue | undefined;
  /** Of remote commands that do not say. */
  readonly hold: Millis;
  readonly settle: Millis;
  /** Undefined: as said in COMMANDS.md. */
  readonly tolerance: number | undefined;
  /** How long it may show something other than its owner wants before that is written again; undefined: for ever. */
  readonly restore: Millis | undefined;
  /** The tag that shows what became of a write; undefined: nothing does. */
  readonly readBack: TagId | undefined;
  /** Of an address that keeps a single-precision float. */
  readonly isFloat32: boolean;
  readonly kind: 'level' | 'pulse';
  /** What is written holds for a time only, and is written again before it is over: equal values are no repetition. */
  readonly isFading: boolean;
  /** What the address takes. */
  readonly type: 'flag' | 'number' | 'text' | 'any';
}

export const SAFE_OCCASIONS = ['silent', 'stop', 'crash', 'interlock'] as const;
export type SafeOccasion = (typeof SAFE_OCCASIONS)[number];

export interface SafeValue {
  readonly value: Value;
  readonly on: readonly SafeOccasion[];
}

/** What the gateway wants of messages from upstream. */
export interface RemotePolicy {
  /** From issued to expires at most. */
  readonly maxAge: Millis;
  /** By name; with any, unsigned commands are refused. */
  readonly operators: ReadonlyMap<string, Operator>;
}

export interface Operator {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The tags that the operator may write: ids, or `press.*` for all of a device; undefined: all that remote may. */
  readonly tags: readonly string[] | undefined;
}
