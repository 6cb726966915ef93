import type { ErrorText } from '../errors.ts';

/** Why a rule did what it did. */
export const whyErrors = {
  'why.unknown': {
    kind: 'operator',
    message: {
      en: 'the running gateway knows no rule, alarm or tag "{name}"',
      zh: '正在运行的网关中没有规则、报警或点 "{name}"',
    },
    hint: {
      en: 'known, the likeliest first: {likely}; "headgate alarms" shows the keys of alarms',
      zh: '可选（最接近的在前）：{likely}；报警编号见 "headgate alarms"',
    },
  },
  'why.ambiguous': {
    kind: 'operator',
    message: {
      en: '"{name}" is the beginning of several alarms',
      zh: '以 "{name}" 开头的报警不止一个',
    },
    hint: { en: 'type more of one of these: {names}', zh: '请输入更多字符：{names}' },
  },
} as const satisfies Record<string, ErrorText>;
