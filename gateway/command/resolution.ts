/**
 * What became of commands whose end nobody wrote down: their tag is read, and that decides. Nothing is written to the tag
 * until all of them have ended, a minute at most.
 */
import type { Clock } from '../host/clock.ts';
import type { Value } from '../model/sample.ts';
import { type Millis, millis, seconds } from '../model/units.ts';
import { Looking } from './looking.ts';
import {
  type Ending,
  type Field,
  type OpenCommand,
  shownBy,
  type WritableTag,
  wantedOf,
} from './open-command.ts';
import { isShown, type Seen } from './read-back.ts';

/** How long a tag that does not answer is asked. */
export const RESOLVE_PATIENCE: Millis = seconds(60);

export interface ResolutionOptions {
  readonly clock: Clock;
  readonly field: Field;
  readonly tag: WritableTag;
  readonly commands: readonly OpenCommand[];
  readonly onEnd: (endings: readonly (readonly [OpenCommand, Ending])[]) => void;
}

export class Resolution {
  readonly #options: ResolutionOptions;
  readonly #looking: Looking | undefined;

  constructor(options: ResolutionOptions) {
    this.#options = options;
    const { clock, field, tag, commands } = options;
    const shows = shownBy(tag);
    if (shows === undefined || tag.policy.readBack === undefined) return;
    this.#looking = new Looking({
      clock,
      name: 'command.resolve',
      reread: () => field.reread(shows),
      isAwaited: (value) => commands.every((command) => isWanted(tag, command, value)),
      settle: millis(Math.min(tag.policy.settle, RESOLVE_PATIENCE)),
      patience: RESOLVE_PATIENCE,
      onEnd: (seen) => this.#conclude(seen),
    });
  }

  start(): void {
    if (this.#looking) this.#looking.start();
    else this.#conclude({ kind: 'unreadable' });
  }

  take(value: Value | null): void {
    this.#looking?.take(value);
  }

  /** Ends without a word; the commands stay as they are. */
  close(): void {
    this.#looking?.close();
  }

  #conclude(seen: Seen): void {
    const { tag, commands, onEnd } = this.#options;
    const value = 'value' in seen ? seen.value : undefined;
    onEnd(commands.map((command) => [command, resolvedEnding(tag, command, value)] as const));
  }
}

/** A release has happened as soon as it is written down. */
export function resolvedEnding(
  tag: WritableTag,
  command: OpenCommand,
  read: Value | undefined,
): Ending {
  const wanted = wantedOf(command);
  if (wanted === undefined) return { outcome: 'written' };
  const details = { tag: tag.tag.id };
  const readBack = read !== undefined && { readBack: read };
  if (read !== undefined && isShown(tag, wanted, read)) return { outcome: 'verified', ...readBack };
  const { before } = command;
  // What another tag shows, a position, may not have followed yet.
  const isOwn = shownBy(tag) === tag.tag.id;
  const isAsBefore =
    isOwn && read !== undefined && before !== undefined && isShown(tag, before, read);
  if (isAsBefore)
    return {
      outcome: 'failed',
      reason: { code: 'command.interrupted-unsent', details },
      ...readBack,
    };
  return { outcome: 'unknown', reason: { code: 'command.interrupted', details }, ...readBack };
}

function isWanted(tag: WritableTag, command: OpenCommand, value: Value): boolean {
  const wanted = wantedOf(command);
  return wanted === undefined || isShown(tag, wanted, value);
}
