import type { ErrorText } from '../errors.ts';

/** Tests that stand in rules are for the one who writes them. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

export const ruleTestErrors = {
  'rules.series-item': operator(
    '"{item}" is no item of a series',
    '"{item}" 不是序列的有效项',
    "items stand between blanks: 60, 60x10 (ten steps), 60+0.5x20 (rising), true, 'text', 80? (uncertain), bad, bad:device, _ (no sample)",
    "各项以空格分隔：60、60x10（十步）、60+0.5x20（递增）、true、'文本'、80?（存疑）、bad、bad:device、_（无采样）",
  ),
  'rules.series-too-long': operator(
    'the series has more than {max} steps',
    '序列超过 {max} 步',
    'use a longer step, or a shorter series and `length`: a tag keeps its last value',
    '请加大 step，或缩短序列并使用 length：点会保持最后的值',
  ),
  'rules.test-failed': operator(
    'rule {rule}, test "{test}": {difference}',
    '规则 {rule} 的测试“{test}”未通过：{differenceZh}',
    '`headgate rules test --only "{rule}"` draws what happened over time; a site with a failing test does not load',
    '运行 `headgate rules test --only "{rule}"` 查看时间线；存在未通过测试的站点不会加载',
  ),
  'rules.test-too-large': operator(
    'rule {rule}, test "{test}" needs more than {max} evaluations of rules; it was not finished',
    '规则 {rule} 的测试“{test}”需要超过 {max} 次规则求值，已中止',
    'shorten its series, use a longer step, or test the long time with fewer samples',
    '请缩短序列、加大 step，或用更少的采样测试长时间过程',
  ),
  'rules.tests-too-large': operator(
    'the tests of this site need more than {max} evaluations of rules together; from rule {rule}, test "{test}" on they were not run',
    '本站点的测试合计需要超过 {max} 次规则求值；从规则 {rule} 的测试“{test}”起未运行',
    'shorten the longest tests; `headgate rules test --json` shows the evaluations of each',
    '请缩短最长的测试；`headgate rules test --json` 显示每个测试的求值次数',
  ),
} as const satisfies Record<string, ErrorText>;
