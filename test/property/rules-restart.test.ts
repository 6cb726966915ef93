/** A rule that did not change goes on over restarts and reloads as if nothing had been. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RuleConfig, RuleSet } from '../../rules/rule.ts';
import { cases } from '../support/long-run.ts';
import { anotherRule, randomRun } from '../support/random-rules.ts';
import { engineEffects, type Interruption } from '../support/random-rules-life.ts';
import type { Run } from '../support/reference-rules.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const RUNS = {
  seed: SEED,
  numRuns: cases(300, 20_000),
  interruptAfterTimeLimit: cases(10_000, 3_500_000),
};
const TIMEOUT = { timeout: 3_600_000 };

/** Acts before which something is done to the engine; behind the last one nothing is. */
const places = fc.array(fc.nat(59), { minLength: 1, maxLength: 4 });
const at = (before: number, what: Interruption['do']): Interruption => ({ before, do: what });

test('a restart changes nothing', TIMEOUT, () => {
  fc.assert(
    fc.property(randomRun, places, (run, where) => {
      const restarts = where.map((before) => at(before, { kind: 'restart' }));
      expect(engineEffects(run, restarts)).toEqual(engineEffects(run));
    }),
    RUNS,
  );
});

test('a reload of the same rules changes nothing', TIMEOUT, () => {
  fc.assert(
    fc.property(randomRun, places, (run, where) => {
      const reloads = where.map((before) =>
        at(before, { kind: 'reload', set: structuredClone(run.set) }),
      );
      expect(engineEffects(run, reloads)).toEqual(engineEffects(run));
    }),
    RUNS,
  );
});

test('a reload in which another rule is added, changed or removed changes nothing', TIMEOUT, () => {
  fc.assert(
    fc.property(randomRun, places, fc.nat(7), anotherRule, (run, where, which, other) => {
      const [first = 0, second] = where;
      const { rules } = run.set;
      const leaf = unread(rules)[which];
      const without = rules.filter((rule) => rule !== leaf);
      const changed = leaf && { ...other, name: leaf.name };
      const reload = (before: number, others: readonly RuleConfig[]) =>
        at(before, { kind: 'reload', set: withRules(run.set, others) });
      const reloads = [
        reload(first, which % 2 === 0 || !changed ? [...without, other] : [...without, changed]),
        ...(second === undefined ? [] : [reload(second, without)]),
      ];
      const isUnchanged = ({ rule }: { readonly rule: string }) =>
        without.some(({ name }) => name === rule);
      const inOrder = reloads.sort((a, b) => a.before - b.before);
      expect(engineEffects(run, inOrder).filter(isUnchanged)).toEqual(
        engineEffects(run).filter(isUnchanged),
      );
    }),
    RUNS,
  );
});

test('what nobody saw while the gateway was off does not count', TIMEOUT, () => {
  fc.assert(
    fc.property(
      randomRun.map(timeless),
      fc.nat(59),
      fc.integer({ min: 1, max: 4 }),
      (run, before, times) => {
        // A whole number of every tick that random rules have, and short enough for samples to count still.
        const off = times * 15_000;
        // What happened at the very time before the restart stays where it is.
        const end = run.acts[before]?.at ?? run.end;
        const told = engineEffects({ ...run, acts: run.acts.slice(0, before), end });
        const expected = engineEffects(run).map((effect, i) =>
          i < told.length ? effect : { ...effect, at: effect.at + off },
        );
        expect(engineEffects(run, [at(before, { kind: 'off', for: off })])).toEqual(expected);
      },
    ),
    RUNS,
  );
});

/** Conditions, and derived tags that no other rule reads. */
const unread = (rules: readonly RuleConfig[]): readonly RuleConfig[] =>
  rules.filter(
    (rule) => rule.kind !== 'derive' || !rules.some(({ tags }) => tags.includes(rule.tag.id)),
  );

const withRules = (set: RuleSet, rules: readonly RuleConfig[]): RuleSet => ({
  ...set,
  rules,
  derived: rules.flatMap((rule) => (rule.kind === 'derive' ? [rule.tag] : [])),
});

/** Those functions see that time passed. */
const SEE_TIME =
  /(age|rate|hour|minute|weekday|day|month|between|runtime|times|avg|integral|stddev|min|max|percentile|first|last|delta|sum|count|coverage)\(/;

const timeless = (run: Run): Run => ({
  ...run,
  set: withRules(
    run.set,
    run.set.rules.filter((rule) => !SEE_TIME.test(JSON.stringify(rule))),
  ),
});
