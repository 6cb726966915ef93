import type { ErrorText } from '../errors.ts';

/** Counters and their guard. */
export const counterErrors = {
  'counter.name-taken': {
    kind: 'operator',
    message: {
      en: 'the events of the counter {tag} need the name {event}, but a tag of the device has it',
      zh: '计数器 {tag} 的事件需要使用名称 {event}，但该设备已有同名的点',
    },
    hint: { en: 'rename the tag {event}', zh: '请给点 {event} 换一个名称' },
  },
  'counter.unknown': {
    kind: 'operator',
    message: {
      en: '{tag} is no counter of the running gateway',
      zh: '{tag} 不是正在运行的网关中的计数器',
    },
    hint: {
      en: 'name a tag with counter: in the site, as device.quantity; known: {known}',
      zh: '请写出站点中带 counter: 的点，格式为 设备.量；已知：{known}',
    },
  },
} as const satisfies Record<string, ErrorText>;
