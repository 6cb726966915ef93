/** Functions of numbers and of texts. */
import type { FunctionDeclaration } from './functions.ts';

/** Of numbers, status words among them. */
export const NUMBER_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'abs',
    group: 'number',
    signatures: [{ parameters: [{ name: 'x', type: 'number' }], returns: 'number', unit: 'same' }],
    doc: {
      en: 'The number without its sign.',
      zh: '绝对值。',
    },
    example: 'abs(-3.5)',
    result: 3.5,
  },
  {
    name: 'sign',
    group: 'number',
    signatures: [{ parameters: [{ name: 'x', type: 'number' }], returns: 'number' }],
    doc: {
      en: '-1, 0 or 1.',
      zh: '符号：-1、0 或 1。',
    },
    example: 'sign(-3.5)',
    result: -1,
  },
  {
    name: 'floor',
    group: 'number',
    signatures: [{ parameters: [{ name: 'x', type: 'number' }], returns: 'number', unit: 'same' }],
    doc: {
      en: 'The greatest whole number that is not above it.',
      zh: '向下取整。',
    },
    example: 'floor(2.7)',
    result: 2,
  },
  {
    name: 'ceil',
    group: 'number',
    signatures: [{ parameters: [{ name: 'x', type: 'number' }], returns: 'number', unit: 'same' }],
    doc: {
      en: 'The least whole number that is not below it.',
      zh: '向上取整。',
    },
    example: 'ceil(2.1)',
    result: 3,
  },
  {
    name: 'round',
    group: 'number',
    signatures: [
      {
        parameters: [
          { name: 'x', type: 'number' },
          { name: 'digits', type: 'number', isOptional: true },
        ],
        returns: 'number',
        unit: 'same',
      },
    ],
    doc: {
      en: 'Rounded to 0 to 15 digits behind the point, none when left out; a half goes away from zero.',
      zh: '四舍五入到小数点后 0 至 15 位，省略时取整；恰好一半时远离零。',
    },
    example: 'round(press.oil_temp / 7, 1)',
    result: 11.4,
  },
  {
    name: 'sqrt',
    group: 'number',
    signatures: [{ parameters: [{ name: 'x', type: 'number' }], returns: 'number' }],
    doc: {
      en: 'The square root; unknown of a negative number.',
      zh: '平方根；负数时为未知。',
    },
    example: 'sqrt(16)',
    result: 4,
  },
  {
    name: 'clamp',
    group: 'number',
    signatures: [
      {
        parameters: [
          { name: 'x', type: 'number' },
          { name: 'lo', type: 'same' },
          { name: 'hi', type: 'same' },
        ],
        returns: 'number',
        unit: 'same',
      },
    ],
    doc: {
      en: 'The number, or the nearer limit where it is outside. Unknown where the lower limit is above the upper one.',
      zh: '限制在上下限之间；超出时取较近的限值。下限大于上限时为未知。',
    },
    example: 'clamp(press.oil_temp, 0, 75)',
    result: 75,
  },
  {
    name: 'bit',
    group: 'number',
    signatures: [
      {
        parameters: [
          { name: 'x', type: 'number' },
          { name: 'n', type: 'number' },
        ],
        returns: 'flag',
      },
    ],
    doc: {
      en: "Whether bit n of a status word is set, the lowest being 0. A negative word is taken as two's complement; unknown where x is no whole number of at most 53 bits or n not 0 to 52.",
      zh: '状态字的第 n 位是否置位，最低位为 0。负数按补码处理；x 不是 53 位以内的整数或 n 不在 0 至 52 时为未知。',
    },
    example: 'bit(press.status, 2)',
    result: true,
  },
  {
    name: 'bits',
    group: 'number',
    signatures: [
      {
        parameters: [
          { name: 'x', type: 'number' },
          { name: 'start', type: 'number' },
          { name: 'count', type: 'number' },
        ],
        returns: 'number',
      },
    ],
    doc: {
      en: 'The number in `count` bits of a status word from bit `start` upwards; unknown where they do not lie within bits 0 to 52.',
      zh: '状态字从第 start 位起 count 位组成的数；超出第 0 至 52 位时为未知。',
    },
    example: 'bits(press.status, 0, 2)',
    result: 1,
  },
  {
    name: 'convert',
    group: 'number',
    signatures: [
      {
        parameters: [
          { name: 'x', type: 'number' },
          { name: 'unit', type: 'literal_text' },
        ],
        returns: 'number',
        unit: 'literal',
      },
    ],
    doc: {
      en: 'The number in another unit of its dimension: °C and °F, bar and kPa, m³ and L.',
      zh: '换算为同一量纲的其他单位：°C 与 °F、bar 与 kPa、m³ 与 L。',
    },
    example: 'convert(press.oil_temp, "°F")',
    result: 176,
  },
];

