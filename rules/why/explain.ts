/**
 * Why a rule is as it is, as plain data that crosses a socket: the rule in its own words, what it sees part by part, and
 * for each part that is unknown the inputs that make it so. Pure.
 */
import type { Quality } from '../../gateway/model/quality.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import { childrenOf, expressionsOf } from '../compiled/rule-expressions.ts';
import type { CauseExpression, CauseInput, Causes, EngineMs } from '../effect.ts';
import type { Expr, Expression, Plain } from '../expression.ts';
import { type RuleConfig, type RuleSet, tagsMadeBy } from '../rule.ts';
import { type OutlineEntry, outlineOf } from './rule-outline.ts';

export interface ExplainedInput extends CauseInput {
  readonly unit?: string;
  /** The rule that derives it. */
  readonly derivedBy?: string;
}

/** One part of an expression, indented below what it is a part of. */
export interface TreeLine {
  readonly depth: number;
  readonly text: string;
  /** Null: unknown. */
  readonly value: Plain | null;
  readonly isCondition: boolean;
  /** Of a part that is unknown: its inputs without a value. None: it cannot be computed from those that it has. */
  readonly because?: readonly { readonly tag: TagId; readonly quality: Quality }[];
}

/** One moment of a rule. */
export interface ExplainedMoment {
  readonly before: string;
  readonly after: string;
  /** Engine time, which the states speak of. */
  readonly now: EngineMs;
  readonly inputs: readonly ExplainedInput[];
  readonly expressions: readonly {
    readonly role: string;
    readonly text: string;
    readonly lines: readonly TreeLine[];
  }[];
}

export interface ExplainedRule {
  readonly name: string;
  readonly kind: RuleConfig['kind'];
  readonly mode: RuleConfig['mode'];
  readonly description?: string;
  /** Where it stands: `rules/press.yaml:12`. */
  readonly place?: string;
  readonly outline: readonly OutlineEntry[];
}

export function explainedRule(rule: RuleConfig): ExplainedRule {
  const { name, kind, mode, description, place } = rule;
  return {
    name,
    kind,
    mode,
    ...(description !== undefined && { description }),
    ...(place && { place: `${place.file}:${place.line}` }),
    outline: outlineOf(rule),
  };
}

/** Messages are left out: they are told as they read, and decide nothing. */
export function explainedMoment(
  causes: Causes,
  now: EngineMs,
  rule: RuleConfig | undefined,
  {
    derived,
    unitOf,
  }: {
    readonly derived: ReadonlyMap<TagId, string>;
    readonly unitOf: (tag: TagId) => string | undefined;
  },
): ExplainedMoment {
  const known = new Map(rule && expressionsOf(rule));
  return {
    before: causes.before,
    after: causes.after,
    now,
    inputs: causes.inputs.map((input): ExplainedInput => {
      const [unit, derivedBy] = [unitOf(input.tag), derived.get(input.tag)];
      return {
        ...input,
        ...(unit !== undefined && { unit }),
        ...(derivedBy !== undefined && { derivedBy }),
      };
    }),
    expressions: causes.expressions
      .filter(({ role }) => !role.startsWith('alarm.message'))
      .map((expression) => ({
        role: expression.role,
        text: expression.text,
        lines: treeOf(expression, known.get(expression.role), causes.inputs),
      })),
  };
}

/** Which rule derives which tag. */
export const derivedBy = ({ rules }: RuleSet): ReadonlyMap<TagId, string> =>
  new Map(rules.flatMap((rule) => tagsMadeBy(rule).map(({ id }) => [id, rule.name] as const)));

/** `expression` as the rule has it now; causes of an earlier version of the rule may be of another one. */
export function treeOf(
  { text, parts }: CauseExpression,
  expression: Expression | undefined,
  inputs: readonly CauseInput[],
): readonly TreeLine[] {
  const places = expression?.text === text ? placesOf(expression.root, 0) : [];
  const fits = places.length === parts.length;
  const bad = inputs.filter(({ value }) => value === null);
  return parts.map((part, i): TreeLine => {
    const place = fits ? places[i] : undefined;
    const tags = place && new Set(tagsIn(place.expr));
    const isCondition = place?.expr.type === 'flag' || typeof part.value === 'boolean';
    const because = bad.filter(({ tag }) => (tags ? tags.has(tag) : part.text.includes(tag)));
    return {
      depth: place?.depth ?? Math.min(i, 1),
      text: part.text,
      value: part.value,
      isCondition,
      ...(part.value === null && {
        because: because.map(({ tag, quality }) => ({ tag, quality })),
      }),
    };
  });
}

interface Place {
  readonly expr: Expr;
  readonly depth: number;
}

/** The parts that causes tell, in their order: the outermost first, without literals. */
function placesOf(expr: Expr, depth: number): Place[] {
  if (expr.kind === 'literal') return [];
  return [{ expr, depth }, ...childrenOf(expr).flatMap((child) => placesOf(child, depth + 1))];
}

const tagsIn = (expr: Expr): TagId[] =>
  expr.kind === 'tag' ? [expr.tag] : childrenOf(expr).flatMap(tagsIn);
