import type { ErrorText } from '../errors.ts';

/** The bus and the scanner. */
export const pollErrors = {
  'poll.protocol-unknown': {
    kind: 'operator',
    message: {
      en: 'device {device} speaks {protocol}, which no driver of this version knows',
      zh: '设备 {device} 使用协议 {protocol}，本版本没有对应的驱动',
    },
    hint: { en: 'use one of: {known}', zh: '可用的协议：{known}' },
  },
  'poll.line-mute': {
    kind: 'transient',
    message: {
      en: 'nobody on bus {bus} answered the last {requests} requests; it is opened again',
      zh: '总线 {bus} 上最近 {requests} 次请求均无应答，将重新打开',
    },
    hint: {
      en: 'check the power of the devices, then cable, polarity (A/B), baud rate and parity; behind a serial server also its port settings',
      zh: '先检查设备供电，再检查线缆、极性（A/B）、波特率和校验；如使用串口服务器，还需检查其端口设置',
    },
  },
  'poll.line-down': {
    kind: 'transient',
    message: {
      en: 'bus {bus} is not open: {reason}',
      zh: '总线 {bus} 未打开：{reason}',
    },
    hint: {
      en: 'nothing is kept for later; give the command again when the bus is back',
      zh: '命令不会保留；请在总线恢复后重新下达',
    },
  },
  'poll.commands-full': {
    kind: 'transient',
    message: {
      en: '{limit} commands wait for bus {bus} already',
      zh: '总线 {bus} 上已有 {limit} 条命令在等待',
    },
    hint: {
      en: 'find out who gives so many commands; a rule that repeats itself needs a delay',
      zh: '请查明是谁下达了这么多命令；反复触发的规则需要加延时',
    },
  },
  'poll.not-writable': {
    kind: 'operator',
    message: {
      en: '{tag} cannot be written: device {device} is unknown here or its protocol only reads',
      zh: '{tag} 不可写：设备 {device} 在此未知，或其协议只读',
    },
    hint: {
      en: 'check the name of the tag, and whether the protocol of its device can write',
      zh: '请检查点名，以及该设备的协议是否支持写入',
    },
  },
  'poll.bus-stopped': {
    kind: 'transient',
    message: { en: 'bus {bus} was stopped', zh: '总线 {bus} 已停止' },
    hint: {
      en: 'give the command again when the gateway runs',
      zh: '请在网关运行后重新下达命令',
    },
  },
} as const satisfies Record<string, ErrorText>;
