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
} as const satisfies Record<string, ErrorText>;
