/**
 * Constants, the parameters of templates, and the placeholders `${name}` that stand for them outside of expressions.
 * Pure.
 */
import { quoted } from '../../gateway/host/quoted.ts';
import { map } from '../../gateway/host/schema.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { Plain } from '../expression.ts';
import { likeliest, type Path, type RuleNotes } from './build-site.ts';
import { type ConstantOptions, constantOptions, type ParameterKind } from './options-site.ts';
import { BARE_NAME, durationOf } from './options-value.ts';

/** What a bare name in an expression means. A duration is milliseconds. */
export type NameMeaning =
  | {
      readonly kind: 'value';
      readonly value: Plain;
      readonly type: 'flag' | 'number' | 'text' | 'duration';
      readonly unit?: string;
      /** As it was written, for the places of placeholders. */
      readonly written: Plain;
    }
  | { readonly kind: 'tag'; readonly tag: TagId; readonly written: Plain };

export type Names = ReadonlyMap<string, NameMeaning>;

/** A text that is a duration is one. */
export function meaningOf(written: Plain, unit?: string): NameMeaning {
  const ofUnit = unit === undefined ? {} : { unit };
  if (typeof written === 'boolean') return { kind: 'value', value: written, type: 'flag', written };
  if (typeof written === 'number')
    return { kind: 'value', value: written, type: 'number', written, ...ofUnit };
  const duration = durationOf(written);
  return duration === undefined
    ? { kind: 'value', value: written, type: 'text', written }
    : { kind: 'value', value: duration, type: 'duration', written };
}

/** What an argument or default means as a parameter of this kind; undefined: it cannot be one. */
export function argumentOf(
  kind: ParameterKind,
  written: Plain,
  unit: string | undefined,
): NameMeaning | undefined {
  if (kind === 'tag')
    return typeof written === 'string' ? { kind, tag: written as TagId, written } : undefined;
  if (kind === 'text')
    return typeof written === 'string'
      ? { kind: 'value', value: written, type: 'text', written }
      : undefined;
  const meaning = meaningOf(written, unit);
  return meaning.kind === 'value' && meaning.type === kind ? meaning : undefined;
}

/** The constants of a site; those with problems are left out. */
export function constantsOf(section: unknown, notes: RuleNotes): Map<string, NameMeaning> {
  const names = new Map<string, NameMeaning>();
  for (const [name, value] of entriesOf(section)) {
    const parsed = oneConstant.parse({ [name]: value });
    if (parsed.ok) names.set(name, constantMeaning(parsed.value.get(name) ?? ''));
    else for (const issue of parsed.issues) notes.issue(['constants'], issue);
  }
  return names;
}

const oneConstant = map(BARE_NAME, constantOptions);

const constantMeaning = (constant: ConstantOptions): NameMeaning =>
  typeof constant === 'object' ? meaningOf(constant.value, constant.unit) : meaningOf(constant);

const PLACEHOLDER = /^\$\{([^{}]*)\}$/;

/** A part of the site with its placeholders filled in. */
export interface Filled {
  readonly value: unknown;
  /** Where placeholders stood, as paths joined by a slash, with the name. */
  readonly placeholders: ReadonlyMap<string, string>;
  /** Where they stand for nothing, which has been told. */
  readonly unknown: ReadonlySet<string>;
}

/**
 * Fills the placeholders that stand alone in a text or key. Texts of messages keep theirs: there they stand among other
 * words.
 */
export function filled(value: unknown, names: Names, path: Path, notes: RuleNotes): Filled {
  const placeholders = new Map<string, string>();
  const unknown = new Set<string>();
  const fill = (part: unknown, inside: Path): unknown => {
    if (Array.isArray(part)) return part.map((item, index) => fill(item, [...inside, index]));
    if (typeof part === 'object' && part !== null)
      return Object.fromEntries(
        Object.entries(part).map(([key, item]) => {
          const name = PLACEHOLDER.exec(key)?.[1];
          const meaning = name === undefined ? undefined : names.get(name);
          return [
            meaning === undefined ? key : String(meaning.written),
            fill(item, [...inside, key]),
          ];
        }),
      );
    const name = typeof part === 'string' ? PLACEHOLDER.exec(part)?.[1] : undefined;
    if (name === undefined || isMessage(inside)) return part;
    const meaning = names.get(name);
    if (meaning === undefined) {
      unknown.add(inside.join('/'));
      notes.find({ ...unknownPlaceholder(name, names), path: [...path, ...inside], offset: 2 });
      return part;
    }
    placeholders.set(inside.join('/'), name);
    return meaning.written;
  };
  return { value: fill(value, []), placeholders, unknown };
}

/** A placeholder that stands for nothing. */
export const unknownPlaceholder = (name: string, names: Names) =>
  ({
    at: 'value',
    code: 'rules.unknown-placeholder',
    details: { found: quoted(name), known: likeliest(name, [...names.keys()]) },
  }) as const;

const isMessage = (path: Path): boolean =>
  /^alarm\/message(\/(en|zh))?$/.test(path.slice(0, 3).join('/'));

export const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
