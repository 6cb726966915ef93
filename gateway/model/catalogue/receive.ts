import type { ErrorText } from '../errors.ts';

/** The reference receiver: what it hears, and where it stores it. */
export const receiveErrors = {
  'receive.message-invalid': {
    kind: 'permanent',
    message: { en: 'not a message of the contract: {reason}', zh: '消息不符合上行协议：{reason}' },
    hint: {
      en: 'it was counted and dropped; find out who publishes it, and give gateways a broker account that allows their own topics only',
      zh: '该消息已计数并丢弃；请查明发布者，并为网关配置只允许自身主题的代理账号',
    },
  },
  'receive.broker-away': {
    kind: 'transient',
    message: { en: 'no connection to {broker}: {reason}', zh: '与 {broker} 没有连接：{reason}' },
    hint: {
      en: 'check the network, the name and the port; the receiver tries again by itself',
      zh: '检查网络、主机名和端口；接收器会自动重试',
    },
  },
  'receive.broker-refused': {
    kind: 'operator',
    message: { en: '{broker} refuses: {reason}', zh: '{broker} 拒绝：{reason}' },
    hint: {
      en: 'check the user, the password, the client id and what the broker allows this user to subscribe to; the receiver tries again by itself',
      zh: '检查用户名、密码、客户端标识，以及代理允许该用户订阅的主题；接收器会自动重试',
    },
  },
  'receive.store-away': {
    kind: 'transient',
    message: { en: 'nothing can be stored in {store}: {reason}', zh: '无法写入 {store}：{reason}' },
    hint: {
      en: 'check that it runs, can be reached and has room; until then nothing is acknowledged, so nothing is lost, and the receiver tries again by itself',
      zh: '检查其是否运行、可达且空间足够；在此之前不确认任何消息，数据不会丢失，接收器会自动重试',
    },
  },
  'receive.store-refused': {
    kind: 'permanent',
    message: {
      en: '{store} does not take a message: {reason}',
      zh: '{store} 不接受某条消息：{reason}',
    },
    hint: {
      en: 'the message was counted and dropped, all others are stored; please report what it was',
      zh: '该消息已计数并丢弃，其余均已保存；请反馈该消息内容',
    },
  },
  'receive.store-unusable': {
    kind: 'operator',
    message: { en: '{store} cannot be used: {reason}', zh: '{store} 无法使用：{reason}' },
    hint: {
      en: 'name another store, or stop the other receiver: a file belongs to one process, PostgreSQL to any number',
      zh: '请指定其他存储，或停止另一个接收器：文件只能由一个进程使用，PostgreSQL 可由多个共用',
    },
  },
} as const satisfies Record<string, ErrorText>;
