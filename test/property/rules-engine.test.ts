/** The engine of the rules against an evaluator that reads the whole past again at every moment. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cases } from '../support/long-run.ts';
import { randomRun } from '../support/random-rules.ts';
import { expressionsOver, TAGS } from '../support/random-rules-expression.ts';
import { engineEffects } from '../support/random-rules-life.ts';
import { expressionOf } from '../support/random-rules-text.ts';
import { referenceEffects } from '../support/reference-rules.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const TIMEOUT = { timeout: 3_600_000 };

/** What a tree by chance knows of itself: no places, and the types of literals alone. */
const bare = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([key]) => !['span', 'memory', 'unit'].includes(key))
          .filter(([key]) => key !== 'type' || ('kind' in value && value.kind === 'literal'))
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    : value;

test('an expression is understood as it was meant', TIMEOUT, () => {
  const { number, flag, text } = expressionsOver(TAGS);
  fc.assert(
    fc.property(fc.oneof(number, flag, text), (tree) => {
      expect(JSON.stringify(expressionOf(tree).root, bare)).toBe(JSON.stringify(tree, bare));
    }),
    { seed: SEED, numRuns: cases(1000, 100_000) },
  );
});

test('the engine says what reading the whole past again says', TIMEOUT, () => {
  fc.assert(
    fc.property(randomRun, (run) => {
      expect(engineEffects(run)).toEqual(referenceEffects(run));
    }),
    { seed: SEED, numRuns: cases(300, 20_000), interruptAfterTimeLimit: cases(20_000, 3_500_000) },
  );
});
