/** What the bytes of one frame mean, piece by piece, for people. Pure. */
import type { ErrorText } from '../../gateway/model/errors.ts';
import type { ExplainedPart, Plain } from '../explanation.ts';
import { decodeField } from './data.ts';
import { identifierOf, isRefusal, isReply, plain, variantOf } from './explain-fields.ts';
import {
  ANY_TYPE,
  CONTROL,
  FRAME_OVERHEAD_BYTES,
  type Frame,
  HEAD_BYTES,
  METER_TYPES,
} from './frame.ts';
import { type FieldName, layoutOf } from './layouts.ts';
import { diText } from './plan.ts';
import { DATA_HEAD_BYTES } from './reply.ts';

type Label = ErrorText['message'];

/** All of a frame that begins at `at`. */
export function frameParts(frame: Frame, at: number): ExplainedPart[] {
  const part = (offset: number, length: number, label: Label) => ({
    at: at + offset,
    length,
    label,
  });
  const { type, address, control, data } = frame;
  const end = FRAME_OVERHEAD_BYTES + data.length - 2;
  const parts = [
    part(0, 1, { en: 'start of the frame', zh: '帧起始' }),
    part(1, 1, typeLabel(type)),
    part(2, 7, { en: `address ${address}, low byte first`, zh: `表地址 ${address}，低字节在前` }),
    part(9, 1, controlLabel(frame, control)),
    part(10, 1, { en: `${data.length} bytes of data`, zh: `数据 ${data.length} 字节` }),
    ...dataParts(frame).map(({ at: offset, length, label }) =>
      part(HEAD_BYTES + offset, length, label),
    ),
    part(end, 1, { en: 'checksum', zh: '校验和' }),
    part(end + 1, 1, { en: 'end of the frame', zh: '帧结束' }),
  ];
  return parts.filter(({ length }) => length > 0);
}

function typeLabel(type: number): Label {
  const word = [...METER_TYPES].find(([, code]) => code === type)?.[0];
  if (type === ANY_TYPE) return { en: 'meter type: any', zh: '表类型：任意' };
  return {
    en: `meter type: ${word ?? "a manufacturer's own"}`,
    zh: `表类型：${(word && TYPE_ZH[word]) ?? '厂商自定义'}`,
  };
}

const TYPE_ZH: Readonly<Record<string, string>> = {
  water: '冷水水表',
  hot_water: '生活热水水表',
  drinking_water: '直饮水水表',
  grey_water: '中水水表',
  heat: '热量表',
  cooling: '冷量表',
  heat_cooling: '冷热量表',
  gas: '燃气表',
  custom: '自定义',
};

const FUNCTIONS: ReadonlyMap<number, Label> = new Map([
  [CONTROL.read, { en: 'read data', zh: '读数据' }],
  [CONTROL.readAddress, { en: 'read address', zh: '读地址' }],
  [CONTROL.write, { en: 'write data', zh: '写数据' }],
  [CONTROL.readKeyVersion, { en: 'read key version', zh: '读密钥版本号' }],
  [CONTROL.writeAddress, { en: 'write address', zh: '写地址' }],
  [CONTROL.writeRegister, { en: 'write register', zh: '写机电同步数' }],
]);
const FUNCTION_BITS = 0x3f;
const OWN_FUNCTION: Label = { en: "a manufacturer's own function", zh: '厂商自定义功能' };

function controlLabel(frame: Frame, control: number): Label {
  const what = FUNCTIONS.get(control & FUNCTION_BITS) ?? OWN_FUNCTION;
  if (isRefusal(frame)) return { en: `${what.en}: refused`, zh: `${what.zh}：异常应答` };
  return isReply(frame)
    ? { en: `${what.en}: reply`, zh: `${what.zh}：应答` }
    : { en: `${what.en}: request`, zh: `${what.zh}：请求` };
}

