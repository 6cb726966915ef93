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
} as const satisfies Record<string, ErrorText>;
