/** All tests of the rules of a site, one after another, under one limit of steps. Pure. */

import type { RuleConfig, RuleSet } from '../rule.ts';
import type { RuleTest } from '../rule-test.ts';
import { CoverageOfRule, type RuleCoverage } from './coverage.ts';
import { MOST_STEPS_OF_TESTS } from './rule-test-subject.ts';
import { runTest, type TestResult } from './test-run.ts';

export interface SiteTestOptions {
  /** Which tests; all when left out. */
  readonly wants?: (rule: RuleConfig, test: RuleTest) => boolean;
  /** Whether to see what the tests reach, which costs time. */
  readonly covers?: boolean;
  readonly most?: number;
}

export interface SiteTests {
  readonly rules: number;
  /** Those that are wanted. */
  readonly tests: number;
  /**
   * Runs the next test; undefined: there is no other, or nothing is left of the steps. A test that needs more than is
   * left is the last.
   */
  next(): TestResult | undefined;
  /** Of the rules that have conditions, after all tests; where some tests are wanted, of their rules. */
  coverage(): readonly RuleCoverage[];
}

export function siteTests(set: RuleSet, options: SiteTestOptions = {}): SiteTests {
  const { wants, covers = false, most = MOST_STEPS_OF_TESTS } = options;
  const wanted = set.rules.flatMap((rule) =>
    rule.tests
      .filter((test) => wants === undefined || wants(rule, test))
      .map((test) => ({ rule, test })),
  );
  const concerned = wants ? new Set(wanted.map(({ rule }) => rule)) : set.rules;
  const covered = new Map(
    covers ? [...concerned].map((rule) => [rule.name, new CoverageOfRule(rule)]) : [],
  );
  let left = most;
  let place = 0;
  return {
    rules: set.rules.length,
    tests: wanted.length,
    next() {
      const next = wanted[place++];
      if (next === undefined || left <= 0) return undefined;
      const { rule, test } = next;
      const own = covered.get(rule.name);
      const result = runTest(set, rule, test, {
        most: left,
        ...(own && {
          watcher: {
            truth: (_at, of, _role, expr, value) => {
              if (of === rule.name) own.see(expr, value);
            },
          },
        }),
      });
      left = isOutOfSteps(result) ? 0 : left - result.steps;
      return result;
    },
    coverage: () =>
      [...covered.values()].map((one) => one.result()).filter(({ parts }) => parts.length > 0),
  };
}

/** Whether it was stopped because nothing was left of the steps. */
export const isOutOfSteps = ({ differences }: TestResult): boolean =>
  differences.some(({ kind }) => kind === 'too-large');
