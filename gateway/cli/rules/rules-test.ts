import { writeFile } from 'node:fs/promises';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { styleText } from 'node:util';
import { loadSite } from '../../../config/load.ts';
import { renderProblems } from '../../../config/report.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import type { RuleSet } from '../../../rules/rule.ts';
import { percentOf } from '../../../rules/tests/coverage.ts';
import { junitOf } from '../../../rules/tests/junit.ts';
import { siteTests } from '../../../rules/tests/site-tests.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { between, type Millis, type MonoMs, seconds } from '../../model/units.ts';
import { sitePath } from '../load-site.ts';
import type { Call, Verb } from '../verb.ts';
import { FileWatch } from './file-watch.ts';
import {
  isRed,
  renderFailure,
  renderProgress,
  renderReport,
  reportFields,
  type TestReport,
  type TimedResult,
} from './rules-test-view.ts';

/** A run that is over by then shows no progress; later it shows some as often. */
const PROGRESS_EVERY: Millis = seconds(2);
const DEFAULT_COLUMNS = 100;

export const rulesTest: Verb = {
  usage: [
    'headgate rules test [site] [--only <name>] [--junit <file>] [--coverage]',
    '                   [--min-coverage <percent>] [--watch] [--json]',
  ].join('\n       '),
  about: {
    en: '"test" runs the tests that stand in the rules of a site, in virtual time, and draws those that fail. Connects to nothing. Exit code 1 when a test fails, or when the conditions are covered less than demanded. A site with a failing test does not load.',
    zh: '“test” 以虚拟时间运行站点规则中的测试，并绘出未通过者的时间线。不连接任何设备。有测试未通过，或条件覆盖率低于要求时，退出码为 1。存在未通过测试的站点不会加载。',
  },
  options: {
    only: {
      type: 'string',
      placeholder: 'name',
      help: {
        en: 'the tests of this rule, and tests whose name has this in it',
        zh: '只运行该规则的测试，或名称含此文字的测试',
      },
    },
    junit: {
      type: 'string',
      placeholder: 'file',
      help: { en: 'write the results as JUnit XML, too', zh: '同时把结果写成 JUnit XML' },
    },
    coverage: {
      type: 'boolean',
      help: {
        en: 'what no test reaches: conditions that are never true or never false',
        zh: '列出测试未覆盖之处：从未为真或从未为假的条件',
      },
    },
    'min-coverage': {
      type: 'string',
      placeholder: 'percent',
      help: { en: 'exit with 1 below this coverage', zh: '覆盖率低于此值时退出码为 1' },
    },
    watch: {
      type: 'boolean',
      help: {
        en: 'run again whenever a file of the site changes, until Ctrl-C',
        zh: '站点文件变化时重新运行，按 Ctrl-C 结束',
      },
    },
    json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate rules test ./my-site', { en: 'all tests of the site', zh: '运行站点的全部测试' }],
    [
      'headgate rules test ./my-site --only press-overheat --watch',
      { en: 'while a rule is being written', zh: '编写规则时持续运行' },
    ],
    [
      'headgate rules test ./my-site --junit results.xml --min-coverage 90',
      { en: 'in continuous integration', zh: '用于持续集成' },
    ],
  ],
  async run(call) {
    const wanted = wantedOf(call);
    const path = sitePath(call);
    if (!call.values.watch) return (await once(call, path, wanted)) ? 0 : 1;
    return watched(call, path, wanted);
  },
};

interface Wanted {
  readonly only: string | undefined;
  readonly covers: boolean;
  /** 0 where nobody demands one. */
  readonly least: number;
}

function wantedOf({ values }: Call): Wanted {
  const { only, 'min-coverage': minimum } = values;
  const least = Number(minimum ?? 0);
  if (!(least >= 0 && least <= 100))
    throw new GatewayError('cli.usage', {
      verb: 'rules',
      problem: `--min-coverage takes a percentage, 0 to 100: ${minimum}`,
    });
  const isAsked = values.coverage === true || values.json === true;
  return {
    only: only === undefined ? undefined : String(only),
    covers: isAsked || minimum !== undefined,
    least,
  };
}

