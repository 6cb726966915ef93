/** Whether a command may come in at all: its tag, its origin, its value. Step 1 of COMMANDS.md. Pure. */
import type { Command } from '../model/command.ts';
import type { MonoMs } from '../model/units.ts';
import { valueReason } from './limits.ts';
import { type Ending, rejected, type WritableTag } from './open-command.ts';
import { expiredEnding, originDetails } from './verdict.ts';

/** How it ends at the door; undefined: it may come in. */
export function admissionEnding(
  { tag: id, origin, wish, expires }: Command,
  tag: WritableTag | undefined,
  now: MonoMs,
): Ending | undefined {
  if (tag === undefined) return rejected('command.tag-unknown', { tag: id });
  const { policy } = tag;
  if (origin === 'interlock' || !policy.by.includes(origin)) {
    const allowed = policy.by.join(', ') || '–';
    return rejected('command.origin', { tag: id, ...originDetails(origin), allowed });
  }
  if (expires !== undefined && now >= expires) return expiredEnding(id);
  const reason = wish.kind === 'write' ? valueReason(id, policy, wish.value) : undefined;
  return reason && { outcome: 'rejected', reason };
}
