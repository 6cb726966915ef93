/** What types and units the operators of an expression take and give. */

import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import { QUALITIES } from '../../gateway/model/quality.ts';
import type { BinaryOperator, Expr, ExprType, Plain, Span } from '../expression.ts';
import { asDuration, type Checking, withUnit } from './check-context.ts';
import { checkName, suggested } from './check-names.ts';
import type { Syntax } from './syntax.ts';
import { dimensionOf, unitsClash } from './units.ts';

type Form<K extends Syntax['kind']> = Extract<Syntax, { readonly kind: K }>;

/** `!a` and `-a`. */
export function checkUnary(syntax: Form<'not' | 'negate'>, checking: Checking): Expr {
  const of = checking.check(syntax.of);
  const { span } = syntax;
  if (syntax.kind === 'not') {
    wanted(of, ['flag'], '!', checking);
    return { kind: 'not', of, type: 'flag', span };
  }
  const isFit = wanted(of, ['number', 'duration'], '-', checking);
  const type = isFit && of.type !== 'any' ? of.type : 'number';
  return { kind: 'negate', of, type, ...withUnit(of.unit), span };
}

/** Operators of two sides. */
export function checkBinary(syntax: Form<'binary'>, checking: Checking): Expr {
  const { op, span } = syntax;
  const [left, right] = paired(checking.check(syntax.left), checking.check(syntax.right));
  const result = (type: ExprType, unit?: string): Expr => ({
    kind: 'binary',
    op,
    left,
    right,
    type,
    ...withUnit(unit),
    span,
  });
  switch (op) {
    case '&&':
    case '||':
      wanted(left, ['flag'], op, checking);
      wanted(right, ['flag'], op, checking);
      return result('flag');
    case '==':
    case '!=':
      alike(left, right, op, span, checking);
      checkQuality(left, right, checking);
      checkQuality(right, left, checking);
      return result('flag');
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (isMisread(syntax, checking)) return result('flag');
      if (eachWanted(left, right, ['number', 'text', 'duration'], op, checking))
        alike(left, right, op, span, checking);
      return result('flag');
    case '+':
    case '-': {
      const types: ExprType[] =
        op === '+' ? ['number', 'duration', 'text'] : ['number', 'duration'];
      if (!eachWanted(left, right, types, op, checking)) return result('any');
      alike(left, right, op, span, checking);
      return result(common(left, right, op), left.unit ?? right.unit);
    }
    case '*':
    case '/':
    case '%':
      return result(...product(op, left, right, checking));
  }
}

const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/** `1 < x < 3` and `!x > 3`, which mean something else than people read in them. */
function isMisread({ left, op, span }: Form<'binary'>, { find }: Checking): boolean {
  if (left.kind === 'binary' && COMPARISONS.has(left.op)) {
    find('rule.comparison-chain', { op }, span);
    return true;
  }
  if (left.kind === 'not') {
    find('rule.not-of-comparison', { op }, left.span);
    return true;
  }
  return false;
}

/** `c ? a : b`. */
export function checkChoice(syntax: Form<'choose'>, checking: Checking): Expr {
  const when = checking.check(syntax.when);
  wanted(when, ['flag'], '? :', checking);
  const [then, otherwise] = paired(checking.check(syntax.then), checking.check(syntax.otherwise));
  const { span } = syntax;
  alike(then, otherwise, '? :', span, checking);
  const type = then.type === 'any' ? otherwise.type : then.type;
  const unit = then.unit ?? otherwise.unit;
  return { kind: 'choose', when, then, otherwise, type, ...withUnit(unit), span };
}

/** `x in [1, 2]`. */
export function checkMembership(syntax: Form<'in'>, checking: Checking): Expr {
  const of = checking.check(syntax.of);
  const list: Plain[] = [];
  for (const entry of syntax.list) {
    const read = entry.kind === 'name' ? checkName(entry, checking) : checking.check(entry);
    const [, value] = paired(of, read);
    if (value.kind !== 'literal')
      checking.find('rule.list-entry', { found: checking.written(value.span) }, value.span);
    else {
      alike(of, value, 'in', value.span, checking);
      checkQuality(of, value, checking);
      list.push(value.value);
    }
  }
  return { kind: 'in', of, list, type: 'flag', span: syntax.span };
}

/** A text beside a duration is one. */
function paired(left: Expr, right: Expr): readonly [Expr, Expr] {
  if (left.type === 'duration') return [left, asDuration(right)];
  if (right.type === 'duration') return [asDuration(left), right];
  return [left, right];
}

