/**
 * The functions of expressions: names, signatures and words. What they compute stands in SEMANTICS.md. The
 * declarations lie in `functions-*.ts`, a file for each few groups.
 */
import type { Language } from '../../gateway/model/errors.ts';
import type { Plain } from '../expression.ts';
import { NUMBER_FUNCTIONS, TEXT_FUNCTIONS } from './functions-plain.ts';
import { MEMORY_FUNCTIONS, TAG_FUNCTIONS, UNKNOWN_FUNCTIONS } from './functions-tag.ts';
import { TIME_FUNCTIONS } from './functions-time.ts';
import { WINDOW_FUNCTIONS } from './functions-window.ts';

/**
 * `tag`: the name of a tag, `number_tag`: of one of type number, `countable_tag`: number or flag · `window`: a
 * duration as a literal · `condition`: any flag · `value`: of any type · `same`: of the type and unit of the first
 * argument · `percent`: a literal number from 0 to 100 · `literal_text`: text in quotes · `time_of_day`: a literal `"22:00"`.
 */
export type ParameterType =
  | 'tag'
  | 'number_tag'
  | 'countable_tag'
  | 'window'
  | 'condition'
  | 'number'
  | 'text'
  | 'value'
  | 'same'
  | 'percent'
  | 'literal_text'
  | 'time_of_day';

export interface FunctionParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly isOptional?: true;
}

export interface FunctionSignature {
  readonly parameters: readonly FunctionParameter[];
  /** same, tag: the type of the first argument. */
  readonly returns: 'flag' | 'number' | 'text' | 'duration' | 'same' | 'tag';
  /**
   * same: of the first argument that has one · per_second, seconds: of it, per or times seconds · literal: named by
   * the second argument.
   */
  readonly unit?: 'same' | 'per_second' | 'seconds' | 'literal';
  readonly isWindow?: true;
  /** Of this form alone; see FunctionDeclaration.looksAtTime for all forms. */
  readonly looksAtTime?: true;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly group: 'tag' | 'window' | 'memory' | 'number' | 'text' | 'time' | 'unknown';
  /** Told apart by number and types of arguments: `min(a, b)` and `min(t, "5m")`. */
  readonly signatures: readonly FunctionSignature[];
  readonly remembers?: true;
  readonly looksAtTime?: true;
  /** `size(x)` may be written `x.size()`. */
  readonly isMethod?: true;
  readonly doc: Readonly<Record<Language, string>>;
  /** An expression over EXAMPLE_TAGS. */
  readonly example: string;
  /** What the example came to when it was last evaluated, by the end of EXAMPLE_TIME; a duration in ms. */
  readonly result: Plain | undefined;
}

/** All of them, in the order in which people read about them. */
export const FUNCTIONS: readonly FunctionDeclaration[] = [
  ...TAG_FUNCTIONS,
  ...UNKNOWN_FUNCTIONS,
  ...WINDOW_FUNCTIONS,
  ...MEMORY_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...TEXT_FUNCTIONS,
];

const byName = new Map(FUNCTIONS.map((declaration) => [declaration.name, declaration]));

/** The declaration of a name; undefined: there is no such function. */
export const functionOf = (name: string): FunctionDeclaration | undefined => byName.get(name);

/**
 * The tags of the examples. All get `before` in one batch at engine time 0 and `value` in one at 60 s, with good
 * quality; the rule with the example is there from the beginning.
 */
export const EXAMPLE_TAGS: readonly {
  readonly id: string;
  readonly type: 'number' | 'flag' | 'text';
  readonly unit?: string;
  readonly before: Plain;
  readonly value: Plain;
}[] = [
  { id: 'press.oil_temp', type: 'number', unit: '°C', before: 74, value: 80 },
  { id: 'press.pump', type: 'flag', before: false, value: true },
  { id: 'press.mode', type: 'text', before: 'auto', value: 'auto' },
  { id: 'press.parts', type: 'number', before: 60, value: 120 },
  { id: 'press.status', type: 'number', before: 5, value: 5 },
];

/** When the examples begin, by the clock of their site, and for how long they run: until Thursday, 08:30. */
export const EXAMPLE_TIME = {
  start: '2026-01-01T08:28:00+08:00',
  timezone: 'Asia/Shanghai',
  length_ms: 120_000,
} as const;
