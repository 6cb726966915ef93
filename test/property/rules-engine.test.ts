/** The engine of the rules against an evaluator that reads the whole past again at every moment. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cases } from '../support/long-run.ts';
import { randomRun } from '../support/random-rules.ts';
import { engineEffects } from '../support/random-rules-life.ts';
import { referenceEffects } from '../support/reference-rules.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);

test('the engine says what reading the whole past again says', { timeout: 3_600_000 }, () => {
  fc.assert(
    fc.property(randomRun, (run) => {
      expect(engineEffects(run)).toEqual(referenceEffects(run));
    }),
    { seed: SEED, numRuns: cases(300, 20_000) },
  );
});
