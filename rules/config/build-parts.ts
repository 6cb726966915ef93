/** What rules of several kinds have: an alarm, actions, tags that are written. Every problem of it is found; pure. */
import type { TagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import type { Expression, Plain } from '../expression.ts';
import type { Action, AlarmConfig } from '../rule.ts';
import { messagesOf } from './build-message.ts';
import type { KnownTags, RuleScope } from './build-scope.ts';
import type { Path, RuleSite, RuleTag } from './build-site.ts';
import { type ActionOptions, type AlarmOptions, MOST_VALUES, severityOf } from './options-parts.ts';

export interface RuleContext {
  readonly scope: RuleScope;
  readonly site: Pick<RuleSite, 'position' | 'timezone'>;
  /** All that there are. */
  readonly tags: Pick<KnownTags, 'get'>;
  /** The tags that the rule makes by itself. */
  readonly makes: readonly Tag[];
  /** The rule that derives a tag. */
  deriver(tag: string): string | undefined;
  /** Somewhere in the rule a tag is written; with `value` always the same. */
  writes(tag: TagId, inside: Path, value: Plain | undefined): void;
}

export function alarmOf(scope: RuleScope, options: AlarmOptions): AlarmConfig {
  const { severity, message, latch, realarm, first_out: firstOut, suppress_when } = options;
  return {
    severity: severityOf(severity),
    message: messagesOf(scope, ['alarm', 'message'], message),
    latch,
    realarm,
    firstOut,
    suppressWhen:
      suppress_when === undefined
        ? undefined
        : scope.expression(['alarm', 'suppress_when'], suppress_when, 'condition'),
  };
}

/** A word that is no name: who writes `value: auto` means the text. */
const isBareText = ({ source }: RuleScope, value: Plain): boolean =>
  typeof value === 'string' && BARE_TEXT.test(value) && !source.names.has(value);
const BARE_TEXT = /^[\p{L}_][\p{L}\p{N}_ -]{0,63}$/u;

export function actionsOf(
  context: RuleContext,
  key: string,
  options: readonly ActionOptions[] | undefined,
): readonly Action[] {
  const { scope } = context;
  return (options ?? []).flatMap((option, index): Action[] => {
    const inside = [key, index];
    if ('release' in option) {
      const tag = writableTag(context, [...inside, 'release'], option.release, RELEASED);
      if (tag === undefined) return [];
      const before = options?.slice(0, index).findLast((one) => isWriteOf(one, option.release));
      if (before) findSafe(scope, [...inside, 'release'], tag, before.value);
      return [{ kind: 'release', tag: tag.id }];
    }
    if ('write' in option) {
      const always = typeof option.value === 'string' ? undefined : option.value;
      const tag = writableTag(context, [...inside, 'write'], option.write, always);
      if (tag?.type === 'text' && isBareText(scope, option.value)) {
        const example = `"'${option.value}'"`;
        scope.find([...inside, 'value'], 'rules.text-value', { tag: option.write, example });
        return [];
      }
      const value = scope.expression([...inside, 'value'], option.value, 'value');
      if (tag === undefined || value === undefined) return [];
      fits(scope, [...inside, 'value'], tag, value);
      if (always !== undefined) findLimits(scope, [...inside, 'value'], tag, always);
      return [{ kind: 'write', tag: tag.id, value, hold: option.hold }];
    }
    const count = option.values.size;
    if (count > MOST_VALUES)
      scope.find([...inside, 'values'], 'rules.too-many', {
        key: 'values',
        count,
        max: MOST_VALUES,
      });
    const values = [...option.values]
      .slice(0, MOST_VALUES)
      .flatMap(([name, written]): [string, Expression][] => {
        const value = scope.expression([...inside, 'values', name], written, 'value');
        return value === undefined ? [] : [[name, value]];
      });
    return [{ kind: 'record', name: option.record, values }];
  });
}

/** In place of a value: who releases a tag is in nobody's way. */
const RELEASED = Symbol('released');

/** A tag of a device that may be written. */
export function writableTag(
  context: RuleContext,
  inside: Path,
  written: string,
  value?: Plain | typeof RELEASED,
): RuleTag | undefined {
  const { scope } = context;
  const tag = scope.tag(inside, written);
  if (tag === undefined) return undefined;
  const rule = context.deriver(tag.id);
  if (rule !== undefined) {
    scope.find(inside, 'rules.write-derived', { tag: tag.id, rule });
    return undefined;
  }
  if (value !== RELEASED) context.writes(tag.id, inside, value);
  if (value !== RELEASED && tag.policy?.takesRules === false)
    scope.find(inside, 'rules.write-origin', { tag: tag.id }, WARNING);
  if (tag.access === 'read')
    scope.find(inside, 'rules.write-access', { tag: tag.id, access: tag.access });
  return tag;
}

const WARNING = { severity: 'warning' } as const;

type WriteOption = Extract<ActionOptions, { readonly write: unknown }>;
const isWriteOf = (option: ActionOptions, tag: string): option is WriteOption =>
  'write' in option && option.write === tag;

/** What was written a moment ago does not stay where nobody has a say about the tag then. */
function findSafe(scope: RuleScope, inside: Path, { id, policy }: RuleTag, written: Plain): void {
  const safe = policy?.silent;
  if (safe === undefined || safe === written) return;
  scope.find(inside, 'rules.release-safe', { tag: id, safe }, WARNING);
}

/** A value that the tag never takes would be rejected each time. */
function findLimits(scope: RuleScope, inside: Path, { id, policy }: RuleTag, value: Plain): void {
  const { min, max, values } = policy ?? {};
  const isOutside = typeof value === 'number' && (value < (min ?? value) || value > (max ?? value));
  if (!isOutside && (values === undefined || values.includes(value))) return;
  const allowed = values?.join(', ') ?? `${min ?? '-∞'} … ${max ?? '∞'}`;
  scope.find(inside, 'rules.write-limits', { tag: id, value: String(value), allowed }, WARNING);
}

function fits(scope: RuleScope, inside: Path, { id, type }: RuleTag, { root }: Expression): void {
  if (type === 'any' || root.type === 'any' || root.type === type) return;
  scope.find(inside, 'rules.write-type', { tag: id, needs: type, found: root.type });
}
