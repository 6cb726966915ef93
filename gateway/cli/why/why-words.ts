/** What rules and their states are called, in both languages. Pure. */
import { FLOOD_RULE } from '../../../rules/alarms/alarm-flood.ts';
import type { Language } from '../../model/errors.ts';
import { ROLLED_BACK } from '../../rules/own-alarms.ts';
import type { Words } from '../verb.ts';
import { CELL_KEYS, CELL_STATES, cellRole } from './cell-words.ts';
import { READING_KEY_PARTS, READING_KEYS, READING_STATES } from './reading-words.ts';

const KEYS: Readonly<Record<string, Words>> = {
  when: { en: 'when', zh: '条件' },
  on_delay: { en: 'for at least', zh: '持续至少' },
  clear_when: { en: 'clears when', zh: '恢复条件' },
  off_delay: { en: 'clear for at least', zh: '恢复持续至少' },
  latch: { en: 'latched', zh: '自锁' },
  reset_when: { en: 'reset when', zh: '复位条件' },
  alarm: { en: 'alarm', zh: '报警' },
  'alarm.latch': { en: 'alarm latched', zh: '报警自锁' },
  'alarm.realarm': { en: 'alarms again after', zh: '再次报警间隔' },
  'alarm.first_out': { en: 'first-out group', zh: '首出组' },
  'alarm.suppress_when': { en: 'suppressed when', zh: '抑制条件' },
  do: { en: 'then', zh: '动作' },
  on_clear: { en: 'when it clears', zh: '恢复动作' },
  else: { en: 'otherwise', zh: '超时动作' },
  'derive.value': { en: 'value', zh: '计算值' },
  derive: { en: 'derives', zh: '计算' },
  schedule: { en: 'at', zh: '时间' },
  missed: { en: 'a missed time', zh: '错过的时间' },
  only_when: { en: 'only when', zh: '仅当' },
  input: { en: 'input', zh: '输入' },
  setpoint: { en: 'setpoint', zh: '设定值' },
  output: { en: 'output', zh: '输出' },
  enabled_when: { en: 'enabled when', zh: '启用条件' },
  on_off: { en: 'on/off control', zh: '开关控制' },
  pi: { en: 'PI control', zh: 'PI 控制' },
  fallback: { en: 'fallback', zh: '后备值' },
  abort_when: { en: 'begins anew when', zh: '中止条件' },
  ...CELL_KEYS,
  ...READING_KEYS,
};

/** With a name or a number behind. */
const KEY_PARTS: readonly (readonly [en: RegExp, zh: string])[] = [
  ...READING_KEY_PARTS,
  [/^step\b/, '步骤'],
  [/^handshake\b/, '握手'],
  [/^wear\b/, '磨损'],
  [/^part\.values\b/, '零件值'],
  [/\bafter$/, '起始'],
  [/\bexpect$/, '跟随'],
];

/** A key of the YAML as people say it; `step 2` is told as it is. */
export function keyText(key: string, language: Language): string {
  const words = KEYS[key];
  if (words) return words[language];
  return language === 'zh' ? KEY_PARTS.reduce((text, [en, zh]) => text.replace(en, zh), key) : key;
}

/** The role of an expression in its rule: `when`, `sequence.steps[1].when`, `do[0].value`. */
export function roleText(role: string, language: Language): string {
  const short = role.replace(/^(loop|sequence|cell|combined_reading)\.(meters\.)?/, '');
  const cell = cellRole(short);
  if (cell !== undefined) return keyText(cell, language);
  const [, list = '', place] = /^(\w+)\[(\d+)\]/.exec(short) ?? [];
  if (place === undefined) return keyText(short, language);
  const number = Number(place) + 1;
  return list === 'steps'
    ? keyText(`step ${number}`, language)
    : `${keyText(list, language)} ${number}`;
}

const CONDITION_STATES: Readonly<Record<string, Words>> = {
  off: { en: 'off', zh: '未触发' },
  on_pending: { en: 'about to turn on', zh: '即将触发' },
  on: { en: 'ON', zh: '已触发' },
  off_pending: { en: 'about to clear', zh: '即将恢复' },
};

const PENDING: Readonly<Record<string, Words>> = {
  on_pending: { en: 'turns on in {s} s if nothing changes', zh: '若无变化，{s} 秒后触发' },
  off_pending: { en: 'clears in {s} s if nothing changes', zh: '若无变化，{s} 秒后恢复' },
};

