/** Functions of a tag, of unknown values, and those that remember. */
import type { FunctionDeclaration } from './functions.ts';

const TAG = { name: 'tag', type: 'tag' } as const;
const CONDITION = { name: 'condition', type: 'condition' } as const;
const WITHIN = { name: 'within', type: 'window' } as const;

/** What is known of a tag beside its value. */
export const TAG_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'quality',
    group: 'tag',
    signatures: [{ parameters: [TAG], returns: 'text' }],
    doc: {
      en: 'The quality of the latest sample, such as "good" or "bad:comm". Before the first sample it is "bad:waiting".',
      zh: '最新样本的质量，例如 "good" 或 "bad:comm"。收到首个样本之前为 "bad:waiting"。',
    },
    example: 'quality(press.oil_temp) == "good"',
    result: true,
  },
  {
    name: 'isGood',
    group: 'tag',
    signatures: [{ parameters: [TAG], returns: 'flag' }],
    doc: {
      en: 'Whether the latest sample is good, without any doubt about it.',
      zh: '最新样本的质量是否为 good（毫无疑问）。',
    },
    example: 'isGood(press.oil_temp)',
    result: true,
  },
  {
    name: 'isBad',
    group: 'tag',
    signatures: [{ parameters: [TAG], returns: 'flag' }],
    doc: {
      en: 'Whether the latest sample is bad and has no value; also before the first sample.',
      zh: '最新样本是否为 bad（没有值）；收到首个样本之前也成立。',
    },
    example: 'isBad(press.oil_temp)',
    result: false,
  },
  {
    name: 'age',
    group: 'tag',
    looksAtTime: true,
    signatures: [{ parameters: [TAG], returns: 'duration' }],
    doc: {
      en: 'The time since the latest sample that had a value. Unknown if there was none.',
      zh: '距最近一个有值样本的时间。从未有值时为未知。',
    },
    example: 'age(press.oil_temp) > "30s"',
    result: true,
  },
  {
    name: 'changed',
    group: 'tag',
    signatures: [{ parameters: [TAG], returns: 'flag' }],
    doc: {
      en: 'True in the one moment in which the tag got a value that differs from the one before.',
      zh: '仅在点收到与上一个值不同的新值的那一刻为真。',
    },
    example: 'changed(press.parts)',
    result: true,
  },
  {
    name: 'previous',
    group: 'tag',
    signatures: [{ parameters: [TAG], returns: 'tag', unit: 'same' }],
    doc: {
      en: 'The value before the latest one, equal or not. Unknown if there is none.',
      zh: '最新值之前的那个值，无论是否相同。没有时为未知。',
    },
    example: 'previous(press.parts)',
    result: 60,
  },
];

/** How to go on where something is unknown. */
export const UNKNOWN_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'known',
    group: 'unknown',
    signatures: [{ parameters: [{ name: 'value', type: 'value' }], returns: 'flag' }],
    doc: {
      en: 'Whether the expression has a result: false where a tag that it needs is bad.',
      zh: '表达式是否有结果：所需的点为 bad 时为假。',
    },
    example: 'known(press.oil_temp > 75)',
    result: true,
  },
  {
    name: 'fallback',
    group: 'unknown',
    signatures: [
      {
        parameters: [
          { name: 'value', type: 'value' },
          { name: 'otherwise', type: 'same' },
        ],
        returns: 'same',
        unit: 'same',
      },
    ],
    doc: {
      en: 'The first value, or the second where the first is unknown.',
      zh: '第一个值；第一个值未知时取第二个值。',
    },
    example: 'fallback(press.oil_temp, 20)',
    result: 80,
  },
];

/** Those that follow a condition from one evaluation to the next. */
export const MEMORY_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'since',
    group: 'memory',
    remembers: true,
    looksAtTime: true,
    signatures: [{ parameters: [CONDITION], returns: 'duration' }],
    doc: {
      en: 'How long the condition has been true; 0 while it is false, unknown while it is unknown.',
      zh: '条件已持续为真的时间；为假时为 0，未知时为未知。',
    },
    example: 'since(press.pump) >= "1m"',
    result: true,
  },
  {
    name: 'held',
    group: 'memory',
    remembers: true,
    signatures: [{ parameters: [CONDITION, { name: 'for', type: 'window' }], returns: 'flag' }],
    doc: {
      en: 'Whether the condition has been true for so long without a break. Unknown breaks it.',
      zh: '条件是否已不间断地为真达到该时长。未知视为中断。',
    },
    example: 'held(press.pump, "30s")',
    result: true,
  },
  {
    name: 'rising',
    group: 'memory',
    remembers: true,
    signatures: [{ parameters: [CONDITION], returns: 'flag' }],
    doc: {
      en: 'True in the one evaluation in which the condition turns from false to true. The first known truth is no edge.',
      zh: '仅在条件由假变真的那次求值时为真。首次得知的真值不算边沿。',
    },
    example: 'rising(press.pump)',
    result: true,
  },
  {
    name: 'falling',
    group: 'memory',
    remembers: true,
    signatures: [{ parameters: [CONDITION], returns: 'flag' }],
    doc: {
      en: 'True in the one evaluation in which the condition turns from true to false. The first known truth is no edge.',
      zh: '仅在条件由真变假的那次求值时为真。首次得知的真值不算边沿。',
    },
    example: 'falling(press.pump)',
    result: false,
  },
  {
    name: 'times',
    group: 'memory',
    remembers: true,
    signatures: [
      { parameters: [CONDITION], returns: 'number' },
      { parameters: [CONDITION, WITHIN], returns: 'number', looksAtTime: true },
    ],
    doc: {
      en: 'How often the condition turned true since the rule began, or within the time before now. At most 1,000 edges are kept.',
      zh: '规则开始以来（或最近一段时间内）条件变为真的次数。最多保留 1,000 个边沿。',
    },
    example: 'times(press.pump, "2m")',
    result: 1,
  },
  {
    name: 'runtime',
    group: 'memory',
    remembers: true,
    looksAtTime: true,
    signatures: [{ parameters: [CONDITION, WITHIN], returns: 'duration' }],
    doc: {
      en: 'How long the condition was true within the time before now; unknown counts as not true. At most 1,000 stretches are kept.',
      zh: '最近一段时间内条件为真的累计时长；未知不计入。最多保留 1,000 段。',
    },
    example: 'runtime(press.pump, "2m")',
    result: 60_000,
  },
];
