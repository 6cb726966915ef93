/** What each byte of a Modbus request or answer is, for people. Pure. */
import type { ExplainedPart } from '../explanation.ts';
import { word } from './frame-shape.ts';
import { EXCEPTION_FLAG } from './guard-port.ts';

type Label = ExplainedPart['label'];

/** A run of bytes of a body, counted from its unit. */
export interface BodyPart {
  readonly from: number;
  readonly length: number;
  readonly label: Label;
}

const FUNCTIONS: Readonly<Record<number, Label>> = {
  1: { en: 'read coils', zh: '读线圈' },
  2: { en: 'read discrete inputs', zh: '读离散输入' },
  3: { en: 'read holding registers', zh: '读保持寄存器' },
  4: { en: 'read input registers', zh: '读输入寄存器' },
  5: { en: 'write one coil', zh: '写单个线圈' },
  6: { en: 'write one register', zh: '写单个寄存器' },
  7: { en: 'read exception status', zh: '读异常状态' },
  8: { en: 'diagnostics', zh: '诊断' },
  11: { en: 'count of communication events', zh: '通信事件计数' },
  12: { en: 'log of communication events', zh: '通信事件记录' },
  15: { en: 'write coils', zh: '写多个线圈' },
  16: { en: 'write registers', zh: '写多个寄存器' },
  17: { en: 'report server id', zh: '报告从站标识' },
  20: { en: 'read file records', zh: '读文件记录' },
  21: { en: 'write file records', zh: '写文件记录' },
  22: { en: 'mask write register', zh: '屏蔽写寄存器' },
  23: { en: 'write and read registers', zh: '读写多个寄存器' },
  24: { en: 'read FIFO queue', zh: '读 FIFO 队列' },
  43: { en: 'read device identification', zh: '读设备标识' },
};
const VENDOR: Label = { en: "a vendor's own", zh: '厂商自定义' };

const EXCEPTIONS: Readonly<Record<number, Label>> = {
  1: { en: 'illegal function', zh: '非法功能码' },
  2: { en: 'illegal data address', zh: '非法数据地址' },
  3: { en: 'illegal data value', zh: '非法数据值' },
  4: { en: 'failure of the device', zh: '设备故障' },
  5: { en: 'accepted, not yet finished', zh: '已接受，尚未完成' },
  6: { en: 'busy', zh: '设备忙' },
  7: { en: 'negative acknowledge', zh: '否定应答' },
  8: { en: 'memory parity error', zh: '存储器奇偶校验错' },
  10: { en: 'gateway: no path to the unit', zh: '网关：路径不可用' },
  11: { en: 'gateway: the unit does not answer', zh: '网关：目标设备无响应' },
};

const both = (label: Label, word: Label): Label => ({
  en: `${word.en}: ${label.en}`,
  zh: `${word.zh}：${label.zh}`,
});
const number = (name: Label, value: number): Label => ({
  en: `${name.en} ${value}`,
  zh: `${name.zh} ${value}`,
});

const UNIT: Label = { en: 'unit', zh: '站号' };
const FUNCTION: Label = { en: 'function', zh: '功能码' };
const ADDRESS: Label = { en: 'address', zh: '地址' };
const QUANTITY: Label = { en: 'quantity', zh: '数量' };
const BYTES: Label = { en: 'bytes that follow', zh: '后续字节数' };
const DATA: Label = { en: 'data', zh: '数据' };
const VALUE: Label = { en: 'value', zh: '值' };

