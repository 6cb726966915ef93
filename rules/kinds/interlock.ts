/** The kind `interlock`: whether a tag may be written. See SEMANTICS.md. */
import { compileTruth } from '../compiled/compile-expression.ts';
import type { Bench } from '../compiled/evaluate.ts';
import type { Behaviour } from '../engine/running-rule.ts';
import type { Truth } from '../expression.ts';
import type { InterlockRule } from '../rule.ts';
import type { Stamp } from './derive.ts';

/** Told at the first evaluation and whenever it changes; nothing of it outlives a restart. */
export function interlockBehaviour(rule: InterlockRule, bench: Bench, stamp: Stamp): Behaviour {
  const evaluate = compileTruth(rule.when.root, bench);
  const { name, tag } = rule;
  let isTold = false;
  let isMet: Truth;
  return {
    wake: Number.POSITIVE_INFINITY,
    step() {
      const truth = evaluate();
      if (isTold && truth === isMet) return undefined;
      isTold = true;
      isMet = truth;
      return [{ kind: 'interlock', rule: name, ...stamp(), tag, isMet }];
    },
    describe: () => (isMet === undefined ? 'unknown' : isMet ? 'met' : 'not met'),
    save: () => null,
    restore: () => true,
  };
}
