import type { ErrorText } from '../errors.ts';

/** The edge node of Sparkplug: its primary host, and how the tags stand. */
export const sparkplugErrors = {
  'forward.host-offline': {
    kind: 'transient',
    message: {
      en: 'the primary host "{host}" is not online at {broker}',
      zh: '主机应用“{host}”在 {broker} 上不在线',
    },
    hint: {
      en: 'start the host application, and compare its host id with primary_host; samples are kept in the journal until it is online',
      zh: '请启动主机应用（SCADA），并核对其主机标识与 primary_host 是否一致；其上线前数据保存在本地日志中',
    },
  },
  'forward.field-silent': {
    kind: 'transient',
    message: {
      en: 'the field side did not say within {seconds} s how the tags stand',
      zh: '现场侧在 {seconds} 秒内没有给出测点当前值',
    },
    hint: {
      en: 'nothing to do here; the gateway tries again by itself. If it stays so, the gateway is overloaded',
      zh: '无需操作，网关会自动重试；如持续出现，说明网关过载',
    },
  },
} as const satisfies Record<string, ErrorText>;
