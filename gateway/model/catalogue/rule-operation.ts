import type { ErrorText } from '../errors.ts';

/** Other rules while the gateway runs. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

export const ruleOperationErrors = {
  'rules.restart-needed': operator(
    'more than rules changed: {what}; nothing was applied',
    '改动不止规则：{what}；未应用任何更改',
    'restart the gateway for these ("systemctl restart headgate"), or take them back and apply the rules alone',
    '这些更改需要重启网关（systemctl restart headgate）；或先撤回这些更改，只应用规则',
  ),
  'rules.apply-pending': operator(
    'rules {config} are on trial for another {left}; nothing was applied',
    '规则 {config} 正在试运行，还剩 {left}；未应用任何更改',
    'keep them with "headgate rules confirm", wait until they are rolled back, or apply with --force, which puts the new rules in their place',
    '用 "headgate rules confirm" 保留；或等待自动恢复；或用 --force 以新规则取代试运行中的规则',
  ),
  'rules.nothing-pending': operator(
    'no rules are on trial, there is nothing to confirm',
    '没有试运行中的规则，无需确认',
    'they were confirmed before, or their time was over and the rules before them run again; "headgate status" shows which',
    '可能已确认，或已超时并恢复为之前的规则；可用 "headgate status" 查看',
  ),
  'rules.apply-not-durable': operator(
    'the rules that run could not be kept on disk, so that a rollback would not be sure; nothing was applied',
    '无法将当前规则保存到磁盘，回退得不到保证；未应用任何更改',
    'look at the disk of the journal (full, read-only?); without --confirm-within no copy is needed',
    '请检查日志库所在磁盘（已满或只读？）；不使用 --confirm-within 则无需保存副本',
  ),
  'rules.apply-moved': operator(
    'the files of the site changed between the check and the gateway’s own reading; nothing was applied',
    '检查之后、网关读取之前站点文件又有改动；未应用任何更改',
    'call "headgate rules apply" again when the files are as they should be',
    '文件确定后请再次运行 "headgate rules apply"',
  ),
  'rules.apply-no-site': operator(
    'this gateway was not started from files, its rules cannot be changed while it runs',
    '该网关并非从站点文件启动，运行中无法更改规则',
    'only "headgate run" takes rules while it runs; stop a demo and start it again',
    '只有 "headgate run" 支持运行中更改规则；演示请停止后重新启动',
  ),
} as const satisfies Record<string, ErrorText>;
