/** What the columns of a table of points are called, in English and Chinese. Pure. */

const NAMES = {
  name: `name, tag, tag name, point, point name, variable, variable name, parameter,
    parameter name, data name, item, 名称, 点名, 点位, 点位名称, 测点,
    测点名称, 变量, 变量名, 变量名称, 参数, 参数名称, 数据名称, 数据项`,
  address: `address, register, register address, register number, register no, modbus address,
    modbus register, addr, reg, start address, 地址, 寄存器地址, 寄存器, 寄存器号, 寄存器编号, 起始地址, modbus地址, 通讯地址, 数据地址`,
  function: `function code, function, fc, table, area, register type, 功能码, 功能代码, 寄存器类型,
    寄存器区, 区域, 数据区`,
  type: 'type, data type, datatype, format, data format, variable type, 数据类型, 类型, 数据格式, 格式',
  scale: `scale, factor, multiplier, gain, coefficient, resolution, 倍率, 系数, 比例, 比例系数,
    缩放, 缩放系数, 分辨率, 倍数`,
  offset: 'offset, 偏移, 偏移量',
  decimals: 'decimals, decimal places, digits, 小数位, 小数位数',
  unit: 'unit, units, engineering unit, 单位, 工程单位',
  order: 'order, byte order, word order, endian, endianness, 字节序, 字序, 字节顺序, 大小端',
  access: 'access, r/w, rw, read/write, permission, 读写, 读写属性, 读写权限, 权限, 属性',
  bit: 'bit, bit number, 位, 位号, 比特位',
  length: `length, size, number of registers, registers, register count, quantity, count, words, 长度, 寄存器数量,
    寄存器个数, 数量, 个数, 字数, 字长`,
  note: 'note, notes, remark, remarks, comment, comments, description, 备注, 说明, 描述, 注释',
} as const;

export type Column = keyof typeof NAMES;

const LIST = /,\s+/;

/** The first name of each column in both languages, for people. */
export const COLUMN_NAMES: readonly string[] = Object.values(NAMES).map((names) => {
  const all = names.split(LIST);
  return `${all[0]} (${all.find((name) => /[\u4e00-\u9fff]/.test(name))})`;
});

/** Width, case, blanks and what stands in brackets do not count: `地址（HEX）`, `Data_Type`. */
const bare = (title: string): string =>
  title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[([{【].*$/, '')
    .replace(/(?<![a-z])(?:hex|dec)(?![a-z])|十六进制|16进制|十进制/g, '')
    .replace(/[\s_\-:*]/g, '');

const COLUMN_OF: ReadonlyMap<string, Column> = new Map(
  Object.entries(NAMES).flatMap(([column, names]) =>
    names.split(LIST).map((name) => [bare(name), column as Column] as const),
  ),
);

/** What a column is called, for people. */
export const columnName = (column: Column): string =>
  COLUMN_NAMES.find((names) => names.startsWith(NAMES[column].split(LIST)[0] ?? '')) ?? column;

/** Whether a title says that bare numbers below it are hexadecimal: `地址（HEX）`, `Register (hex)`, `十六进制地址`. */
export const saysHex = (title: string): boolean =>
  /hex|十六进制|16进制/i.test(title.normalize('NFKC'));

/** The column that a title names; undefined for one that is of no use here. */
export const columnOf = (title: string): Column | undefined => COLUMN_OF.get(bare(title));
