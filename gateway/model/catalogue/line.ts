import type { ErrorText } from '../errors.ts';

/** Byte transports: serial ports and TCP streams. */
export const lineErrors = {
  'line.unreachable': {
    kind: 'transient',
    message: {
      en: 'cannot open {resource}: {reason}',
      zh: '无法打开 {resource}：{reason}',
    },
    hint: {
      en: 'check power, cable, address and port; the gateway tries again by itself',
      zh: '检查电源、线缆、地址和端口；网关会自动重试',
    },
  },
  'line.closed': {
    kind: 'transient',
    message: { en: '{resource} was closed: {reason}', zh: '{resource} 已断开：{reason}' },
    hint: {
      en: 'the gateway opens it again by itself; if it repeats, check the cable or the adapter',
      zh: '网关会自动重新打开；如反复出现，请检查线缆或适配器',
    },
  },
  'line.port-busy': {
    kind: 'operator',
    message: {
      en: '{port} is in use by another program: {holder}',
      zh: '{port} 正被其他程序占用：{holder}',
    },
    hint: {
      en: 'end the other program, or stop the gateway before using the port by hand',
      zh: '请结束该程序；如需手动使用此串口，请先停止网关',
    },
  },
  'line.dtu-absent': {
    kind: 'transient',
    message: {
      en: 'no DTU with the registration {registration} has connected to port {port}',
      zh: '尚无注册包为 {registration} 的 DTU 连接到端口 {port}',
    },
    hint: {
      en: "check the DTU's power, SIM, server address and registration; the gateway keeps listening",
      zh: '检查 DTU 的电源、SIM 卡、服务器地址和注册包；网关会继续等待',
    },
  },
  'line.settings-fixed': {
    kind: 'operator',
    message: {
      en: '{resource} cannot change its speed: the serial server at the far end decides',
      zh: '{resource} 无法改变波特率：由远端的串口服务器决定',
    },
    hint: {
      en: 'give all devices of this bus the same baud and format, and set them at the serial server',
      zh: '同一总线上的设备请使用相同的 baud 和 format，并在串口服务器上设置',
    },
  },
} as const satisfies Record<string, ErrorText>;
