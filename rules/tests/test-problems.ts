/** The tests of a site's rules that fail, as problems with places: a site with one does not load. Pure. */
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import type { RuleSet } from '../rule.ts';
import type { RuleTest } from '../rule-test.ts';
import { MOST_STEPS_OF_TESTS } from './rule-test-subject.ts';
import { differenceText } from './rule-test-words.ts';
import { siteTests } from './site-tests.ts';
import type { TestResult } from './test-run.ts';

export interface TestProblem {
  readonly place: RuleTest['place'];
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** Beyond so many the rest is not run: the verdict is in. */
const MOST_PROBLEMS = 100;

/** Runs the tests of all rules, within the limit of steps of a site. */
export function testProblems(set: RuleSet, most = MOST_STEPS_OF_TESTS): readonly TestProblem[] {
  const tests = siteTests(set, { most });
  const problems: TestProblem[] = [];
  let spent = 0;
  for (let result = tests.next(); result; result = tests.next()) {
    const found = problemOf(result, spent, most);
    spent += result.steps;
    if (found) problems.push(found);
    if (problems.length >= MOST_PROBLEMS) break;
  }
  return problems;
}

/** `spent`: the steps of the tests before it. */
function problemOf(
  { rule, test, differences }: TestResult,
  spent: number,
  most: number,
): TestProblem | undefined {
  const [first] = differences;
  if (first === undefined) return undefined;
  const { place, name } = test;
  const details = { rule, test: name };
  if (first.kind === 'too-large')
    return {
      place,
      code: spent > 0 ? 'rules.tests-too-large' : 'rules.test-too-large',
      details: { ...details, max: most },
    };
  return {
    place,
    code: 'rules.test-failed',
    details: {
      ...details,
      difference: differenceText(first, rule, 'en'),
      differenceZh: differenceText(first, rule, 'zh'),
    },
  };
}
