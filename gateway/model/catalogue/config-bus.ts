import type { ErrorText } from '../errors.ts';

/** What is written about a bus. */
export const configBusErrors = {
  'config.direction-form': {
    kind: 'operator',
    message: {
      en: 'a direction pin is a chip and a line, not {found}',
      zh: '方向引脚应为芯片加线路，而不是 {found}',
    },
    hint: { en: 'write "gpiochip0 18"', zh: '例如 "gpiochip0 18"' },
  },
  'config.claim-twice': {
    kind: 'operator',
    message: {
      en: '{claim} is the tag {other} already ({first})',
      zh: '{claim} 已被点 {other} 使用（{first}）',
    },
    hint: {
      en: 'give each of them a line of its own; a second meaning of the same contact is made by a rule',
      zh: '请为每个点分配各自的线路；同一触点的其他含义请用规则实现',
    },
  },
  'config.opcua-url': {
    kind: 'operator',
    message: { en: 'this is no address of an OPC UA server', zh: '这不是 OPC UA 服务器地址' },
    hint: {
      en: 'write opc.tcp://host:port, without user or password',
      zh: '请写成 opc.tcp://主机:端口，不要包含用户名或密码',
    },
  },
  'config.login-twice': {
    kind: 'operator',
    message: {
      en: 'both {other} and {key} say who logs in',
      zh: '{other} 与 {key} 同时指定了登录方式',
    },
    hint: { en: 'keep one of them', zh: '请只保留一种' },
  },
  'config.login-unprotected': {
    kind: 'operator',
    message: {
      en: 'a login over security None can be read by everybody on the network',
      zh: '安全策略为 None 时登录信息会在网络上明文传输',
    },
    hint: {
      en: 'choose a security with SignAndEncrypt, or leave user and password out',
      zh: '请选择带 SignAndEncrypt 的安全策略，或去掉用户名和密码',
    },
  },
} as const satisfies Record<string, ErrorText>;
