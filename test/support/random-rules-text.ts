/** Random expressions as the engine gets them: numbered memories, places in the text, what they read. */
import { createHash } from 'node:crypto';
import type { TagId } from '../../gateway/model/sample.ts';
import type { CallExpr, Expr, Expression } from '../../rules/expression.ts';
import type { ConditionRule, DeriveRule, RuleConfig } from '../../rules/rule.ts';
import { printed } from './random-rules-expression.ts';
import { childrenOf } from './reference-rules-expression.ts';

const MEMORY = new Set(['since', 'held', 'rising', 'falling', 'times', 'runtime']);
const LOOK_AT_TIME = new Set([
  'age',
  'since',
  'runtime',
  'hour',
  'minute',
  'weekday',
  'day',
  'month',
  'between',
]);

const partsOf = (expr: Expr): readonly Expr[] => [expr, ...childrenOf(expr).flatMap(partsOf)];

const looksAtTime = (expr: Expr): boolean =>
  expr.kind === 'call' &&
  (expr.isWindow === true ||
    LOOK_AT_TIME.has(expr.name) ||
    (expr.name === 'times' && expr.args.length > 1));

/** The expression and what the engine wants to know of it; its memories have no numbers yet. */
export function expressionOf(root: Expr): Expression {
  const parts = partsOf(root);
  const tags = parts.flatMap((part): TagId[] => (part.kind === 'tag' ? [part.tag] : []));
  return {
    text: printed(root),
    root,
    tags: [...new Set(tags)],
    looksAtTime: parts.some(looksAtTime),
  };
}

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
      const call: CallExpr = { ...expr, args: expr.args.map(inner) };
      return MEMORY.has(expr.name) ? { ...call, memory: next() } : call;
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