/** Of texts. */
export const TEXT_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'number',
    group: 'text',
    signatures: [{ parameters: [{ name: 'text', type: 'text' }], returns: 'number' }],
    doc: {
      en: 'The number that a text shows, such as "42.5" or "-1e3", blanks around it allowed; unknown for any other text.',
      zh: '文本所表示的数，例如 "42.5" 或 "-1e3"，前后可有空格；其他文本为未知。',
    },
    example: 'number("42.5")',
    result: 42.5,
  },
  {
    name: 'text',
    group: 'text',
    signatures: [{ parameters: [{ name: 'value', type: 'value' }], returns: 'text' }],
    doc: {
      en: 'The value as text: 80, 0.5, true. A duration is its milliseconds.',
      zh: '以文本表示的值：80、0.5、true。时长以毫秒表示。',
    },
    example: 'text(press.oil_temp)',
    result: '80',
  },
  {
    name: 'size',
    group: 'text',
    isMethod: true,
    signatures: [{ parameters: [{ name: 'text', type: 'text' }], returns: 'number' }],
    doc: {
      en: 'How long the text is, in UTF-16 units.',
      zh: '文本长度，以 UTF-16 单元计。',
    },
    example: 'size(press.mode)',
    result: 4,
  },
  {
    name: 'lower',
    group: 'text',
    isMethod: true,
    signatures: [{ parameters: [{ name: 'text', type: 'text' }], returns: 'text' }],
    doc: {
      en: 'The text in small letters.',
      zh: '转换为小写。',
    },
    example: 'lower("AUTO")',
    result: 'auto',
  },
  {
    name: 'upper',
    group: 'text',
    isMethod: true,
    signatures: [{ parameters: [{ name: 'text', type: 'text' }], returns: 'text' }],
    doc: {
      en: 'The text in capital letters.',
      zh: '转换为大写。',
    },
    example: 'upper(press.mode)',
    result: 'AUTO',
  },
  {
    name: 'trim',
    group: 'text',
    isMethod: true,
    signatures: [{ parameters: [{ name: 'text', type: 'text' }], returns: 'text' }],
    doc: {
      en: 'The text without blanks at both ends.',
      zh: '去除首尾空白。',
    },
    example: 'trim("  auto ")',
    result: 'auto',
  },
  {
    name: 'contains',
    group: 'text',
    isMethod: true,
    signatures: [
      {
        parameters: [
          { name: 'text', type: 'text' },
          { name: 'part', type: 'text' },
        ],
        returns: 'flag',
      },
    ],
    doc: {
      en: 'Whether the second text stands somewhere in the first.',
      zh: '第一个文本是否包含第二个文本。',
    },
    example: 'contains(press.mode, "ut")',
    result: true,
  },
  {
    name: 'startsWith',
    group: 'text',
    isMethod: true,
    signatures: [
      {
        parameters: [
          { name: 'text', type: 'text' },
          { name: 'part', type: 'text' },
        ],
        returns: 'flag',
      },
    ],
    doc: {
      en: 'Whether the first text begins with the second.',
      zh: '第一个文本是否以第二个文本开头。',
    },
    example: 'startsWith(press.mode, "au")',
    result: true,
  },
  {
    name: 'endsWith',
    group: 'text',
    isMethod: true,
    signatures: [
      {
        parameters: [
          { name: 'text', type: 'text' },
          { name: 'part', type: 'text' },
        ],
        returns: 'flag',
      },
    ],
    doc: {
      en: 'Whether the first text ends with the second.',
      zh: '第一个文本是否以第二个文本结尾。',
    },
    example: 'endsWith(press.mode, "to")',
    result: true,
  },
  {
    name: 'substring',
    group: 'text',
    isMethod: true,
    signatures: [
      {
        parameters: [
          { name: 'text', type: 'text' },
          { name: 'start', type: 'number' },
          { name: 'end', type: 'number', isOptional: true },
        ],
        returns: 'text',
      },
    ],
    doc: {
      en: 'The part from one place to before the other, or to the end; the first place is 0. Unknown where a place is no whole number or outside the text.',
      zh: '从起点到终点之前（或到末尾）的部分，首位为 0。位置不是整数或超出文本时为未知。',
    },
    example: 'substring(press.mode, 1, 3)',
    result: 'ut',
  },
];
