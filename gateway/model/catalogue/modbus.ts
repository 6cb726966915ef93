import type { ErrorText } from '../errors.ts';

const ADDRESS_HINT = {
  en: 'write "holding:100 float32 cdab" (counted from 0), or the manual\'s number as "40101" (counted from 1)',
  zh: '写成 "holding:100 float32 cdab"（从 0 起算），或手册编号 "40101"（从 1 起算）',
} as const;
const BIT_HINT = {
  en: '"coil:5" and "holding:10.3" are one bit each',
  zh: '"coil:5" 和 "holding:10.3" 各为一位',
} as const;

/** Addresses and plans of Modbus devices. */
export const modbusErrors = {
  'modbus.address-ambiguous': {
    kind: 'operator',
    message: {
      en: '{found} says neither which table nor how it counts',
      zh: '{found} 没有说明是哪个数据区、从几起算',
    },
    hint: ADDRESS_HINT,
  },
  'modbus.address-range': {
    kind: 'operator',
    message: {
      en: '{found} does not lie within the addresses 0 to 65535 (0xFFFF)',
      zh: '{found} 不在地址范围 0 到 65535（0xFFFF）之内',
    },
    hint: ADDRESS_HINT,
  },
  'modbus.manual-number': {
    kind: 'operator',
    message: {
      en: '{found} is no register number of a manual: behind the table\'s digit they count from 1 to 65536; the first {table} is "{table}:0"',
      zh: '{found} 不是手册中的寄存器编号：首位之后从 1 到 65536；第一个 {table} 写作 "{table}:0"',
    },
    hint: ADDRESS_HINT,
  },
  'modbus.table-unknown': {
    kind: 'operator',
    message: {
      en: 'there is no table "{table}"; did you mean "{nearest}"?',
      zh: '没有数据区 "{table}"；是否应为 "{nearest}"？',
    },
    hint: {
      en: 'the tables are coil, discrete, input and holding',
      zh: '数据区有 coil、discrete、input 和 holding',
    },
  },
  'modbus.type-unknown': {
    kind: 'operator',
    message: {
      en: '"{word}" is neither a type nor an order of bytes; did you mean "{nearest}"?',
      zh: '"{word}" 既不是数据类型也不是字节序；是否应为 "{nearest}"？',
    },
    hint: {
      en: 'types: int16 uint16 int32 uint32 int64 uint64 float32 float64 bcd16 bcd32 bcd64 string16; orders: abcd cdab badc dcba',
      zh: '类型：int16 uint16 int32 uint32 int64 uint64 float32 float64 bcd16 bcd32 bcd64 string16；字节序：abcd cdab badc dcba',
    },
  },
  'modbus.type-twice': {
    kind: 'operator',
    message: {
      en: '{found}: "{word}" is the second type or order',
      zh: '{found}："{word}" 是第二个类型或字节序',
    },
    hint: ADDRESS_HINT,
  },
  'modbus.string-length': {
    kind: 'operator',
    message: {
      en: '{found}: a text has 1 to {max} bytes',
      zh: '{found}：文本长度为 1 到 {max} 字节',
    },
    hint: {
      en: 'write the number of bytes behind the word: "string16" is 8 registers',
      zh: '在单词后写字节数："string16" 占 8 个寄存器',
    },
  },
  'modbus.bit-range': {
    kind: 'operator',
    message: {
      en: '{found}: a register has the bits 0 to 15',
      zh: '{found}：寄存器的位为 0 到 15',
    },
    hint: BIT_HINT,
  },
  'modbus.bit-of-bit': {
    kind: 'operator',
    message: {
      en: '{found}: a coil or discrete input is one bit already',
      zh: '{found}：线圈和离散输入本身就是一位',
    },
    hint: BIT_HINT,
  },
  'modbus.bit-with-type': {
    kind: 'operator',
    message: {
      en: '{found}: one bit has neither another type nor an order of bytes',
      zh: '{found}：一位没有其他类型，也没有字节序',
    },
    hint: BIT_HINT,
  },
  'modbus.bit-missing': {
    kind: 'operator',
    message: {
      en: '{found} does not say which bit of the register',
      zh: '{found} 没有说明是寄存器的哪一位',
    },
    hint: BIT_HINT,
  },
  'modbus.factor-unusable': {
    kind: 'operator',
    message: {
      en: '{key} {found} cannot be used: a scale is not 0, and neither has more than {max} decimals',
      zh: '{key} {found} 无法使用：scale 不能为 0，且小数位不超过 {max} 位',
    },
    hint: {
      en: 'write it as a plain decimal, 0.01',
      zh: '写成普通小数，如 0.01',
    },
  },
  'modbus.value-too-long': {
    kind: 'operator',
    message: {
      en: '{tag} takes {registers} registers, but max_registers of its device is {limit}',
      zh: '{tag} 占 {registers} 个寄存器，而该设备的 max_registers 为 {limit}',
    },
    hint: {
      en: 'a value has to be read in one piece: raise max_registers or choose a shorter type',
      zh: '一个值必须一次读完：请增大 max_registers 或选用更短的类型',
    },
  },
} as const satisfies Record<string, ErrorText>;
