/** What the parts of the check share: what the names of a site mean, and how findings are gathered. */
import { amountsOf, DURATION } from '../../gateway/host/quantity.ts';
import { printable } from '../../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { Millis } from '../../gateway/model/units.ts';
import type { Expr, ExprType, Plain, Span } from '../expression.ts';
import type { Syntax } from './syntax.ts';

/** What an expression may know of a tag. */
export interface ScopeTag {
  readonly id: TagId;
  readonly type: ExprType;
  readonly unit?: string | undefined;
  /** How often it is read; undefined: nobody knows, because the device reports by itself. */
  readonly scan?: Millis | undefined;
}

/** What a bare name stands for: a constant or parameter with its value, or a parameter bound to a tag. */
export type ScopeName =
  | {
      readonly kind: 'value';
      readonly value: Plain;
      readonly type: ExprType;
      readonly unit?: string | undefined;
    }
  | { readonly kind: 'tag'; readonly tag: ScopeTag };

/**
 * What names mean where the expression stands. Lookups get any text, `constructor` too, and answer undefined for what
 * they do not have.
 */
export interface ExpressionScope {
  tagOf(id: string): ScopeTag | undefined;
  /** All that tagOf knows, for "did you mean". */
  tagIds(): readonly string[];
  nameOf(name: string): ScopeName | undefined;
  /** All that nameOf knows. */
  names(): readonly string[];
  /** The place of the next function that remembers, 0, 1, … over all expressions of a rule. */
  nextMemory(): number;
}

/** One check of one expression, as its parts see it. */
export interface Checking {
  readonly scope: ExpressionScope;
  /** Checks a part; what is wrong is found, and the result is then of type any. */
  check(syntax: Syntax): Expr;
  find(code: ErrorCode, details: ErrorDetails, span: Span, severity?: 'warning'): void;
  /** A part as it is written, fit to be printed. */
  written(span: Span): string;
  /** Counts what the windows of the expression look at. */
  readonly samples: { total: number };
  /** A function was used that looks at time. */
  looksAtTime(): void;
  /** How often names were looked up for suggestions, which is costly. */
  readonly suggestions: { made: number };
}

/** Stands for a part with a finding: fits everywhere, so that one mistake is one finding. */
export const broken = (span: Span): Expr => ({ kind: 'literal', value: false, type: 'any', span });

/** With a unit only where there is one. */
export const withUnit = (unit: string | undefined): { readonly unit?: string } =>
  unit === undefined ? {} : { unit };

const { amountOf } = amountsOf(DURATION);

/** A text that is a duration becomes one where a duration is wanted; everything else stays. */
export function asDuration(expr: Expr): Expr {
  if (expr.kind !== 'literal' || typeof expr.value !== 'string') return expr;
  const value = amountOf(expr.value.trim());
  return Number.isFinite(value) ? { ...expr, type: 'duration', value } : expr;
}

const LONGEST_PART = 40;
/** A part of the text, fit to be printed. */
export const partOf = (text: string, { start, end }: Span): string =>
  printable(text.slice(start, end), LONGEST_PART);
