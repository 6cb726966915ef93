/**
 * The tags that rules make by themselves, which are known before any rule is built; a rule may not make one that is
 * there already.
 */
import { quoted } from '../../gateway/host/quoted.ts';
import { RESERVED_DEVICES } from '../../gateway/model/event-tag.ts';
import type { RuleNotes, RuleSite } from './build-site.ts';
import type { RuleSource } from './build-sources.ts';
import { cellTags, type MadeTag } from './build-tags-cell.ts';

/** By rule; of one that may not make what it would nothing. */
export function madeTags(
  sources: readonly RuleSource[],
  site: RuleSite,
  derived: ReadonlyMap<string, unknown>,
  notes: RuleNotes,
): ReadonlyMap<RuleSource, readonly MadeTag[]> {
  const taken = new Set([...site.tags.keys(), ...site.made, ...derived.keys()]);
  const made = new Map<RuleSource, readonly MadeTag[]>();
  for (const source of sources) {
    if (source.isSample || !('cell' in source.options)) continue;
    const tags = cellTags(source.name, source.options.cell);
    const hasPrefix = source.options.cell.tags !== undefined;
    const about = {
      path: hasPrefix ? [...source.path, 'cell', 'tags'] : source.named,
      at: hasPrefix ? 'value' : 'key',
      ...(source.instance && { instance: source.instance }),
    } as const;
    const first = tags.find(({ tag }) => taken.has(tag.id));
    const device = tags[0]?.tag.device ?? '';
    if (RESERVED_DEVICES.includes(device))
      notes.find({ ...about, code: 'rules.device-reserved', details: { name: device } });
    else if (first !== undefined)
      notes.find({ ...about, code: 'rules.made-taken', details: { tag: quoted(first.tag.id) } });
    else {
      made.set(source, tags);
      for (const { tag } of tags) taken.add(tag.id);
    }
  }
  return made;
}
