/** Kind `derive`, as SEMANTICS.md says: an expression that is a tag of its own, with the quality of what it reads. */
import { fieldsOf } from '../../gateway/host/kept-fields.ts';
import { isBad, QUALITIES, type Quality } from '../../gateway/model/quality.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import { rounded } from '../compiled/compile-call.ts';
import { compileExpr } from '../compiled/compile-expression.ts';
import type { Bench } from '../compiled/evaluate.ts';
import { partsOf } from '../compiled/rule-expressions.ts';
import type { DeriveEffect } from '../effect.ts';
import type { Behaviour } from '../engine/running-rule.ts';
import type { Expr, Maybe, Plain } from '../expression.ts';
import type { DeriveRule } from '../rule.ts';

/** What every effect of this moment says. */
export type Stamp = () => Pick<DeriveEffect, 'at' | 'time'> & { readonly isShadow?: true };

export function deriveBehaviour(rule: DeriveRule, bench: Bench, stamp: Stamp): Behaviour {
  const { picture } = bench;
  const { tag, name } = rule;
  const evaluate = compileExpr(rule.value.root, bench);
  const slots = rule.tags.map((used) => bench.slotOf(used));
  const counting = countingTags(rule.value.root).map((used) => bench.slotOf(used));
  let last: { readonly value: Plain | null; readonly quality: Quality } | undefined;
  return {
    wake: Number.POSITIVE_INFINITY,
    step() {
      const value = round(evaluate(), tag.decimals);
      const quality = qualityOf(
        value,
        counting.map((slot) => picture.qualities[slot] ?? WAITING),
      );
      const isRepeated = last?.value === (value ?? null) && last.quality === quality;
      if (isRepeated && !slots.some((slot) => picture.arrivalMoments[slot] === picture.moment))
        return undefined;
      last = { value: value ?? null, quality };
      return [{ kind: 'derive', rule: name, ...stamp(), tag: tag.id, ...last }];
    },
    describe: () => (last === undefined ? 'no value yet' : `${last.value} ${last.quality}`),
    save: () => (last === undefined ? null : { ...last }),
    restore(kept) {
      if (kept === null) return true;
      const { value, quality } = fieldsOf(kept);
      const known = QUALITIES.find((one) => one === quality);
      if (
        known === undefined ||
        value === undefined ||
        (typeof value === 'object' && value !== null)
      )
        return false;
      last = { value, quality: known };
      return true;
    },
  };
}

const WAITING: Quality = 'bad:waiting';

const round = (value: Maybe, decimals: number | undefined): Maybe =>
  typeof value === 'number' && decimals !== undefined ? rounded(value, decimals) : value;

/** Of a value: the worst of what it was made from, bad ones made it doubtful. Of none: why there is none. */
function qualityOf(value: Maybe, qualities: readonly Quality[]): Quality {
  const bad = qualities.find(isBad);
  if (value === undefined) return bad ?? 'bad:no-value';
  if (bad !== undefined) return 'uncertain:last-usable';
  return qualities.find(isUncertain) ?? qualities[0] ?? 'good';
}

const isUncertain = (quality: Quality): boolean => quality.startsWith('uncertain');

const ASKING: ReadonlySet<string> = new Set([
  'quality',
  'isGood',
  'isBad',
  'known',
  'fallback',
  'age',
]);

/** The tags whose quality counts, in the order of the expression. */
function countingTags(root: Expr): readonly TagId[] {
  const asked = new Set<Expr>();
  for (const part of partsOf(root))
    if (part.kind === 'call' && ASKING.has(part.name))
      for (const inner of partsOf(part)) asked.add(inner);
  const tags = [...partsOf(root)].flatMap((part) =>
    part.kind === 'tag' && !asked.has(part) ? [part.tag] : [],
  );
  return [...new Set(tags)];
}