/** At offsets in the data. */
function dataParts(frame: Frame): ExplainedPart[] {
  const { data } = frame;
  if (isRefusal(frame) && data.length !== DATA_HEAD_BYTES)
    return [{ at: 0, length: data.length, label: { en: 'status', zh: '状态' } }];
  if (isRefusal(frame)) return [serial(0, data[0]), { ...STATUS_PART, at: 1 }];
  const identified = identifierOf(frame);
  if (!identified) return [{ at: 0, length: data.length, label: { en: 'data', zh: '数据' } }];
  const { di, order } = identified;
  const head = {
    at: 0,
    length: 2,
    label: {
      en: `data identifier ${diText(di)}, ${order === 'BE' ? 'high' : 'low'} byte first`,
      zh: `数据标识 ${diText(di)}，${order === 'BE' ? '高' : '低'}字节在前`,
    },
  };
  return [head, serial(2, data[2]), ...payloadParts(frame, di, data.subarray(DATA_HEAD_BYTES))];
}

const STATUS_PART: ExplainedPart = { at: 0, length: 2, label: { en: 'status', zh: '状态' } };

const serial = (at: number, ser: number | undefined): ExplainedPart => ({
  at,
  length: 1,
  label: { en: `serial number ${ser} of the exchange`, zh: `序号 SER ${ser}` },
});

function payloadParts(frame: Frame, di: number, payload: Uint8Array): ExplainedPart[] {
  const layout = isReply(frame) ? layoutOf(di, payload.length) : undefined;
  if (!layout) {
    const label = { en: 'data', zh: '数据' };
    return [{ at: DATA_HEAD_BYTES, length: payload.length, label }];
  }
  const variant = variantOf(layout, payload);
  return layout.fields.map((field) => {
    const bytes = payload.subarray(field.at, field.at + field.length);
    const shown = shownValue(plain(decodeField(field, bytes, variant)));
    const { en, zh } = NAMES[field.name];
    return {
      at: DATA_HEAD_BYTES + field.at,
      length: field.length,
      label: { en: `${en}: ${shown}`, zh: `${zh}：${shown}` },
    };
  });
}

const shownValue = (value: Plain): string =>
  Array.isArray(value) ? value.map(shownValue).join(' ') : value === null ? '–' : String(value);

const NAMES: Readonly<Record<FieldName, Label>> = {
  volume: { en: 'volume', zh: '累积流量' },
  settlement_volume: { en: 'volume on the settlement day', zh: '结算日累积流量' },
  heat: { en: 'heat', zh: '当前热量' },
  settlement_heat: { en: 'heat on the settlement day', zh: '结算日热量' },
  cooling: { en: 'cooling', zh: '当前冷量' },
  settlement_cooling: { en: 'cooling on the settlement day', zh: '结算日冷量' },
  power: { en: 'thermal power', zh: '热功率' },
  flow: { en: 'flow', zh: '瞬时流量' },
  supply_temperature: { en: 'supply temperature, °C', zh: '供水温度（°C）' },
  return_temperature: { en: 'return temperature, °C', zh: '回水温度（°C）' },
  supply_pressure: { en: 'supply pressure', zh: '供水压力' },
  return_pressure: { en: 'return pressure', zh: '回水压力' },
  working_hours: { en: 'working hours', zh: '累积工作时间（小时）' },
  clock: { en: 'clock', zh: '实时时间' },
  status: { en: 'status', zh: '状态' },
  temperature: { en: 'temperature, °C', zh: '温度（°C）' },
  pressure: { en: 'pressure', zh: '压力' },
  value: { en: 'register on the settlement day', zh: '结算日累积量' },
  settlement_day: { en: 'settlement day', zh: '结算日' },
  reading_day: { en: 'reading day', zh: '抄表日' },
  key_version: { en: 'key version', zh: '密钥版本号' },
  meter_address: { en: 'address', zh: '表地址' },
  price_1: { en: 'first price', zh: '价格一' },
  price_2: { en: 'second price', zh: '价格二' },
  price_3: { en: 'third price', zh: '价格三' },
  price_volume_1: { en: 'volume of the first price', zh: '用量一' },
  price_volume_2: { en: 'volume of the second price', zh: '用量二' },
  purchase_number: { en: 'number of the purchase', zh: '本次购买序号' },
  purchase_amount: { en: 'amount of the purchase', zh: '本次购入金额' },
  purchase_total: { en: 'total of all purchases', zh: '累计购入金额' },
  balance: { en: 'balance', zh: '剩余金额' },
};
