import type { ErrorText } from '../errors.ts';

const ADDRESS_HINT = {
  en: 'write a word of docs/dlt645-identifiers.md ("forward_active_energy tariff:1"), or the identifier as the standard prints it ("00010000")',
  zh: '写 docs/dlt645-identifiers.md 中的名称（"forward_active_energy tariff:1"），或标准中的数据标识（"00010000"）',
} as const;
const QUALIFIER_HINT = {
  en: 'behind the word stand tariff:1 day:1 harmonic:3 last:1 bit:4, and bytes:4 decimals:2 signed for other formats',
  zh: '名称之后可写 tariff:1 day:1 harmonic:3 last:1 bit:4，以及表示其他格式的 bytes:4 decimals:2 signed',
} as const;
const WRITE_HINT = {
  en: "the device's options decide what may be written: allow, password, operator and address",
  zh: '可写内容由设备选项决定：allow、password、operator 和 address',
} as const;

/** Addresses, options, plans and writes of DL/T 645 meters. */
export const dlt645Errors = {
  'dlt645.meter-address': {
    kind: 'operator',
    message: {
      en: '{found} is no address of a meter: it has up to twelve digits, or "AA" pairs from the left for any',
      zh: '{found} 不是电表地址：最多十二位数字，高位可用成对的 "AA" 表示任意',
    },
    hint: {
      en: 'take the twelve digits printed on the meter, "202411110002"; 999999999999 is the broadcast, which nobody answers',
      zh: '填写表上印的十二位数字，如 "202411110002"；999999999999 是广播地址，电表不应答',
    },
  },
  'dlt645.meter-address-not-text': {
    kind: 'operator',
    message: {
      en: '{found} has lost its leading zeros: an address is text',
      zh: '{found} 已丢失前导零：地址必须是文本',
    },
    hint: {
      en: 'put it in quotes: address: "000000000161"',
      zh: '加引号：address: "000000000161"',
    },
  },
  'dlt645.eight-digits': {
    kind: 'operator',
    message: {
      en: '{key} has to be eight digits in quotes',
      zh: '{key} 必须是带引号的八位数字',
    },
    hint: {
      en: 'password: two digits for the level and six for the password, "02123456"; operator: "00000001"',
      zh: 'password：两位权限加六位密码，如 "02123456"；operator："00000001"',
    },
  },
  'dlt645.utc-offset': {
    kind: 'operator',
    message: {
      en: '{found} does not say how far the clock is ahead of UTC',
      zh: '{found} 没有说明时钟比 UTC 快多少',
    },
    hint: { en: 'write "+08:00"', zh: '写成 "+08:00"' },
  },
  'dlt645.factor-unusable': {
    kind: 'operator',
    message: {
      en: '{key} {found} cannot be used: a scale is not 0, and neither has more than {max} decimals',
      zh: '{key} {found} 无法使用：scale 不能为 0，且小数位不超过 {max} 位',
    },
    hint: { en: 'write it as a plain decimal, 40 or 0.5', zh: '写成普通数字，如 40 或 0.5' },
  },
  'dlt645.word-unknown': {
    kind: 'operator',
    message: {
      en: 'there is no data item "{word}"; did you mean "{nearest}"?',
      zh: '没有数据项 "{word}"；是否应为 "{nearest}"？',
    },
    hint: ADDRESS_HINT,
  },
  'dlt645.qualifier-unknown': {
    kind: 'operator',
    message: {
      en: '"{word}" says nothing about a data item; did you mean "{nearest}"?',
      zh: '"{word}" 不是数据项的限定词；是否应为 "{nearest}"？',
    },
    hint: QUALIFIER_HINT,
  },
  'dlt645.qualifier-number': {
    kind: 'operator',
    message: {
      en: '"{word}" needs a whole number behind the colon',
      zh: '"{word}" 的冒号后应为整数',
    },
    hint: QUALIFIER_HINT,
  },
  'dlt645.qualifier-twice': {
    kind: 'operator',
    message: {
      en: '{found}: "{word}" says again, or otherwise, what was said before',
      zh: '{found}："{word}" 与前面的限定词重复或矛盾',
    },
    hint: QUALIFIER_HINT,
  },
  'dlt645.qualifier-unfit': {
    kind: 'operator',
    message: {
      en: '"{word}" leaves no {qualifier} to choose',
      zh: '"{word}" 不能指定 {qualifier}',
    },
    hint: QUALIFIER_HINT,
  },
  'dlt645.qualifier-missing': {
    kind: 'operator',
    message: {
      en: '"{word}" needs a {qualifier}',
      zh: '"{word}" 需要指定 {qualifier}',
    },
    hint: QUALIFIER_HINT,
  },
  'dlt645.qualifier-range': {
    kind: 'operator',
    message: {
      en: '{found}: {qualifier} is between {min} and {max}',
      zh: '{found}：{qualifier} 的范围是 {min} 到 {max}',
    },
    hint: QUALIFIER_HINT,
  },
  'dlt645.element-missing': {
    kind: 'operator',
    message: {
      en: '{found} is a block of several values and does not say which',
      zh: '{found} 是数据块，没有指明是哪一个值',
    },
    hint: {
      en: 'write "0001FF00[0]" for its first value, or the word for a single one',
      zh: '第一个值写作 "0001FF00[0]"，或写单个数据项的名称',
    },
  },
  'dlt645.element-range': {
    kind: 'operator',
    message: {
      en: '{found}: the values of this item are counted from 0 to {max}',
      zh: '{found}：该数据项的值编号为 0 到 {max}',
    },
    hint: ADDRESS_HINT,
  },
  'dlt645.format-unknown': {
    kind: 'operator',
    message: {
      en: '{found} is in no table here, so its format is not known',
      zh: '{found} 不在数据标识表中，格式未知',
    },
    hint: {
      en: 'add the format of the manual: "{found} bytes:4 decimals:2", signed, or bytes:10 text',
      zh: '按手册补充格式："{found} bytes:4 decimals:2"、signed，或 bytes:10 text',
    },
  },
  'dlt645.version-lacks': {
    kind: 'operator',
    message: {
      en: '{tag}: DL/T 645-{version} does not have what its address asks for',
      zh: '{tag}：DL/T 645-{version} 没有该地址所指的数据项',
    },
    hint: {
      en: 'check the version of the device, or choose an item of that version from docs/dlt645-identifiers.md',
      zh: '核对设备的 version，或从 docs/dlt645-identifiers.md 选用该版本的数据项',
    },
  },
  'dlt645.not-readable': {
    kind: 'operator',
    message: {
      en: '{tag} is a command; there is nothing to read',
      zh: '{tag} 是命令，没有可读内容',
    },
    hint: { en: 'give the tag "access: write"', zh: '为该标签设置 "access: write"' },
  },
  'dlt645.write-not-allowed': {
    kind: 'operator',
    message: {
      en: '{tag} is not written: the device does not allow {what}',
      zh: '{tag} 未写入：设备选项不允许 {what}',
    },
    hint: WRITE_HINT,
  },
  'dlt645.write-unfit': {
    kind: 'operator',
    message: {
      en: '{tag} is not written: DL/T 645-{version} has no way to write it that is offered here',
      zh: '{tag} 未写入：此处不支持以 DL/T 645-{version} 写该项',
    },
    hint: ADDRESS_HINT,
  },
  'dlt645.write-to-many': {
    kind: 'operator',
    message: {
      en: '{tag} is not written: the address {address} means more than one meter',
      zh: '{tag} 未写入：地址 {address} 可能对应多块电表',
    },
    hint: WRITE_HINT,
  },
  'dlt645.value-unusable': {
    kind: 'operator',
    message: {
      en: '{tag} does not take {value}; it takes {expected}',
      zh: '{tag} 不接受 {value}；可接受：{expected}',
    },
    hint: { en: 'write one of these', zh: '请写其中之一' },
  },
  'dlt645.clock-unsynced': {
    kind: 'operator',
    message: {
      en: '{tag} is not written: the clock of the gateway is not set, and the meter would get a wrong time',
      zh: '{tag} 未写入：网关时钟未同步，会把错误时间写入电表',
    },
    hint: { en: 'wait for NTP, or set the clock', zh: '等待 NTP 同步，或设置时钟' },
  },
  'dlt645.write-refused': {
    kind: 'permanent',
    message: {
      en: 'the meter {address} refused to write {tag}: {reasons}',
      zh: '电表 {address} 拒绝写入 {tag}：{reasons}',
    },
    hint: {
      en: 'for a wrong password correct password and operator; newer meters take some commands only encrypted',
      zh: '密码错误时请更正 password 和 operator；新型电表的部分命令只接受加密形式',
    },
  },
} as const satisfies Record<string, ErrorText>;