/** Whether the part is of one of the types; a part of no known type is. */
function wanted(of: Expr, types: readonly ExprType[], op: string, { find }: Checking): boolean {
  if (of.type === 'any' || types.includes(of.type)) return true;
  find('rule.not-for-type', { op, found: of.type, wanted: types.join(', ') }, of.span);
  return false;
}

function eachWanted(
  left: Expr,
  right: Expr,
  types: readonly ExprType[],
  op: string,
  checking: Checking,
): boolean {
  const isLeftFit = wanted(left, types, op, checking);
  return wanted(right, types, op, checking) && isLeftFit;
}

/** Finds types and units that are not the same. */
export function alike(left: Expr, right: Expr, op: string, span: Span, { find }: Checking): void {
  const clash = unitProblem(left.unit, right.unit);
  if (left.type !== 'any' && right.type !== 'any' && left.type !== right.type)
    find(differing(left, right, op), { op, left: left.type, right: right.type }, span);
  else if (clash !== undefined) find(clash.code, clash.details, span);
}

/** What is wrong with two units beside each other; one that nobody knows fits every other. */
export function unitProblem(
  left: string | undefined,
  right: string | undefined,
): { readonly code: ErrorCode; readonly details: ErrorDetails } | undefined {
  if (left === undefined || right === undefined || !unitsClash(left, right)) return undefined;
  const isOfOneKind = dimensionOf(left) === dimensionOf(right);
  return {
    code: isOfOneKind ? 'rule.units-differ' : 'rule.units-unlike',
    details: { left, right },
  };
}

/** The code whose hint fits these two types. */
function differing(left: Expr, right: Expr, op: string): ErrorCode {
  const types = [left.type, right.type];
  if (types.includes('duration') && types.includes('number')) return 'rule.duration-and-number';
  const isEquality = op === '==' || op === '!=';
  if (isEquality && types.includes('flag') && [left, right].some(({ kind }) => kind === 'literal'))
    return 'rule.flag-compared';
  const quoted = types.includes('number') && [left, right].find(isNumberInQuotes);
  return quoted ? 'rule.number-in-quotes' : 'rule.types-differ';
}

const isNumberInQuotes = (expr: Expr): boolean =>
  expr.kind === 'literal' && typeof expr.value === 'string' && Number.isFinite(Number(expr.value));

/** Of a sum or difference of parts that are alike. */
function common(left: Expr, right: Expr, op: '+' | '-'): ExprType {
  const type = left.type === 'any' ? right.type : left.type;
  return type === 'any' && op === '-' ? 'number' : type;
}

type Product = readonly [type: ExprType, unit?: string];

function product(op: '*' | '/' | '%', left: Expr, right: Expr, checking: Checking): Product {
  const isLong = left.type === 'duration' || right.type === 'duration';
  const types: ExprType[] = isLong && op !== '%' ? ['number', 'duration'] : ['number'];
  if (!eachWanted(left, right, types, op, checking)) return ['number'];
  if (isLong) return lengthOf(op, left, right, checking);
  const unit =
    op === '%' || isPlain(right) ? left.unit : op === '*' && isPlain(left) ? right.unit : undefined;
  return unit === undefined ? ['number'] : ['number', unit];
}

/** A duration can be made longer or shorter by a factor; two of them have a ratio. */
function lengthOf(op: BinaryOperator, left: Expr, right: Expr, { find }: Checking): Product {
  const isBoth = left.type === 'duration' && right.type === 'duration';
  if (op === '/' && isBoth) return ['number'];
  if ((op === '*' && isBoth) || (op === '/' && right.type === 'duration')) {
    const details = { op, found: `${left.type} ${op} ${right.type}`, wanted: 'number' };
    find('rule.not-for-type', details, right.span);
    return ['any'];
  }
  return ['duration'];
}

/** A factor that has no unit, rather than one that nobody knows. */
function isPlain(expr: Expr): boolean {
  if (expr.unit !== undefined) return expr.unit === '1';
  if (expr.kind === 'literal') return true;
  if (expr.kind === 'negate') return isPlain(expr.of);
  return expr.kind === 'binary' && isPlain(expr.left) && isPlain(expr.right);
}

const KNOWN_QUALITIES: readonly string[] = QUALITIES;

/** `quality(t) == "god"` would never be true. */
function checkQuality(of: Expr, beside: Expr, checking: Checking): void {
  if (of.kind !== 'call' || of.name !== 'quality' || beside.kind !== 'literal') return;
  const { value, span } = beside;
  if (typeof value !== 'string' || KNOWN_QUALITIES.includes(value)) return;
  const known = suggested(value, () => KNOWN_QUALITIES, checking);
  checking.find('rule.unknown-quality', { found: checking.written(span), known }, span);
}
