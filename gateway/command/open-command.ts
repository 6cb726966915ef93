/** A command between the door and its end, and what the parts of the door say to each other about it. */
import type { WriteRequest, Written } from '../../drivers/driver.ts';
import type {
  Command,
  CommandEnd,
  CommandOutcome,
  SafeOccasion,
  WritePolicy,
} from '../model/command.ts';
import type { ErrorCode, ErrorDetails } from '../model/errors.ts';
import type { TagId, Value } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { MonoMs, UtcMs } from '../model/units.ts';
import type { Withheld, WriteGate } from '../poll/bus-facts.ts';

/** A tag that the site lets be written. */
export interface WritableTag {
  readonly tag: Tag;
  /** For the driver, as it is. */
  readonly address: unknown;
  readonly policy: WritePolicy;
  /** Whether it is read, too. */
  readonly isRead: boolean;
}

/** Of a FieldBus, which keeps its word. */
export interface GatedBus {
  write(device: string, request: WriteRequest, gate: WriteGate): Promise<Written | Withheld>;
}

/** The way to the devices. */
export interface Field {
  /** The bus of a device; undefined: there is none. */
  busOf(device: string): GatedBus | undefined;
  /** Lets the bus of a device know that a write is about to come. */
  expect(device: string): void;
  /** Reads the tag at once, on whatever bus it is. */
  reread(tag: TagId): void;
}

export interface Reason {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** How a command ended, before it is timed. */
export type Ending = Omit<CommandEnd, 'tookMs'>;

/** What a command waits for: a limit, an interlock, a higher owner. Not: another command of its tag under way. */
export interface Waiting extends Pick<CommandEnd, 'owner' | 'allowedAt'> {
  readonly reason: Reason;
}

/**
 * Why the door asked for something itself: a safe value, or a claim that gets its way `again` because a higher one is
 * over.
 */
export type Occasion = SafeOccasion | 'again';

export interface OpenCommand {
  readonly command: Command;
  /** `origin/id`; claims name their command by it. */
  readonly key: string;
  /** In the ledger: the key, unless an earlier run has used it. */
  ledgerKey: string;
  /** Later commands have higher ones. */
  readonly order: number;
  readonly began: MonoMs;
  readonly time: UtcMs;
  /** Of commands of the door's own. */
  readonly occasion: Occasion | undefined;
  /** What the tag held when the command came, as far as it was known. */
  before: Value | undefined;
  /** How it ends as soon as it is durable, and does nothing. */
  refusal: Ending | undefined;
  /** It is durable, or does not need to be. */
  isReady: boolean;
  /** The ledger did not say in time that it has the intent; it may have it, or one of the same key with its end. */
  isDoubtful: boolean;
  /** Settled as soon as the ledger has said what it has to say about the intent. */
  stored: Promise<void>;
  /** When its write left, or may have. */
  left: MonoMs | undefined;
  /** Not before; of one that is tried again because it did not leave. */
  notBefore: MonoMs | undefined;
  /** How often it did not leave. */
  attempts: number;
  waiting: Waiting | undefined;
  /** When it is tried again; undefined: when something happens. */
  again: MonoMs | undefined;
  /** Releases that end as this command does. */
  readonly followers: OpenCommand[];
}

/** What is wanted; undefined of a release. */
export const wantedOf = ({ command: { wish } }: OpenCommand): Value | undefined =>
  wish.kind === 'write' ? wish.value : undefined;

/** Whether it claims its tag. */
export const isClaiming = ({ command: { hold, wish } }: OpenCommand): boolean =>
  wish.kind === 'write' && (hold === 'released' || hold > 0);

/** Its time is over: it must not reach the wire any more. */
export const isOver = ({ command: { expires } }: OpenCommand, now: MonoMs): boolean =>
  expires !== undefined && now >= expires;

/** Whether it is a safe value: free of limits, and passed by every interlock. */
export const isSafe = ({ occasion }: OpenCommand): boolean =>
  occasion !== undefined && occasion !== 'again';

/**
 * Whether it is tried again where it could not leave: what has to be so in the end. A person, and a sender upstream, are told
 * and decide by themselves.
 */
export const isLasting = (command: OpenCommand): boolean =>
  command.occasion !== undefined || (command.command.origin === 'rule' && isClaiming(command));

/** Whether nothing of such a command reached the device. */
export const isUnsent = (outcome: CommandOutcome): boolean =>
  outcome === 'rejected' || outcome === 'expired' || outcome === 'failed';

/** How a command of the door's own comes into being. */
export interface OwnWish {
  readonly origin: Command['origin'];
  readonly by: string;
  readonly value: Value;
  readonly hold: Command['hold'];
  readonly occasion: Occasion;
}

/** The tag that shows what became of a write; undefined: none does. */
export const shownBy = ({ tag, policy, isRead }: WritableTag): TagId | undefined =>
  policy.readBack ?? (isRead ? tag.id : undefined);

export const rejected = (
  code: ErrorCode,
  details: ErrorDetails,
  more: Pick<CommandEnd, 'owner' | 'allowedAt'> = {},
): Ending => ({ outcome: 'rejected', reason: { code, details }, ...more });
