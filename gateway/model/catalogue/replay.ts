import type { ErrorText } from '../errors.ts';

/** Recorded samples through the rules of a site. */
export const replayErrors = {
  'replay.no-rules': {
    kind: 'operator',
    message: { en: '{site} has no rules', zh: '{site} 中没有规则' },
    hint: {
      en: 'write some under rules:, or name others by --with',
      zh: '请在 rules: 下编写规则，或用 --with 指定其他规则',
    },
  },
  'replay.nothing-recorded': {
    kind: 'operator',
    message: {
      en: '{source} holds no sample of that time',
      zh: '{source} 中没有该时段的样本',
    },
    hint: {
      en: 'what it holds: {held}; choose --since and --until in there',
      zh: '其内容：{held}；请在此范围内选择 --since 和 --until',
    },
  },
  'replay.no-mapping': {
    kind: 'operator',
    message: {
      en: 'the site does not say which tags the columns of {file} are',
      zh: '站点未说明 {file} 的各列对应哪些点',
    },
    hint: {
      en: 'write simulation: { trace: { time: <column>, columns: { <column>: <tag> } } }; its columns are: {columns}',
      zh: '请写 simulation: { trace: { time: <列>, columns: { <列>: <点> } } }；该文件的列为：{columns}',
    },
  },
  'replay.table-invalid': {
    kind: 'operator',
    message: {
      en: '{file}:{line} the table cannot be read: {reason}',
      zh: '{file}:{line} 无法读取表格：{reason}',
    },
    hint: {
      en: 'mend the table, or the mapping in simulation.trace; numbers have a point, times are ISO 8601 or YYYY-MM-DD HH:MM:SS (UTC)',
      zh: '请修正表格或 simulation.trace 中的映射；数字用小数点，时间为 ISO 8601 或 YYYY-MM-DD HH:MM:SS（UTC）',
    },
  },
} as const satisfies Record<string, ErrorText>;
