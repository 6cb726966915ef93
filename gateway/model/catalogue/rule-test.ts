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
    '规则 {rule} 的测试“{test}”未通过：{difference}',
    '`headgate rules test --only {rule}` draws what happened over time; a site with a failing test does not load',
    '运行 `headgate rules test --only {rule}` 查看时间线；存在未通过测试的站点不会加载',
  ),
  'rules.watch-failed': operator(
    'cannot watch {path} for changes: {reason}',
    '无法监视 {path} 的变化：{reason}',
    'run it without --watch; where the reason is ENOSPC, raise fs.inotify.max_user_watches',
    '请去掉 --watch 运行；若原因是 ENOSPC，请增大 fs.inotify.max_user_watches',
  ),
  'rules.no-such-test': operator(
    'no rule is called "{name}", and no test has that in its name',
    '没有名为“{name}”的规则，也没有名称含此文字的测试',
    'leave --only away to run all of them; --json lists their names',
    '去掉 --only 可运行全部测试；--json 列出所有名称',
  ),
  'rules.junit-unwritable': operator(
    'cannot write the results to {file}: {reason}',
    '无法将结果写入 {file}：{reason}',
    'name a file in a folder that exists and may be written to',
    '请指定已存在且可写文件夹中的文件',
  ),
  'rules.test-too-large': operator(
    'rule {rule}, test "{test}" needs more than {max} steps, which all tests of a site may take together; it was not finished',
    '规则 {rule} 的测试“{test}”需要超过 {max} 步（本站点所有测试合计的上限），未能完成',
    'a step is about one evaluation of a small rule: shorten the test, use a longer `step`, or shorter windows',
    '一步约为一次简单规则的求值：请缩短测试、加大 step，或缩短窗口',
  ),
  'rules.tests-too-large': operator(
    'the tests of this site need more than {max} steps together; rule {rule}, test "{test}" was not finished, and those behind it were not run',
    '本站点的测试合计需要超过 {max} 步；规则 {rule} 的测试“{test}”未完成，其后的测试未运行',
    'shorten the longest tests: `headgate rules test --json` tells the steps of each',
    '请缩短最长的测试：`headgate rules test --json` 给出每个测试的步数',
  ),
} as const satisfies Record<string, ErrorText>;
