/** Functions over the samples of a tag within a time before now. */
import type { FunctionDeclaration, FunctionSignature, ParameterType } from './functions.ts';

const WITHIN = { name: 'within', type: 'window' } as const;

const over = (
  of: ParameterType,
  returns: FunctionSignature['returns'],
  unit?: FunctionSignature['unit'],
): FunctionSignature => ({
  parameters: [{ name: 'tag', type: of }, WITHIN],
  returns,
  ...(unit && { unit }),
  isWindow: true,
  looksAtTime: true,
});

const LAST_TWO: FunctionSignature = {
  parameters: [{ name: 'tag', type: 'number_tag' }],
  returns: 'number',
  unit: 'per_second',
};
const OF_TWO: FunctionSignature = {
  parameters: [
    { name: 'a', type: 'number' },
    { name: 'b', type: 'same' },
  ],
  returns: 'number',
  unit: 'same',
};
const PERCENTILE: FunctionSignature = {
  parameters: [{ name: 'tag', type: 'number_tag' }, { name: 'percent', type: 'percent' }, WITHIN],
  returns: 'number',
  unit: 'same',
  isWindow: true,
  looksAtTime: true,
};

/** In the order of SEMANTICS.md. */
export const WINDOW_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'avg',
    group: 'window',
    signatures: [over('number_tag', 'number', 'same')],
    doc: {
      en: 'The mean over the time before now, each value weighted by how long it stood.',
      zh: '最近一段时间内的平均值，按每个值的持续时间加权。',
    },
    example: 'avg(press.oil_temp, "2m")',
    result: 77,
  },
  {
    name: 'min',
    group: 'window',
    signatures: [over('number_tag', 'number', 'same'), OF_TWO],
    doc: {
      en: 'The least value in the time before now, with the one in force at its beginning; or the lesser of two numbers.',
      zh: '最近一段时间内的最小值（含时段开始时有效的值）；或两个数中较小者。',
    },
    example: 'min(press.oil_temp, "2m")',
    result: 74,
  },
  {
    name: 'max',
    group: 'window',
    signatures: [over('number_tag', 'number', 'same'), OF_TWO],
    doc: {
      en: 'The greatest value in the time before now, with the one in force at its beginning; or the greater of two numbers.',
      zh: '最近一段时间内的最大值（含时段开始时有效的值）；或两个数中较大者。',
    },
    example: 'max(press.oil_temp, 90)',
    result: 90,
  },
  {
    name: 'rate',
    group: 'window',
    signatures: [LAST_TWO, over('number_tag', 'number', 'per_second')],
    doc: {
      en: 'The change per second: between the last two values, or over the time before now. Unknown while there is nothing to compare.',
      zh: '每秒变化量：最近两个值之间，或最近一段时间内。无可比较的值时为未知。',
    },
    example: 'rate(press.oil_temp, "2m")',
    result: 0.05,
  },
  {
    name: 'delta',
    group: 'window',
    signatures: [over('number_tag', 'number', 'same')],
    doc: {
      en: 'The last value less the first of the time before now. A counter that began again at its declared modulus goes on.',
      zh: '最近一段时间内末值减首值。已声明模数的计数器归零后连续计算。',
    },
    example: 'delta(press.parts, "2m")',
    result: 60,
  },
  {
    name: 'first',
    group: 'window',
    signatures: [over('tag', 'tag', 'same')],
    doc: {
      en: 'The value in force when the time before now began, else the oldest in it.',
      zh: '时段开始时有效的值；没有则为时段内最早的值。',
    },
    example: 'first(press.oil_temp, "2m")',
    result: 74,
  },
  {
    name: 'last',
    group: 'window',
    signatures: [over('tag', 'tag', 'same')],
    doc: {
      en: 'The newest value in the time before now, or the one in force since before it. Unlike the tag itself it is known while the latest sample is bad.',
      zh: '最近一段时间内的最新值，或此前一直有效的值。最新样本为 bad 时仍可得知。',
    },
    example: 'last(press.oil_temp, "2m")',
    result: 80,
  },
  {
    name: 'integral',
    group: 'window',
    signatures: [over('countable_tag', 'number', 'seconds')],
    doc: {
      en: 'The sum of value × seconds over the time before now; a flag counts as 1 and 0. kW become kW·s, and convert(…, "kWh") makes kWh of them.',
      zh: '最近一段时间内 值 × 秒 的总和；布尔量按 1 和 0 计。kW 得到 kW·s，可用 convert(…, "kWh") 换算为 kWh。',
    },
    example: 'integral(press.oil_temp, "2m")',
    result: 9_240,
  },
  {
    name: 'stddev',
    group: 'window',
    signatures: [over('number_tag', 'number', 'same')],
    doc: {
      en: 'The standard deviation over the time before now, each value weighted by how long it stood.',
      zh: '最近一段时间内的标准差，按每个值的持续时间加权。',
    },
    example: 'stddev(press.oil_temp, "2m")',
    result: 3,
  },
  {
    name: 'percentile',
    group: 'window',
    signatures: [PERCENTILE],
    doc: {
      en: 'The value that is not exceeded during the given percentage of the time before now.',
      zh: '最近一段时间内，有给定百分比的时间不超过的值。',
    },
    example: 'percentile(press.oil_temp, 90, "2m")',
    result: 80,
  },
  {
    name: 'sum',
    group: 'window',
    signatures: [over('number_tag', 'number', 'same')],
    doc: {
      en: 'The sum of the values that arrived in the time before now; 0 if none did.',
      zh: '最近一段时间内到达的值之和；没有则为 0。',
    },
    example: 'sum(press.parts, "2m")',
    result: 120,
  },
  {
    name: 'count',
    group: 'window',
    signatures: [over('tag', 'number')],
    doc: {
      en: 'How many values arrived in the time before now.',
      zh: '最近一段时间内到达的值的个数。',
    },
    example: 'count(press.parts, "2m")',
    result: 1,
  },
  {
    name: 'coverage',
    group: 'window',
    signatures: [over('tag', 'number')],
    doc: {
      en: 'For which part of the time before now there was a value, from 0 to 1.',
      zh: '最近一段时间内有值的时间占比，0 到 1。',
    },
    example: 'coverage(press.oil_temp, "2m")',
    result: 1,
  },
];