/** Unit, function, and what the function has behind it. */
export function bodyParts(
  body: Uint8Array,
  { isReply }: { readonly isReply: boolean },
): readonly BodyPart[] {
  const code = body[1] ?? 0;
  const name = FUNCTIONS[code & ~EXCEPTION_FLAG] ?? VENDOR;
  const parts: BodyPart[] = [{ from: 0, length: 1, label: number(UNIT, body[0] ?? 0) }];
  if (code & EXCEPTION_FLAG) {
    const exception = body[2] ?? 0;
    const refused: Label = { en: `refused: ${name.en}`, zh: `拒绝：${name.zh}` };
    const why: Label = EXCEPTIONS[exception] ?? VENDOR;
    return [
      ...parts,
      { from: 1, length: 1, label: refused },
      { from: 2, length: 1, label: both(why, number({ en: 'exception', zh: '异常' }, exception)) },
    ];
  }
  parts.push({ from: 1, length: 1, label: both(name, number(FUNCTION, code)) });
  const layout = (isReply ? REPLIES : REQUESTS)[code] ?? [DATA_REST];
  let from = 2;
  for (const { label, bytes } of layout) {
    const length = Math.min(bytes ?? body.length, body.length - from);
    if (length <= 0) break;
    const isNumber = length <= 2 && label !== DATA;
    const value = length === 1 ? (body[from] ?? 0) : word(body, from);
    parts.push({ from, length, label: isNumber ? number(label, value) : label });
    from += length;
  }
  return parts;
}

/** A run of bytes; without a number of them it goes to the end. */
interface Piece {
  readonly label: Label;
  readonly bytes?: number;
}

const DATA_REST: Piece = { label: DATA };
const ADDRESS_PIECE: Piece = { label: ADDRESS, bytes: 2 };
const QUANTITY_PIECE: Piece = { label: QUANTITY, bytes: 2 };
const VALUE_PIECE: Piece = { label: VALUE, bytes: 2 };
const COUNT_PIECE: Piece = { label: BYTES, bytes: 1 };
const RANGE = [ADDRESS_PIECE, QUANTITY_PIECE];
const ONE = [ADDRESS_PIECE, VALUE_PIECE];
const MASK = [
  ADDRESS_PIECE,
  { label: { en: 'AND mask', zh: '与屏蔽' }, bytes: 2 },
  { label: { en: 'OR mask', zh: '或屏蔽' }, bytes: 2 },
];
const COUNTED = [COUNT_PIECE, DATA_REST];
const WRITTEN = [...RANGE, ...COUNTED];
const MEI: Piece = { label: { en: 'MEI type', zh: 'MEI 类型' }, bytes: 1 };
const ACCESS: Piece = { label: { en: 'access', zh: '访问类别' }, bytes: 1 };

const REQUESTS: Readonly<Record<number, readonly Piece[]>> = {
  1: RANGE,
  2: RANGE,
  3: RANGE,
  4: RANGE,
  5: ONE,
  6: ONE,
  15: WRITTEN,
  16: WRITTEN,
  20: COUNTED,
  21: COUNTED,
  22: MASK,
  23: [
    ...RANGE,
    { label: { en: 'address to write', zh: '写起始地址' }, bytes: 2 },
    { label: { en: 'quantity to write', zh: '写数量' }, bytes: 2 },
    ...COUNTED,
  ],
  24: [ADDRESS_PIECE],
  43: [MEI, ACCESS, { label: { en: 'first object', zh: '起始对象' }, bytes: 1 }],
};

const REPLIES: Readonly<Record<number, readonly Piece[]>> = {
  1: COUNTED,
  2: COUNTED,
  3: COUNTED,
  4: COUNTED,
  5: ONE,
  6: ONE,
  7: [{ label: { en: 'status', zh: '状态' }, bytes: 1 }],
  11: [{ label: { en: 'status', zh: '状态' }, bytes: 2 }, QUANTITY_PIECE],
  12: COUNTED,
  15: RANGE,
  16: RANGE,
  17: COUNTED,
  20: COUNTED,
  21: COUNTED,
  22: MASK,
  23: COUNTED,
  24: [{ label: BYTES, bytes: 2 }, QUANTITY_PIECE, DATA_REST],
  43: [
    MEI,
    ACCESS,
    { label: { en: 'conformity', zh: '一致性等级' }, bytes: 1 },
    { label: { en: 'more follows', zh: '后续标志' }, bytes: 1 },
    { label: { en: 'next object', zh: '下一对象' }, bytes: 1 },
    { label: { en: 'number of objects', zh: '对象个数' }, bytes: 1 },
    { label: { en: 'objects', zh: '对象内容' } },
  ],
};
