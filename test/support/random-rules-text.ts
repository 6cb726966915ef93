/** Random expressions as the engine gets them: written down, read and checked like those of a site. */
import { createHash } from 'node:crypto';
import type { Expr, Expression } from '../../rules/expression.ts';
import type { ExpressionScope, ScopeTag } from '../../rules/language/check-context.ts';
import { checkExpression } from '../../rules/language/check-expression.ts';
import type { ConditionRule, DeriveRule, RuleConfig } from '../../rules/rule.ts';
import { printed } from './random-rules-expression.ts';
import { childrenOf } from './reference-rules-expression.ts';

/** The tree as its text is understood; its memories have no places in the rule yet. */
export function expressionOf(tree: Expr): Expression {
  const text = printed(tree);
  const checked = checkExpression(text, 'value', scopeOf(tree));
  if (checked.ok) return checked.expression;
  throw new Error(`${text}: ${JSON.stringify(checked.findings)}`);
}

/** A site that has the tags of the tree, of the types that they have there. */
function scopeOf(tree: Expr): ExpressionScope {
  const tags = new Map(
    partsOf(tree).flatMap((part): [string, ScopeTag][] =>
      part.kind === 'tag' ? [[part.tag, { id: part.tag, type: part.type }]] : [],
    ),
  );
  let memories = 0;
  return {
    tagOf: (id) => tags.get(id),
    tagIds: () => [...tags.keys()],
    nameOf: () => undefined,
    names: () => [],
    nextMemory: () => memories++,
  };
}

const partsOf = (expr: Expr): readonly Expr[] => [expr, ...childrenOf(expr).flatMap(partsOf)];

type Unfinished<Rule> = Omit<Rule, 'tags' | 'looksAtTime' | 'memories' | 'fingerprint'>;

/** A rule of which all is known: memories are numbered over all its expressions. */
export function finishedRule(rule: Unfinished<ConditionRule> | Unfinished<DeriveRule>): RuleConfig {
  let memories = 0;
  const expressions: Expression[] = [];
  const numbered = (of: Expression): Expression => {
    const root = withMemories(of.root, () => memories++);
    const result = { ...of, root };
    expressions.push(result);
    return result;
  };
  const finished = mapExpressions(rule, numbered) as typeof rule;
  return {
    ...finished,
    tags: [...new Set(expressions.flatMap(({ tags }) => tags))],
    looksAtTime: expressions.some((expression) => expression.looksAtTime),
    memories,
    fingerprint: createHash('sha256').update(JSON.stringify(finished)).digest('hex'),
  } as RuleConfig;
}

/** Innermost first, left to right. */
function withMemories(expr: Expr, next: () => number): Expr {
  const inner = (of: Expr): Expr => withMemories(of, next);
  switch (expr.kind) {
    case 'not':
    case 'negate':
    case 'in':
      return { ...expr, of: inner(expr.of) };
    case 'binary':
      return { ...expr, left: inner(expr.left), right: inner(expr.right) };
    case 'choose': {
      const when = inner(expr.when);
      const then = inner(expr.then);
      return { ...expr, when, then, otherwise: inner(expr.otherwise) };
    }
    case 'call': {
      const call = { ...expr, args: expr.args.map(inner) };
      return expr.memory === undefined ? call : { ...call, memory: next() };
    }
    default:
      return expr;
  }
}

/** Everything in plain data that looks like an expression, replaced. */
function mapExpressions(data: unknown, by: (of: Expression) => Expression): unknown {
  if (Array.isArray(data)) return data.map((each) => mapExpressions(each, by));
  if (typeof data !== 'object' || data === null) return data;
  if ('root' in data && 'text' in data) return by(data as Expression);
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, mapExpressions(value, by)]),
  );
}
