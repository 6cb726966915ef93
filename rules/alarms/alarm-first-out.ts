/** Of the alarms of a group the one that was first: most often the cause of the others. */
import type { AlarmEntry } from './alarm-entry.ts';

/** Of `all`, the alarm became active and is told: the first of its group has the mark until none of them is. */
export function joinGroup(entry: AlarmEntry, all: Iterable<AlarmEntry>): void {
  if (entry.rule.config.firstOut === undefined) return;
  entry.isInGroup = true;
  if (!groupOf(entry, all).some((each) => each.isFirstOut)) entry.isFirstOut = true;
}

/** It cleared; with the last one the mark goes. */
export function leaveGroup(entry: AlarmEntry, all: Iterable<AlarmEntry>): void {
  if (!entry.isInGroup) return;
  entry.isInGroup = false;
  const group = groupOf(entry, all);
  if (!group.some((each) => each.isInGroup)) for (const each of group) each.isFirstOut = false;
}

const groupOf = ({ rule }: AlarmEntry, all: Iterable<AlarmEntry>): readonly AlarmEntry[] =>
  [...all].filter(
    ({ rule: { config, isShadow } }) =>
      config.firstOut === rule.config.firstOut && isShadow === rule.isShadow,
  );
