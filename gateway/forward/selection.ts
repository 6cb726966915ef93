/** Which samples an uplink wants, by the class of their block and their tag. Pure but for what it remembers. */
import type { OnlyConfig } from '../../config/site.ts';
import type { Block, BlockClass } from '../journal/journal.ts';
import type { TagId } from '../model/sample.ts';
import { matchesTag } from '../model/tag-pattern.ts';

export interface Selection {
  has(of: BlockClass, tag: TagId): boolean;
}

/** Tags whose verdict is remembered; beyond it (a site changed many times) they are judged anew. */
const MAX_TAGS = 20_000;

/** Undefined: everything is wanted. */
export function selectionOf(only: OnlyConfig | undefined): Selection | undefined {
  if (only === undefined) return undefined;
  const verdicts = {
    record: new Map<TagId, boolean>(),
    alarm: new Map<TagId, boolean>(),
    telemetry: new Map<TagId, boolean>(),
  } as const;
  return {
    has(of, tag) {
      const known = verdicts[of];
      let verdict = known.get(tag);
      if (verdict === undefined) {
        if (known.size >= MAX_TAGS) known.clear();
        verdict = only[of]?.some((pattern) => matchesTag(pattern, tag)) ?? false;
        known.set(tag, verdict);
      }
      return verdict;
    },
  };
}

/** Nothing of the block is wanted. Losses always are. */
export function leavesOut(
  selection: Selection,
  { class: of, samples, tagOf, gap }: Block,
): boolean {
  if (gap) return false;
  for (let row = 0; row < samples.length; row++)
    if (selection.has(of, tagOf(samples.tags[row] as number))) return false;
  return true;
}
