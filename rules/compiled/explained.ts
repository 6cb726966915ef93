/** The causes of an effect: what a rule saw, part by part. Compiled when first asked for. */
import type { TagId } from '../../gateway/model/sample.ts';
import type { CauseExpression, CauseInput } from '../effect.ts';
import type { Expr, Maybe, Plain, Span } from '../expression.ts';
import type { Picture } from '../picture.ts';
import { compileExpr } from './compile-expression.ts';
import type { Bench, Evaluate } from './evaluate.ts';
import { partsOf, type Role } from './rule-expressions.ts';

interface ExplainedPart {
  readonly expr: Expr;
  readonly text: string;
  readonly evaluate: Evaluate;
}

export interface ExplainedExpression {
  readonly role: string;
  readonly text: string;
  readonly parts: readonly ExplainedPart[];
}

/** Every part that is no literal, ready to be evaluated by itself. */
export const explained = (roles: readonly Role[], bench: Bench): readonly ExplainedExpression[] =>
  roles.map(([role, { text, root }]) => ({
    role,
    text,
    parts: [...partsOf(root)]
      .filter(({ kind }) => kind !== 'literal')
      .map((expr) => ({
        expr,
        text: expr === root ? text.trim() : partText(text, expr.span),
        evaluate: compileExpr(expr, bench),
      })),
  }));

/** The parser's spans leave out the parentheses at their ends; those that open inside are closed. */
function partText(text: string, { start, end }: Span): string {
  let open = 0;
  for (const character of text.slice(start, end))
    open += character === '(' ? 1 : character === ')' ? -1 : 0;
  let to = end;
  for (; open > 0 && to < text.length; to++) if (text[to] === ')') open--;
  return text.slice(start, to);
}

export const causeExpressions = (
  expressions: readonly ExplainedExpression[],
): readonly CauseExpression[] =>
  expressions.map(({ role, text, parts }) => ({
    role,
    text,
    parts: parts.map((part) => ({ text: part.text, value: plain(part.evaluate()) })),
  }));

export const causeInputs = (tags: readonly TagId[], picture: Picture): readonly CauseInput[] =>
  tags.map((tag) => {
    const slot = picture.slotOf(tag) ?? -1;
    const age = picture.now - (picture.arrivals[slot] ?? Number.NaN);
    return {
      tag,
      value: plain(picture.values[slot]),
      quality: picture.qualities[slot] ?? 'bad:waiting',
      age_ms: Number.isNaN(age) ? null : age,
    };
  });

/** Unknown is null where JSON is spoken. */
export const plain = (value: Maybe): Plain | null => value ?? null;
