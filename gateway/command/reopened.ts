/** Commands of an earlier run, as the door takes them up again. Pure. */
import type { Command } from '../model/command.ts';
import type { TagId } from '../model/sample.ts';
import type { SeenCommand } from './command-book.ts';
import { idOf, understoodEnd } from './command-record.ts';
import type { PastCommand } from './tag-pasts.ts';

/** The command of an entry; undefined where what was wanted is not known. */
export function commandFrom({ entry, command }: PastCommand): Command | undefined {
  if (command === undefined) return undefined;
  const { kind, value, by, hold } = command;
  if (kind === 'write' && value === undefined) return undefined;
  const { key, origin, tag } = entry;
  return {
    id: idOf(key),
    origin,
    by,
    tag: tag as TagId,
    wish: value === undefined ? { kind: 'release' } : { kind: 'write', value },
    hold,
    expires: undefined,
  };
}

/** Of those that have ended, oldest first. */
export const seenBefore = (past: readonly PastCommand[]): readonly SeenCommand[] =>
  past.flatMap((one) => {
    const command = commandFrom(one);
    const { entry } = one;
    if (command === undefined || entry.outcome === undefined) return [];
    const { time } = entry;
    return [{ command, time, isEarlier: true, end: understoodEnd(entry), waiting: undefined }];
  });
