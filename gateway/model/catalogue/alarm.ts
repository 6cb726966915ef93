import type { ErrorText } from '../errors.ts';

/** Alarms that stand. */
export const alarmErrors = {
  'alarm.name-taken': {
    kind: 'operator',
    message: {
      en: "the device's alarms are stored as its tag {event}, and {tag} stands in the way",
      zh: '设备的报警存储在其点 {event} 中，与 {tag} 冲突',
    },
    hint: { en: 'rename the tag {tag}', zh: '请给点 {tag} 换一个名称' },
  },
  'alarm.unknown': {
    kind: 'operator',
    message: {
      en: 'no alarm that stands has an id beginning with {id}',
      zh: '没有编号以 {id} 开头的未消除报警',
    },
    hint: {
      en: 'it may have cleared meanwhile; "headgate alarms" shows the ids',
      zh: '该报警可能已消除；可用 "headgate alarms" 查看编号',
    },
  },
  'alarm.ambiguous': {
    kind: 'operator',
    message: {
      en: '{count} alarms have an id beginning with {id}',
      zh: '有 {count} 个报警的编号以 {id} 开头',
    },
    hint: { en: 'type more of the id', zh: '请输入更多位的编号' },
  },
  'alarm.stale': {
    kind: 'permanent',
    message: {
      en: 'what is meant of alarm {id} is over; the latest is {present}',
      zh: '报警 {id} 所指的那一次已结束；最近一次为 {present}',
    },
    hint: {
      en: 'look at "headgate alarms" again, and acknowledge what stands now',
      zh: '请再次查看 "headgate alarms"，并确认当前的报警',
    },
  },
  'alarm.not-ours': {
    kind: 'operator',
    message: {
      en: 'alarm {id} belongs to {device}, and the gateway cannot shelve it',
      zh: '报警 {id} 属于 {device}，网关无法将其搁置',
    },
    hint: {
      en: 'shelve it at the device or server itself; alarms of rules can be shelved here',
      zh: '请在该设备或服务器上搁置；规则产生的报警可在此搁置',
    },
  },
  'alarm.not-shelvable': {
    kind: 'permanent',
    message: {
      en: 'alarm {id} is about the alarms or the rules themselves, and cannot be shelved',
      zh: '报警 {id} 针对报警或规则本身，不能搁置',
    },
    hint: {
      en: 'acknowledge it; "headgate why {id}" says what ends it',
      zh: '请确认该报警；如何结束见 "headgate why {id}"',
    },
  },
  'alarm.shelf-length': {
    kind: 'operator',
    message: {
      en: 'an alarm is shelved for 1 min to 24 h, not for {length}',
      zh: '报警的搁置时间为 1 分钟至 24 小时，不能为 {length}',
    },
    hint: {
      en: 'give another time, for example --for 1h; it can be shelved again later',
      zh: '请给出其他时间，例如 --for 1h；之后可再次搁置',
    },
  },
  'alarm.not-shelved': {
    kind: 'operator',
    message: { en: 'alarm {id} is not shelved', zh: '报警 {id} 未被搁置' },
    hint: {
      en: 'its time may have passed; "headgate alarms" shows what is shelved',
      zh: '搁置时间可能已过；可用 "headgate alarms" 查看已搁置的报警',
    },
  },
} as const satisfies Record<string, ErrorText>;
