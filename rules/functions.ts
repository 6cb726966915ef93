/** The functions of expressions: names, signatures and words. What they compute stands in SEMANTICS.md. */
import type { Language } from '../gateway/model/errors.ts';

type Words = Readonly<Record<Language, string>>;

/** `tag`: the name of a tag · `window`: a duration as a literal text · `condition`: any flag · `same`: of the type of the first argument. */
export type ParameterType =
  | 'tag'
  | 'window'
  | 'condition'
  | 'number'
  | 'text'
  | 'value'
  | 'same'
  | 'literal_number'
  | 'literal_text'
  | 'time_of_day';

export interface FunctionSignature {
  readonly parameters: readonly { readonly name: string; readonly type: ParameterType; readonly isOptional?: true }[];
  readonly returns: 'flag' | 'number' | 'text' | 'duration' | 'same' | 'tag';
  /** same: of the first argument · per_second, seconds: of it, per or times seconds · literal: named by the second argument. */
  readonly unit?: 'same' | 'per_second' | 'seconds' | 'literal';
  readonly isWindow?: true;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly group: 'tag' | 'window' | 'memory' | 'number' | 'text' | 'time' | 'unknown';
  /** Told apart by the types of arguments: `min(a, b)` and `min(t, "5m")`. */
  readonly signatures: readonly FunctionSignature[];
  readonly remembers?: true;
  readonly looksAtTime?: true;
  readonly doc: Words;
  /** An expression over the tags of the examples, and what it comes to there; executed by a test. */
  readonly example: string;
}
