import type { ErrorText } from '../errors.ts';

/** Tags over time. */
export const trendErrors = {
  'trend.unknown-tag': {
    kind: 'operator',
    message: {
      en: 'neither the site nor its journal has a tag "{tag}"',
      zh: '站点及其日志库中都没有点 "{tag}"',
    },
    hint: {
      en: 'known, the likeliest first: {likely}',
      zh: '可选（最接近的在前）：{likely}',
    },
  },
  'trend.busy': {
    kind: 'operator',
    message: {
      en: 'the gateway has as many trends to find as it takes at once; "{tag}" was not looked for',
      zh: '网关正在处理的趋势查询已达上限，未查询 "{tag}"',
    },
    hint: { en: 'ask again in a minute', zh: '请一分钟后重试' },
  },
  'trend.late': {
    kind: 'operator',
    message: {
      en: 'the trend of "{tag}" was not found within a minute, and given up',
      zh: '"{tag}" 的趋势在一分钟内未查完，已放弃',
    },
    hint: {
      en: 'ask for a shorter time with --since and --until',
      zh: '请用 --since 和 --until 缩短查询时段',
    },
  },
  'trend.failed': {
    kind: 'operator',
    message: {
      en: 'the journal of the gateway does not tell the trend of "{tag}": {reason}',
      zh: '网关的日志库未能给出 "{tag}" 的趋势：{reason}',
    },
    hint: {
      en: 'see "headgate status" for what the journal is doing, then ask again',
      zh: '请用 "headgate status" 查看日志库状态后重试',
    },
  },
} as const satisfies Record<string, ErrorText>;
