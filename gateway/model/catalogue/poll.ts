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
} as const satisfies Record<string, ErrorText>;
