/**
 * The form of an expression before anybody asked what its names mean: a plain tree with the place of each part
 * in the text. And what can be wrong with an expression.
 */
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import type { BinaryOperator, Plain, Span } from '../expression.ts';

/** Something wrong with an expression, at its place in the text. */
export interface ExpressionFinding {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly span: Span;
  readonly severity?: 'warning';
}

export interface LiteralSyntax {
  readonly kind: 'literal';
  readonly value: Plain;
  readonly span: Span;
}

/** A name, dotted or bare: `press.oil_temp`, `limit`. */
export interface NameSyntax {
  readonly kind: 'name';
  readonly path: string;
  readonly span: Span;
}

/** Of `x.f(y)` the receiver is the first argument. */
export interface CallSyntax {
  readonly kind: 'call';
  readonly name: string;
  readonly isMethod: boolean;
  readonly args: readonly Syntax[];
  readonly span: Span;
}

export type Syntax =
  | LiteralSyntax
  | NameSyntax
  | CallSyntax
  | { readonly kind: 'not' | 'negate'; readonly of: Syntax; readonly span: Span }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOperator;
      readonly left: Syntax;
      readonly right: Syntax;
      readonly span: Span;
    }
  | {
      readonly kind: 'choose';
      readonly when: Syntax;
      readonly then: Syntax;
      readonly otherwise: Syntax;
      readonly span: Span;
    }
  | {
      readonly kind: 'in';
      readonly of: Syntax;
      readonly list: readonly (LiteralSyntax | NameSyntax)[];
      readonly span: Span;
    };

export type Parsed =
  | { readonly ok: true; readonly root: Syntax }
  | { readonly ok: false; readonly findings: readonly ExpressionFinding[] };

/** What an expression may be at most. */
export const EXPRESSION_LIMITS = {
  /** UTF-16 units of its text. */
  characters: 2_000,
  /** Names, literals, operators and calls. */
  nodes: 400,
  /** Of brackets, calls and signs within one another; a chain `a && b && c` counts as one. */
  depth: 24,
  /** Entries of a list. */
  list: 100,
  /** UTF-16 units of a text in it. */
  text: 500,
} as const;
