/** The results of rule tests as people and programs read them. Pure. */

import type { RuleSet } from '../../../rules/rule.ts';
import { percentOf, type RuleCoverage } from '../../../rules/tests/coverage.ts';
import { trackOf } from '../../../rules/tests/rule-test-track.ts';
import { differenceText } from '../../../rules/tests/rule-test-words.ts';
import type { TestResult } from '../../../rules/tests/test-run.ts';
import { renderTimeline, type TimelineOptions } from '../../../rules/tests/timeline.ts';
import { printable } from '../../host/quoted.ts';
import type { Language } from '../../model/errors.ts';
import type { Millis } from '../../model/units.ts';

export interface TimedResult extends TestResult {
  /** Of wall time. */
  readonly seconds: number;
}

export interface TestReport {
  readonly path: string;
  readonly set: RuleSet;
  readonly results: readonly TimedResult[];
  /** How many were to be run. */
  readonly tests: number;
  readonly took: Millis;
  readonly coverage: readonly RuleCoverage[] | undefined;
}

export const isRed = ({ differences }: TestResult): boolean => differences.length > 0;

/** A failed test, drawn; one that was not finished, in words. */
export function renderFailure(set: RuleSet, result: TestResult, options: TimelineOptions): string {
  const rule = set.rules.find(({ name }) => name === result.rule);
  const isWhole = result.differences.every(({ kind }) => kind !== 'too-large');
  if (rule !== undefined && isWhole)
    return `${renderTimeline(trackOf(set, rule, result), rule, options)}\n`;
  const { place, name } = result.test;
  return [
    `${place.file}:${place.line}:${place.col} ${result.rule}: ${printable(name, 200)}`,
    ...result.differences.map((one) => `- ${differenceText(one, result.rule, options.language)}`),
    '',
  ].join('\n');
}

export function renderProgress(
  results: readonly TestResult[],
  tests: number,
  language: Language,
): string {
  const red = results.filter(isRed).length;
  return language === 'zh'
    ? `${results.length}/${tests} 个测试，${red} 个未通过`
    : `${results.length} of ${tests} tests, ${red} failed`;
}

export interface ReportOptions {
  readonly language: Language;
  readonly isCoverageShown: boolean;
  /** The coverage that is demanded, in per cent; 0: none. */
  readonly least: number;
}

/** The coverage, where it is wanted, and one line that sums everything up. */
export function renderReport(report: TestReport, options: ReportOptions): string {
  const { coverage } = report;
  const { language, isCoverageShown, least } = options;
  const covered =
    coverage && isCoverageShown ? [...renderCoverage(coverage, language, least), ''] : [];
  return [...covered, summary(report, language)].join('\n');
}

function summary({ set, results, tests, took }: TestReport, language: Language): string {
  const red = results.filter(isRed).length;
  const green = results.length - red;
  const left = tests - results.length;
  const rules = set.rules.length;
  const time = `${(took / 1000).toFixed(1)} s`;
  if (language === 'zh') {
    const rest = left > 0 ? `，${left} 个未运行` : '';
    return `${rules} 条规则，${tests} 个测试：${green} 个通过，${red} 个未通过${rest}（${time}）`;
  }
  const rest = left > 0 ? `, ${left} not run` : '';
  return `${rules} rules, ${tests} tests: ${green} passed, ${red} failed${rest} (${time})`;
}

const NEVER = {
  true: { en: 'never true', zh: '从未为真' },
  false: { en: 'never false', zh: '从未为假' },
  unknown: { en: 'never unknown (not counted)', zh: '从未未知（不计入）' },
} as const;

const percent = (value: number): string => `${Math.floor(value)} %`;

function renderCoverage(
  coverage: readonly RuleCoverage[],
  language: Language,
  least: number,
): readonly string[] {
  const isZh = language === 'zh';
  const rules = coverage.flatMap((rule) => {
    const tests = isZh ? `${rule.tests} 个测试` : `${rule.tests} tests`;
    const title = `${rule.rule}: ${percent(percentOf([rule]))} (${rule.reached}/${rule.outcomes}, ${tests})`;
    const gaps = (['true', 'false', 'unknown'] as const).flatMap((outcome) => {
      const parts = rule.parts.filter(({ never }) => never.includes(outcome));
      if (parts.length === 0) return [];
      const texts = parts.map(({ role, text }) => `\`${printable(text, 200)}\` (${role})`);
      const word = NEVER[outcome][language];
      // What was never unknown is a remark, and stands in one line.
      return outcome === 'unknown'
        ? [`  ${word}: ${texts.join(', ')}`]
        : texts.map((text) => `  ${word}: ${text}`);
    });
    return [title, ...gaps];
  });
  const total = percentOf(coverage);
  const demanded =
    least === 0
      ? ''
      : isZh
        ? `，要求 ${least} %`
        : `, ${least} % ${total < least ? 'are' : 'were'} demanded`;
  return [
    isZh ? '条件覆盖率' : 'coverage of conditions',
    ...rules,
    `${isZh ? '合计' : 'together'}: ${percent(total)}${demanded}`,
  ];
}

/** The JSON of a run. */
export function reportFields({ path, set, results, tests, took, coverage }: TestReport) {
  const red = results.filter(isRed).length;
  return {
    ok: red === 0 && results.length === tests,
    site: path,
    rules: set.rules.length,
    tests,
    passed: results.length - red,
    failed: red,
    took_ms: Math.round(took),
    results: results.map((result) => ({
      rule: result.rule,
      test: result.test.name,
      ...result.test.place,
      ok: !isRed(result),
      steps: result.steps,
      differences: result.differences.map((one) => ({
        ...one,
        message: {
          en: differenceText(one, result.rule, 'en'),
          zh: differenceText(one, result.rule, 'zh'),
        },
      })),
    })),
    ...(coverage && {
      coverage: {
        percent: percentOf(coverage),
        rules: coverage.map((rule) => ({ ...rule, percent: percentOf([rule]) })),
      },
    }),
  };
}
