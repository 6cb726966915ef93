import type { ErrorText } from '../errors.ts';

/** Every problem of a table of points is for the one who has it open in a spreadsheet. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

export const importErrors = {
  'import.not-a-table': operator(
    '{file} is no table of text: {reason}',
    '{file} 不是文本表格：{reason}',
    'save the sheet as CSV (comma separated, UTF-8) and import that',
    '请在电子表格中另存为 CSV（逗号分隔，UTF-8）再导入',
  ),
  'import.no-header': operator(
    'no line of {file} names the columns',
    '{file} 中没有列标题行',
    'a line with at least "name" and "address" is needed; known: {known}',
    '至少需要含“名称”和“地址”的标题行；可识别：{known}',
  ),
  'import.too-many-rows': operator(
    'the table has {count} rows; at most {max}',
    '表格有 {count} 行，最多 {max} 行',
    'split it by devices',
    '请按设备拆分',
  ),
  'import.address-missing': operator(
    'the row has no address',
    '该行没有地址',
    'fill it in, or delete the row',
    '请填写地址或删除该行',
  ),
  'import.address-form': operator(
    '{found} is no address',
    '{found} 不是地址',
    '40001, 0x0010, 10H, 100, 100.3 for a bit, or "holding:100"',
    '可写 40001、0x0010、10H、100、位写 100.3，或 holding:100',
  ),
  'import.function-missing': operator(
    '{found} does not say which table it is in',
    '{found} 没有说明属于哪个区',
    'add a column "function code" with 1, 2, 3 or 4, or write the number as 40001',
    '请添加“功能码”列（1、2、3 或 4），或写成 40001 形式',
  ),
  'import.address-ambiguous': operator(
    'with function {function}, {found} may be a number on the wire or one of a manual',
    '功能码为 {function} 时，{found} 可能是线上地址，也可能是手册编号',
    'say --base 0 or --base 1 to take it as a plain number, or write it as {manual}',
    '用 --base 0 或 --base 1 表示按普通数字处理，或写成 {manual}',
  ),
  'import.base': operator(
    'address {found} lies before the first one when counting from 1',
    '从 1 开始计数时，地址 {found} 小于第一个地址',
    'say --base 0 if the table counts from 0',
    '如表格从 0 开始计数，请用 --base 0',
  ),
  'import.word-unknown': operator(
    '{found} is not understood here',
    '无法理解 {found}',
    'one of, the likeliest first: {known}',
    '可选值（最接近的在前）：{known}',
  ),
  'import.order-ambiguous': operator(
    '{found} may mean two orders of words and bytes',
    '{found} 可能表示两种字节序',
    'write where 12345678H stands in two registers: CDAB for 5678 1234, DCBA for 7856 3412',
    '请写明 12345678H 在两个寄存器中的次序：5678 1234 写 CDAB，7856 3412 写 DCBA',
  ),
  'import.factor-form': operator(
    '{found} is no exact factor',
    '{found} 不是精确的系数',
    'a decimal number that the raw value is multiplied by: 0.1, or /10',
    '写与原始值相乘的十进制数：0.1，或 /10',
  ),
  'import.length-differs': operator(
    '{type} takes {registers} register(s), not {length}',
    '{type} 占 {registers} 个寄存器，而不是 {length} 个',
    'correct the data type or the length',
    '请更正数据类型或长度',
  ),
  'import.name-twice': operator(
    'tag {name} stands twice; first in row {first}',
    '测点 {name} 重复；第一次出现在第 {first} 行',
    'give one of the two another name',
    '请为其中一个改名',
  ),
  'import.base-missing': operator(
    '{found} may count from 0, as on the wire, or from 1',
    '{found} 可能从 0（线上地址）计数，也可能从 1 计数',
    'read it and the numbers beside it, and compare with the display; then say --base 0 or --base 1',
    '请读取该地址及相邻地址并与显示对照，然后用 --base 0 或 --base 1 说明',
  ),
  'import.hex-by-digits': operator(
    '{found} and other addresses of the table have no 0x, and some have digits above 9',
    '{found} 等地址没有 0x 前缀，而表中有的地址含 A–F',
    'write "address (hex)" as the title if they are hexadecimal, else correct those with letters',
    '若为十六进制，请把列标题写成“地址（HEX）”；否则请更正含字母的地址',
  ),
  'import.type-missing': operator(
    'nothing says how the value is encoded',
    '没有说明数据类型',
    'add it in a column "data type": int16, uint16, int32, uint32, float32',
    '请在“数据类型”列写明：int16、uint16、int32、uint32、float32',
  ),
  'import.order-missing': operator(
    'nothing says which word of a value of several registers comes first',
    '没有说明多寄存器数值的字序',
    'read a value whose size you know; then say --order cdab, or add a column "byte order": ABCD, CDAB, BADC or DCBA',
    '请读取一个已知大小的值，再用 --order cdab 说明，或在“字节序”列写明 ABCD、CDAB、BADC 或 DCBA',
  ),
  'import.unit-step': operator(
    '{found} is a unit with a scale in front of it',
    '{found} 是带倍率的单位',
    'write the scale in a column of its own',
    '请把倍率写在单独的“倍率”列',
  ),
  'import.overlap': operator(
    '{address} and {other} share a register',
    '{address} 与 {other} 占用同一寄存器',
    'one of the two has a wrong data type or a wrong address',
    '其中一个的数据类型或地址有误',
  ),
} as const satisfies Record<string, ErrorText>;
