import type { ErrorText } from '../errors.ts';

const WORDS_HINT = {
  en: 'write "volume", "heat GJ", "history:1", "freeze:3 volume" or "di:D134 value"',
  zh: '写成 "volume"、"heat GJ"、"history:1"、"freeze:3 volume" 或 "di:D134 value"',
} as const;
const ALLOW_HINT = {
  en: 'add the word to "allow" of the device when the meter may be changed from here',
  zh: '若允许从这里改动该表，请在设备的 "allow" 中加入该项',
} as const;

/** Addresses, options and writes of CJ/T 188 meters. */
export const cjt188Errors = {
  'cjt188.address-form': {
    kind: 'operator',
    message: {
      en: '{found} is not the 14 hexadecimal digits of a meter address',
      zh: '{found} 不是 14 位十六进制的表地址',
    },
    hint: {
      en: 'write A6 to A0 as printed, the manufacturer code first, in quotes: "78331234567890"; "AAAAAAAAAAAAAA" is whoever is alone on the wire',
      zh: '按铭牌写 A6 到 A0，厂商代码在前，加引号："78331234567890"；总线上只有一块表时可写 "AAAAAAAAAAAAAA"',
    },
  },
  'cjt188.type-unknown': {
    kind: 'operator',
    message: {
      en: '{found} is no kind of meter; did you mean "{nearest}"?',
      zh: '{found} 不是表类型；是否应为 "{nearest}"？',
    },
    hint: {
      en: 'the kinds are {known}; or write the type byte as two hexadecimal digits, "25"',
      zh: '表类型有 {known}；也可写类型字节的两位十六进制数，如 "25"',
    },
  },
  'cjt188.metering-form': {
    kind: 'operator',
    message: {
      en: '{found} is no data identifier of metering data: four hexadecimal digits that begin with 9',
      zh: '{found} 不是计量数据的数据标识：应为以 9 开头的四位十六进制数',
    },
    hint: {
      en: 'most meters have 901F; meters for heat and cooling 911F',
      zh: '多数表为 901F；冷热量表为 911F',
    },
  },
  'cjt188.word-unknown': {
    kind: 'operator',
    message: {
      en: '{found}: "{word}" is not known here; did you mean "{nearest}"?',
      zh: '{found}："{word}" 无法识别；是否应为 "{nearest}"？',
    },
    hint: { en: 'known here: {known}', zh: '此处可写：{known}' },
  },
  'cjt188.word-too-much': {
    kind: 'operator',
    message: {
      en: '{found}: nothing can stand behind it, but "{word}" does',
      zh: '{found}：后面不能再写 "{word}"',
    },
    hint: {
      en: 'only volume, heat, cooling, power, flow and values of a history take one word: a unit, raw or unit',
      zh: '只有体积、热量、冷量、功率、流量和历史值可加一个词：单位、raw 或 unit',
    },
  },
  'cjt188.no-number': {
    kind: 'operator',
    message: {
      en: '{found}: "{word}" is not counted and takes no number',
      zh: '{found}："{word}" 没有编号',
    },
    hint: WORDS_HINT,
  },
  'cjt188.number-range': {
    kind: 'operator',
    message: {
      en: '{found}: "{word}" is counted from 1 to {max}',
      zh: '{found}："{word}" 的编号为 1 到 {max}',
    },
    hint: WORDS_HINT,
  },
  'cjt188.identifier-form': {
    kind: 'operator',
    message: {
      en: '{found} names no data identifier: four hexadecimal digits, and an offset where one is wanted',
      zh: '{found} 不是数据标识：应为四位十六进制数，可带偏移',
    },
    hint: {
      en: 'write "di:D134 value" or "di:903F@5 bcd4"',
      zh: '写成 "di:D134 value" 或 "di:903F@5 bcd4"',
    },
  },
  'cjt188.not-writable': {
    kind: 'operator',
    message: {
      en: '{tag} cannot be written in a CJ/T 188 meter',
      zh: '{tag} 在 CJ/T 188 表中不可写',
    },
    hint: {
      en: 'valve, clock, settlement_day, reading_day and "di:… hex" can be',
      zh: '可写的有 valve、clock、settlement_day、reading_day 和 "di:… hex"',
    },
  },
  'cjt188.not-allowed': {
    kind: 'operator',
    message: {
      en: '{tag} was not written: the device does not allow "{permission}"',
      zh: '{tag} 未写入：该设备未允许 "{permission}"',
    },
    hint: ALLOW_HINT,
  },
  'cjt188.gas-reopening': {
    kind: 'permanent',
    message: {
      en: '{tag} was not opened: a gas valve is closed from afar, and opened only by a person beside it',
      zh: '{tag} 未开阀：燃气阀只能远程关闭，必须有人在现场才能打开',
    },
    hint: {
      en: 'send somebody who checks the pipes and opens it by hand',
      zh: '请派人到现场检查管路后手动开阀',
    },
  },
  'cjt188.wildcard-write': {
    kind: 'operator',
    message: {
      en: '{tag} was not written: the address of its device is the wildcard, which any meter obeys',
      zh: '{tag} 未写入：设备地址为通配地址，任何表都会执行',
    },
    hint: {
      en: 'read meter_address once and write it as the address of the device',
      zh: '请先读取 meter_address，再把它写为设备的 address',
    },
  },
  'cjt188.value-unusable': {
    kind: 'operator',
    message: {
      en: '{tag} was not written: {value} is not {expected}',
      zh: '{tag} 未写入：{value} 不符合要求（{expected}）',
    },
    hint: {
      en: 'the valve takes open and closed, the clock 2026-01-31T23:59:00, a day 1 to 31, anything else bytes in hexadecimal',
      zh: '阀门写 open 或 closed，时钟写 2026-01-31T23:59:00，日期写 1 到 31，其他写十六进制字节',
    },
  },
  'cjt188.write-refused': {
    kind: 'permanent',
    message: {
      en: '{tag} was not written: the meter refused with status {status}',
      zh: '{tag} 未写入：表拒绝执行，状态 {status}',
    },
    hint: {
      en: 'some meters want a factory enable first, others a key; the status bits of its manual say more',
      zh: '有的表需先出厂启用，有的需要密钥；状态位含义见该表说明书',
    },
  },
} as const satisfies Record<string, ErrorText>;
