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
      en: 'types: int16 uint16 int32 uint32 int64 uint64 float32 float64 bcd16 bcd32 bcd64 m10k32 m10k48 m10k64 sm10k32 sm10k48 sm10k64 string16; orders: abcd cdab badc dcba',
      zh: '类型：int16 uint16 int32 uint32 int64 uint64 float32 float64 bcd16 bcd32 bcd64 m10k32 m10k48 m10k64 sm10k32 sm10k48 sm10k64 string16；字节序：abcd cdab badc dcba',
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
  'modbus.null-unusable': {
    kind: 'operator',
    message: {
      en: '{found} is no raw number of {bits} bits',
      zh: '{found} 不是 {bits} 位的原始数值',
    },
    hint: {
      en: 'write what stands in the registers when there is no value, 0x8000; longer than 15 digits in quotes',
      zh: '写出无值时寄存器中的内容，如 0x8000；超过 15 位数字时加引号',
    },
  },
  'modbus.scale-from-unusable': {
    kind: 'operator',
    message: {
      en: 'scale_from has to be one register of the same table ({table}), and the value a number',
      zh: 'scale_from 必须是同一数据区（{table}）的一个寄存器，且该值必须是数值',
    },
    hint: {
      en: 'scale_from: "holding:40084" beside address: "holding:40083 int16"',
      zh: '与 address: "holding:40083 int16" 并列写 scale_from: "holding:40084"',
    },
  },
  'modbus.broadcast-unit': {
    kind: 'operator',
    message: {
      en: 'broadcast goes with unit 0, and this is unit {unit}',
      zh: '广播只能用站号 0，而这里是站号 {unit}',
    },
    hint: {
      en: 'write unit: 0, or leave broadcast out',
      zh: '写 unit: 0，或去掉 broadcast',
    },
  },
  'modbus.broadcast-read': {
    kind: 'operator',
    message: {
      en: '{tag} cannot be read: nobody answers a broadcast',
      zh: '无法读取 {tag}：广播没有应答',
    },
    hint: {
      en: 'give the tag access: write, or leave broadcast out',
      zh: '给该点写 access: write，或去掉 broadcast',
    },
  },
  'modbus.broadcast-unsaid': {
    kind: 'operator',
    message: {
      en: '{tag} is not written: its device is unit 0, and on a serial wire, also behind a converter, every unit obeys what is written to 0',
      zh: '{tag} 未写入：设备站号为 0，在串行线路上（包括转换器之后）写站号 0 会让所有设备都执行',
    },
    hint: {
      en: 'give the device the unit number that is set at it; where all are meant, write broadcast: true and access: write; for a device with a network port of its own, broadcast: false',
      zh: '请填写设备实际设定的站号；确实要写所有设备时写 broadcast: true 和 access: write；设备自带网口时写 broadcast: false',
    },
  },
  'modbus.broadcast-bit': {
    kind: 'operator',
    message: {
      en: '{tag} is one bit of a register, and a broadcast can only write whole registers and coils',
      zh: '{tag} 是寄存器中的一位，而广播只能写整个寄存器或线圈',
    },
    hint: {
      en: 'write the whole register, or each device by itself',
      zh: '写整个寄存器，或逐台设备写',
    },
  },
  'modbus.not-writable': {
    kind: 'operator',
    message: {
      en: '{tag} stands in the table {table}, which cannot be written',
      zh: '{tag} 位于数据区 {table}，不可写',
    },
    hint: {
      en: 'coil and holding can be written; look up where the manual puts the setpoint',
      zh: '只有 coil 和 holding 可写；请查手册中设定值的位置',
    },
  },
  'modbus.value-kind': {
    kind: 'operator',
    message: {
      en: '{tag} is {type} and cannot take "{found}"',
      zh: '{tag} 的类型为 {type}，不能写入 "{found}"',
    },
    hint: {
      en: 'numbers go into registers, true and false into bits, text into strings',
      zh: '数值写入寄存器，true/false 写入位，文本写入 string',
    },
  },
  'modbus.value-range': {
    kind: 'operator',
    message: {
      en: '{tag} is {type} and cannot hold {found}',
      zh: '{tag} 的类型为 {type}，容纳不下 {found}',
    },
    hint: {
      en: 'nothing was written; choose a value within the type, its scale and its length',
      zh: '未写入任何内容；请选用类型、比例和长度容许范围内的值',
    },
  },
  'modbus.value-step': {
    kind: 'operator',
    message: {
      en: '{tag} is {type}, and with its scale {found} falls between two values it can hold',
      zh: '{tag} 的类型为 {type}，按其比例 {found} 介于两个可写的值之间',
    },
    hint: {
      en: 'give the tag decimals, to which values are then rounded before they are written',
      zh: '给该点写 decimals，写入前会按其位数四舍五入',
    },
  },
  'modbus.write-scaled': {
    kind: 'operator',
    message: {
      en: '{tag} takes its power of ten from another register and cannot be written',
      zh: '{tag} 的倍率取自另一寄存器，不可写',
    },
    hint: {
      en: 'write through a second tag with a fixed scale',
      zh: '用另一个固定 scale 的点来写',
    },
  },
  'modbus.write-single': {
    kind: 'operator',
    message: {
      en: '{tag} takes {registers} registers, and its device is written one register at a time',
      zh: '{tag} 占 {registers} 个寄存器，而该设备一次只能写一个寄存器',
    },
    hint: {
      en: 'a value in two pieces could be half written; use writes: auto when the device knows function 16',
      zh: '分两次写可能只写了一半；设备支持功能码 16 时请用 writes: auto',
    },
  },
  'modbus.write-too-long': {
    kind: 'operator',
    message: {
      en: '{tag} takes {registers} registers, but one request writes at most {limit}',
      zh: '{tag} 占 {registers} 个寄存器，而一次请求最多写 {limit} 个',
    },
    hint: {
      en: 'raise max_registers if the device takes more, or choose a shorter type',
      zh: '设备允许时增大 max_registers，或选用更短的类型',
    },
  },
  'modbus.write-function': {
    kind: 'operator',
    message: {
      en: '{tag}: the device does not know the function that writes (exception {exception})',
      zh: '{tag}：设备不支持该写功能码（异常 {exception}）',
    },
    hint: {
      en: 'try writes: single or writes: multiple; one bit of a register: bit_writes: read_modify_write',
      zh: '请试 writes: single 或 writes: multiple；写寄存器中的一位：bit_writes: read_modify_write',
    },
  },
  'modbus.write-address': {
    kind: 'operator',
    message: {
      en: '{tag}: the device cannot be written at this address (exception {exception})',
      zh: '{tag}：设备的该地址不可写（异常 {exception}）',
    },
    hint: {
      en: 'compare the address with the manual: counted from 0 or from 1, and writable at all?',
      zh: '对照手册检查地址：从 0 还是从 1 起算，是否可写',
    },
  },
  'modbus.write-value': {
    kind: 'operator',
    message: {
      en: '{tag}: the device does not take this value (exception {exception})',
      zh: '{tag}：设备不接受该值（异常 {exception}）',
    },
    hint: {
      en: 'look up the range in the manual, and give it to the tag as its limits',
      zh: '查手册中的范围，并写到该点的限值中',
    },
  },
  'modbus.write-busy': {
    kind: 'transient',
    message: {
      en: '{tag}: the device is busy and has not obeyed (exception {exception})',
      zh: '{tag}：设备忙，未执行（异常 {exception}）',
    },
    hint: {
      en: 'send the command again; it is not repeated by itself',
      zh: '请重新下发命令；不会自动重发',
    },
  },
  'modbus.write-refused': {
    kind: 'permanent',
    message: {
      en: '{tag}: the device refused the write with exception {exception}',
      zh: '{tag}：设备拒绝写入，异常 {exception}',
    },
    hint: {
      en: 'the manual says what the exception means; a locked panel or a missing login are common',
      zh: '异常含义见手册；常见原因是面板锁定或未登录',
    },
  },
} as const satisfies Record<string, ErrorText>;
