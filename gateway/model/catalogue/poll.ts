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
} as const satisfies Record<string, ErrorText>;
