/** The rule behind the `interlock` of a tag. Pure. */
import type { InterlockRule } from '../rule.ts';
import { fingerprintOf } from './build-fingerprint.ts';
import type { Names } from './build-names.ts';
import { type KnownTags, scopeOf, tagsOf } from './build-scope.ts';
import type { RuleInterlock, RuleNotes } from './build-site.ts';
import { conditionOptions } from './options.ts';

/** No rule of a site can have such a name. */
export const interlockName = (tag: string): string => `interlock:${tag}`;

/** Undefined where its expression is wrong, which is noted. */
export function interlockRule(
  { tag, text, path }: RuleInterlock,
  constants: Names,
  tags: KnownTags,
  notes: RuleNotes,
): InterlockRule | undefined {
  const name = interlockName(tag);
  const last = path.at(-1) ?? '';
  const parsed = conditionOptions.parse({ when: text });
  if (!parsed.ok) {
    for (const issue of parsed.issues) notes.issue(path, { ...issue, path: [] });
    return undefined;
  }
  const scope = scopeOf(
    {
      options: parsed.value,
      ...{ name, path: path.slice(0, -1), named: path, names: constants, mode: 'active' },
      ...{ placeholders: new Map(), instance: undefined, description: undefined },
      ...{ tests: [], tagArguments: [], isBroken: false, isSample: false },
    },
    tags,
    notes,
  );
  const when = scope.expression([last], text, 'condition');
  if (when === undefined) return undefined;
  const rule = {
    kind: 'interlock',
    tag,
    when,
    tags: tagsOf(scope.expressions),
    looksAtTime: when.looksAtTime,
    memories: scope.memories,
  } as const;
  const fingerprint = fingerprintOf({ name, mode: 'active' }, rule, (id) => tags.get(id));
  const { file, line } = notes.placeOf(path);
  return {
    ...{ ...rule, name, fingerprint, mode: 'active', description: undefined },
    ...{ place: { file, line }, tests: [] },
  };
}
