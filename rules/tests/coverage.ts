/**
 * Which outcomes of a rule's conditions no test of it reaches: of each condition, and of each operand of `&& || !` in
 * it, true and false. That an operand is never unknown is told apart and is no gap. Pure.
 */
import type { Expr, Maybe } from '../expression.ts';
import type { RuleConfig } from '../rule.ts';
import { conditionsOf } from './rule-test-subject.ts';

export const OUTCOMES = ['true', 'false', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One condition, or a part of one. */
export interface CoveredPart {
  readonly role: string;
  readonly text: string;
  /** What no test reaches. */
  readonly never: readonly Outcome[];
}

export interface RuleCoverage {
  readonly rule: string;
  readonly tests: number;
  /** Outcomes true and false of all parts, and how many of them were reached. */
  readonly outcomes: number;
  readonly reached: number;
  readonly parts: readonly CoveredPart[];
}

/** What the tests of one rule have reached so far. */
export class CoverageOfRule {
  readonly #rule: RuleConfig;
  readonly #seen = new Map<Expr, Set<Outcome>>();

  constructor(rule: RuleConfig) {
    this.#rule = rule;
    for (const [, { root }] of conditionsOf(rule))
      for (const part of operandsOf(root)) this.#seen.set(part, new Set());
  }

  /** What a part came to in a test of the rule. */
  see(expr: Expr, value: Maybe): void {
    this.#seen.get(expr)?.add(outcomeOf(value));
  }

  result(): RuleCoverage {
    const parts = conditionsOf(this.#rule).flatMap(([role, { text, root }]) =>
      operandsOf(root).map((part): CoveredPart => {
        const seen = this.#seen.get(part) ?? new Set();
        return {
          role,
          text: part === root ? text : text.slice(part.span.start, part.span.end),
          never: OUTCOMES.filter((outcome) => !seen.has(outcome)),
        };
      }),
    );
    const missed = parts.flatMap(({ never }) => never.filter((outcome) => outcome !== 'unknown'));
    const outcomes = 2 * parts.length;
    return {
      rule: this.#rule.name,
      tests: this.#rule.tests.length,
      outcomes,
      reached: outcomes - missed.length,
      parts,
    };
  }
}

/** Of all rules together, 0…100; 100 where there is nothing to reach. */
export function percentOf(rules: readonly RuleCoverage[]): number {
  const sum = (of: (rule: RuleCoverage) => number) =>
    rules.reduce((total, rule) => total + of(rule), 0);
  const outcomes = sum((rule) => rule.outcomes);
  return outcomes === 0 ? 100 : (100 * sum((rule) => rule.reached)) / outcomes;
}

const outcomeOf = (value: Maybe): Outcome =>
  value === true ? 'true' : value === false ? 'false' : 'unknown';

/**
 * The condition and, where it is made of others with `&& || !`, those: what can be true or false by itself. `!a` is
 * what `a` is not, and is not counted beside it.
 */
function operandsOf(expr: Expr): readonly Expr[] {
  if (expr.kind === 'not') return operandsOf(expr.of);
  if (expr.kind === 'binary' && (expr.op === '&&' || expr.op === '||'))
    return [expr, ...operandsOf(expr.left), ...operandsOf(expr.right)];
  return expr.kind === 'literal' ? [] : [expr];
}
