/** The places of one frame, named for people. Pure. */
import type { ExplainedPart } from '../explanation.ts';
import { identify } from './catalogue.ts';
import { DI_BYTES, type Service } from './control.ts';
import { ABNORMAL, FROM_METER, type Frame, MORE_FOLLOWS } from './frame.ts';
import type { Version } from './identifier.ts';

type Label = ExplainedPart['label'];

const SERVICE_LABELS: Readonly<Record<Service, Label>> = {
  read: { en: 'read data', zh: '读数据' },
  'read-more': { en: 'read the following data', zh: '读后续数据' },
  'read-again': { en: 'read again', zh: '重读数据' },
  'read-address': { en: 'read the address', zh: '读通信地址' },
  write: { en: 'write data', zh: '写数据' },
  'write-address': { en: 'write the address', zh: '写通信地址' },
  'set-clock': { en: 'set all clocks', zh: '广播校时' },
  freeze: { en: 'freeze', zh: '冻结命令' },
  'change-rate': { en: 'change the baud rate', zh: '更改通信速率' },
  'change-password': { en: 'change the password', zh: '修改密码' },
  'reset-demand': { en: 'reset the maximum demand', zh: '最大需量清零' },
  'clear-meter': { en: 'clear the meter', zh: '电表清零' },
  'clear-events': { en: 'clear events', zh: '事件清零' },
  relay: { en: 'relay and alarm', zh: '跳合闸、报警、保电' },
  'output-terminal': { en: 'output terminal', zh: '多功能端子输出控制' },
  authenticate: { en: 'security authentication', zh: '安全认证' },
};
const CODE_UNKNOWN: Label = { en: 'control code of no known meaning', zh: '未知控制码' };

const NAMES = {
  wakeUp: { en: 'wake-up bytes', zh: '前导字节' },
  start: { en: 'start', zh: '帧起始符' },
  length: { en: 'length of the data', zh: '数据域长度' },
  error: { en: 'error word', zh: '错误信息字' },
  data: { en: 'data', zh: '数据' },
  number: { en: 'number of the frame', zh: '帧序号' },
  checksum: { en: 'checksum', zh: '校验码' },
  end: { en: 'end', zh: '结束符' },
} as const satisfies Record<string, Label>;

/** Bytes that belong to no frame. */
export const NOISE: Label = { en: 'no part of a frame', zh: '不属于任何帧' };

const HEAD_BYTES = 10;

/** The parts of a frame that begins at `at`. */
export function frameParts(
  version: Version,
  service: Service | undefined,
  { address, control, data }: Frame,
  at: number,
): ExplainedPart[] {
  const end = at + HEAD_BYTES + data.length;
  return [
    { at, length: 1, label: NAMES.start },
    { at: at + 1, length: 6, label: { en: `address ${address}`, zh: `地址 ${address}` } },
    { at: at + 7, length: 1, label: NAMES.start },
    { at: at + 8, length: 1, label: controlLabel(service, control) },
    { at: at + 9, length: 1, label: NAMES.length },
    ...dataParts(version, service, control, data).map(({ from, length, label }) => ({
      at: at + HEAD_BYTES + from,
      length,
      label,
    })),
    { at: end, length: 1, label: NAMES.checksum },
    { at: end + 1, length: 1, label: NAMES.end },
  ];
}

function controlLabel(service: Service | undefined, control: number): Label {
  const { en, zh } = service ? SERVICE_LABELS[service] : CODE_UNKNOWN;
  if ((control & FROM_METER) === 0) return { en: `request: ${en}`, zh: `请求：${zh}` };
  if ((control & ABNORMAL) !== 0) return { en: `refusal: ${en}`, zh: `异常应答：${zh}` };
  if ((control & MORE_FOLLOWS) === 0) return { en: `reply: ${en}`, zh: `应答：${zh}` };
  return { en: `reply, more follows: ${en}`, zh: `应答，有后续帧：${zh}` };
}

interface Stretch {
  readonly from: number;
  readonly length: number;
  readonly label: Label;
}

const SERVICES_WITH_DI: readonly (Service | undefined)[] = [
  'read',
  'read-more',
  'write',
  'change-password',
];

function dataParts(
  version: Version,
  service: Service | undefined,
  control: number,
  data: Uint8Array,
): readonly Stretch[] {
  if (data.length === 0) return [];
  if ((control & ABNORMAL) !== 0) return [{ from: 0, length: data.length, label: NAMES.error }];
  const size = DI_BYTES[version];
  if (!SERVICES_WITH_DI.includes(service) || data.length < size)
    return [{ from: 0, length: data.length, label: NAMES.data }];
  const isNumbered = version === '2007' && service === 'read-more' && data.length > size;
  const rest = data.length - size - (isNumbered ? 1 : 0);
  const stretches = [
    { from: 0, length: size, label: itemLabel(version, data.subarray(0, size)) },
    { from: size, length: rest, label: NAMES.data },
    { from: size + rest, length: isNumbered ? 1 : 0, label: NAMES.number },
  ];
  return stretches.filter(({ length }) => length > 0);
}

function itemLabel(version: Version, bytes: Uint8Array): Label {
  const di = Buffer.from(bytes).reverse().toString('hex').toUpperCase();
  const title = identify(version, di)?.identifier.title;
  return title
    ? { en: `identifier ${di}: ${title.en}`, zh: `数据标识 ${di}：${title.zh}` }
    : { en: `identifier ${di}, in no table`, zh: `数据标识 ${di}，不在表中` };
}

/** Bytes between frames: FEH wakes the receiver, anything else is noise. */
export function betweenParts(bytes: Uint8Array, from: number, to: number): ExplainedPart[] {
  const length = to - from;
  if (length <= 0) return [];
  const isWakeUp = bytes.subarray(from, to).every((byte) => byte === 0xfe);
  return [{ at: from, length, label: isWakeUp ? NAMES.wakeUp : NOISE }];
}
