import type { ErrorText } from '../errors.ts';

/** OPC UA: connection, subscriptions, values. */
export const opcuaErrors = {
  'opcua.unreachable': {
    kind: 'transient',
    message: {
      en: 'no OPC UA server at {url}: {reason}',
      zh: '{url} 处没有 OPC UA 服务器：{reason}',
    },
    hint: {
      en: 'check the power and network of the server, then address, port and firewall',
      zh: '请检查服务器的电源和网络，然后检查地址、端口和防火墙',
    },
  },
  'opcua.refused': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} refuses the gateway: {status}',
      zh: 'OPC UA 服务器 {url} 拒绝了网关：{status}',
    },
    hint: {
      en: 'check security, user and the trust list of the server',
      zh: '请检查安全策略、用户和服务器的信任列表',
    },
  },
  'opcua.lost': {
    kind: 'transient',
    message: {
      en: 'the connection to {url} is lost: {reason}',
      zh: '与 {url} 的连接已断开：{reason}',
    },
    hint: {
      en: 'it is opened again by itself; when it does not come back, check server and network',
      zh: '将自动重新连接；若长时间未恢复，请检查服务器和网络',
    },
  },
  'opcua.timeout': {
    kind: 'transient',
    message: {
      en: 'no answer of {url} to {request} within {timeout} ms',
      zh: '{url} 在 {timeout} 毫秒内未应答 {request}',
    },
    hint: {
      en: 'check the load of the server and the network; a slow server needs a longer timeout',
      zh: '请检查服务器负载和网络；较慢的服务器需要更长的 timeout',
    },
  },
} as const satisfies Record<string, ErrorText>;
