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
  'config.sparkplug-node-twice': {
    kind: 'operator',
    message: {
      en: 'uplink "{other}", at {first}, is the same edge node at the same broker',
      zh: '上行“{other}”（{first}）在同一服务器上是同一个边缘节点',
    },
    hint: {
      en: 'give one of the two another group or node; a host could not tell them apart',
      zh: '请为其中之一更换 group 或 node；否则主机无法区分两者',
    },
  },
  'config.sparkplug-unsigned': {
    kind: 'operator',
    message: {
      en: 'Sparkplug has no signatures, and this site takes signed commands only: all commands of this uplink are refused',
      zh: 'Sparkplug 没有签名，而本站点只接受签名命令：该上行的所有命令都会被拒绝',
    },
    hint: {
      en: 'write commands: refuse, or remove the operators under commands:',
      zh: '请改为 commands: refuse，或删除 commands: 下的 operators',
    },
  },
} as const satisfies Record<string, ErrorText>;
