/** What the parts and the states of a combined reading are called, in both languages. Pure. */
import type { Words } from '../verb.ts';

/** By the keys of its YAML. */
export const READING_KEYS: Readonly<Record<string, Words>> = {
  electricity: { en: 'electricity', zh: '电' },
  water: { en: 'water', zh: '水' },
  gas: { en: 'gas', zh: '气' },
  heat: { en: 'heat', zh: '热' },
  cooling: { en: 'cooling', zh: '冷' },
  every: { en: 'every', zh: '区间' },
  freeze: { en: 'day and month begin at', zh: '日月起始时刻' },
  within: { en: 'an instant is', zh: '同一时刻窗口' },
  freeze_command: { en: 'at each instant writes', zh: '每个时刻写入' },
  balance: { en: 'balance', zh: '平衡' },
};

/** What a meter says of itself; the name of the meter stands before it. */
export const READING_KEY_PARTS: readonly (readonly [en: RegExp, zh: string])[] = [
  [/\.serial$/, ' 表号'],
  [/\.status\.battery$/, ' 电池欠压'],
  [/\.status\.valve$/, ' 阀门'],
  [/\.status\.cover$/, ' 开盖'],
  [/\.status\.magnetic$/, ' 磁干扰'],
  [/\.status\.reverse$/, ' 反向'],
  [/\.status\.no_water$/, ' 空管'],
  [/\.heat\.supply$/, ' 供水温度'],
  [/\.heat\.return$/, ' 回水温度'],
  [/\.heat\.flow$/, ' 流量'],
  [/^water\b/, '水'],
  [/^gas\b/, '气'],
  [/^electricity\b/, '电'],
  [/^heat\b/, '热'],
  [/^cooling\b/, '冷'],
];

/** What a combined reading says of itself, piece by piece. */
export const READING_STATES: readonly (readonly [pattern: RegExp, zh: string])[] = [
  [/^(\d+) of (\d+) meters read/, '$2 块表中已抄到 $1 块'],
  [/; (\d+) open: /, '；$1 条记录未结：'],
  [/\(window\)/g, '（窗口未结束）'],
  [/; looks again at /, '；下次查看 '],
];
