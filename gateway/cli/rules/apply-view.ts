/** What applying rules changes, as people read it. Pure. */
import type { Language } from '../../model/errors.ts';
import type { RulesChange } from '../../rules/rule-change.ts';
import { age } from '../age.ts';
import type { Words } from '../verb.ts';

interface Changing {
  readonly change: RulesChange;
  readonly config: string;
  readonly confirm_within_ms?: number;
}

const LINES: readonly (readonly [keyof RulesChange, Words])[] = [
  ['kept', { en: 'kept, with their state', zh: '保持（含状态）' }],
  ['changed', { en: 'begin anew', zh: '重新开始' }],
  ['added', { en: 'added', zh: '新增' }],
  ['removed', { en: 'removed', zh: '移除' }],
  ['derivedAdded', { en: 'derived tags added', zh: '新增计算点' }],
  ['derivedRemoved', { en: 'derived tags removed', zh: '移除计算点' }],
];
/** Names in a line; of those that are kept only the number is told. */
const MOST_NAMES = 20;

export const renderChange = ({ change, config }: Changing, language: Language): string =>
  [
    `${{ en: 'configuration', zh: '配置' }[language]} ${config.slice(0, 8)}`,
    ...LINES.flatMap(([what, words]) => lineOf(change[what], what, words[language])),
  ].join('\n');

function lineOf(names: readonly string[], what: keyof RulesChange, word: string): string[] {
  if (names.length === 0) return [];
  if (what === 'kept') return [`  ${word}: ${names.length}`];
  const more = names.length > MOST_NAMES ? ' …' : '';
  return [`  ${word}: ${names.length} — ${names.slice(0, MOST_NAMES).join(', ')}${more}`];
}

export function renderApplied({ confirm_within_ms: within }: Changing, language: Language): string {
  if (within === undefined)
    return { en: 'applied: these rules run now', zh: '已应用：新规则正在运行' }[language];
  const time = age(within);
  return {
    en: `on trial: these rules run now; keep them with "headgate rules confirm" within ${time}, or those before come back`,
    zh: `试运行：新规则正在运行；请在 ${time} 内执行 "headgate rules confirm" 保留，否则恢复之前的规则`,
  }[language];
}

const PARTS: readonly (readonly [string, string])[] = [
  ['gateway', '网关（名称、时区或位置）'],
  ['journal', '日志库'],
  ['uplink', '上行'],
  ['bus', '总线'],
  ['device', '设备'],
  ['order of devices', '设备顺序'],
  ['derived tags', '计算点过多'],
];

/** What needs a restart, `bus line1`, as people name it. */
export function renderParts(parts: readonly string[], language: Language): string {
  if (language === 'en') return parts.join(', ');
  const inChinese = (part: string) => {
    const [en, zh] = PARTS.findLast(([word]) => part === word || part.startsWith(`${word} `)) ?? [];
    return en === undefined ? part : `${zh}${part.slice(en.length)}`;
  };
  return parts.map(inChinese).join('、');
}
