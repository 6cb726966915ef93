/** What the rules of a site may be at most. Pure. */

import { FLOOD_RULE } from '../alarms/alarm-flood.ts';
import { longestWindows } from '../compiled/rule-expressions.ts';
import type { Expression } from '../expression.ts';
import { ASSUMED_SCAN_MS, MOST_WINDOW_SAMPLES } from '../language/check-windows.ts';
import { entriesOf } from './build-names.ts';
import type { KnownTags } from './build-scope.ts';
import type { RuleNotes, RuleSections } from './build-site.ts';

export const MOST_ENTRIES: Readonly<Record<Exclude<keyof RuleSections, 'alarms'>, number>> = {
  rules: 2_000,
  templates: 200,
  constants: 1_000,
};

/** Whether a section has too many entries to be looked at. */
export function findMost(sections: RuleSections, notes: RuleNotes): boolean {
  let isTooLarge = false;
  for (const key of ['rules', 'templates', 'constants'] as const) {
    const count = entriesOf(sections[key]).length;
    const max = MOST_ENTRIES[key];
    if (count <= max) continue;
    isTooLarge = true;
    notes.find({ path: [key], at: 'key', code: 'rules.too-many', details: { key, count, max } });
  }
  return isTooLarge;
}

/** The alarm that tells of a flood stands among those of rules. */
export function findReserved(rules: RuleSections['rules'], notes: RuleNotes): void {
  for (const [name] of entriesOf(rules))
    if (name === FLOOD_RULE)
      notes.find({
        path: ['rules', name],
        at: 'key',
        code: 'rules.device-reserved',
        details: { name },
      });
}

const MIB = 2 ** 20;
/** A guess at what a gateway of 512 MB can spare. */
export const MOST_WINDOW_MIB = 64;
/** Arrival, value, and a share of what holds them. */
const BYTES_PER_SAMPLE = 24;

/** The samples of a tag are kept once, for its longest window. */
export function findWindowMemory(
  expressions: readonly Expression[],
  tags: KnownTags,
  notes: RuleNotes,
): void {
  let total = 0;
  let largest = ['', 0] as readonly [tag: string, bytes: number];
  for (const [tag, length] of longestWindows(expressions)) {
    const samples = Math.ceil(length / (tags.get(tag)?.scan ?? ASSUMED_SCAN_MS)) + 1;
    const bytes = Math.min(samples, MOST_WINDOW_SAMPLES) * BYTES_PER_SAMPLE;
    total += bytes;
    if (bytes > largest[1]) largest = [tag, bytes];
  }
  if (total <= MOST_WINDOW_MIB * MIB) return;
  const details = { size: Math.ceil(total / MIB), max: MOST_WINDOW_MIB, tag: largest[0] };
  notes.find({ path: ['rules'], at: 'key', code: 'rules.window-memory', details });
}
