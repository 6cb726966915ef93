/**
 * The check of an expression: from its text to plain data whose types, units and costs are known, or to all that
 * is wrong with it. Promises: never throws, takes a few milliseconds at most whatever the text, and what is
 * accepted can be evaluated within 5 ms.
 */
import type { TagId } from '../../gateway/model/sample.ts';
import type { Expr, Expression, ExprType } from '../expression.ts';
import { checkCall } from './check-calls.ts';
import {
  asDuration,
  broken,
  type Checking,
  type ExpressionScope,
  partOf,
} from './check-context.ts';
import { checkName } from './check-names.ts';
import { checkBinary, checkChoice, checkMembership, checkUnary } from './check-operators.ts';
import { MOST_EXPRESSION_SAMPLES, PERCENTILE_FACTOR } from './check-windows.ts';
import { parseExpression } from './parse.ts';
import type { ExpressionFinding, Syntax } from './syntax.ts';

/** What the place in the rule needs: `condition` a flag, `value` anything. */
export type Want = 'condition' | 'number' | 'text' | 'value' | 'duration';

export type Checked =
  | {
      readonly ok: true;
      readonly expression: Expression;
      /** Warnings alone. */
      readonly findings: readonly ExpressionFinding[];
    }
  | { readonly ok: false; readonly findings: readonly ExpressionFinding[] };

/** More of one expression are counted and not told. */
const MOST_FINDINGS = 20;

/** Checks an expression for the place where it stands. All findings are told, in the order of the text. */
export function checkExpression(text: string, want: Want, scope: ExpressionScope): Checked {
  const parsed = parseExpression(text);
  if (!parsed.ok) return { ok: false, findings: limited(parsed.findings) };
  const check = new Check(text, scope);
  const root = check.wanted(check.check(parsed.root), want);
  if (check.samples.total > MOST_EXPRESSION_SAMPLES)
    check.find(
      'rule.windows-too-costly',
      {
        samples: check.samples.total,
        most: MOST_EXPRESSION_SAMPLES,
        percentile: PERCENTILE_FACTOR,
      },
      { start: 0, end: text.length },
    );
  const findings = limited(check.findings);
  if (check.findings.some(({ severity }) => severity !== 'warning')) return { ok: false, findings };
  const tags = [...new Set(tagsOf(root))];
  return {
    ok: true,
    expression: { text, root, tags, looksAtTime: check.isLookingAtTime },
    findings,
  };
}

class Check implements Checking {
  readonly scope: ExpressionScope;
  readonly findings: ExpressionFinding[] = [];
  readonly samples = { total: 0 };
  readonly suggestions = { made: 0 };
  isLookingAtTime = false;
  readonly #text: string;

  constructor(text: string, scope: ExpressionScope) {
    this.#text = text;
    this.scope = scope;
  }

  readonly check = (syntax: Syntax): Expr => {
    switch (syntax.kind) {
      case 'literal': {
        const { value, span } = syntax;
        return { kind: 'literal', value, type: TYPES[typeof value] ?? 'any', span };
      }
      case 'name':
        return checkName(syntax, this);
      case 'not':
      case 'negate':
        return checkUnary(syntax, this);
      case 'binary':
        return checkBinary(syntax, this);
      case 'choose':
        return checkChoice(syntax, this);
      case 'in':
        return checkMembership(syntax, this);
      case 'call':
        return checkCall(syntax, this);
    }
  };

  readonly find: Checking['find'] = (code, details, span, severity) => {
    this.findings.push({ code, details, span, ...(severity && { severity }) });
  };

  readonly written: Checking['written'] = (span) => partOf(this.#text, span);

  readonly looksAtTime = (): void => {
    this.isLookingAtTime = true;
  };

  /** The whole as its place needs it. */
  wanted(root: Expr, want: Want): Expr {
    const type: ExprType | undefined =
      want === 'value' ? undefined : want === 'condition' ? 'flag' : want;
    const taken = type === 'duration' ? asDuration(root) : root;
    if (type === undefined || taken.type === 'any' || taken.type === type) return taken;
    const details = { wanted: type, found: taken.type, text: this.written(root.span) };
    this.find('rule.wrong-result', details, root.span);
    return broken(root.span);
  }
}

const TYPES: Readonly<Record<string, ExprType>> = {
  boolean: 'flag',
  number: 'number',
  string: 'text',
};

/** Every tag of it in the order of the text, as often as it stands there. */
function tagsOf(expr: Expr): TagId[] {
  switch (expr.kind) {
    case 'literal':
      return [];
    case 'tag':
      return [expr.tag];
    case 'not':
    case 'negate':
    case 'in':
      return tagsOf(expr.of);
    case 'binary':
      return [...tagsOf(expr.left), ...tagsOf(expr.right)];
    case 'choose':
      return [...tagsOf(expr.when), ...tagsOf(expr.then), ...tagsOf(expr.otherwise)];
    case 'call':
      return expr.args.flatMap(tagsOf);
  }
}

function limited(findings: readonly ExpressionFinding[]): readonly ExpressionFinding[] {
  const ordered = [...findings].sort((a, b) => a.span.start - b.span.start);
  const last = ordered[MOST_FINDINGS - 1];
  const left = ordered.length - MOST_FINDINGS;
  if (left <= 0 || last === undefined) return ordered;
  return [
    ...ordered.slice(0, MOST_FINDINGS),
    { code: 'rule.too-many-findings', details: { left }, span: last.span },
  ];
}