/** Whether everything is as it should be. Throws where the site itself is not in order. */
async function once(call: Call, path: string, wanted: Wanted): Promise<boolean> {
  const loaded = await loadSite(path, DRIVER_OPTIONS, { ruleTests: 'skip' });
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  if (problems.length > 0) call.note(renderProblems(problems, call.language));
  if (!loaded.ok)
    throw new GatewayError('cli.site-invalid', { site: path, count: problems.length });
  return report(call, path, loaded.site.rules, wanted);
}

async function report(call: Call, path: string, set: RuleSet, wanted: Wanted): Promise<boolean> {
  const { language, clock } = call;
  const { only, covers, least } = wanted;
  const tests = siteTests(set, {
    covers,
    ...(only !== undefined && {
      wants: (rule, test) => rule.name === only || test.name.includes(only),
    }),
  });
  if (only !== undefined && tests.tests === 0)
    throw new GatewayError('rules.no-such-test', { name: only });
  const began = clock.mono();
  const results = await runAll(call, tests, began);
  const coverage = covers ? tests.coverage() : undefined;
  const made: TestReport = {
    path,
    set,
    results,
    tests: tests.tests,
    took: between(began, clock.mono()),
    coverage,
  };
  await writeJunit(call, results);
  if (call.values.json) call.print(JSON.stringify(reportFields(made)));
  else {
    for (const result of results.filter(isRed))
      call.print(
        renderFailure(set, result, {
          language,
          columns: process.stdout.columns ?? DEFAULT_COLUMNS,
          paint,
        }),
      );
    const isShown = call.values.coverage === true || least > 0;
    call.print(renderReport(made, { language, isCoverageShown: isShown, least }));
  }
  const isCovered = coverage === undefined || percentOf(coverage) >= least;
  return results.length === tests.tests && !results.some(isRed) && isCovered;
}

/** Lets the rest of the process live between two tests, so that Ctrl-C ends a long run. */
async function runAll(
  call: Call,
  tests: ReturnType<typeof siteTests>,
  began: MonoMs,
): Promise<readonly TimedResult[]> {
  const { clock, language, signal } = call;
  const results: TimedResult[] = [];
  let told = began;
  for (;;) {
    const before = clock.mono();
    const result = tests.next();
    if (result === undefined) return results;
    const now = clock.mono();
    results.push({ ...result, seconds: between(before, now) / 1000 });
    if (between(told, now) >= PROGRESS_EVERY) {
      told = now;
      call.note(renderProgress(results, tests.tests, language));
    }
    await turnOfTheLoop();
    signal.throwIfAborted();
  }
}

async function writeJunit(call: Call, results: readonly TimedResult[]): Promise<void> {
  const file = call.values.junit;
  if (typeof file !== 'string') return;
  try {
    await writeFile(file, junitOf(results, call.language));
  } catch (error) {
    throw new GatewayError('rules.junit-unwritable', { file, reason: reasonOf(error) });
  }
}

/** Again and again; a site that is not in order is shown and waited for. The exit code is that of the last run. */
async function watched(call: Call, path: string, wanted: Wanted): Promise<number> {
  const { language, signal, clock } = call;
  const files = new FileWatch(path, clock);
  await files.start();
  let isGreen = false;
  try {
    do {
      try {
        isGreen = await once(call, path, wanted);
      } catch (error) {
        isGreen = false;
        if (signal.aborted) break;
        if (!(error instanceof GatewayError)) throw error;
        call.note(`${error.describe(language)}\n  → ${error.hint(language)}`);
      }
      call.note(
        language === 'zh' ? '等待文件变化；按 Ctrl-C 结束' : 'waiting for changes; Ctrl-C ends',
      );
    } while (await files.next(signal));
  } finally {
    files.close();
  }
  return isGreen ? 0 : 1;
}

/** Plain where standard output is no terminal. */
const paint = (color: 'red' | 'dim', text: string): string => styleText(color, text);
