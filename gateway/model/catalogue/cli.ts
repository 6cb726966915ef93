import type { ErrorText } from '../errors.ts';

/** The command line. */
export const cliErrors = {
  'cli.usage': {
    kind: 'operator',
    message: { en: '{problem}', zh: '用法错误：{problem}' },
    hint: { en: 'see headgate {verb} --help', zh: '参见 headgate {verb} --help' },
  },
  'cli.not-running': {
    kind: 'operator',
    message: {
      en: 'no gateway answers at {path}',
      zh: '{path} 上没有正在运行的网关',
    },
    hint: {
      en: 'start it with "headgate run <site>", or name the site of the one that runs',
      zh: '请先用 "headgate run <site>" 启动，或指定正在运行的站点',
    },
  },
  'cli.site-invalid': {
    kind: 'operator',
    message: {
      en: '{site} has {count} problem(s), listed above; nothing was started',
      zh: '{site} 有 {count} 个问题（见上），未启动',
    },
    hint: {
      en: 'mend them and run "headgate check {site}"',
      zh: '修正后运行 "headgate check {site}"',
    },
  },
  'cli.no-answer': {
    kind: 'transient',
    message: {
      en: 'no usable answer from {target}: {quality}',
      zh: '{target} 没有可用的应答：{quality}',
    },
    hint: {
      en: 'check unit number, wiring, baud rate and address; try another address of the same device',
      zh: '检查站号、接线、波特率和寄存器地址；可换同一设备的其他地址再试',
    },
  },
  'cli.part-missing': {
    kind: 'operator',
    message: { en: '{part} is not installed: {reason}', zh: '缺少组件 {part}：{reason}' },
    hint: {
      en: 'the demo needs the development packages; run "npm ci" in a clone of the repository',
      zh: '演示需要开发依赖；请在仓库目录运行 "npm ci"',
    },
  },
  'cli.bus-overloaded': {
    kind: 'operator',
    message: {
      en: 'bus {bus} would be busy {load} % of the time, and {usable} % is all there is; most of it takes {devices}',
      zh: '总线 {bus} 的负载将达 {load} %，而可用上限为 {usable} %；占用最多的是 {devices}',
    },
    hint: {
      en: 'the nearest scan that works: {nearest}; or a higher baud rate, fewer tags, a second bus',
      zh: '最接近的可行周期：{nearest}；也可提高波特率、减少点数或分到另一条总线',
    },
  },
} as const satisfies Record<string, ErrorText>;
