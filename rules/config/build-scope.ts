/** The expressions, tags and messages of one rule, checked; what is wrong with them is noted at the character. */
import { quoted } from '../../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { Expression, Plain } from '../expression.ts';
import type { ExpressionScope } from '../language/check-context.ts';
import { checkExpression, type Want } from '../language/check-expression.ts';
import type { ExpressionFinding } from '../language/syntax.ts';
import {
  likeliest,
  type Path,
  type RuleFinding,
  type RuleNotes,
  type RuleTag,
} from './build-site.ts';
import type { RuleSource, Written } from './build-sources.ts';

/** All tags that rules can name: those of devices, and the derived ones so far. */
export interface KnownTags {
  get(id: string): RuleTag | undefined;
  ids(): readonly string[];
}

export interface RuleScope {
  readonly source: RuleSource;
  /** The expression at a path inside the rule; undefined where it is wrong. `at`: where it begins in the text there. */
  expression(inside: Path, written: Plain, wanted: Want, at?: number): Expression | undefined;
  /** Of a text that is not in the YAML: a problem is the value's at the path. */
  made(inside: Path, text: string, code: ErrorCode): Expression | undefined;
  /** The tag that a text names, its id or a parameter that stands for one; of a test it says where the text is. */
  tag(inside: Path, written: string, at?: RuleFinding['at'], part?: Written): RuleTag | undefined;
  find(inside: Path, code: ErrorCode, details?: ErrorDetails, more?: Partial<RuleFinding>): void;
  /** Those that came out well so far. */
  readonly expressions: readonly Expression[];
  readonly memories: number;
}

export function scopeOf(source: RuleSource, tags: KnownTags, notes: RuleNotes): RuleScope {
  const { names, instance } = source;
  const expressions: Expression[] = [];
  let memories = 0;
  const scope: ExpressionScope = {
    tagOf: (id) => tags.get(id),
    tagIds: () => tags.ids(),
    nameOf(bare) {
      const meaning = names.get(bare);
      if (meaning?.kind !== 'tag') return meaning;
      // One that does not exist is told where the argument stands.
      return { kind: 'tag', tag: tags.get(meaning.tag) ?? { id: meaning.tag, type: 'any' } };
    },
    names: () => [...names.keys()],
    nextMemory: () => memories++,
  };
  const find: RuleScope['find'] = (inside, code, details = {}, more = {}) => {
    const path = [...source.path, ...inside];
    notes.find({ path, at: 'value', code, details, ...(instance && { instance }), ...more });
  };
  const checked = (text: string, wanted: Want, tell: (finding: ExpressionFinding) => void) => {
    const result = checkExpression(text, wanted, scope);
    result.findings.forEach(tell);
    if (!result.ok) return undefined;
    expressions.push(result.expression);
    return result.expression;
  };
  return {
    source,
    expressions,
    find,
    get memories() {
      return memories;
    },
    expression(inside, written, wanted, at = 0) {
      const placeholder = source.placeholders.get(inside.join('/'));
      const text = placeholder ?? String(written);
      const offset = placeholder === undefined ? at : BEHIND_BRACE;
      const hole = text.indexOf('${');
      if (hole >= 0) {
        find(inside, 'rules.placeholder-in-expression', {}, { offset: offset + hole });
        return undefined;
      }
      return checked(text, wanted, ({ code, details, span, severity }) =>
        find(inside, code, details, {
          offset: offset + span.start,
          ...(severity !== undefined && { severity }),
        }),
      );
    },
    made: (inside, text, code) => checked(text, 'condition', () => find(inside, code)),
    tag(inside, written, at = 'value', part = source) {
      const meaning = names.get(written);
      const id = meaning?.kind === 'tag' ? meaning.tag : written;
      const tag = tags.get(id);
      const isTold = source.tagArguments.some((argument) => argument.tag === id);
      if (tag === undefined && !isTold) {
        const details = { name: quoted(id), known: likeliest(id, tags.ids()) };
        const path = [...part.path, ...inside];
        notes.find({ path, at, code: 'rule.unknown-tag', details, ...(instance && { instance }) });
      }
      return tag;
    },
  };
}

/** A placeholder begins with two characters that are not its name's. */
const BEHIND_BRACE = 2;

/** Every tag that the expressions use, each once. */
export const tagsOf = (expressions: readonly Expression[]): TagId[] => [
  ...new Set(expressions.flatMap(({ tags }) => tags)),
];