/** What the other kinds say of themselves, piece by piece, after times have become seconds. */
const STATE_WORDS: readonly (readonly [pattern: RegExp, zh: string])[] = [
  [/^no value yet$/, '尚无值'],
  [/^waits for a clock that can be believed$/, '等待可信的时钟'],
  [/^no time will come$/, '不会再有执行时间'],
  [/^waits for (\S+)$/, '等待 $1'],
  [/^idle\b/, '已停用'],
  [/^entering\b/, '正在接管'],
  [/^acting\b/, '调节中'],
  [/^fallback\b/, '采用后备值'],
  [/not enabled, /, '未启用，'],
  [/output not known yet/, '输出未知'],
  [/, without values for ([\d.]+) s/, '，已 $1 秒无有效值'],
  [/\bon for ([\d.]+) s/, '接通，已持续 $1 秒'],
  [/\boff for ([\d.]+) s/, '断开，已持续 $1 秒'],
  [/, output not known yet/, '，输出未知'],
  [/, output /, '，输出 '],
  [/, integral /, '，积分 '],
  [/^awaits step/, '等待步骤'],
  [/, which must first be false/, '（须先为假）'],
  [/; hung at step/, '；卡在步骤'],
  [/, ([\d.]+) s left/, '，剩余 $1 秒'],
  ...CELL_STATES,
  ...READING_STATES,
];

/**
 * A state in its own words (`on_pending until 12000`), with what it says of engine time as seconds from `now`, and of a
 * condition what comes next. Without `now` it is a state that has passed.
 */
export function stateText(state: string, now: number | undefined, language: Language): string {
  const [, phase = '', due] = /^(\w+)(?: until (\d+))?$/.exec(state) ?? [];
  const words = CONDITION_STATES[phase];
  if (words) {
    const next = now === undefined ? undefined : PENDING[phase]?.[language];
    return next?.replace('{s}', secondsText(Number(due) - Number(now))) ?? words[language];
  }
  const relative =
    now === undefined
      ? state.replace(/ (until|since) \d+/g, '')
      : state
          .replace(/ until (\d+)/g, (_, at) => `, ${secondsText(at - now)} s left`)
          .replace(/since (\d+)/g, (_, at) => `for ${secondsText(now - at)} s`);
  return language === 'en'
    ? relative
    : STATE_WORDS.reduce((text, [pattern, zh]) => text.replace(pattern, zh), relative);
}

/** To a tenth, never below zero: what is due is due now. */
export const secondsText = (ms: number): string => String(Math.round(Math.max(0, ms) / 100) / 10);

export const KINDS: Readonly<Record<string, Words>> = {
  condition: { en: 'condition', zh: '条件规则' },
  derive: { en: 'derived tag', zh: '计算点' },
  schedule: { en: 'schedule', zh: '定时' },
  loop: { en: 'control loop', zh: '控制回路' },
  sequence: { en: 'sequence', zh: '顺序' },
  cell: { en: 'machine cell', zh: '机器工作站' },
  combined_reading: { en: 'combined reading', zh: '组合抄读' },
};

export const MODES: Readonly<Record<string, Words>> = {
  active: { en: 'active', zh: '启用' },
  shadow: {
    en: 'shadow: shows what it would do, and does nothing',
    zh: '影子模式：只显示，不执行',
  },
  off: { en: 'switched off', zh: '已停用' },
};

/** Of commands; design words stay as they are in English. */
const OUTCOMES: Readonly<Record<string, string>> = {
  verified: '已核实',
  written: '已写入',
  rejected: '被拒绝',
  expired: '已过期',
  failed: '失败',
  unknown: '结果未知',
};

export const outcomeText = (outcome: string, language: Language): string =>
  language === 'zh' ? (OUTCOMES[outcome] ?? outcome) : outcome;

const FLOOD_HINT: Words = {
  en: 'alarms below severity 700 are told when fewer than half as many come; "headgate alarms" shows them all the same',
  zh: '严重度低于 700 的报警待触发次数降到一半以下后再通知；"headgate alarms" 中始终可见',
};
const ROLLED_BACK_HINT: Words = {
  en: 'mend the rules in the files and call "headgate rules apply"; until then those before run, after a restart, too',
  zh: '请修正文件中的规则并执行 "headgate rules apply"；在此之前（包括重启后）运行的都是之前的规则',
};
const STOPPED_HINT: Words = {
  en: 'it is tried again when other rules are applied, and after a restart; please report the log line rules.rule-stopped',
  zh: '应用其他规则或重启后会再次尝试；请反馈日志中的 rules.rule-stopped',
};

/** What to do about an alarm that the gateway raised about its rules. */
export function ownAlarmHint(id: string, language: Language): string {
  if (id === FLOOD_RULE) return FLOOD_HINT[language];
  return (id === ROLLED_BACK ? ROLLED_BACK_HINT : STOPPED_HINT)[language];
}
