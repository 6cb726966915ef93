import type { ErrorText } from '../errors.ts';

/** The recorder of lines and its files. */
export const recorderErrors = {
  'recorder.not-a-capture': {
    kind: 'permanent',
    message: {
      en: 'this is no recording of a line: {problem}',
      zh: '这不是总线记录文件：{problem}',
    },
    hint: {
      en: 'give a .pcap file that "headgate record" wrote',
      zh: '请使用 "headgate record" 生成的 .pcap 文件',
    },
  },
  'recorder.not-written': {
    kind: 'operator',
    message: {
      en: 'the recording cannot be written to {file}: {reason}',
      zh: '无法将记录写入 {file}：{reason}',
    },
    hint: {
      en: 'name a file in a folder that exists and that you may write to',
      zh: '请指定一个已存在且可写目录中的文件',
    },
  },
  'recorder.not-replayable': {
    kind: 'permanent',
    message: {
      en: 'there is nothing to replay: the recording has no requests on a serial line',
      zh: '没有可回放的内容：记录中没有串行线路上的请求',
    },
    hint: {
      en: 'record a serial bus, or one behind a serial server or a DTU, while it is polled',
      zh: '请在轮询时记录串口、串口服务器或 DTU 总线',
    },
  },
  'recorder.bus-unknown': {
    kind: 'operator',
    message: {
      en: 'the running gateway has no bus {bus}; it has {known}',
      zh: '正在运行的网关没有总线 {bus}；现有：{known}',
    },
    hint: {
      en: 'name one of these buses, or restart the gateway when the site was changed',
      zh: '请使用上述总线名；如站点已修改，请重启网关',
    },
  },
} as const satisfies Record<string, ErrorText>;
