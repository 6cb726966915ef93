/**
 * A checked expression as plain data: it crosses threads as it is, and is compiled where it runs without the
 * parser. What each node means stands in SEMANTICS.md.
 */
import type { TagId } from '../gateway/model/sample.ts';

/** `any`: of a tag whose type nobody knows. A duration is a number of milliseconds. */
export type ExprType = 'flag' | 'number' | 'text' | 'duration' | 'any';
/** What an expression can come to. */
export type Plain = boolean | number | string;
/** Undefined: unknown, because something it needs has no value. */
export type Maybe = Plain | undefined;
export type Truth = boolean | undefined;

/** UTF-16 units from the beginning of the expression's text, `end` behind the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Common {
  readonly type: ExprType;
  /** Of a number, where it is known. */
  readonly unit?: string;
  readonly span: Span;
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '<'
  | '<='
  | '>'
  | '>='
  | '=='
  | '!='
  | '&&'
  | '||';

export type Expr =
  | (Common & { readonly kind: 'literal'; readonly value: Plain })
  | (Common & { readonly kind: 'tag'; readonly tag: TagId })
  | (Common & { readonly kind: 'not' | 'negate'; readonly of: Expr })
  | (Common & {
      readonly kind: 'binary';
      readonly op: BinaryOperator;
      readonly left: Expr;
      readonly right: Expr;
    })
  | (Common & {
      readonly kind: 'choose';
      readonly when: Expr;
      readonly then: Expr;
      readonly otherwise: Expr;
    })
  /** `x in [1, 2, 3]`, a list of literals. */
  | (Common & { readonly kind: 'in'; readonly of: Expr; readonly list: readonly Plain[] })
  | CallExpr;

export type CallExpr = Common & {
  readonly kind: 'call';
  /** Of functions.ts. */
  readonly name: string;
  /** Durations of windows and the like are literals of type duration. */
  readonly args: readonly Expr[];
  /** A window over a tag rather than a function of numbers: `min(t, "5m")`, `rate(t, "5m")`. */
  readonly isWindow?: true;
  /** Of a function that remembers: its place in the memory of the rule, 0, 1, … over all expressions of a rule. */
  readonly memory?: number;
};

export interface Expression {
  /** As written, for people; spans are places in it. */
  readonly text: string;
  readonly root: Expr;
  /** Every tag that is read, in the order of the text. */
  readonly tags: readonly TagId[];
  /** See "Looking at time". */
  readonly looksAtTime: boolean;
}
